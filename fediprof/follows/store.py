"""All SQL on follows: who follows whom, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, delete, func, select, union_all, update

from fediprof.actors.records import Actor, Follow, Relationship
from fediprof.db.among import among
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.paging import keyset
from fediprof.db.prepared import Prepared
from fediprof.schema.actors import actor, follow
from fediprof.schema.moderation import block

_BETWEEN = Prepared(
    select(follow).where(follow.c.follower_id == bindparam("follower"), follow.c.target_id == bindparam("target"))
)
_BY_IRI = Prepared(select(follow).where(follow.c.iri == bindparam("iri")))


def between(tx: Tx, follower_id: int, target_id: int) -> Follow | None:
    row = _BETWEEN.first(tx, {"follower": follower_id, "target": target_id})
    return None if row is None else Follow(*row)


def by_id(tx: Tx, follow_id: int) -> Follow | None:
    row = tx.execute(select(follow).where(follow.c.id == follow_id)).first()
    return None if row is None else Follow(*row)


def by_iri(tx: Tx, iri: str) -> Follow | None:
    row = _BY_IRI.first(tx, {"iri": iri})
    return None if row is None else Follow(*row)


def insert_follow(tx: Tx, new: Follow) -> None:
    insert_record(tx, follow, new)


def set_state(tx: Tx, follow_id: int, state: str, *, iri: str | None = None) -> None:
    values: dict[str, Any] = {"state": state}
    if iri is not None:
        values["iri"] = iri
    tx.execute(update(follow).where(follow.c.id == follow_id).values(values))


def remove(tx: Tx, follow_id: int) -> None:
    tx.execute(delete(follow).where(follow.c.id == follow_id))


def follower_ids(
    tx: Tx,
    target_id: int,
    *,
    state: str = "accepted",
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
) -> list[int]:
    """Ids of the follow rows, newest first: the cursors of a page. `actors_of` gives the people."""
    query = select(follow.c.id).where(follow.c.target_id == target_id, follow.c.state == state)
    return keyset(tx, query, follow.c.id, limit=limit, max_id=max_id, min_id=min_id)


def following_ids(
    tx: Tx,
    follower_id: int,
    *,
    state: str = "accepted",
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
) -> list[int]:
    query = select(follow.c.id).where(follow.c.follower_id == follower_id, follow.c.state == state)
    return keyset(tx, query, follow.c.id, limit=limit, max_id=max_id, min_id=min_id)


def followers_of(tx: Tx, follow_ids: Iterable[int]) -> list[Actor]:
    """The following side of these rows, in their order (newest first)."""
    return _side(tx, follow_ids, follow.c.follower_id)


def followed_of(tx: Tx, follow_ids: Iterable[int]) -> list[Actor]:
    """The followed side of these rows, in their order (newest first)."""
    return _side(tx, follow_ids, follow.c.target_id)


def _side(tx: Tx, follow_ids: Iterable[int], column: Any) -> list[Actor]:
    ids = list(follow_ids)
    if not ids:
        return []
    rows = tx.execute(
        select(actor).join(follow, column == actor.c.id).where(follow.c.id.in_(ids)).order_by(follow.c.id.desc())
    )
    return [Actor(*row) for row in rows]


def iris_on_host(tx: Tx, target_id: int, host: str) -> list[str]:
    """Accepted followers whose inbox is on one host: the partial collection of FEP-8fcf."""
    query = (
        select(actor.c.iri)
        .join(follow, follow.c.follower_id == actor.c.id)
        .where(follow.c.target_id == target_id, follow.c.state == "accepted", actor.c.host == host)
        .order_by(actor.c.iri)
    )
    return list(tx.execute(query).scalars())


def local_follower_iris(tx: Tx, target_id: int) -> list[str]:
    """Members who follow an actor, by IRI."""
    query = select(actor.c.iri).join(follow, follow.c.follower_id == actor.c.id)
    return list(
        tx.execute(
            query.where(follow.c.target_id == target_id, follow.c.state == "accepted", actor.c.local)
        ).scalars()
    )


def local_follower_ids(tx: Tx, target_id: int) -> list[int]:
    """Members who follow an actor."""
    query = (
        select(follow.c.follower_id)
        .join(actor, actor.c.id == follow.c.follower_id)
        .where(follow.c.target_id == target_id, follow.c.state == "accepted", actor.c.local)
    )
    return list(tx.execute(query).scalars())


def local_counterparts(tx: Tx, actor_id: int) -> list[int]:
    """Members who follow somebody, or whom they follow."""
    followers = select(follow.c.follower_id).where(follow.c.target_id == actor_id)
    followed = select(follow.c.target_id).where(follow.c.follower_id == actor_id)
    query = select(actor.c.id).where(actor.c.local, actor.c.id.in_(followers) | actor.c.id.in_(followed))
    return list(tx.execute(query).scalars())


def contacts(tx: Tx, actor_id: int) -> int:
    """How many follow them and are followed back, both accepted."""
    back = follow.alias()
    both = and_(back.c.follower_id == follow.c.target_id, back.c.target_id == follow.c.follower_id)
    accepted = follow.c.state == "accepted", back.c.state == "accepted"
    found = select(func.count()).select_from(follow.join(back, both)).where(follow.c.target_id == actor_id, *accepted)
    return int(tx.execute(found).scalar_one())


_VIEWER: ColumnElement[int] = bindparam("viewer", type_=BigInteger)
_FOLLOWED = select(follow.c.follower_id, follow.c.target_id, follow.c.state)
_FOLLOWS_BETWEEN = Prepared(
    union_all(
        _FOLLOWED.where(follow.c.follower_id == _VIEWER, among(follow.c.target_id, "ids")),
        _FOLLOWED.where(follow.c.target_id == _VIEWER, among(follow.c.follower_id, "ids")),
    )
)
_BLOCKED = select(block.c.actor_id, block.c.target_id)
_BLOCKS_BETWEEN = Prepared(
    union_all(
        _BLOCKED.where(block.c.actor_id == _VIEWER, among(block.c.target_id, "ids")),
        _BLOCKED.where(block.c.target_id == _VIEWER, among(block.c.actor_id, "ids")),
    )
)


def relationships(tx: Tx, viewer: int, target_ids: Iterable[int]) -> dict[int, Relationship]:
    """How `viewer` stands to each target, in two statements."""
    targets = list(set(target_ids))
    if not targets:
        return {}
    facts: dict[int, dict[str, bool]] = {target: {} for target in targets}
    rows = _FOLLOWS_BETWEEN.all(tx, {"viewer": viewer, "ids": targets})
    for follower, target, state in rows:
        if follower == viewer:
            facts.setdefault(target, {})["following" if state == "accepted" else "requested"] = state in (
                "accepted",
                "pending",
            )
        if target == viewer:
            facts.setdefault(follower, {})["followed_by" if state == "accepted" else "requested_by"] = state in (
                "accepted",
                "pending",
            )
    blocks = _BLOCKS_BETWEEN.all(tx, {"viewer": viewer, "ids": targets})
    for blocker, blocked in blocks:
        if blocker == viewer:
            facts[blocked]["blocking"] = True
        else:
            facts[blocker]["blocked_by"] = True
    return {target: Relationship(target, **facts[target]) for target in targets}
