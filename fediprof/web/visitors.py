"""Visitors come and go: the login at their own server, the code by private message, the link that was sent to them.

Plain forms, no page of another server's, nothing kept of a handle. What a stranger can make this server do is counted
by address.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Malformed, NotAllowed, NotFound, NotVerified, TooMuch, Unreachable
from fediprof.here import INSTANCE_ACTOR
from fediprof.i18n.catalog import N_
from fediprof.net import webfinger
from fediprof.visitors import codes, links, sessions, store
from fediprof.visitors.codes import GoIn, WaitForCode
from fediprof.visitors.links import Opened, OpenLink
from fediprof.visitors.login import Answer, Login
from fediprof.visitors.provider import Forgotten, NoLogin
from fediprof.visitors.records import ATTEMPT_LASTS, SESSION_LASTS, Code
from fediprof.visitors.sessions import EndVisit
from fediprof.web import visitor
from fediprof.web.failures import failure
from fediprof.web.forms import Form, sentence
from fediprof.web.login import address
from fediprof.web.throttle import Throttle
from fediprof.web.view import Page, own_path

_ON_THE_WAY = "visit"
"""The cookie that ties a login to the browser it was begun in."""
_logins = Throttle(limit=12, seconds=300)
_links = Throttle(limit=30, seconds=300)

WRONG: dict[type[FediprofError], str] = {
    Forgotten: N_("Your server did not know this one any more. Begin again: it will."),
    NoLogin: N_("That server lets nobody log in elsewhere with it. Send a private message instead, as told below."),
    Unreachable: N_("That server did not answer as it should. Try again later, or send a private message instead."),
    NotFound: N_("That server knows no such account."),
    Malformed: N_("This is not an address like you@your.server."),
    NotAllowed: N_("This server does not deal with that one."),
    NotVerified: N_("Your server did not confirm who you are."),
}
"""What is said of a login that could not be. The first that fits."""


async def form(page: Page) -> Response:
    back = own_path(page.asked("to")) or "/"
    if page.visitor is not None or _came_as(page, page.asked("handle")):
        return page.to(back)
    return _show(page, Form({"to": back, "handle": page.asked("handle")[:300]}))


async def submit(page: Page) -> Response:
    """Find their server's login, and say where they are going before they go."""
    sent = await page.form()
    sent.values["to"] = back = own_path(sent["to"]) or "/"
    handle = sent["handle"].strip()[:300]
    if _is_ours(page, handle):
        return page.to(f"/login?{urlencode({'back': back})}")
    browser = _browser(page) or ids.secret()
    try:
        _logins.must_pass(address(page))
        departure = await _login(page).begin(handle, browser, back)
    except TooMuch as error:
        sent.refuse(sentence(error, page.t))
        sent.status = 429
        return _show(page, sent)
    except (Malformed, NotFound, NotAllowed, Unreachable) as error:
        sent.refuse(_told(page, error), "handle")
        return _show(page, sent)
    response = page.render("visitors/leaving.html", departure=departure, back=back)
    return _kept_in(page, response, browser)


def _show(page: Page, sent: Form) -> Response:
    response = page.render("visitors/login.html", status=sent.status, form=sent)
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def back(page: Page) -> Response:
    """Their server sent them back."""
    names = ("state", "code", "iss", "error")
    answer = Answer(*(page.asked(name)[:4000] for name in names))
    try:
        arrival = await _login(page).finish(answer, _browser(page))
    except (NotVerified, NotAllowed, Unreachable) as error:
        text = page.t.told(error.public) or _told(page, error)
        return page.render("visitors/wrong.html", status=error.status, text=text)
    return _went_in(page, page.to(arrival.back), arrival.secret)


# --- by a private message


