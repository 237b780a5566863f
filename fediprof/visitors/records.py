"""Logins of visitors as values. Field order is the column order of `schema.visitors`, where a table has the name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof.actors.records import Actor

ATTEMPT_LASTS = timedelta(minutes=10)
CODE_KNOWN_FOR = timedelta(days=1)
"""A code that comes too late is still known for one, and not shown to anybody as a message."""
SESSION_LASTS = timedelta(hours=12)
LINK_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Provider:
    """How a server is asked who somebody is. All addresses are on `base`, its origin. `issuer`: its name for itself,
    empty when it says nothing; `says_issuer`: whether its answers name it (RFC 9207)."""

    base: str
    authorize_url: str
    token_url: str
    revoke_url: str
    register_url: str
    scope: str
    issuer: str = ""
    says_issuer: bool = False


@dataclass(frozen=True, slots=True)
class LoginApp:
    """What we are at one server. `client_secret`: sealed."""

    host: str
    client_id: str
    client_secret: bytes
    scope: str
    redirect_uri: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser on its way to its server and back. Once: `used_at`."""

    state_hash: str
    browser_hash: str
    host: str
    issuer: str
    says_issuer: bool
    token_url: str
    revoke_url: str
    back: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One browser that waits for a message. `actor_id`: who sent it."""

    code_hash: str
    browser_hash: str
    salt: str
    back: str
    expires_at: datetime
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    secret_hash: str
    actor_id: int
    only_at: list[str] | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor on a page."""

    session: Session
    actor: Actor

    def looks_at(self, username: str) -> bool:
        """Whether this session counts on that member's pages: one that a link opened is for its sender's alone."""
        return self.session.only_at is None or username.lower() in self.session.only_at


@dataclass(frozen=True, slots=True)
class Link:
    secret_hash: str
    grant_id: int
    owner_id: int
    actor_id: int
    uses_left: int
    created_at: datetime
    expires_at: datetime
