"""Client apps and what members allowed them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata

oauth_app = Table(
    "oauth_app",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("client_secret_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Json, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)

oauth_code = Table(
    "oauth_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("app_id", Id, ForeignKey("oauth_app.id", ondelete="cascade"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("challenge", Text),  # PKCE, S256
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("app_id", Id, ForeignKey("oauth_app.id", ondelete="cascade"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), index=True),  # null: the app itself
    Column("code_hash", String(64), index=True),  # the code it was bought with: a code used twice ends its token
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
)
