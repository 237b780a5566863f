"""All SQL on likes and announces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from fediprof.db.database import Tx
from fediprof.db.paging import keyset
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.interactions import interaction
from fediprof.schema.posts import post


@dataclass(frozen=True, slots=True)
class Interaction:
    """Column order of `schema.interactions.interaction`. `kind`: like or announce."""

    id: int
    iri: str
    kind: str
    actor_id: int
    post_id: int
    emoji: str | None
    visibility: str
    published_at: datetime


_OF = select(interaction).where(
    interaction.c.kind == bindparam("kind"),
    interaction.c.actor_id == bindparam("actor"),
    interaction.c.post_id == bindparam("post"),
)
_ANNOUNCED = (
    select(interaction.c.id, interaction.c.post_id)
    .where(
        interaction.c.actor_id == bindparam("actor"),
        interaction.c.kind == "announce",
        interaction.c.visibility != "followers",
        interaction.c.id < bindparam("before"),
    )
    .order_by(interaction.c.id.desc())
    .limit(bindparam("most"))
)
_BY_ID = select(interaction).where(interaction.c.id == bindparam("id"))


def insert(tx: Tx, new: Interaction) -> bool:
    """False when this actor has done so already: a like counts once."""
    return insert_or_leave(tx, interaction, {name: getattr(new, name) for name in interaction.c.keys()})


def of(tx: Tx, kind: str, actor_id: int, post_id: int) -> Interaction | None:
    row = tx.execute(_OF, {"kind": kind, "actor": actor_id, "post": post_id}).first()
    return None if row is None else Interaction(*row)


def by_iri(tx: Tx, iri: str) -> Interaction | None:
    row = tx.execute(select(interaction).where(interaction.c.iri == iri)).first()
    return None if row is None else Interaction(*row)


def by_id(tx: Tx, interaction_id: int) -> Interaction | None:
    row = tx.execute(_BY_ID, {"id": interaction_id}).first()
    return None if row is None else Interaction(*row)


def remove(tx: Tx, interaction_id: int) -> None:
    tx.execute(delete(interaction).where(interaction.c.id == interaction_id))


def liked_iris(tx: Tx, actor_id: int) -> list[str]:
    """What an actor liked, as IRIs, the last first: for the export of an account."""
    query = (
        select(post.c.iri)
        .join(interaction, interaction.c.post_id == post.c.id)
        .where(interaction.c.kind == "like", interaction.c.actor_id == actor_id, post.c.deleted_at.is_(None))
        .order_by(interaction.c.id.desc())
    )
    return list(tx.execute(query).scalars())


def announces_by(
    tx: Tx,
    actor_id: int,
    *,
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
    since_id: int | None = None,
) -> list[tuple[int, int]]:
    """(announce id, post id) of an actor's public announces, newest first."""
    if min_id is None and since_id is None:
        values = {"actor": actor_id, "before": max_id or 2**63 - 1, "most": limit}
        return [(row.id, row.post_id) for row in tx.execute(_ANNOUNCED, values)]
    query = select(interaction.c.id).where(
        interaction.c.actor_id == actor_id, interaction.c.kind == "announce", interaction.c.visibility != "followers"
    )
    ids = keyset(tx, query, interaction.c.id, limit=limit, max_id=max_id, min_id=min_id, since_id=since_id)
    return pairs(tx, ids)


def pairs(tx: Tx, interaction_ids: Iterable[int]) -> list[tuple[int, int]]:
    """(announce id, post id), newest first."""
    ids = list(interaction_ids)
    rows = tx.execute(select(interaction.c.id, interaction.c.post_id).where(interaction.c.id.in_(ids)))
    return sorted(((row.id, row.post_id) for row in rows), reverse=True)
