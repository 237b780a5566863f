"""OAuth 2 for client apps: the consent page, codes, tokens, revocation, and the metadata that says so.

RFC 6749 (authorization code, client credentials), 7636 (PKCE, S256 only), 7009 (revocation), 8414 (metadata). A member
is known here by the session of the pages, the only endpoint of this door that looks at a cookie.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from fediprof import ids
from fediprof.accounts import sessions
from fediprof.accounts.records import Account, Session
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.i18n.catalog import N_
from fediprof.mastodon import consent
from fediprof.mastodon.apps import knock
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import app as apps
from fediprof.mastodon.errors import json
from fediprof.oauth import scopes, store
from fediprof.oauth.commands import (
    ExchangeCode,
    GrantCode,
    IssueAppToken,
    RevokeToken,
    exchange_code,
    grant_code,
    issue_app_token,
    revoke_token,
)
from fediprof.oauth.records import OUT_OF_BAND, App
from fediprof.principal import Member

_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")  # SHA-256 in base64url, without padding
_TOO_OLD = N_("This form is too old. Go back to the app and try again.")
_KEPT = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")
"""What the consent page gives back to itself, besides the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a code that can be answered: its app and redirect address are proven to belong together."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str | None


class Refusal(Exception):
    """An OAuth error code, and a sentence for the app's developer. `redirect_uri`: told there, when that is safe."""

    def __init__(
        self, error: str, description: str, redirect_uri: str | None = None, state: str = "", *, status: int = 400
    ) -> None:
        super().__init__(error)
        self.error, self.description = error, description
        self.redirect_uri, self.state, self.status = redirect_uri, state, status


# --- the page


async def authorize(call: Call) -> Response:
    """Ask the member whether the app may, each time, and say for which account: `force_login` has nothing to add.
    Without a session, over the login page and back."""
    texts = consent.texts_for(call)
    try:
        asked = await call.read(lambda tx: _asked(tx, call))
    except Refusal as refusal:
        return _refused(call, refusal)
    visitor = await call.read(lambda tx: _visitor(tx, call))
    values = {name: call.params.text(name) for name in (*_KEPT, "lang") if name in call.params}
    if visitor is None:
        login = urlencode({"back": f"/oauth/authorize?{urlencode(values)}"})
        return RedirectResponse(f"/login?{login}", 303, {"cache-control": "no-store"})
    session, account, actor = visitor
    texts = consent.texts_for(call, account)
    return consent.ask(
        call,
        texts,
        app=asked.app,
        words=asked.scopes,
        actor=actor,
        redirect_uri=asked.redirect_uri,
        values=values,
        token=_form_token(call, session),
    )


async def decide(call: Call) -> Response:
    """The member's answer, from the page itself and no other: it carries a value bound to the session."""
    visitor = await call.read(lambda tx: _visitor(tx, call))
    sent = call.params.text("token")
    if visitor is None or not hmac.compare_digest(sent.encode(), _form_token(call, visitor[0]).encode()):
        return consent.wrong(call, _TOO_OLD, 403)
    if call.request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return consent.wrong(call, _TOO_OLD, 403)
    try:
        asked = await call.read(lambda tx: _asked(tx, call))
    except Refusal as refusal:
        return _refused(call, refusal)
    if call.params.text("decision") != "allow":
        return _refused(call, Refusal("access_denied", "The member said no", asked.redirect_uri, asked.state))
    _, account, _ = visitor
    by = Member(account.id, account.actor_id, admin=account.admin)
    code = await call.perform(
        grant_code, GrantCode(by, asked.app.id, asked.redirect_uri, asked.scopes, asked.challenge)
    )
    if asked.redirect_uri == OUT_OF_BAND:
        return consent.show_code(call, consent.texts_for(call, account), asked.app, code)
    return _return_to(asked.redirect_uri, {"code": code, **({"state": asked.state} if asked.state else {})})


def _asked(tx: Tx, call: Call) -> Asked:
    """Raises Refusal. An unknown app or address is never redirected to: that would make us an open redirector."""
    given = call.params
    app = store.app_by_client_id(tx, given.text("client_id"))
    if app is None:
        raise Refusal("invalid_client", N_("This app is not registered here"), status=401)
    redirect_uri = given.text("redirect_uri")
    if redirect_uri not in app.redirect_uris:
        raise Refusal("invalid_redirect_uri", N_("The app wants its answer at an address it did not register"))
    state = given.text("state")

    def no(error: str, description: str) -> Refusal:
        return Refusal(error, description, redirect_uri, state)

    if given.text("response_type") != "code":
        raise no("unsupported_response_type", "response_type must be code")
    words = scopes.parse(given.text("scope"))
    if words is None or not scopes.within(words, app.scopes):
        raise no("invalid_scope", "scope goes past what the app was registered with")
    challenge = given.text("code_challenge") or None
    if challenge is not None:
        if given.text("code_challenge_method") != "S256":
            raise no("invalid_request", "code_challenge_method must be S256")
        if not _CHALLENGE.fullmatch(challenge):
            raise no("invalid_request", "code_challenge is no S256 challenge")
    # Without `scope` an app gets what reading needs, as long as it registered for that.
    return Asked(app, redirect_uri, words or _default(app), state, challenge)


