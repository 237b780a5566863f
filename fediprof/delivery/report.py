"""Did my post arrive? What an author, and whoever runs the server, may know of deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from fediprof.db.database import Tx
from fediprof.schema.delivery import delivery, outgoing, peer


@dataclass(frozen=True, slots=True)
class Line:
    """`type`: Create, Update, Delete … `state`: waiting, sent, failed."""

    type: str
    host: str
    inbox: str
    state: str
    attempts: int
    last_status: int | None
    last_error: str | None
    next_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sent:
    """An activity of a member's: `body` as it went out; `state` of its delivery, of several the one furthest behind."""

    actor_id: int
    body: bytes
    created_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class HostLine:
    host: str
    waiting: int
    failures: int
    dead_at: datetime | None
    next_at: datetime | None
    last_status: int | None
    last_error: str | None
    last_success_at: datetime | None
    scheme: str | None


def of_post(tx: Tx, post_id: int) -> list[Line]:
    """Every server a post, and each change of it, was sent to."""
    names = [name for name in Line.__slots__ if name != "type"]
    query = (
        select(outgoing.c.type, *(delivery.c[name] for name in names))
        .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
        .where(outgoing.c.post_id == post_id)
        .order_by(delivery.c.host, delivery.c.id)
    )
    return [Line(*row) for row in tx.execute(query)]


def about(tx: Tx, actor_ids: Iterable[int], object_iris: Iterable[str]) -> list[Sent]:
    """What some members sent about some things, the oldest first; as long as it is kept."""
    behind = func.max(delivery.c.state)  # failed, sent, waiting
    query = (
        select(outgoing.c.actor_id, outgoing.c.body, outgoing.c.created_at, behind)
        .join(delivery, delivery.c.outgoing_id == outgoing.c.id)
        .where(outgoing.c.actor_id.in_(list(actor_ids)), outgoing.c.object_iri.in_(list(object_iris)))
        .group_by(outgoing.c.id, outgoing.c.actor_id, outgoing.c.body, outgoing.c.created_at)
        .order_by(outgoing.c.id)
    )
    return [Sent(*row) for row in tx.execute(query)]


def of_activities(tx: Tx, iris: Iterable[str]) -> list[Line]:
    """Where each of some activities was sent, the oldest first; as long as it is kept."""
    names = [name for name in Line.__slots__ if name != "type"]
    query = (
        select(outgoing.c.type, *(delivery.c[name] for name in names))
        .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
        .where(outgoing.c.activity_iri.in_(list(iris)))
        .order_by(delivery.c.id)
    )
    return [Line(*row) for row in tx.execute(query)]


def of_host(tx: Tx, host: str | None = None) -> list[HostLine]:
    """Each server we deliver to, those with most waiting first."""
    waiting = (
        select(delivery.c.host, func.count().label("waiting"))
        .where(delivery.c.state == "waiting")
        .group_by(delivery.c.host)
        .subquery()
    )
    count = func.coalesce(waiting.c.waiting, 0)
    query = (
        select(peer.c.host, count, *(peer.c[name] for name in HostLine.__slots__[2:]))
        .outerjoin(waiting, waiting.c.host == peer.c.host)
        .order_by(count.desc(), peer.c.host)
    )
    if host is not None:
        query = query.where(peer.c.host == host)
    return [HostLine(*row) for row in tx.execute(query)]


def waiting_at(tx: Tx, host: str, limit: int = 100) -> list[Line]:
    """What waits for one server, the oldest first."""
    names = [name for name in Line.__slots__ if name != "type"]
    query = (
        select(outgoing.c.type, *(delivery.c[name] for name in names))
        .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
        .where(delivery.c.host == host, delivery.c.state == "waiting")
        .order_by(delivery.c.id)
        .limit(limit)
    )
    return [Line(*row) for row in tx.execute(query)]
