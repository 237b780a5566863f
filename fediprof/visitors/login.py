"""A visitor logs in with their own account: to their server, which asks them, and back here as who it says they are.

OAuth 2.0 with PKCE and a `state` of this browser's own, RFC 6749 and 7636. All we ever learn is the account's name, and
the token that told it is revoked before anything else happens; nothing is posted, followed or read besides. A server
speaks for its own accounts alone: the name must lead, by WebFinger, to an actor on the very host that was logged in at.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from fediprof import clock, ids
from fediprof.actors.records import Actor
from fediprof.as2 import origin
from fediprof.db.database import Database, Tx
from fediprof.effects import Done, Resolver
from fediprof.errors import Malformed, NotAllowed, NotFound, NotVerified, TooMuch, Unreachable
from fediprof.here import Here
from fediprof.keystore import KeyStore
from fediprof.moderation import policies
from fediprof.net import webfinger
from fediprof.net.fetcher import Fetcher
from fediprof.settings import Settings
from fediprof.visitors import provider, sessions, store
from fediprof.visitors.provider import Forgotten
from fediprof.visitors.records import ATTEMPT_LASTS, Attempt, LoginApp, Provider

log = logging.getLogger(__name__)

AT_MOST = 20.0
"""Seconds of another server's that somebody waits for a page of ours."""
APP_TRUSTED_FOR = timedelta(hours=1)
"""After that, whether the server still knows our app is asked before somebody is sent there: it would tell them."""

Asked = TypeVar("Asked")
Value = TypeVar("Value")


class Performs(Protocol):
    """The part of `perform` used here."""

    async def __call__(self, command: Callable[[Tx, Asked, Here], Done[Value]], request: Asked) -> Value: ...


