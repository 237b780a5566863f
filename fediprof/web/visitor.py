"""Who looks at a page: nobody known, a member with a session, or a visitor who came with an account of elsewhere. Cookies
hold a secret, the database its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from fediprof import ids
from fediprof.accounts import store as accounts
from fediprof.accounts.records import Account, Session
from fediprof.accounts.sessions import LIFETIME
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.here import Here
from fediprof.notifications import store as notifications
from fediprof.principal import Member
from fediprof.settings import Settings

GUEST = "visitor"
"""The cookie of a visitor's session (`visitors.sessions`)."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member on a page. `requests`: how many people wait to be let in; `news`: whether something was not seen yet;
    `unread`: the private conversations with something new."""

    account: Account
    session: Session
    actor: Actor
    requests: int
    news: bool
    unread: frozenset[int]

    @property
    def member(self) -> Member:
        return Member(self.account.id, self.actor.id, admin=self.account.admin)


def cookie_name(settings: Settings, name: str = "session") -> str:
    """`__Host-` ties the cookie to https, this host and the whole path; browsers refuse it over plain http."""
    return name if settings.scheme == "http" else f"__Host-{name}"


def secret_of(request: Request, settings: Settings) -> str | None:
    return request.cookies.get(cookie_name(settings))


def find(tx: Tx, secret: str, here: Here) -> Visitor | None:
    """The member a session's secret belongs to; None for an unknown or ended one."""
    found = accounts.by_session(tx, ids.fingerprint(secret), here.now)
    if found is None:
        return None
    session, account = found
    actor = actors.by_id(tx, account.actor_id)
    if actor is None or actor.gone_at is not None:
        return None
    waiting = len(follows.follower_ids(tx, actor.id, state="pending", limit=99)) if actor.locked else 0
    unread = frozenset(notifications.unopened(tx, actor.id))
    return Visitor(account, session, actor, waiting, notifications.unseen(tx, account.id) > 0, unread)


def guest_secret_of(request: Request, settings: Settings) -> str | None:
    return request.cookies.get(cookie_name(settings, GUEST))


def remember(
    response: Response, settings: Settings, secret: str, *, name: str = "session", lasts: timedelta = LIFETIME
) -> None:
    response.set_cookie(
        cookie_name(settings, name),
        secret,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=settings.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def forget(response: Response, settings: Settings, *, name: str = "session") -> None:
    response.delete_cookie(
        cookie_name(settings, name), path="/", secure=settings.scheme == "https", httponly=True, samesite="lax"
    )
