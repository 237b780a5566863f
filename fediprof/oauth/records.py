"""Client apps, the codes they redeem, and the tokens they hold. Field order is the column order of `schema.oauth`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof.accounts.records import Account

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect address of apps without one: the code is shown on a page, and typed in by a person."""


@dataclass(frozen=True, slots=True)
class App:
    id: int
    client_id: str
    client_secret_hash: str
    name: str
    website: str | None
    redirect_uris: list[str]
    scopes: list[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Code:
    code_hash: str
    app_id: int
    account_id: int
    redirect_uri: str
    scopes: list[str]
    challenge: str | None
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """`account_id` None: the app itself, for what needs no person."""

    id: int
    token_hash: str
    app_id: int
    account_id: int | None
    code_hash: str | None
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as a request brings it, with the person it stands for."""

    token: Token
    account: Account | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """An app a member let in, with all it holds: scopes of every token, the first day, the last use (None: not yet)."""

    app: App
    scopes: tuple[str, ...]
    since: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made; its secret is known only now."""

    secret: str
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """An app just made; its secret is known only now."""

    app: App
    client_secret: str
