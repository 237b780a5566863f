"""All SQL on actors and their public keys. Reads return records or None; `insert`/`update` return nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from fediprof.actors.records import Actor
from fediprof.db.among import among
from fediprof.db.changes import change_row, insert_record, step_counters
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.actors import actor, public_key
from fediprof.schema.delivery import delivery, outgoing

_BY_ID = Prepared(select(actor).where(actor.c.id == bindparam("id")))
_BY_IRI = Prepared(select(actor).where(actor.c.iri == bindparam("iri")))
_BY_IDS = Prepared(select(actor).where(among(actor.c.id, "ids")))
_BY_IRIS = select(actor).where(among(actor.c.iri, "iris"))
_BY_HANDLE = (
    select(actor)
    .where(actor.c.username == bindparam("username"), actor.c.domain == bindparam("domain"))
    .order_by(actor.c.gone_at.is_not(None), actor.c.id)
    .limit(1)
)
_LOCAL = Prepared(select(actor).where(actor.c.local, func.lower(actor.c.username) == bindparam("username")))
_BY_KEY = (
    select(public_key.c.iri, public_key.c.owner, public_key.c.material, public_key.c.fetched_at, actor)
    .join(actor, actor.c.id == public_key.c.actor_id)
    .where(public_key.c.iri == bindparam("iri"))
)


_DROP_KEYS = delete(public_key).where(public_key.c.actor_id == bindparam("actor"))


def _one(row: Any) -> Actor | None:
    return None if row is None else Actor(*row)


def by_id(tx: Tx, actor_id: int) -> Actor | None:
    return _one(_BY_ID.first(tx, {"id": actor_id}))


def by_iri(tx: Tx, iri: str) -> Actor | None:
    return _one(_BY_IRI.first(tx, {"iri": iri}))


def by_ids(tx: Tx, actor_ids: Iterable[int]) -> dict[int, Actor]:
    wanted = list(set(actor_ids))
    return {row[0]: Actor(*row) for row in _BY_IDS.all(tx, {"ids": wanted})} if wanted else {}


def by_iris(tx: Tx, iris: Iterable[str]) -> dict[str, Actor]:
    wanted = list(set(iris))
    return {row.iri: Actor(*row) for row in tx.execute(_BY_IRIS, {"iris": wanted})} if wanted else {}


def by_handle(tx: Tx, username: str, domain: str) -> Actor | None:
    """Exact; where a name was given out twice, the actor that is still there."""
    return _one(tx.execute(_BY_HANDLE, {"username": username, "domain": domain}).first())


def local_by_username(tx: Tx, username: str) -> Actor | None:
    """A member's actor, whatever the case the name is written in."""
    return _one(_LOCAL.first(tx, {"username": username.lower()}))


def local_actors(tx: Tx) -> list[Actor]:
    """Every actor of this server, the server's own first."""
    return [Actor(*row) for row in tx.execute(select(actor).where(actor.c.local).order_by(actor.c.id))]


def anybody_indexable(tx: Tx) -> bool:
    """Whether one member at least lets search engines list their page."""
    query = select(actor.c.id).where(actor.c.local, actor.c.indexable, actor.c.gone_at.is_(None)).limit(1)
    return tx.execute(query).first() is not None


def matching(tx: Tx, text: str, limit: int, offset: int = 0) -> list[Actor]:
    """Known actors whose handle or name begins with or contains `text`."""
    like = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    handle = func.lower(actor.c.username + "@" + actor.c.domain)
    query = (
        select(actor)
        .where(
            actor.c.gone_at.is_(None),
            handle.like(like, escape="\\") | func.lower(actor.c.name).like(like, escape="\\"),
        )
        .order_by(actor.c.local.desc(), actor.c.followers_count.desc(), actor.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [Actor(*row) for row in tx.execute(query)]


def insert_actor(tx: Tx, new: Actor) -> None:
    insert_record(tx, actor, new)


def change(tx: Tx, actor_id: int, values: Mapping[str, Any]) -> None:
    change_row(tx, actor, actor_id, values)


def count(tx: Tx, actor_id: int, *, followers: int = 0, following: int = 0, posts: int = 0) -> None:
    """Move an actor's counters; they never go under zero."""
    step_counters(tx, actor, actor_id, followers_count=followers, following_count=following, posts_count=posts)


def hosts(tx: Tx) -> int:
    """How many other servers somebody is known on. Reads every actor: not for each request."""
    return int(tx.execute(select(func.count(actor.c.host.distinct())).where(~actor.c.local)).scalar_one())


def posted(tx: Tx, actor_id: int, at: datetime) -> None:
    _POSTED.run(tx, {"actor": actor_id, "at": at})


_POSTED = Prepared(
    update(actor)
    .where(actor.c.id == bindparam("actor"))
    .values(posts_count=actor.c.posts_count + 1, last_post_at=bindparam("at"))
)


def key(tx: Tx, iri: str) -> tuple[Actor, str, str, datetime] | None:
    """(its actor, owner IRI, material, when it was fetched) of a remote or local public key, by key id."""
    row = tx.execute(_BY_KEY, {"iri": iri}).first()
    return None if row is None else (Actor(*row[4:]), row[1], row[2], row[3])


def keys_of(tx: Tx, actor_id: int) -> list[tuple[str, str]]:
    """(key id, material) of an actor's public keys."""
    rows = tx.execute(select(public_key.c.iri, public_key.c.material).where(public_key.c.actor_id == actor_id))
    return [(row.iri, row.material) for row in rows]


def replace_keys(tx: Tx, actor_id: int, keys: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Set an actor's public keys to (key id, owner, material); those it no longer names are gone.

    A key id that belongs to another actor is left to it: a document cannot take over somebody else's key.
    """
    tx.execute(_DROP_KEYS, {"actor": actor_id})
    for iri, owner, material in keys:
        row = {"iri": iri, "actor_id": actor_id, "owner": owner, "material": material, "fetched_at": now}
        insert_or_leave(tx, public_key, row)


def inboxes_ever_delivered_to(tx: Tx, actor_id: int) -> list[str]:
    """Every inbox something of this actor was sent to: who must be told when it is gone."""
    query = select(delivery.c.inbox).join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
    return list(tx.execute(query.where(outgoing.c.actor_id == actor_id).distinct()).scalars())
