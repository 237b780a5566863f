"""Who may open a page, and what becomes of what goes wrong on it. `routes` wraps every handler in one of these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediprof.accounts import sessions
from fediprof.accounts.sessions import RenewSession
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, NotAllowed
from fediprof.i18n.catalog import choose, texts
from fediprof.refusals import paths
from fediprof.refusals.prefixes import prefix_of
from fediprof.services import Services
from fediprof.visitors import sessions as visits
from fediprof.visitors.records import Guest
from fediprof.web import csrf, forms, visitor
from fediprof.web.failures import failure
from fediprof.web.view import Page, settle
from fediprof.web.visitor import Visitor

Handler = Callable[[Page], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

LANGUAGE_COOKIE = "language"
_SAFE = ("GET", "HEAD")
_WRITTEN = ("text", "tr_text", "headline", "story", "question", "tr_headline", "tr_story", "tr_question")
"""Fields in which people write at length."""


def everybody(handler: Handler) -> Endpoint:
    """A page that needs no account."""

    async def endpoint(request: Request) -> Response:
        page = await open_page(request)
        return await _answered(page, handler)

    return endpoint


def members(handler: Handler) -> Endpoint:
    """A page of a member's own; others are asked to log in, and come back after."""

    async def endpoint(request: Request) -> Response:
        page = await open_page(request)
        if page.visitor is None and request.method not in _SAFE:
            return await _answered(page, _not_logged_in)
        if page.visitor is None:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return settle(RedirectResponse(f"/login?{urlencode({'back': wanted})}", 303), page.t.language)
        return await _answered(page, handler)

    return endpoint


async def _not_logged_in(page: Page) -> Response:
    """A session ended while its member was writing: the text is given back, nothing else is done."""
    sent = await forms.read(page.request, max_bytes=page.services.settings.upload_mb * 1024 * 1024)
    text = "\n\n".join(filter(None, map(sent.text, _WRITTEN)))
    if not text:
        return page.to("/login")
    return page.render("account/lost.html", status=401, text=text)


def keepers(handler: Handler) -> Endpoint:
    """A page of those who run the server."""

    async def guarded(page: Page) -> Response:
        if not page.me.account.admin:
            raise NotAllowed("page for those who run the server")
        return await handler(page)

    return members(guarded)


async def open_page(request: Request) -> Page:
    """The page of a request: who looks, and in which language."""
    services: Services = request.app.state.services
    here = services.here()
    secret = visitor.secret_of(request, services.settings)
    guest_secret = visitor.guest_secret_of(request, services.settings)
    known: Visitor | None = None
    came: Guest | None = None
    if secret or guest_secret:

        def look(tx: Tx) -> tuple[Visitor | None, Guest | None]:
            member = visitor.find(tx, secret, here) if secret else None
            guest = visits.find(tx, guest_secret, here.now) if guest_secret and member is None else None
            return member, guest

        known, came = await services.read(look)
    language = choose(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        known.account.language if known else None,
        accept=request.headers.get("accept-language", ""),
        default=services.settings.language,
    )
    return Page(request, services, here, texts(language), known, came)


async def _answered(page: Page, handler: Handler) -> Response:
    try:
        if page.request.method not in _SAFE:
            csrf.must_come_from_here(page.request, page.services.settings)
        _must_not_gather(page)
        response = await handler(page)
    except FediprofError as error:
        response = failure(page, error)
    if page.visitor is not None and sessions.is_due(page.visitor.session, page.here.now):
        await _renew(page, page.visitor, response)
    if page.asked("lang") == page.t.language:
        response.set_cookie(LANGUAGE_COOKIE, page.t.language, max_age=365 * 86400, path="/", samesite="lax")
        if "no-store" not in response.headers.get("cache-control", ""):
            response.headers["Cache-Control"] = "private, no-cache"
    return response


def _must_not_gather(page: Page) -> None:
    """Count a page about people for who reads it. Raises TooMuch. One's own page is nobody else's."""
    path: str = page.request.scope["path"]
    if not paths.personal(path):
        return
    person, client = paths.person_in(path), page.request.client
    if page.visitor is not None:
        if person != page.visitor.actor.username.lower():
            page.services.gate.look(f"@{page.visitor.actor.username}", person)
    elif page.guest is not None:
        page.services.gate.look(f"@{page.guest.handle}", person)
    else:
        page.services.gate.look(prefix_of(client.host) if client else None, person)


async def _renew(page: Page, seen: Visitor, response: Response) -> None:
    """A session in use does not end; unless this answer ended it."""
    secret = visitor.secret_of(page.request, page.services.settings)
    if secret and "set-cookie" not in response.headers:
        await page.perform(sessions.renew_session, RenewSession(seen.session.id))
        visitor.remember(response, page.services.settings, secret)
