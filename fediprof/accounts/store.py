"""All SQL on accounts, sessions, one-time links and throttled doors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from fediprof.accounts.records import Account, Session
from fediprof.actors.records import Actor
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.accounts import account, login_link, session, throttle
from fediprof.schema.actors import actor

_BY_SESSION = Prepared(
    select(session, account)
    .join(account, account.c.id == session.c.account_id)
    .where(session.c.secret_hash == bindparam("secret"), session.c.expires_at > bindparam("now"))
)


def by_id(tx: Tx, account_id: int) -> Account | None:
    row = tx.execute(select(account).where(account.c.id == account_id)).first()
    return None if row is None else Account(*row)


def by_actor(tx: Tx, actor_id: int) -> Account | None:
    row = tx.execute(select(account).where(account.c.actor_id == actor_id)).first()
    return None if row is None else Account(*row)


def by_username(tx: Tx, username: str) -> tuple[Account, Actor] | None:
    """By the name in the handle, whatever its case."""
    row = tx.execute(
        select(account, actor)
        .join(actor, actor.c.id == account.c.actor_id)
        .where(actor.c.local, func.lower(actor.c.username) == username.strip().lstrip("@").lower())
    ).first()
    split = len(account.c)
    return None if row is None else (Account(*row[:split]), Actor(*row[split:]))


def everyone(tx: Tx) -> list[tuple[Account, Actor]]:
    split = len(account.c)
    rows = tx.execute(select(account, actor).join(actor, actor.c.id == account.c.actor_id).order_by(account.c.id))
    return [(Account(*row[:split]), Actor(*row[split:])) for row in rows]


def keepers(tx: Tx) -> list[int]:
    """Actor ids of those who run the server."""
    return list(tx.execute(select(account.c.actor_id).where(account.c.admin).order_by(account.c.id)).scalars())


def count(tx: Tx) -> int:
    return int(tx.execute(select(func.count()).select_from(account)).scalar_one())


def insert_account(tx: Tx, new: Account) -> None:
    insert_record(tx, account, new)


def change(tx: Tx, account_id: int, values: Mapping[str, Any]) -> None:
    tx.execute(update(account).where(account.c.id == account_id), dict(values))


def delete_account(tx: Tx, account_id: int) -> None:
    tx.execute(delete(account).where(account.c.id == account_id))


# --- sessions


def insert_session(tx: Tx, new: Session) -> None:
    insert_record(tx, session, new)


def by_session(tx: Tx, secret_hash: str, now: datetime) -> tuple[Session, Account] | None:
    row = _BY_SESSION.first(tx, {"secret": secret_hash, "now": now})
    split = len(session.c)
    return None if row is None else (Session(*row[:split]), Account(*row[split:]))


def sessions_of(tx: Tx, account_id: int, now: datetime) -> list[Session]:
    query = select(session).where(session.c.account_id == account_id, session.c.expires_at > now)
    return [Session(*row) for row in tx.execute(query.order_by(session.c.seen_at.desc()))]


def touch_session(tx: Tx, session_id: int, now: datetime, expires_at: datetime) -> None:
    tx.execute(update(session).where(session.c.id == session_id).values(seen_at=now, expires_at=expires_at))


def close_sessions(tx: Tx, account_id: int, *, only: int | None = None, but: int | None = None) -> None:
    query = delete(session).where(session.c.account_id == account_id)
    if only is not None:
        query = query.where(session.c.id == only)
    if but is not None:
        query = query.where(session.c.id != but)
    tx.execute(query)


# --- one-time links


def insert_link(tx: Tx, secret_hash: str, account_id: int, expires_at: datetime) -> None:
    tx.execute(insert(login_link), {"secret_hash": secret_hash, "account_id": account_id, "expires_at": expires_at})


def spend_link(tx: Tx, secret_hash: str, now: datetime) -> int | None:
    """The account a link opens, once; None when it is unknown, used or too old."""
    query = (
        update(login_link)
        .where(login_link.c.secret_hash == secret_hash, login_link.c.used_at.is_(None), login_link.c.expires_at > now)
        .values(used_at=now)
        .returning(login_link.c.account_id)
    )
    found: int | None = tx.execute(query).scalar()
    return found


# --- doors that slow down who guesses


def throttled_until(tx: Tx, key: str, now: datetime) -> datetime | None:
    until = tx.execute(select(throttle.c.until).where(throttle.c.key == key)).scalar()
    return until if until is not None and until > now else None


def failed(tx: Tx, key: str, now: datetime) -> None:
    """Count a failure; from the fifth on the door closes for 30 s, doubling up to an hour. A day of quiet forgets."""
    row = tx.execute(select(throttle).where(throttle.c.key == key)).first()
    if row is None:
        insert_or_leave(tx, throttle, {"key": key, "failures": 1, "until": None, "last_at": now})
        return
    failures = 1 if now - row.last_at > timedelta(days=1) else row.failures + 1
    until = now + timedelta(seconds=min(30 * 2 ** (failures - 5), 3600)) if failures >= 5 else None
    tx.execute(update(throttle).where(throttle.c.key == key).values(failures=failures, until=until, last_at=now))


def succeeded(tx: Tx, key: str) -> None:
    tx.execute(delete(throttle).where(throttle.c.key == key))
