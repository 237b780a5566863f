"""Erased members: which servers were told, and what each said. For thirty days with the former name and a line for each
server; after that figures alone are left, of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.schema.delivery import delivery, outgoing
from fediprof.schema.moderation import erasure


@dataclass(frozen=True, slots=True)
class Erasure:
    """Column order of `schema.moderation.erasure`."""

    id: int
    secret_hash: str
    username: str | None
    activity_iri: str | None
    erased_at: datetime
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class Told:
    """One server. `state`: waiting, sent, failed."""

    host: str
    state: str
    last_status: int | None
    last_error: str | None


def keep(tx: Tx, username: str, activity_iri: str, now: datetime) -> str:
    """Returns the secret that opens the report."""
    secret = ids.secret()
    row = Erasure(ids.new_id(), ids.fingerprint(secret), username, activity_iri, now, 0, 0)
    tx.execute(insert(erasure), {name: getattr(row, name) for name in erasure.c.keys()})
    return secret


def by_secret(tx: Tx, secret: str) -> Erasure | None:
    if not 20 <= len(secret) <= 100:
        return None
    row = tx.execute(select(erasure).where(erasure.c.secret_hash == ids.fingerprint(secret))).first()
    return None if row is None else Erasure(*row)


def by_id(tx: Tx, number: int) -> Erasure | None:
    row = tx.execute(select(erasure).where(erasure.c.id == number)).first()
    return None if row is None else Erasure(*row)


def newest(tx: Tx, limit: int = 100) -> list[Erasure]:
    return [Erasure(*row) for row in tx.execute(select(erasure).order_by(erasure.c.id.desc()).limit(limit))]


def told(tx: Tx, found: Erasure) -> list[Told]:
    """Each inbox the Delete was sent to, while that is known."""
    if found.activity_iri is None:
        return []
    columns = delivery.c.host, delivery.c.state, delivery.c.last_status, delivery.c.last_error
    query = select(*columns).join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
    rows = tx.execute(query.where(outgoing.c.activity_iri == found.activity_iri).order_by(delivery.c.host))
    return [Told(*row) for row in rows]


def counts(tx: Tx, found: Erasure) -> dict[str, int]:
    """{sent, failed, waiting: how many servers}"""
    if found.activity_iri is None:
        return {"sent": found.sent, "failed": found.failed, "waiting": 0}
    query = (
        select(delivery.c.state, func.count())
        .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
        .where(outgoing.c.activity_iri == found.activity_iri)
        .group_by(delivery.c.state)
    )
    return {"sent": 0, "failed": 0, "waiting": 0} | {row[0]: int(row[1]) for row in tx.execute(query)}


def forget_names(tx: Tx, before: datetime) -> None:
    """To be done before deliveries of that age are swept."""
    old = select(erasure).where(erasure.c.erased_at < before, erasure.c.activity_iri.is_not(None))
    for found in [Erasure(*row) for row in tx.execute(old)]:
        said = counts(tx, found)
        values = {"username": None, "activity_iri": None, "sent": said["sent"], "failed": said["failed"]}
        tx.execute(update(erasure).where(erasure.c.id == found.id).values(**values))
