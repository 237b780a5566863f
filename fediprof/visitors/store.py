"""All SQL on visitors' logins, sessions and links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from fediprof.actors.records import Actor
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.actors import actor
from fediprof.schema.profiles import disclosure_grant
from fediprof.schema.visitors import capability_link, login_app, login_attempt, login_code, visitor_session
from fediprof.visitors.records import CODE_KNOWN_FOR, Attempt, Code, Guest, Link, LoginApp, Session

_SPLIT = len(visitor_session.c)
_BY_SECRET = (
    select(visitor_session, actor)
    .join(actor, actor.c.id == visitor_session.c.actor_id)
    .where(
        visitor_session.c.secret_hash == bindparam("secret"),
        visitor_session.c.expires_at > bindparam("now"),
        actor.c.gone_at.is_(None),
    )
)


# --- apps


def app(tx: Tx, host: str) -> LoginApp | None:
    row = tx.execute(select(login_app).where(login_app.c.host == host)).first()
    return None if row is None else LoginApp(*row)


def keep_app(tx: Tx, new: LoginApp) -> None:
    """In place of the one we had there."""
    forget_app(tx, new.host)
    insert_record(tx, login_app, new)


def forget_app(tx: Tx, host: str) -> None:
    tx.execute(delete(login_app).where(login_app.c.host == host))


# --- on the way


def insert_attempt(tx: Tx, new: Attempt) -> None:
    insert_record(tx, login_attempt, new)


def spend_attempt(tx: Tx, state_hash: str, browser_hash: str, now: datetime) -> Attempt | None:
    """The attempt of this browser by this name, for the one who spends it; another browser cannot."""
    there = (login_attempt.c.state_hash == state_hash) & (login_attempt.c.browser_hash == browser_hash)
    spent = update(login_attempt).where(there, login_attempt.c.used_at.is_(None), login_attempt.c.expires_at > now)
    if tx.execute(spent.values(used_at=now)).rowcount != 1:
        return None
    return Attempt(*tx.execute(select(login_attempt).where(there)).one())


# --- codes


def insert_code(tx: Tx, new: Code) -> bool:
    """In place of what this browser waited for; False when another browser waits for the same code."""
    tx.execute(delete(login_code).where(login_code.c.browser_hash == new.browser_hash))
    return insert_or_leave(tx, login_code, {name: getattr(new, name) for name in login_code.c.keys()})


def code(tx: Tx, code_hash: str) -> Code | None:
    row = tx.execute(select(login_code).where(login_code.c.code_hash == code_hash)).first()
    return None if row is None else Code(*row)


def code_of(tx: Tx, browser_hash: str, now: datetime) -> Code | None:
    query = select(login_code).where(login_code.c.browser_hash == browser_hash, login_code.c.expires_at > now)
    row = tx.execute(query).first()
    return None if row is None else Code(*row)


def prove_code(tx: Tx, code_hash: str, actor_id: int, now: datetime) -> bool:
    """By the first who sends it, while it holds."""
    proven = update(login_code).where(
        login_code.c.code_hash == code_hash, login_code.c.actor_id.is_(None), login_code.c.expires_at > now
    )
    return tx.execute(proven.values(actor_id=actor_id)).rowcount == 1


def spend_code(tx: Tx, code_hash: str) -> bool:
    """True for the one who spends it."""
    return tx.execute(delete(login_code).where(login_code.c.code_hash == code_hash)).rowcount == 1


# --- sessions


def insert_session(tx: Tx, new: Session) -> None:
    insert_record(tx, visitor_session, new)


def guest(tx: Tx, secret_hash: str, now: datetime) -> Guest | None:
    row = tx.execute(_BY_SECRET, {"secret": secret_hash, "now": now}).first()
    return None if row is None else Guest(Session(*row[:_SPLIT]), Actor(*row[_SPLIT:]))


def end_session(tx: Tx, session_id: int) -> None:
    tx.execute(delete(visitor_session).where(visitor_session.c.id == session_id))


# --- links


def insert_link(tx: Tx, new: Link) -> None:
    insert_record(tx, capability_link, new)


def link(tx: Tx, secret_hash: str, now: datetime) -> Link | None:
    """A link whose time and grant have not ended, spent or not."""
    row = tx.execute(
        select(capability_link)
        .join(disclosure_grant, disclosure_grant.c.id == capability_link.c.grant_id)
        .where(
            capability_link.c.secret_hash == secret_hash,
            capability_link.c.expires_at > now,
            disclosure_grant.c.revoked_at.is_(None),
            disclosure_grant.c.ends_at > now,
        )
    ).first()
    return None if row is None else Link(*row)


def spend_link(tx: Tx, secret_hash: str) -> bool:
    """Count one use down; False when none was left. Of two at the same moment only one takes the last."""
    left = capability_link.c.uses_left
    spent = update(capability_link).where(capability_link.c.secret_hash == secret_hash, left > 0)
    return tx.execute(spent.values(uses_left=left - 1)).rowcount == 1


# --- forgetting


def sweep(tx: Tx, now: datetime) -> None:
    """What has ended leaves no trace of who came."""
    tx.execute(delete(login_attempt).where(login_attempt.c.expires_at <= now))

    tx.execute(delete(login_code).where(login_code.c.expires_at <= now - CODE_KNOWN_FOR))
    for table in (visitor_session, capability_link):
        tx.execute(delete(table).where(table.c.expires_at <= now))
