"""The one door of a suspended member: what was decided, why and until when; to contest it once; to take their data, or to leave.

It is no session: a cookie of its own, signed, for an hour, that nothing else reads. So everything else stays shut by being
unable to see it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from fediprof import ids
from fediprof.accounts import commands as account_commands
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import DeleteAccount, ShutOut
from fediprof.accounts.records import Account
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.groups import contests, log
from fediprof.groups.contests import Contest
from fediprof.groups.records import Event
from fediprof.moderation import limits
from fediprof.moderation.limits import Sanction
from fediprof.moderation.sanctions import CONTESTABLE, ContestSanction, contest_sanction
from fediprof.principal import Member
from fediprof.web import export, visitor
from fediprof.web.consent import proven
from fediprof.web.forms import Form, whole
from fediprof.web.view import Page

COOKIE = "suspended"
LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A suspended member, and the decision they are suspended by."""

    account: Account
    actor: Actor
    sanction: Sanction
    event: Event
    contest: Contest | None

    @property
    def member(self) -> Member:
        return Member(self.account.id, self.actor.id)

    @property
    def may_contest(self) -> bool:
        return self.contest is None and self.event.action in CONTESTABLE and self.event.undone_at is None


Behind = Callable[[Page, Held], Awaitable[Response]]


def admit(page: Page, shut: ShutOut) -> Response:
    """To the page behind this door, for who proved who they are."""
    ends = int((page.here.now + LASTS).timestamp())
    said = f"{shut.account.id}.{shut.event_id}.{ends}"
    response = page.to("/suspended")
    value = f"{said}.{_seal(page, said)}"
    visitor.remember(response, page.services.settings, value, name=COOKIE, lasts=LASTS)
    return response


def behind(handler: Behind) -> Callable[[Page], Awaitable[Response]]:
    """Others are asked to log in: so are those whose suspension ended."""

    async def opened(page: Page) -> Response:
        if page.visitor is not None:
            if page.request.method == "POST":
                await page.form()  # refuses what none of our pages sent
            return page.to("/home")
        value = page.request.cookies.get(visitor.cookie_name(page.services.settings, COOKIE), "")
        held = await page.read(lambda tx: _held(tx, page, value))
        if held is None:
            return _out(page, page.to("/login"))
        page.came, page.narrow = None, ids.fingerprint(value)
        return await handler(page, held)

    return opened


def _held(tx: Tx, page: Page, value: str) -> Held | None:
    said, _, seal = value.rpartition(".")
    numbers = [whole(each) for each in said.split(".")]
    if len(numbers) != 3 or not hmac.compare_digest(seal.encode(), _seal(page, said).encode()):
        return None
    account_id, event_id, ends = numbers
    account = accounts.by_id(tx, account_id or 0)
    actor = actors.by_id(tx, account.actor_id) if account is not None else None
    sanction = limits.of(tx, actor.id) if actor is not None else None
    event = log.by_id(tx, event_id or 0)
    if account is None or actor is None or actor.gone_at is not None or sanction is None or event is None:
        return None
    over = page.here.now.timestamp() >= (ends or 0) or _ended(sanction, page.here.now)
    if over or sanction.kind != "suspend" or sanction.event_id != event.id:
        return None
    return Held(account, actor, sanction, event, contests.of_events(tx, [event.id]).get(event.id))


def _ended(sanction: Sanction, now: datetime) -> bool:
    return not sanction.erases and sanction.ends_at is not None and sanction.ends_at <= now


def _seal(page: Page, said: str) -> str:
    return hmac.new(page.services.keystore.secret, b"suspended:" + said.encode(), hashlib.sha256).hexdigest()


def _out(page: Page, response: Response) -> Response:
    visitor.forget(response, page.services.settings, name=COOKIE)
    return response


async def decision(page: Page, held: Held) -> Response:
    return _show(page, held, Form())


def _show(page: Page, held: Held, form: Form) -> Response:
    return page.render("account/suspended.html", status=form.status, held=held, form=form)


async def contest(page: Page, held: Held) -> Response:
    form = await page.form()
    asked = ContestSanction(held.member, held.event.id, form.text("words"))
    await form.attempt(page.t, page.perform(contest_sanction, asked), known=frozenset(("words",)))
    return _show(page, held, form) if form.errors else page.to("/suspended", "sent")


async def download(page: Page, held: Held) -> Response:
    await page.form()
    return await export.archive_of(page, held.actor, held.account.id)


async def delete(page: Page, held: Held) -> Response:
    form = await page.form()
    if form.text("confirm").lstrip("@").lower() != held.actor.username.lower():
        form.refuse(page.t("Write your name to confirm."), "confirm")
        return _show(page, held, form)
    if not await proven(page, form, held.account.password_hash):
        return _show(page, held, form)
    secret = await page.perform(account_commands.delete_own_account, DeleteAccount(held.member))
    return _out(page, page.to(f"/erasure/{secret}", "left"))


async def leave(page: Page, held: Held) -> Response:
    await page.form()
    return _out(page, page.to("/login", "bye"))
