"""What was decided for the whole server, for its members to read; and for whom a decision concerns, a place to contest it."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import contests, log
from fediprof.groups.contests import Contest
from fediprof.groups.records import Event
from fediprof.i18n.catalog import N_
from fediprof.moderation import figures
from fediprof.moderation.sanctions import CONTESTABLE, ContestSanction, contest_sanction
from fediprof.web.admin_people import ACTIONS
from fediprof.web.forms import Form
from fediprof.web.view import Page

PAGE = 40
NEWS = {
    "moderation.limit": N_("has limited your account: what you write reaches those who follow you"),
    "moderation.suspend": N_("has suspended your account"),
    "moderation.warn": N_("has something to say to you"),
    "moderation.remove": N_("took out something you wrote"),
    "moderation.lift": N_("ended a limit or a suspension of your account"),
    "moderation.answered": N_("answered what you contested"),
}
"""Kind of notification → what is said behind the server's name."""


async def index(page: Page) -> Response:
    """A decision about a person names the person to nobody but them and those who run the server."""
    max_id = page.number("max_id")
    me = page.me.actor.id

    def load(tx: Tx) -> tuple[list[Event], list[Event]]:
        mine = [each for each in figures.events_about(tx, me) if each.group_id is None]
        return log.page(tx, None, limit=PAGE + 1, max_id=max_id), mine

    events, mine = await page.read(load)
    return page.render(
        "public/moderation_log.html",
        events=events[:PAGE],
        mine=mine,
        more=events[PAGE - 1].id if len(events) > PAGE else None,
        actions=ACTIONS,
    )


async def event(page: Page) -> Response:
    return await _event(page, Form())


async def _event(page: Page, form: Form) -> Response:
    number = page.request.path_params["id"]

    def load(tx: Tx) -> tuple[Event, Contest | None, Actor | None]:
        found = log.by_id(tx, number)
        if found is None or found.group_id is not None:
            raise NotFound(f"no decision {number}")
        about = actors.by_id(tx, found.subject_id) if found.subject_id is not None else None
        return found, contests.of_events(tx, [found.id]).get(found.id), about

    found, contest, about = await page.read(load)
    mine = found.subject_id == page.me.actor.id
    return page.render(
        "public/moderation_event.html",
        status=form.status,
        form=form,
        event=found,
        contest=contest if mine or page.me.account.admin else None,
        about=about if mine or page.me.account.admin else None,
        mine=mine,
        may_contest=mine and contest is None and found.action in CONTESTABLE and found.undone_at is None,
        actions=ACTIONS,
    )


async def contest(page: Page) -> Response:
    form = await page.form()
    number = page.request.path_params["id"]
    asked = ContestSanction(page.by, number, form.text("words"))
    await form.attempt(page.t, page.perform(contest_sanction, asked), known=frozenset(("words",)))
    return await _event(page, form) if form.errors else page.to(f"/moderation-log/{number}", "sent")
