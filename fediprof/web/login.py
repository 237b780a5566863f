"""Coming in and going out: password, one-time link, the first password, logout."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.accounts import commands, login
from fediprof.accounts.commands import LogOut, RedeemLink, SetPassword, ShutOut
from fediprof.accounts.sessions import LoggedIn
from fediprof.db.database import Tx
from fediprof.errors import NotVerified, TooMuch
from fediprof.principal import Member
from fediprof.profiles import beginning
from fediprof.profiles import store as profiles
from fediprof.profiles.beginning import Answer
from fediprof.web import suspended, visitor
from fediprof.web.forms import Form, sentence
from fediprof.web.view import Page, own_path


def agent(page: Page) -> str:
    return page.request.headers.get("user-agent", "")[:300]


def address(page: Page) -> str:
    return page.request.client.host if page.request.client else ""


async def form(page: Page) -> Response:
    if page.visitor is not None:
        return page.to(own_path(page.asked("back")) or "/home")
    return _show(page, Form({"back": own_path(page.asked("back")) or ""}))


async def submit(page: Page) -> Response:
    """The same refusal for a wrong name and a wrong password."""
    sent = await page.form()
    try:
        opened = await login.log_in(
            page.services.database,
            page.services.perform,  # type: ignore[arg-type]
            username=sent["username"],
            password=sent["password"],
            address=address(page),
            agent=agent(page),
        )
    except NotVerified:
        sent.refuse(page.t("This name and this password do not go together."))
        return _show(page, sent)
    except TooMuch as error:
        sent.refuse(sentence(error, page.t))
        sent.status = 429
        return _show(page, sent, retry_after=error.retry_after)
    if isinstance(opened, ShutOut):
        return suspended.admit(page, opened)
    return _opened(page, opened, own_path(sent["back"]) or await _first(page, opened))


def _show(page: Page, sent: Form, retry_after: int | None = None) -> Response:
    sent.values["back"] = own_path(sent["back"]) or ""
    response = page.render("account/login.html", status=sent.status, form=sent)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return _in_an_apps_window(response)


def _opened(page: Page, opened: LoggedIn, path: str) -> Response:
    response = page.to(path)
    visitor.remember(response, page.services.settings, opened.secret)
    return _in_an_apps_window(response)


async def _first(page: Page, opened: LoggedIn) -> str:
    """Where who named no page begins: at the first steps, once, while nothing was written and nothing passed over."""
    who = opened.account.actor_id

    def begun(tx: Tx) -> bool:
        return profiles.beginning_of(tx, who) is not None or profiles.count(tx, who) > 0

    if await page.read(begun):
        return "/home"
    await page.perform(beginning.answer, Answer(Member(opened.account.id, who), "aim"))
    return "/start"


def _in_an_apps_window(response: Response) -> Response:
    """Apps in a browser open a small window for logging in and wait to hear from it; this header would cut the two
    apart for good."""
    del response.headers["Cross-Origin-Opener-Policy"]
    return response


async def link_form(page: Page) -> Response:
    """A button: programs that look at links before people do must not spend this one."""
    return page.render("account/link.html")


async def link(page: Page) -> Response:
    await page.form()
    asked = RedeemLink(page.request.path_params["secret"], agent(page))
    opened = await page.perform(commands.redeem_login_link, asked)
    if isinstance(opened, ShutOut):
        return suspended.admit(page, opened)
    return _opened(page, opened, await _first(page, opened) if opened.account.password_hash else "/welcome")


async def welcome_form(page: Page) -> Response:
    return page.render("account/welcome.html", form=Form())


async def welcome(page: Page) -> Response:
    """The first password. A member who has one changes it in the settings, where the old one is asked for."""
    sent = await page.form()
    asked = SetPassword(page.by, None, sent["new"])
    await sent.attempt(page.t, page.perform(commands.set_password, asked))
    password_errors(sent)
    if sent.errors:
        return page.render("account/welcome.html", status=sent.status, form=sent)
    return page.to("/start", "password")


def password_errors(sent: Form) -> None:
    """The command speaks of `password`; the form's field for a new one is `new`."""
    if "password" in sent.errors:
        sent.errors["new"] = sent.errors.pop("password")


async def logout(page: Page) -> Response:
    await page.form()
    await page.perform(commands.log_out, LogOut(page.by, page.me.session.id))
    response = page.to("/login", "bye")
    visitor.forget(response, page.services.settings)
    return response
