"""Statements on grants and saved sets. What a grant opens is decided in `disclosure`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from fediprof.db.database import Tx
from fediprof.profiles import store
from fediprof.profiles.ledger_store import Parts
from fediprof.profiles.records import Grant
from fediprof.schema.posts import mention, post
from fediprof.schema.profiles import disclosure_grant, part_set, received_grant

_A_MINUTE = 60_000 << 20
"""In ids, which grow with time: a message is written right after its grant's id was made, and is found by index."""


@dataclass(frozen=True, slots=True)
class PartSet:
    id: int
    actor_id: int
    name: str
    parts: Parts


def insert_grant(tx: Tx, new: Grant) -> None:
    tx.execute(
        insert(disclosure_grant).values(
            id=new.id,
            actor_id=new.actor_id,
            to_actor_id=new.to_actor_id,
            mode=new.mode,
            parts=store.parts_written(new.parts),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            revoked_at=new.revoked_at,
            conversation_id=new.conversation_id,
            label=new.label,
        )
    )


def end_grant(tx: Tx, grant_id: int, at: datetime) -> None:
    tx.execute(update(disclosure_grant).where(disclosure_grant.c.id == grant_id).values(revoked_at=at))


def by_id(tx: Tx, actor_id: int, grant_id: int) -> Grant | None:
    """One of an owner's."""
    query = select(disclosure_grant).where(disclosure_grant.c.id == grant_id, disclosure_grant.c.actor_id == actor_id)
    row = tx.execute(query).first()
    return None if row is None else store.grant_of(row)


def of_owner(tx: Tx, actor_id: int, *, limit: int = 200) -> list[Grant]:
    """The newest first, ended ones too."""
    query = select(disclosure_grant).where(disclosure_grant.c.actor_id == actor_id)
    return [store.grant_of(row) for row in tx.execute(query.order_by(disclosure_grant.c.id.desc()).limit(limit))]


def to_people(tx: Tx, actor_id: int, to_actor_ids: Iterable[int]) -> list[Grant]:
    """The newest first."""
    query = select(disclosure_grant).where(
        disclosure_grant.c.actor_id == actor_id, disclosure_grant.c.to_actor_id.in_(list(to_actor_ids))
    )
    return [store.grant_of(row) for row in tx.execute(query.order_by(disclosure_grant.c.id.desc()))]


def messages_of(tx: Tx, grant: Grant) -> list[int]:
    """The posts a grant was told by: what its owner wrote to that person alone at the very moment it began."""
    query = (
        select(post.c.id)
        .join(mention, mention.c.post_id == post.c.id)
        .where(
            post.c.actor_id == grant.actor_id,
            post.c.id.between(grant.id, grant.id + _A_MINUTE),
            post.c.visibility == "direct",
            post.c.published_at == grant.starts_at,
            post.c.deleted_at.is_(None),
            mention.c.actor_id == grant.to_actor_id,
        )
        .order_by(post.c.id)
    )
    return list(tx.execute(query).scalars())


def keep_received(tx: Tx, post_id: int, entries: list[str], ends_at: datetime) -> None:
    """What a message of another server opens to who it is for."""
    tx.execute(insert(received_grant).values(post_id=post_id, entries=entries, ends_at=ends_at))


def received(tx: Tx, post_ids: Iterable[int]) -> dict[int, tuple[list[str], datetime]]:
    """{message: (addresses of the entries it opened, until when)}."""
    query = select(received_grant).where(received_grant.c.post_id.in_(list(post_ids)))
    return {row.post_id: (row.entries, row.ends_at) for row in tx.execute(query)}


# --- sets


def sets_of(tx: Tx, actor_id: int) -> list[PartSet]:
    query = select(part_set).where(part_set.c.actor_id == actor_id).order_by(part_set.c.name)
    return [PartSet(row.id, row.actor_id, row.name, store.parts_of(row.parts)) for row in tx.execute(query)]


def set_by_id(tx: Tx, actor_id: int, set_id: int) -> PartSet | None:
    return next((each for each in sets_of(tx, actor_id) if each.id == set_id), None)


def put_set(tx: Tx, new: PartSet) -> None:
    """Keep a set; one of the same name is replaced."""
    tx.execute(delete(part_set).where(part_set.c.actor_id == new.actor_id, part_set.c.name == new.name))
    tx.execute(
        insert(part_set).values(id=new.id, actor_id=new.actor_id, name=new.name, parts=store.parts_written(new.parts))
    )


def remove_set(tx: Tx, actor_id: int, set_id: int) -> None:
    tx.execute(delete(part_set).where(part_set.c.actor_id == actor_id, part_set.c.id == set_id))
