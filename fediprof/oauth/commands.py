"""What can be done about client apps: register one, let it in, redeem its code, give it a token, take that back.

RFC 6749 (code and client credentials), RFC 7636 (PKCE, S256 only), RFC 7009 (revocation). Only fingerprints of secrets
are kept. A wrong code is an outcome, not an error: what a refused try leaves behind (the tokens of a code used twice are
gone) must be committed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.oauth import scopes, store
from fediprof.oauth.records import OUT_OF_BAND, App, Code, Issued, Registered, Token
from fediprof.principal import Member

CODE_LIFE = timedelta(minutes=10)
UNUSED_APP_LIFE = timedelta(days=90)
_MOST_REDIRECTS = 20
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_RUNS_OR_READS = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"})


@dataclass(frozen=True, slots=True)
class RegisterApp:
    name: str
    redirect_uris: tuple[str, ...]
    scopes: str = ""
    website: str = ""


def register_app(tx: Tx, request: RegisterApp, here: Here) -> Done[Registered]:
    """Raises Invalid, with the sentence an app's developer needs."""
    name = request.name.strip()
    if not name or len(name) > 200:
        raise Invalid("client_name must be given, in at most 200 characters", field="client_name")
    if not request.redirect_uris or len(request.redirect_uris) > _MOST_REDIRECTS:
        raise Invalid(f"redirect_uris must hold 1 to {_MOST_REDIRECTS} addresses", field="redirect_uris")
    for uri in request.redirect_uris:
        _must_be_a_place_to_return_to(uri)
    words = scopes.parse(request.scopes)
    if words is None:
        raise Invalid("scopes has a word this server does not know", field="scopes")
    website = request.website.strip()
    if website and (urlsplit(website).scheme not in ("http", "https") or len(website) > 2000):
        raise Invalid("website must be an http or https address", field="website")
    secret = ids.secret()
    new = App(
        id=ids.new_id(),
        client_id=ids.secret(),
        client_secret_hash=ids.fingerprint(secret),
        name=name,
        website=website or None,
        redirect_uris=list(request.redirect_uris),
        scopes=list(words or scopes.DEFAULT),
        created_at=here.now,
    )
    store.prune_apps(tx, here.now - UNUSED_APP_LIFE)
    store.insert_app(tx, new)
    return Done(Registered(new, secret))


@dataclass(frozen=True, slots=True)
class GrantCode:
    """`challenge`: of PKCE S256, or None. The redirect address and the scopes were checked against the app."""

    by: Member
    app_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None = None


def grant_code(tx: Tx, request: GrantCode, here: Here) -> Done[str]:
    """A member said yes: the code's secret, good for ten minutes and once."""
    app = store.app_by_id(tx, request.app_id)
    if app is None or request.redirect_uri not in app.redirect_uris:
        raise Invalid("redirect_uri is not one the app was registered with", field="redirect_uri")
    if not scopes.within(request.scopes, app.scopes):
        raise Invalid("scope goes past what the app was registered with", field="scope")
    secret = ids.secret()
    store.prune_codes(tx, here.now - timedelta(days=1))
    store.insert_code(
        tx,
        Code(
            code_hash=ids.fingerprint(secret),
            app_id=app.id,
            account_id=request.by.account_id,
            redirect_uri=request.redirect_uri,
            scopes=list(request.scopes),
            challenge=request.challenge,
            expires_at=here.now + CODE_LIFE,
            used_at=None,
        ),
    )
    return Done(secret)


@dataclass(frozen=True, slots=True)
class ExchangeCode:
    """`proven`: the app showed its secret. One that did not must have bound the code to a verifier."""

    app_id: int
    proven: bool
    code: str
    redirect_uri: str
    verifier: str | None = None


def exchange_code(tx: Tx, request: ExchangeCode, here: Here) -> Done[Issued | None]:
    """A token for a code; None when the code is unknown, too old, of another app, or does not match.

    A code that comes a second time was seen by two: the token bought with it ends too (RFC 6749 §4.1.2).
    """
    code_hash = ids.fingerprint(request.code)
    found = store.code(tx, code_hash)
    if found is None or found.app_id != request.app_id:
        return Done(None)
    if found.used_at is not None:
        store.remove_bought_with(tx, code_hash)
        return Done(None)
    if found.expires_at <= here.now or found.redirect_uri != request.redirect_uri:
        return Done(None)
    if not _verifier_fits(found.challenge, request.verifier, request.proven):
        return Done(None)
    if not store.spend_code(tx, code_hash, here.now):
        return Done(None)
    return Done(_issue(tx, here, request.app_id, found.account_id, code_hash, tuple(found.scopes)))


@dataclass(frozen=True, slots=True)
class IssueAppToken:
    app_id: int
    scopes: tuple[str, ...]


def issue_app_token(tx: Tx, request: IssueAppToken, here: Here) -> Done[Issued]:
    """A token for the app itself (client credentials)."""
    return Done(_issue(tx, here, request.app_id, None, None, request.scopes))


@dataclass(frozen=True, slots=True)
class RevokeToken:
    app_id: int
    token: str


def revoke_token(tx: Tx, request: RevokeToken, here: Here) -> Done[bool]:
    """False when it is another app's; an unknown one is as good as revoked (RFC 7009 §2.2)."""
    found = store.grant(tx, ids.fingerprint(request.token))
    if found is None:
        return Done(True)
    if found.token.app_id != request.app_id:
        return Done(False)
    store.remove_token(tx, found.token.id)
    return Done(True)


@dataclass(frozen=True, slots=True)
class WithdrawApp:
    by: Member
    app_id: int


def withdraw_app(tx: Tx, request: WithdrawApp, here: Here) -> Done[None]:
    """An app a member let in is out again, wherever it is logged in; other members' logins with it stay."""
    store.withdraw(tx, request.by.account_id, request.app_id)
    return Done(None)


@dataclass(frozen=True, slots=True)
class MarkUsed:
    token_id: int


def mark_used(tx: Tx, request: MarkUsed, here: Here) -> Done[None]:
    store.touch(tx, request.token_id, here.now)
    return Done(None)


def _issue(
    tx: Tx, here: Here, app_id: int, account_id: int | None, code_hash: str | None, words: tuple[str, ...]
) -> Issued:
    secret = ids.secret()
    token = Token(ids.new_id(), ids.fingerprint(secret), app_id, account_id, code_hash, list(words), here.now, None)
    store.insert_token(tx, token)
    return Issued(secret, words, here.now)


def _verifier_fits(challenge: str | None, verifier: str | None, proven: bool) -> bool:
    """PKCE (RFC 7636 §4.6). A verifier for a code without challenge is a sign that the challenge was stripped."""
    if challenge is None:
        return proven and not verifier
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def _must_be_a_place_to_return_to(uri: str) -> None:
    """https, http, or an app's own scheme; never one a browser would run or read from disk."""
    if uri == OUT_OF_BAND:
        return
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = urlsplit("")
    plain = len(uri) <= 2000 and uri.isprintable() and not re.search(r"\s", uri)
    if not plain or not _SCHEME.fullmatch(parts.scheme) or "#" in uri:
        raise Invalid("redirect_uris must be absolute addresses without a fragment", field="redirect_uris")
    if parts.scheme.lower() in _RUNS_OR_READS or (parts.scheme in ("http", "https") and not parts.hostname):
        raise Invalid("redirect_uris has an address no browser should be sent to", field="redirect_uris")