@dataclass(frozen=True, slots=True)
class Departure:
    """`url`: where to go on, at `host`."""

    host: str
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back by the browser; "" for what did not."""

    state: str
    code: str
    issuer: str
    error: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """`secret`: of the new session. `back`: where they wanted to go."""

    secret: str
    actor: Actor
    back: str


@dataclass(frozen=True, slots=True)
class Login:
    """What a login needs of the server."""

    perform: Performs
    database: Database
    fetcher: Fetcher
    resolver: Resolver
    keystore: KeyStore
    settings: Settings

    @property
    def redirect_uri(self) -> str:
        return f"{self.settings.origin}/visit/back"

    # --- going

    async def begin(self, handle: str, browser: str, back: str) -> Departure:
        """Find the login of `handle`'s server. `browser`: the secret in the cookie of who asks.

        Raises Malformed (no handle), NotFound (no such account), NotAllowed (a blocked server), `provider.NoLogin`,
        Unreachable.
        """
        try:
            async with asyncio.timeout(AT_MOST):
                return await self._begin(handle, browser, back)
        except TimeoutError:
            raise Unreachable(f"the login of {handle[:80]} takes too long") from None
        except TooMuch as error:
            raise Unreachable(f"{handle[:80]}: {error}") from error

    async def _begin(self, handle: str, browser: str, back: str) -> Departure:
        found = await webfinger.discover(self.fetcher, handle, scheme=self.settings.scheme)
        host = origin.host_of(found.actor_iri)
        hosts = (host, found.subject_acct.rpartition("@")[2])
        if await self.database.read(lambda tx: any(policies.domain_blocked(tx, each) for each in hosts)):
            raise NotAllowed(f"{host} is blocked")
        there = await provider.offered(self.fetcher, f"{self.settings.scheme}://{host}")
        app = await self._app(host, there)
        state = ids.secret()
        attempt = Attempt(
            ids.fingerprint(state),
            ids.fingerprint(browser),
            host,
            there.issuer,
            there.says_issuer,
            there.token_url,
            there.revoke_url,
            back,
            clock.now() + ATTEMPT_LASTS,
        )
        await self.perform(_leave, attempt)
        challenge = hashlib.sha256(_verifier(browser, state).encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scope": there.scope,
            "state": state,
            "code_challenge": _text(challenge),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in there.authorize_url else "?"
        return Departure(host, f"{there.authorize_url}{mark}{urlencode(asked)}")

    async def _app(self, host: str, there: Provider) -> LoginApp:
        """Our app at a server: the one we have there, while it is known and still fits, else a new one."""
        known = await self.database.read(lambda tx: store.app(tx, host))
        if known is not None and (known.scope, known.redirect_uri) == (there.scope, self.redirect_uri):
            if clock.now() - known.registered_at < APP_TRUSTED_FOR:
                return known
            if await provider.knows(self.fetcher, there, known.client_id, self._secret(known)):
                return known
        client_id, secret = await provider.register(
            self.fetcher,
            there,
            name=f"{self.settings.name} ({self.settings.domain})"[:60],
            redirect_uri=self.redirect_uri,
            website=self.settings.origin,
        )
        sealed = self.keystore.sealed(_label(host), secret.encode())
        app = LoginApp(host, client_id, sealed, there.scope, self.redirect_uri, clock.now())
        await self.perform(_keep_app, app)
        return app

    # --- coming back

    async def finish(self, answer: Answer, browser: str) -> Arrival:
        """Take up what a server sent back. Whatever comes of it, the attempt is over and its token revoked.

        Raises NotVerified (not an attempt of this browser, or the server does not prove it), NotAllowed (they said no),
        Unreachable.
        """
        attempt = await self.perform(_come_back, (answer.state, browser))
        if attempt is None:
            raise NotVerified("no such attempt", public="This login was not begun in this browser, or too long ago.")
        if not _speaks_for_itself(attempt, answer):
            raise NotVerified(
                f"{attempt.host} answers as {answer.issuer[:100]!r}", public="Another server answered than yours."
            )
        if answer.error or not answer.code:
            raise NotAllowed(
                f"{attempt.host}: {answer.error[:100]}", public="Your server says that you did not agree."
            )
        try:
            async with asyncio.timeout(AT_MOST):
                actor = await self._who(attempt, answer.code, _verifier(browser, answer.state))
        except TimeoutError:
            raise Unreachable(f"{attempt.host} takes too long") from None
        except TooMuch as error:
            raise Unreachable(f"{attempt.host}: {error}") from error
        secret = await self.perform(_open, actor.id)
        return Arrival(secret, actor, attempt.back)

    async def _who(self, attempt: Attempt, code: str, verifier: str) -> Actor:
        app = await self.database.read(lambda tx: store.app(tx, attempt.host))
        if app is None:
            raise NotVerified(f"no app at {attempt.host} any more")
        client = {"client_id": app.client_id, "client_secret": self._secret(app)}
        try:
            bearer = await provider.token(
                self.fetcher,
                attempt.token_url,
                code=code[: provider.MAX_VALUE],
                verifier=verifier,
                redirect_uri=app.redirect_uri,
                **client,
            )
        except Forgotten:
            await self.perform(_forget_app, attempt.host)
            raise
        try:
            acct = await provider.acct(self.fetcher, f"{self.settings.scheme}://{attempt.host}", bearer)
        finally:
            if not await self._revoked(attempt, bearer, client):
                log.warning("visitor.token_not_revoked", extra={"host": attempt.host})
        return await self._confirmed(attempt.host, acct)

    async def _revoked(self, attempt: Attempt, bearer: str, client: dict[str, str]) -> bool:
        """Asked twice where once is not answered: a token that is left would be left for good."""
        for _ in range(2):
            if await provider.revoke(self.fetcher, attempt.revoke_url, bearer, **client):
                return True
        return False

    async def _confirmed(self, host: str, acct: str) -> Actor:
        """The actor of the account a server says was logged in. Raises NotVerified unless it is one of its own."""
        handle = acct if "@" in acct else f"{acct}@{host}"
        refused = NotVerified(
            f"{host} speaks for {handle[:200]}", public="That server speaks for an account not its own."
        )
        try:
            found = await webfinger.discover(self.fetcher, handle, scheme=self.settings.scheme)
        except (Malformed, NotFound) as error:
            raise refused from error
        actor = await self.resolver.actor(found.actor_iri)
        # Of the actor that was found: its address may have led from this host to another's.
        if actor is None or actor.local or actor.gone_at is not None or origin.host_of(actor.iri) != host:
            raise refused
        return actor

    def _secret(self, app: LoginApp) -> str:
        return self.keystore.opened(_label(app.host), app.client_secret).decode()


def _label(host: str) -> str:
    return f"login app at {host}"


def _speaks_for_itself(attempt: Attempt, answer: Answer) -> bool:
    """RFC 9207: an answer names its server where that server says it would, and never another."""
    if not answer.issuer:
        return not attempt.says_issuer
    return not attempt.issuer or answer.issuer.rstrip("/") == attempt.issuer.rstrip("/")


def _verifier(browser: str, state: str) -> str:
    """PKCE's secret follows from the browser's: nothing is kept here that a stolen code could be used with."""
    return _text(hmac.new(browser.encode(), b"verifier:" + state.encode(), hashlib.sha256).digest())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


# --- commands


def _leave(tx: Tx, attempt: Attempt, here: Here) -> Done[None]:
    store.insert_attempt(tx, attempt)
    return Done(None)


def _keep_app(tx: Tx, app: LoginApp, here: Here) -> Done[None]:
    store.keep_app(tx, app)
    return Done(None)


def _forget_app(tx: Tx, host: str, here: Here) -> Done[None]:
    store.forget_app(tx, host)
    return Done(None)


def _come_back(tx: Tx, asked: tuple[str, str], here: Here) -> Done[Attempt | None]:
    state, browser = asked
    return Done(store.spend_attempt(tx, ids.fingerprint(state), ids.fingerprint(browser), here.now))


def _open(tx: Tx, actor_id: int, here: Here) -> Done[str]:
    return Done(sessions.opened(tx, actor_id, here.now))
