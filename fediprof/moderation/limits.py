"""Who is kept at arm's length: somebody limited themselves, or on a server that is. What they write reaches those who follow
them, and nobody else here; in a group it waits for a moderator. And who is suspended: of them nothing is seen at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar

from sqlalchemy import bindparam, delete, exists, select

from fediprof.actors.records import Actor
from fediprof.db.among import among
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.moderation import policies
from fediprof.schema.actors import actor, follow
from fediprof.schema.moderation import domain_policy, sanction
from fediprof.schema.posts import post

Kind: TypeAlias = Literal["limit", "suspend"]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Sanction:
    """Column order of `schema.moderation.sanction`. `erases`: a suspension at whose end the account is erased."""

    actor_id: int
    kind: Kind
    reason: str
    event_id: int | None
    created_at: datetime
    ends_at: datetime | None
    erases: bool


_ANY = Prepared(
    select(
        exists().where(sanction.c.actor_id.is_not(None)),
        exists().where(domain_policy.c.severity == "limit"),
    )
)
_SANCTIONED = Prepared(select(sanction.c.actor_id).where(among(sanction.c.actor_id, "ids")))
_HOSTS = Prepared(select(actor.c.id, actor.c.host).where(among(actor.c.id, "ids"), ~actor.c.local))
_FOLLOWED = Prepared(
    select(follow.c.target_id).where(
        follow.c.follower_id == bindparam("reader"), follow.c.state == "accepted", among(follow.c.target_id, "ids")
    )
)
_AUTHORS = Prepared(select(post.c.id, post.c.actor_id, post.c.visibility).where(among(post.c.id, "ids")))
_SUSPENDED = Prepared(
    select(sanction.c.actor_id).where(sanction.c.actor_id == bindparam("actor"), sanction.c.kind == "suspend")
)

_ALL_SUSPENDED = Prepared(select(sanction.c.actor_id).where(sanction.c.kind == "suspend"))


def limited(tx: Tx, actor_ids: Iterable[int]) -> set[int]:
    """Those of some people who are limited, or suspended."""
    ids = sorted(set(actor_ids))
    ((people, servers),) = _ANY.all(tx, {})
    if not ids or not (people or servers):
        return set()
    found = {row[0] for row in _SANCTIONED.all(tx, {"ids": ids})} if people else set()
    if servers:
        hosts = {row[0]: row[1] for row in _HOSTS.all(tx, {"ids": ids})}
        decided = policies.of_hosts(tx, hosts.values())
        found |= {each for each, host in hosts.items() if host in decided and decided[host].severity == "limit"}
    return found


def unheard(tx: Tx, reader_id: int | None, actor_ids: Iterable[int]) -> set[int]:
    """Those of some people who are limited, and whom the reader does not follow; None: anybody."""
    found = limited(tx, actor_ids)
    found.discard(reader_id or 0)
    if not found or reader_id is None:
        return found
    return found - {row[0] for row in _FOLLOWED.all(tx, {"reader": reader_id, "ids": sorted(found)})}


def heard(tx: Tx, reader_id: int | None, people: Sequence[Actor]) -> list[Actor]:
    """Without those whom the reader is not shown."""
    out = unheard(tx, reader_id, (each.id for each in people))
    return [each for each in people if each.id not in out]


def heard_posts(tx: Tx, reader_id: int | None, post_ids: Sequence[int]) -> list[int]:
    """Posts without those of people whom the reader is not shown. In private talk that the reader took part in, all."""
    ((people, servers),) = _ANY.all(tx, {})
    if not post_ids or not (people or servers):
        return list(post_ids)
    rows = _AUTHORS.all(tx, {"ids": list(post_ids)})
    talks = any(row[1] == reader_id and row[2] == "direct" for row in rows)
    authors = {row[0]: row[1] for row in rows if not (talks and row[2] == "direct")}
    out = unheard(tx, reader_id, authors.values())
    return [each for each in post_ids if authors.get(each) not in out]


def suspended(tx: Tx, actor_id: int) -> bool:
    return _SUSPENDED.first(tx, {"actor": actor_id}) is not None


def all_suspended(tx: Tx) -> frozenset[int]:
    """Who is suspended now: few, and mostly nobody."""
    return frozenset(int(row[0]) for row in _ALL_SUSPENDED.all(tx, {}))


# --- all SQL on sanctions


def of(tx: Tx, actor_id: int) -> Sanction | None:
    row = tx.execute(select(sanction).where(sanction.c.actor_id == actor_id)).first()
    return None if row is None else Sanction(*row)


def of_all(tx: Tx, actor_ids: Iterable[int]) -> dict[int, Sanction]:
    rows = tx.execute(select(sanction).where(sanction.c.actor_id.in_(list(actor_ids))))
    return {row[0]: Sanction(*row) for row in rows}


def newest(tx: Tx, limit: int = 100) -> list[Sanction]:
    query = select(sanction).order_by(sanction.c.created_at.desc(), sanction.c.actor_id.desc()).limit(limit)
    return [Sanction(*row) for row in tx.execute(query)]


def ended(tx: Tx, now: datetime) -> list[Sanction]:
    """Those whose end has come."""
    return [Sanction(*row) for row in tx.execute(select(sanction).where(sanction.c.ends_at <= now))]


def keep(tx: Tx, new: Sanction) -> None:
    drop(tx, new.actor_id)
    insert_record(tx, sanction, new)


def drop(tx: Tx, actor_id: int) -> bool:
    return tx.execute(delete(sanction).where(sanction.c.actor_id == actor_id)).rowcount > 0