def _default(app: App) -> tuple[str, ...]:
    return scopes.DEFAULT if scopes.within(scopes.DEFAULT, app.scopes) else tuple(app.scopes)


def _visitor(tx: Tx, call: Call) -> tuple[Session, Account, Actor] | None:
    secret = call.request.cookies.get(cookie_name(call.here.origin))
    found = sessions.find(tx, secret, call.here.now) if secret else None
    actor = actors.by_id(tx, found[1].actor_id) if found else None
    return (*found, actor) if found and actor and actor.gone_at is None else None


def cookie_name(origin: str) -> str:
    """The cookie of the pages (`web.visitor`, which a door may not import; a test holds the two together)."""
    return "session" if origin.startswith("http://") else "__Host-session"


def _form_token(call: Call, session: Session) -> str:
    message = b"consent:" + session.secret_hash.encode()
    return hmac.new(call.services.keystore.secret, message, "sha256").hexdigest()


def _refused(call: Call, refusal: Refusal) -> Response:
    """To the app where its address is known and has a place for it, else to the person on a page."""
    if refusal.redirect_uri is None or refusal.redirect_uri == OUT_OF_BAND:
        return consent.wrong(call, refusal.description, refusal.status, code=refusal.error)
    told = {"error": refusal.error, "error_description": refusal.description}
    return _return_to(refusal.redirect_uri, {**told, **({"state": refusal.state} if refusal.state else {})})


def _return_to(redirect_uri: str, values: dict[str, str]) -> Response:
    """Values are added to what the address has already; schemes of apps have all shapes (`app:/path`, `app://host`)."""
    parts = urlsplit(redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(values))))
    target = f"{redirect_uri.partition('?')[0]}?{query}"
    answer = Response(status_code=303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})
    answer.headers["location"] = target
    return answer


# --- for apps


async def token(call: Call) -> Response:
    """A code, or the app's own secret, against an access token. Refresh tokens and passwords are not taken."""
    try:
        knock(call.request, "token")
        app, proven = await _client(call)
        match call.params.text("grant_type"):
            case "authorization_code":
                return await _for_code(call, app, proven)
            case "client_credentials":
                return await _for_app(call, app, proven)
            case _:
                raise Refusal("unsupported_grant_type", "grant_type is authorization_code or client_credentials")
    except Refusal as refusal:
        return _error(refusal)


async def _for_code(call: Call, app: App, proven: bool) -> Response:
    given = call.params
    asked = ExchangeCode(
        app.id, proven, given.text("code"), given.text("redirect_uri"), given.text("code_verifier") or None
    )
    issued = await call.perform(exchange_code, asked)
    if issued is None:
        raise Refusal("invalid_grant", "The code is unknown, used, too old, or was given for something else")
    return json(apps.render_token(issued))


async def _for_app(call: Call, app: App, proven: bool) -> Response:
    if not proven:
        raise Refusal("invalid_client", "client_secret must be given", status=401)
    words = scopes.parse(" ".join(call.params.texts("scope")))
    if words is None or not scopes.within(words, app.scopes):
        raise Refusal("invalid_scope", "scope goes past what the app was registered with")
    issued = await call.perform(issue_app_token, IssueAppToken(app.id, words or _default(app)))
    return json(apps.render_token(issued))


async def revoke(call: Call) -> Response:
    try:
        app, _ = await _client(call)
        if not await call.perform(revoke_token, RevokeToken(app.id, call.params.text("token"))):
            raise Refusal("unauthorized_client", "The token belongs to another app", status=403)
    except Refusal as refusal:
        return _error(refusal)
    return json({})


async def _client(call: Call) -> tuple[App, bool]:
    """The app, and whether it proved to be it. A wrong secret is refused; none at all leaves what PKCE can prove."""
    client_id, secret = _basic(call.request.headers.get("authorization", ""))
    client_id = client_id or call.params.text("client_id")
    secret = secret or call.params.text("client_secret")
    app = await call.read(lambda tx: store.app_by_client_id(tx, client_id))
    if app is None or (secret and not hmac.compare_digest(ids.fingerprint(secret), app.client_secret_hash)):
        raise Refusal("invalid_client", "client_id or client_secret is wrong", status=401)
    return app, bool(secret)


def _basic(header: str) -> tuple[str, str]:
    """client_secret_basic (RFC 6749 §2.3.1): both parts are form-encoded before base64."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_client", "The Authorization header is not readable", status=401) from None
    return unquote_plus(client_id), unquote_plus(secret)


def _error(refusal: Refusal) -> Response:
    return json({"error": refusal.error, "error_description": refusal.description}, refusal.status)


async def metadata(call: Call) -> Response:
    """RFC 8414. Mastodon.py and Phanpy read it before anything else, and use PKCE because it is named here."""
    origin = call.here.origin
    return json(
        {
            "issuer": f"{origin}/",
            "authorization_endpoint": f"{origin}/oauth/authorize",
            "token_endpoint": f"{origin}/oauth/token",
            "revocation_endpoint": f"{origin}/oauth/revoke",
            "app_registration_endpoint": f"{origin}/api/v1/apps",
            "scopes_supported": list(scopes.LISTED),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "service_documentation": f"{origin}/about",
        }
    )
