"""Another server's login, the asking side: what it offers, our app there, a code for a token, whose token, no more token.

RFC 8414 metadata, else the paths Mastodon has always had; RFC 6749 with RFC 7636 (S256), RFC 7009, RFC 9207; Mastodon's
`POST /api/v1/apps` and `verify_credentials`. Only the origin the login was begun for is asked, without redirects: what
we send there are secrets. Kept nowhere here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from fediprof.as2 import origin
from fediprof.errors import Forbidden, NotVerified, TooMuch, Unreachable
from fediprof.net.fetcher import Fetcher, Response
from fediprof.visitors.records import Provider

SECONDS = 6.0
MAX_METADATA = 65_536
MAX_ACCOUNT = 262_144
MAX_VALUE = 2048
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_FORGOTTEN = frozenset({"invalid_client", "unauthorized_client"})


class NoLogin(Unreachable):
    """The server is there and lets nobody log in elsewhere with it, or not in a way we know."""


class Forgotten(Unreachable):
    """The server does not know our app there any more."""


async def offered(fetcher: Fetcher, base: str) -> Provider:
    """How the server at `base` (an origin) is asked. Raises NoLogin, Unreachable."""
    url = f"{base}/.well-known/oauth-authorization-server"
    try:
        answer = await _got(fetcher, url, max_bytes=MAX_METADATA)
    except Forbidden:
        return _as_mastodon(base)  # a redirect: to its front page, most often. Whether it may be asked shows later
    if answer.status >= 500:
        raise Unreachable(f"{url} answered {answer.status}")
    said = _object(answer.body) if answer.status == 200 else None
    return _as_mastodon(base) if said is None else _as_told(base, said)


def _as_mastodon(base: str) -> Provider:
    """Mastodon before 4.3, and what is like it."""
    return Provider(
        base,
        f"{base}/oauth/authorize",
        f"{base}/oauth/token",
        f"{base}/oauth/revoke",
        f"{base}/api/v1/apps",
        scope="read:accounts",
    )


def _as_told(base: str, said: dict[str, Any]) -> Provider:
    issuer = said.get("issuer")
    # RFC 8414 §3.3; Mastodon's issuer ends in a slash.
    if not isinstance(issuer, str) or issuer.rstrip("/") != base:
        raise NoLogin(f"{base} says that it is {str(issuer)[:100]!r}")
    plain = _as_mastodon(base)
    scopes = said.get("scopes_supported")
    return Provider(
        base,
        _place(said, "authorization_endpoint", base, plain.authorize_url),
        _place(said, "token_endpoint", base, plain.token_url),
        _place(said, "revocation_endpoint", base, plain.revoke_url),
        _place(said, "app_registration_endpoint", base, plain.register_url),
        scope="profile" if isinstance(scopes, list) and "profile" in scopes else plain.scope,
        issuer=issuer,
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _place(said: dict[str, Any], name: str, base: str, otherwise: str) -> str:
    """An address of the server's own: secrets for it are sent to nobody else."""
    found = said.get(name, otherwise)
    if not isinstance(found, str) or len(found) > MAX_VALUE or not origin.same_origin(found, base):
        raise NoLogin(f"{base} has its {name} at {str(found)[:100]!r}")
    return found


async def register(
    fetcher: Fetcher, provider: Provider, *, name: str, redirect_uri: str, website: str
) -> tuple[str, str]:
    """(client id, client secret) of a new app of ours there. Raises NoLogin, Unreachable."""
    asked = {"client_name": name, "redirect_uris": redirect_uri, "scopes": provider.scope, "website": website}
    answer = await _posted(fetcher, provider.register_url, asked)
    if answer.status >= 500 or answer.status == 429:
        raise Unreachable(f"{provider.register_url} answered {answer.status}")
    said = _object(answer.body) if answer.status in (200, 201) else None
    if said is None:
        raise NoLogin(f"{provider.register_url} answered {answer.status}")
    return _text(said, "client_id"), _text(said, "client_secret")


async def knows(fetcher: Fetcher, provider: Provider, client_id: str, client_secret: str) -> bool:
    """Whether our app is still known there: servers forget apps nobody holds a token of. Revoking a token that is none
    changes nothing and is answered by who asks (RFC 7009 §2.2)."""
    asked = {"client_id": client_id, "client_secret": client_secret, "token": "none"}
    answer = await _posted(fetcher, provider.revoke_url, asked)
    return answer.status not in (400, 401, 403) or _error(answer) not in _FORGOTTEN


async def token(
    fetcher: Fetcher, url: str, *, code: str, verifier: str, redirect_uri: str, client_id: str, client_secret: str
) -> str:
    """The token a code buys. Raises Forgotten, NotVerified (the code is not good), Unreachable."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
        "client_id": client_id,
        "client_secret": client_secret,
    }
    answer = await _posted(fetcher, url, asked)
    if 400 <= answer.status < 500 and answer.status != 429:
        if (error := _error(answer)) in _FORGOTTEN:
            raise Forgotten(f"{url}: {error}")
        raise NotVerified(f"{url} answered {answer.status} {error}")
    said = _object(answer.body) if answer.status == 200 else None
    if said is None:
        raise Unreachable(f"{url} answered {answer.status}")
    return _text(said, "access_token")


async def acct(fetcher: Fetcher, base: str, bearer: str) -> str:
    """`user` or `user@domain`, whoever the token is of, in the server's words. Raises Unreachable."""
    url = f"{base}/api/v1/accounts/verify_credentials"
    answer = await _got(fetcher, url, max_bytes=MAX_ACCOUNT, bearer=bearer)
    said = _object(answer.body) if answer.status == 200 else None
    if said is None:
        raise Unreachable(f"{url} answered {answer.status}")
    return _text(said, "acct")


async def revoke(fetcher: Fetcher, url: str, bearer: str, *, client_id: str, client_secret: str) -> bool:
    """End a token. False when the server does not say that it has."""
    asked = {"client_id": client_id, "client_secret": client_secret, "token": bearer}
    try:
        return (await _posted(fetcher, url, asked)).status == 200
    except Unreachable:
        return False


async def _posted(fetcher: Fetcher, url: str, form: dict[str, str]) -> Response:
    answer = await fetcher.post(url, urlencode(form).encode(), headers=_FORM, seconds=SECONDS)
    if 300 <= answer.status < 400:
        raise NoLogin(f"{url} leads elsewhere")
    return answer


async def _got(fetcher: Fetcher, url: str, *, max_bytes: int, bearer: str = "") -> Response:
    def sign(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {bearer}"}

    try:
        return await fetcher.get(
            url,
            accept="application/json",
            sign=sign if bearer else None,
            max_bytes=max_bytes,
            seconds=SECONDS,
            redirects=0,
        )
    except TooMuch as error:
        raise Unreachable(f"{url}: {error}") from error


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _error(answer: Response) -> str:
    said = _object(answer.body) or {}
    return str(said.get("error", ""))[:100]


def _text(said: dict[str, Any], name: str) -> str:
    """A value that goes into a header or a form of ours later on."""
    found = said.get(name)
    if (
        not isinstance(found, str)
        or not 0 < len(found) <= MAX_VALUE
        or not found.isascii()
        or not found.isprintable()
    ):
        raise Unreachable(f"an answer without a proper {name}")
    return found
