"""How each server has been answering: leases, failures, the breaker, who is dead, which signature it needs.

A host, not a delivery, is what is leased: so its parallel requests are bounded, its order is kept, and one that does not
answer is knocked at once, not once per waiting row. After 7 distinct days of failures only it is dead: nothing more
is tried until it writes to us (`federation.inbox.keep` revives it), or someone asks for a retry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, exists, func, or_, select, update

from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.delivery import store
from fediprof.jobs.lease import LEASE
from fediprof.schema.delivery import delivery, peer

DEAD_AFTER_DAYS = 7
BREAKER_AFTER = 3
PAUSES = (30, 120, 600, 1800, 3600)
"""Seconds a host is left alone after its third, fourth … failure in a row."""


@dataclass(frozen=True, slots=True)
class Peer:
    host: str
    failures: int
    scheme: str | None


_DUE = Prepared(
    select(peer.c.host, peer.c.failures, peer.c.scheme)
    .where(
        peer.c.next_at <= bindparam("now"),
        peer.c.dead_at.is_(None),
        or_(peer.c.lease_until.is_(None), peer.c.lease_until < bindparam("now")),
    )
    .order_by(peer.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = Prepared(
    update(peer).where(among(peer.c.host, "hosts")).values(lease_until=bindparam("until"), lease_by=bindparam("who"))
)
_RENEW = Prepared(
    update(peer)
    .where(peer.c.host == bindparam("name"), peer.c.lease_by == bindparam("who"))
    .values(lease_until=bindparam("until"))
)
_NEXT = Prepared(
    select(func.min(delivery.c.next_at)).where(
        delivery.c.host == bindparam("name"), delivery.c.state == "waiting", delivery.c.next_at > bindparam("after")
    )
)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_RELEASE = Prepared(
    update(peer)
    .where(peer.c.host == bindparam("name"), peer.c.lease_by == bindparam("who"))
    .values(lease_until=None, lease_by=None, next_at=bindparam("again_at"))
)
_ANSWERED = Prepared(
    update(peer)
    .where(peer.c.host == bindparam("name"))
    .values(
        failures=0,
        failing_days=bindparam("no_days"),
        dead_at=None,
        last_status=bindparam("status"),
        last_error=None,
        last_success_at=bindparam("now"),
    )
)
_STATE = Prepared(
    select(peer.c.failures, peer.c.failing_days, peer.c.next_at)
    .where(peer.c.host == bindparam("name"))
    .with_for_update()
)


def lease(tx: Tx, who: str, now: datetime, most: int) -> list[Peer]:
    """Hosts that are due, leased to `who`."""
    found = [Peer(*row) for row in _DUE.all(tx, {"now": now, "most": most})]
    if found:
        _LEASE.run(tx, {"hosts": [each.host for each in found], "until": now + LEASE, "who": who})
    return found


def renew(tx: Tx, host: str, who: str, now: datetime) -> bool:
    """False when somebody else has it by now: then leave it."""
    return _RENEW.run(tx, {"name": host, "who": who, "until": now + LEASE}) > 0


def hold(tx: Tx, who: str, now: datetime) -> None:
    """Keep every host `who` is at."""
    tx.execute(update(peer).where(peer.c.lease_by == who).values(lease_until=now + LEASE))


def release(tx: Tx, host: str, who: str, now: datetime) -> None:
    """Give a host back, due again when its next waiting delivery is; not before its pause, when it has been failing."""
    # Locked before we look: what is recorded from here on waits for us, and then wakes the host.
    state = _STATE.first(tx, {"name": host})
    next_at = _next(tx, host, _BEGINNING)
    if next_at is not None and next_at <= now and not store.due(tx, [host], now, 1)[host]:
        # All that is due follows something put off. Due at once, the host would be leased again without end.
        next_at = _next(tx, host, now)
    if next_at is not None and state is not None:
        failures, _, spared_until = state
        if failures > 0 and spared_until is not None:
            next_at = max(next_at, spared_until)
    _RELEASE.run(tx, {"name": host, "who": who, "again_at": next_at})


def _next(tx: Tx, host: str, after: datetime) -> datetime | None:
    """When the first waiting delivery after a moment is due."""
    found = _NEXT.first(tx, {"name": host, "after": after})
    next_at: datetime | None = None if found is None else found[0]
    return next_at


def release_all(tx: Tx, who: str) -> None:
    """At a stop: what this process held is free at once."""
    tx.execute(update(peer).where(peer.c.lease_by == who).values(lease_until=None, lease_by=None))


def answered(tx: Tx, host: str, status: int, now: datetime) -> None:
    """The host is there, whatever it says of one delivery."""
    _ANSWERED.run(tx, {"name": host, "status": status, "now": now, "no_days": []})


def failed(
    tx: Tx, host: str, status: int | None, error: str, now: datetime, *, wait: timedelta | None = None
) -> None:
    """The host did not answer, or says that it cannot. From the third time in a row it is left alone for a while, and
    at once for as long as it asks us to (`wait`)."""
    state = _STATE.first(tx, {"name": host})
    if state is None:
        return
    failures = state[0] + 1
    days = sorted({*state[1], now.date().isoformat()})[-DEAD_AFTER_DAYS:]
    values = {"failures": failures, "failing_days": days, "last_status": status, "last_error": error[:300]}
    if len(days) >= DEAD_AFTER_DAYS:
        values["dead_at"] = now
    pause = wait or timedelta()
    if failures >= BREAKER_AFTER:
        pause = max(pause, timedelta(seconds=PAUSES[min(failures - BREAKER_AFTER, len(PAUSES) - 1)]))
    if pause:
        values["next_at"] = now + pause
    tx.execute(update(peer).where(peer.c.host == host).values(**values))


def revive(tx: Tx, hosts: Iterable[str] | None, now: datetime) -> int:
    """Try again now: these hosts, or (None) every one that has something waiting. Returns how many."""
    waits = exists().where(delivery.c.host == peer.c.host, delivery.c.state == "waiting")
    query = update(peer).where(waits)
    if hosts is not None:
        query = query.where(peer.c.host.in_(list(hosts)))
    touched = tx.execute(query.values(dead_at=None, failures=0, failing_days=[], next_at=now)).rowcount
    again = update(delivery).where(delivery.c.state == "waiting")
    if hosts is not None:
        again = again.where(delivery.c.host.in_(list(hosts)))
    tx.execute(again.values(next_at=now))
    return touched


def next_due(tx: Tx) -> datetime | None:
    found: datetime | None = tx.execute(select(func.min(peer.c.next_at)).where(peer.c.dead_at.is_(None))).scalar()
    return found


def remember_scheme(tx: Tx, host: str, scheme: str) -> None:
    """The signature scheme a host was seen to need."""
    insert_or_leave(tx, peer, {"host": host, "failures": 0, "failing_days": []})
    tx.execute(update(peer).where(peer.c.host == host).values(scheme=scheme))


def remember_software(tx: Tx, host: str, name: str) -> None:
    """What a host says it runs."""
    insert_or_leave(tx, peer, {"host": host, "failures": 0, "failing_days": []})
    tx.execute(update(peer).where(peer.c.host == host).values(software=name))


def scheme_of(tx: Tx, host: str) -> str | None:
    found = _SCHEME.first(tx, {"name": host})
    return None if found is None else found[0]


_SCHEME = Prepared(select(peer.c.scheme).where(peer.c.host == bindparam("name")))