async def code_form(page: Page) -> Response:
    """The code this browser waits with, and whom to send it to."""
    browser = _browser(page)

    def load(tx: Tx) -> tuple[Code, Actor] | None:
        code = store.code_of(tx, ids.fingerprint(browser), page.here.now)
        return None if code is None else (code, _receiver(tx, code.back))

    found = await page.read(load)
    if found is None:
        return page.to("/visit")
    code, receiver = found
    response = page.render(
        "visitors/code.html",
        code=codes.shown(browser, code.salt),
        receiver=receiver,
        until=code.expires_at,
        early=bool(page.asked("early")),
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _receiver(tx: Tx, path: str) -> Actor:
    """Whose page they want to see; else the server itself."""
    name = path[2:].partition("/")[0].partition("?")[0] if path.startswith("/@") else ""
    found = actors.local_by_username(tx, name) or actors.local_by_username(tx, INSTANCE_ACTOR)
    if found is None:
        raise NotFound("no actor of this server's")
    return found


async def code_wanted(page: Page) -> Response:
    sent = await page.form()
    browser = _browser(page) or ids.secret()
    _logins.must_pass(address(page))
    await page.perform(codes.wait_for_code, WaitForCode(browser, own_path(sent["to"]) or "/"))
    return _kept_in(page, page.to("/visit/code"), browser)


async def code_sent(page: Page) -> Response:
    """They say that it is on its way; their server may need a moment."""
    await page.form()
    went = await page.perform(codes.go_in, GoIn(_browser(page)))
    if went is None:
        return page.to("/visit/code?early=1")
    return _went_in(page, page.to(went.back), went.secret)


# --- by a link


async def link_form(page: Page) -> Response:
    """One button, and nothing of what is behind it: programs that look at links before people do spend nothing."""
    try:
        already = await page.read(lambda tx: links.look(tx, _asked(page), page.here.now))
    except NotFound as error:
        return _closed(failure(page, error))
    if already is not None:
        return _closed(page.to(f"/@{already.owner.username}"))
    return _closed(page.render("visitors/link.html"))


async def link_open(page: Page) -> Response:
    await page.form()
    try:
        _links.must_pass(address(page))
        opened: Opened = await page.perform(links.open_link, _asked(page))
    except (NotFound, TooMuch) as error:
        return _closed(failure(page, error))
    response = _closed(page.to(f"/@{opened.owner.username}"))
    if opened.secret is not None:
        lasts = opened.lasts_until - page.here.now
        visitor.remember(response, page.services.settings, opened.secret, name=visitor.GUEST, lasts=lasts)
    return response


def _asked(page: Page) -> OpenLink:
    proven = page.came is not None and page.came.session.only_at is None
    looker = page.viewer if page.came is None else page.came.actor.id if proven else None
    return OpenLink(page.request.path_params["secret"], looker, None if proven else page.came)


def _closed(response: Response) -> Response:
    """For the eyes of this browser, and of nobody it tells where it came from."""
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, noarchive, nosnippet"
    return response


# --- going


async def leave(page: Page) -> Response:
    sent = await page.form()
    if page.came is not None:
        await page.perform(sessions.end_visit, EndVisit(page.came))
    response = page.to(own_path(sent["back"]) or "/")
    visitor.forget(response, page.services.settings, name=visitor.GUEST)
    return response


# --- parts


def _came_as(page: Page, handle: str) -> bool:
    """Whether the person a link names has come in already."""
    came = page.came
    return came is not None and came.session.only_at is None and came.actor.handle == handle.removeprefix("@")


def _login(page: Page) -> Login:
    services = page.services
    return Login(
        services.perform,
        services.database,
        services.fetcher,
        services.resolver,
        services.keystore,
        services.settings,
    )


def _is_ours(page: Page, handle: str) -> bool:
    """Whether somebody logs in as a visitor where they are a member."""
    try:
        found = webfinger.parse_handle(handle, ports=page.services.settings.development)
    except Malformed:
        return False
    return found.host in (page.here.domain, page.here.host)


def _told(page: Page, error: FediprofError) -> str:
    return next(page.t(words) for kind, words in WRONG.items() if isinstance(error, kind))


def _browser(page: Page) -> str:
    """The secret of a login under way, or ""."""
    return page.request.cookies.get(visitor.cookie_name(page.services.settings, _ON_THE_WAY), "")[:100]


def _kept_in(page: Page, response: Response, browser: str) -> Response:
    """Ten minutes from now, in this browser."""
    visitor.remember(response, page.services.settings, browser, name=_ON_THE_WAY, lasts=ATTEMPT_LASTS)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _went_in(page: Page, response: Response, secret: str) -> Response:
    settings = page.services.settings
    visitor.remember(response, settings, secret, name=visitor.GUEST, lasts=SESSION_LASTS)
    visitor.forget(response, settings, name=_ON_THE_WAY)
    return response
