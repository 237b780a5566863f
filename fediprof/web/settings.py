"""What a member decides: the page, how they write and log in, which apps may, moving, taking everything along, leaving."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.accounts import commands as accounts
from fediprof.accounts import store as account_store
from fediprof.accounts.commands import CloseOtherSessions, DeleteAccount, LogOut, SetPassword, SetPreferences
from fediprof.actors import commands as actors
from fediprof.actors.commands import MoveAway, ReviseProfile, SetAliases
from fediprof.actors.wire import MAX_FIELDS
from fediprof.errors import FediprofError, NotFound
from fediprof.groups import departure
from fediprof.media.intake import take_in_avatar, take_in_header
from fediprof.oauth import scopes
from fediprof.oauth import store as oauth_store
from fediprof.oauth.commands import WithdrawApp, withdraw_app
from fediprof.web import export, visitor
from fediprof.web.consent import proven
from fediprof.web.forms import Form
from fediprof.web.login import password_errors
from fediprof.web.portability import opened_to
from fediprof.web.view import Page

_PROFILE = frozenset(("name", "summary"))


async def index(page: Page) -> Response:
    return page.render("settings/index.html")


# --- the page


async def profile_form(page: Page) -> Response:
    actor = page.me.actor
    form = Form({"name": actor.name, "summary": actor.summary_source or ""})
    for n, line in enumerate(actor.profile_fields[:MAX_FIELDS], 1):
        form.values[f"field-name-{n}"], form.values[f"field-value-{n}"] = line.name, line.source
    for name in ("locked", "discoverable", "indexable"):
        if getattr(actor, name):
            form.values[name] = "1"
    return page.render("settings/profile.html", form=form)


async def profile(page: Page) -> Response:
    form = await page.form()
    lines = [(form.text(f"field-name-{n}"), form.text(f"field-value-{n}")) for n in range(1, MAX_FIELDS + 1)]
    icon = await _picture(page, form, "icon")
    header = await _picture(page, form, "header")
    asked = ReviseProfile(
        by=page.by,
        name=form.text("name"),
        summary=form.text("summary"),
        fields=tuple((name, value) for name, value in lines if name and value),
        locked=form.has("locked"),
        discoverable=form.has("discoverable"),
        indexable=form.has("indexable"),
        icon_file=icon,
        header_file=header,
    )
    if not form.errors:
        await form.attempt(page.t, page.perform(actors.revise_profile, asked), known=_PROFILE)
    if form.errors:
        return page.render("settings/profile.html", status=form.status, form=form)
    return page.to(f"/@{page.me.actor.username}", "saved")


async def _picture(page: Page, form: Form, name: str) -> str | None:
    """The name of a new picture in the storage, "" to take the present one away, None to leave it."""
    data = form.files.get(name)
    if data is None:
        return "" if form.has(f"remove_{name}") else None
    take_in = take_in_avatar if name == "icon" else take_in_header
    try:
        return await take_in(page.services.storage, data, limit=page.services.settings.upload_mb * 1024 * 1024)
    except FediprofError:
        form.refuse(page.t("This cannot be read as a picture."), name)
        return None


# --- writing and logging in


async def account_form(page: Page) -> Response:
    return await _account(page, _preferences(page))


def _preferences(page: Page) -> Form:
    return Form({"language": page.me.account.language, "visibility": page.me.account.default_visibility})


async def _account(page: Page, form: Form) -> Response:
    sessions = await page.read(lambda tx: account_store.sessions_of(tx, page.me.account.id, page.here.now))
    return page.render("settings/account.html", status=form.status, form=form, sessions=sessions)


async def preferences(page: Page) -> Response:
    form = await page.form()
    asked = SetPreferences(page.by, form["language"], form["visibility"])
    await form.attempt(page.t, page.perform(accounts.set_preferences, asked), known=frozenset(("language",)))
    if form.errors:
        return await _account(page, form)
    response = page.to("/settings/account", "saved")
    response.delete_cookie("language", path="/", samesite="lax")
    return response


async def password(page: Page) -> Response:
    sent = await page.form()
    asked = SetPassword(page.by, sent["current"] or None, sent["new"])
    await sent.attempt(page.t, page.perform(accounts.set_password, asked))
    password_errors(sent)
    if sent.errors:
        sent.values |= _preferences(page).values
        return await _account(page, sent)
    return page.to("/settings/account", "password")


async def end_session(page: Page) -> Response:
    await page.form()
    await page.perform(accounts.log_out, LogOut(page.by, page.request.path_params["id"]))
    return page.to("/settings/account", "ended")


async def end_sessions(page: Page) -> Response:
    await page.form()
    await page.perform(accounts.close_other_sessions, CloseOtherSessions(page.by, page.me.session.id))
    return page.to("/settings/account", "ended")


# --- apps


async def apps(page: Page) -> Response:
    allowed = await page.read(lambda tx: oauth_store.allowed(tx, page.me.account.id))
    return page.render("settings/apps.html", apps=[(each, scopes.meanings(each.scopes)) for each in allowed])


async def withdraw(page: Page) -> Response:
    await page.form()
    await page.perform(withdraw_app, WithdrawApp(page.by, page.request.path_params["id"]))
    return page.to("/settings/apps", "withdrawn")


# --- moving


async def move_form(page: Page) -> Response:
    return page.render("settings/move.html", form=_moving(page))


def _moving(page: Page) -> Form:
    return Form({"handles": "\n".join(page.me.actor.also_known_as)})


async def aliases(page: Page) -> Response:
    form = await page.form()
    asked = SetAliases(page.by, tuple(form.text("handles").split())[:10])
    await form.attempt(page.t, page.perform(actors.set_aliases, asked))
    _rename(form, "aliases", "handles")
    if form.errors:
        return page.render("settings/move.html", status=form.status, form=form)
    return page.to("/settings/move", "saved")


async def move(page: Page) -> Response:
    form = await page.form()
    if await proven(page, form, page.me.account.password_hash):
        asked = MoveAway(page.by, form.text("target"))
        await form.attempt(page.t, page.perform(departure.move_away, asked), known=frozenset(("target",)))
    if form.errors:
        form.values |= _moving(page).values
        return page.render("settings/move.html", status=form.status, form=form)
    return page.to("/settings/move", "moved")


def _rename(form: Form, was: str, becomes: str) -> None:
    if was in form.errors:
        form.errors[becomes] = form.errors.pop(was)


# --- data


async def data_form(page: Page) -> Response:
    return await _data(page, Form())


async def _data(page: Page, form: Form) -> Response:
    people = await page.read(lambda tx: opened_to(tx, page.me.actor.id, page.here.now))
    return page.render("settings/data.html", status=form.status, form=form, opened_to=people)


async def download(page: Page) -> Response:
    await page.form()
    return await export.archive(page)


async def delete(page: Page) -> Response:
    form = await page.form()
    if form.text("confirm").lstrip("@").lower() != page.me.actor.username.lower():
        form.refuse(page.t("Write your name to confirm."), "confirm")
    elif await proven(page, form, page.me.account.password_hash):
        try:
            secret = await page.perform(accounts.delete_own_account, DeleteAccount(page.by))
        except NotFound:
            form.refuse(page.t("This was deleted"))
    if form.errors:
        return await _data(page, form)
    response = page.to(f"/erasure/{secret}", "left")
    visitor.forget(response, page.services.settings)
    return response
