"""Bearer token → who calls. RFC 6750: the token in `Authorization`, or in `access_token` for sockets and old clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof import ids
from fediprof.accounts.records import Account
from fediprof.db.database import Tx
from fediprof.errors import NotAllowed, NotVerified
from fediprof.mastodon.errors import INVALID_TOKEN, MISSING_SCOPE
from fediprof.oauth import scopes, store
from fediprof.oauth.records import Token
from fediprof.principal import Member

TOUCHED_EVERY = timedelta(minutes=10)
"""How exact the time of a token's last use is; each request would be a write otherwise."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Nobody known (no token), an app for itself (a token without a member), or a member through an app."""

    token: Token | None = None
    account: Account | None = None
    by: Member | None = None

    @property
    def viewer(self) -> int | None:
        """Whose eyes posts are chosen for: an actor's id, or None."""
        return None if self.account is None else self.account.actor_id

    @property
    def member(self) -> Member:
        """Raises NotVerified where no member is behind the request."""
        if self.by is None:
            raise NotVerified("no member", public="This method requires an authenticated user")
        return self.by

    @property
    def me(self) -> Account:
        if self.account is None:
            raise NotVerified("no member", public="This method requires an authenticated user")
        return self.account

    def stale(self, now: datetime) -> bool:
        """Whether the time of the token's last use should be written anew."""
        return self.token is not None and (self.token.used_at is None or now - self.token.used_at > TOUCHED_EVERY)


NOBODY = Caller()


def bearer(authorization: str) -> str | None:
    """The token of an Authorization header; None without one. Raises NotVerified for another scheme."""
    if not authorization:
        return None
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise NotVerified("not a bearer token", public=INVALID_TOKEN)
    return value.strip()


def caller(tx: Tx, secret: str | None) -> Caller:
    """Who a token stands for, in one statement. Raises NotVerified: a wrong token is never taken for none."""
    if secret is None:
        return NOBODY
    grant = store.grant(tx, ids.fingerprint(secret))
    if grant is None:
        raise NotVerified("unknown token", public=INVALID_TOKEN)
    if grant.account is None:
        return Caller(grant.token)
    by = Member(
        grant.account.id,
        grant.account.actor_id,
        frozenset(grant.token.scopes),
        grant.token.app_id,
        grant.account.admin,
    )
    return Caller(grant.token, grant.account, by)


def must_reach(who: Caller, needed: str) -> None:
    """`needed`: one of

    - "": anybody; - "optional X": anybody, but a token must hold X; - "app": any token; - "X" or "X|Y": a member's
    token that holds X (or Y).

    Raises NotVerified (401), NotAllowed (403).
    """
    if needed == "" or (needed.startswith("optional ") and who.token is None):
        return
    if who.token is None:
        raise NotVerified("no token", public=INVALID_TOKEN)
    if needed == "app":
        return
    optional, _, words = needed.rpartition(" ")
    if not optional:
        _ = who.member
    if not any(scopes.covers(who.token.scopes, word) for word in words.split("|")):
        raise NotAllowed(f"scope {needed}", public=MISSING_SCOPE)
