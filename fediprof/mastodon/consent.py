"""The pages of OAuth: may this app in, here is the code, something is wrong. For people, in French and English."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from fediprof import __version__
from fediprof.accounts.records import Account
from fediprof.actors.records import Actor
from fediprof.i18n.catalog import Texts, choose, texts
from fediprof.mastodon.call import Call
from fediprof.oauth import scopes
from fediprof.oauth.records import OUT_OF_BAND, App


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("fediprof.mastodon"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def texts_for(call: Call, account: Account | None = None) -> Texts:
    """The language the app asks for (`lang`), else the member's, else the browser's."""
    return texts(
        choose(
            call.params.text("lang"),
            account.language if account else None,
            accept=call.request.headers.get("accept-language", ""),
            default=call.services.settings.language,
        )
    )


def ask(
    call: Call,
    t: Texts,
    *,
    app: App,
    words: tuple[str, ...],
    actor: Actor,
    redirect_uri: str,
    values: dict[str, str],
    token: str,
) -> Response:
    """`values` come back with the answer; `token` proves that it came from this page."""
    return _page(
        call,
        t,
        "consent.html",
        app=app,
        allowed=scopes.meanings(words),
        actor=actor,
        goes_to="" if redirect_uri == OUT_OF_BAND else _place(redirect_uri),
        values=values,
        token=token,
    )


def show_code(call: Call, t: Texts, app: App, code: str) -> Response:
    return _page(call, t, "code.html", app=app, code=code)


def wrong(call: Call, sentence: str, status: int, *, code: str = "") -> Response:
    """`code`: the OAuth error, for whoever writes the app."""
    t = texts_for(call)
    return _page(call, t, "wrong.html", status=status, sentence=t(sentence), code=code)


def _page(call: Call, t: Texts, template: str, *, status: int = 200, **values: object) -> Response:
    """No `form-action` in the policy: browsers apply it to the redirect after the form too, which leads to the app."""
    body = (
        _templates()
        .get_template(template)
        .render(t=t, settings=call.services.settings, version=__version__, **values)
    )
    policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "content-security-policy": policy,
        "content-language": t.language,
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    return HTMLResponse(body, status, headers)


def _place(redirect_uri: str) -> str:
    """What a person can know of the place the answer goes to: a host, or the name of an app's scheme."""
    parts = urlsplit(redirect_uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"
