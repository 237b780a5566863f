"""People who log in here: accounts, sessions, one-time links, throttled doors."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from fediprof.schema.columns import Id, Instant, metadata

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("actor_id", Id, ForeignKey("actor.id"), nullable=False, unique=True),
    Column("password_hash", Text),
    Column("language", String(8), nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("default_visibility", String(16), nullable=False),
    Column("notifications_seen_id", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("agent", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

login_link = Table(
    "login_link",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", Instant),
    Column("last_at", Instant, nullable=False),
)
