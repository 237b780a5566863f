"""People of other servers who look at pages as themselves: where they can log in, logins under way, their sessions, and
links that open a part. Nothing here says what they looked at."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata


def _of_actor(name: str = "actor_id", *, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey("actor.id", ondelete="cascade"), nullable=nullable, index=True)


login_app = Table(
    "login_app",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("client_secret", LargeBinary, nullable=False),  # sealed by the keystore
    Column("scope", String(32), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("says_issuer", Boolean, nullable=False),
    Column("token_url", Text, nullable=False),
    Column("revoke_url", Text, nullable=False),
    Column("back", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

login_code = Table(
    "login_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False, unique=True),  # one at a time for a browser
    Column("salt", String(16), nullable=False),
    Column("back", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    _of_actor(nullable=True),  # who sent it
)

visitor_session = Table(
    "visitor_session",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    _of_actor(),
    Column("only_at", Json),  # names of the members whose pages it is for; null: an account that was proven, for all
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

capability_link = Table(
    "capability_link",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("grant_id", Id, nullable=False, index=True),
    _of_actor("owner_id"),
    _of_actor(),  # to whom it opens
    Column("uses_left", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
