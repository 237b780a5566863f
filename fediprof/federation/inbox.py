"""All SQL on the inbox's rows: kept before the sender is told 202, claimed, finished, tried again, swept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, update

from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.jobs.lease import LEASE
from fediprof.schema.delivery import delivery, peer
from fediprof.schema.inbox import inbox_activity


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    actor_iri: str
    activity_iri: str
    type: str
    proven_by: str
    body: bytes
    received_at: datetime
    attempts: int


_COLUMNS = [inbox_activity.c[name] for name in Row.__slots__]
_DUE = (
    select(*_COLUMNS)
    .where(
        inbox_activity.c.state == "waiting",
        inbox_activity.c.next_at <= bindparam("now"),
        or_(inbox_activity.c.lease_until.is_(None), inbox_activity.c.lease_until < bindparam("now")),
    )
    .order_by(inbox_activity.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = Prepared(
    update(inbox_activity).where(among(inbox_activity.c.id, "rows")).values(lease_until=bindparam("until"))
)
_FINISH = Prepared(
    update(inbox_activity)
    .where(inbox_activity.c.id == bindparam("row"))
    .values(state=bindparam("new_state"), outcome=bindparam("words"), done_at=bindparam("at"), lease_until=None)
)
_REVIVE = (
    update(peer)
    .where(peer.c.host == bindparam("name"), peer.c.failures > 0)
    .values(failures=0, failing_days=[], dead_at=None, next_at=bindparam("at"))
)

_PATIENT = 3
_HURRY = (
    update(delivery)
    .where(delivery.c.host == bindparam("name"), delivery.c.state == "waiting", delivery.c.attempts >= _PATIENT)
    .values(next_at=bindparam("at"))
)
"""What has failed so often that its next try may be hours away. Below that, a host that writes while its inbox fails
would make us try at each of its messages."""


def keep(
    tx: Tx,
    *,
    actor_iri: str,
    activity_iri: str,
    type: str,
    object_iri: str | None,
    proven_by: str,
    body: bytes,
    now: datetime,
    revived: str | None,
) -> bool:
    """False when this activity of this actor came before. `revived`: the host it is from, if it was failing; one that
    writes is alive, and is delivered to again."""
    if revived is not None and tx.execute(_REVIVE, {"name": revived, "at": now}).rowcount:
        tx.execute(_HURRY, {"name": revived, "at": now})
    return insert_or_leave(
        tx,
        inbox_activity,
        {
            "actor_iri": actor_iri,
            "activity_iri": activity_iri,
            "type": type[:64],
            "object_iri": object_iri,
            "proven_by": proven_by,
            "body": body,
            "received_at": now,
            "state": "waiting",
            "attempts": 0,
            "next_at": now,
        },
    )


def claim(tx: Tx, now: datetime, most: int) -> list[Row]:
    """The oldest rows due, leased to the caller."""
    rows = [Row(*row) for row in tx.execute(_DUE, {"now": now, "most": most})]
    if rows:
        ids = [row.id for row in rows]
        _LEASE.run(tx, {"rows": ids, "until": now + LEASE})
    return rows


def hold(tx: Tx, row_ids: Iterable[int], now: datetime) -> None:
    """Keep what was claimed."""
    _LEASE.run(tx, {"rows": list(row_ids), "until": now + LEASE})


def finish(tx: Tx, row_id: int, state: str, outcome: str, now: datetime) -> None:
    """`state`: done or refused."""
    _FINISH.run(tx, {"row": row_id, "new_state": state, "words": outcome[:500], "at": now})


def put_off(tx: Tx, row_id: int, next_at: datetime | None, why: str, now: datetime) -> None:
    """Try again at `next_at`; None: it is dead."""
    values = {
        "attempts": inbox_activity.c.attempts + 1,
        "outcome": why[:500],
        "lease_until": None,
        "next_at": next_at or now,
        "state": "waiting" if next_at else "dead",
        "done_at": None if next_at else now,
    }
    tx.execute(update(inbox_activity).where(inbox_activity.c.id == row_id).values(values))


def release(tx: Tx, row_ids: Iterable[int]) -> None:
    """Give back what was claimed and not begun, at a stop."""
    ids = list(row_ids)
    if ids:
        tx.execute(update(inbox_activity).where(inbox_activity.c.id.in_(ids)).values(lease_until=None))


def sweep(tx: Tx, before: datetime) -> int:
    """Remove rows done before that time. Until then their ids keep a repetition from having an effect."""
    done = delete(inbox_activity).where(inbox_activity.c.state != "waiting", inbox_activity.c.done_at < before)
    return tx.execute(done).rowcount


def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """(rows waiting, when the oldest came)"""
    query = select(func.count(), func.min(inbox_activity.c.received_at)).where(inbox_activity.c.state == "waiting")
    row = tx.execute(query).one()
    return int(row[0]), row[1]


def next_due(tx: Tx) -> datetime | None:
    query = select(func.min(inbox_activity.c.next_at)).where(inbox_activity.c.state == "waiting")
    found: datetime | None = tx.execute(query).scalar()
    return found
