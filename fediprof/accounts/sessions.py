"""Sessions: a bearer secret in a cookie, its hash in the database. 60 days, renewed by use; seen and ended by the member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof import ids
from fediprof.accounts import store
from fediprof.accounts.records import Account, Session
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.principal import Member

LIFETIME = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """`secret` is told once, here; only its hash is kept."""

    secret: str
    session: Session
    account: Account


def open_session(tx: Tx, account: Account, agent: str, now: datetime) -> LoggedIn:
    secret = ids.secret()
    session = Session(ids.new_id(), account.id, ids.fingerprint(secret), agent[:300], now, now, now + LIFETIME)
    store.insert_session(tx, session)
    return LoggedIn(secret, session, account)


def find(tx: Tx, secret: str, now: datetime) -> tuple[Session, Account] | None:
    """Whose session a cookie is, if it is one."""
    if not 20 <= len(secret) <= 100:
        return None
    return store.by_session(tx, ids.fingerprint(secret), now)


@dataclass(frozen=True, slots=True)
class RenewSession:
    session_id: int


def is_due(session: Session, now: datetime) -> bool:
    """Whether its use is worth a write again."""
    return now - session.seen_at > SEEN_EVERY


def renew_session(tx: Tx, request: RenewSession, here: Here) -> Done[None]:
    """It was used: it lasts its whole time again, and the member sees when it was."""
    store.touch_session(tx, request.session_id, here.now, here.now + LIFETIME)
    return Done(None)


def member(account: Account) -> Member:
    """The principal a session proves."""
    return Member(account.id, account.actor_id, admin=account.admin)
