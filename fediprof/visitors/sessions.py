"""Sessions of visitors: a secret in a cookie, its hash in the database, for twelve hours. One that a link opened counts on
its sender's pages alone, as long as the link lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.visitors import store
from fediprof.visitors.records import SESSION_LASTS, Guest, Session


@dataclass(frozen=True, slots=True)
class EndVisit:
    guest: Guest


def find(tx: Tx, secret: str, now: datetime) -> Guest | None:
    """Who a cookie is of, if it is one."""
    if not 20 <= len(secret) <= 100:
        return None
    return store.guest(tx, ids.fingerprint(secret), now)


def opened(
    tx: Tx, actor_id: int, now: datetime, *, only_at: list[str] | None = None, until: datetime | None = None
) -> str:
    """A new session's secret, told once. What has ended is forgotten on the way."""
    store.sweep(tx, now)
    secret = ids.secret()
    session = Session(ids.new_id(), ids.fingerprint(secret), actor_id, only_at, now, until or now + SESSION_LASTS)
    store.insert_session(tx, session)
    return secret


def end_visit(tx: Tx, request: EndVisit, here: Here) -> Done[None]:
    """They leave."""
    store.end_session(tx, request.guest.session.id)
    return Done(None)
