"""The console's first page: what waits for those who run the server. Every page of it is opened through `access.keepers`."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.groups import store as groups
from fediprof.groups.contests import Contest
from fediprof.groups.records import Event
from fediprof.i18n.catalog import N_
from fediprof.moderation import figures, notes
from fediprof.moderation.figures import Waiting
from fediprof.moderation.sanctions import AnswerServerContest, answer_server_contest
from fediprof.moderation.store import Report
from fediprof.refusals import store as refusals
from fediprof.refusals.store import Refusal
from fediprof.web import admin_server
from fediprof.web.forms import Form
from fediprof.web.view import Page

REFUSED = {
    "agent": N_("Program on the list"),
    "trap": N_("Went into the trap"),
    "blocked": N_("Came back after the trap"),
    "people": N_("Too many different people"),
    "pace": N_("Too many pages"),
    "unsigned": N_("List asked for without a signature"),
    "server": N_("Server kept out"),
    "flood": N_("Sent more than its budget; asked to come again"),
    "size": N_("Sent something too large"),
}
"""Kind of refusal → what the table says."""

BACKUP_DUE_DAYS = 7


async def index(page: Page) -> Response:
    return await _show(page, Form())


async def _show(page: Page, form: Form) -> Response:
    await page.services.gate.write(page.services.database)

    def load(
        tx: Tx,
    ) -> tuple[
        Waiting,
        list[tuple[Report, Actor]],
        dict[str, Actor],
        list[tuple[Contest, Event, Actor | None]],
        list[Refusal],
        object,
    ]:
        reports = figures.reports(tx, state="open", limit=5)
        reporters = actors.by_iris(tx, (each.reporter_iri for each in reports))
        people = actors.by_ids(tx, (each.target_id for each in reports))
        contests = figures.open_contests(tx)
        by = actors.by_ids(tx, (one.by_id for one, _ in contests))
        told = [(each, people[each.target_id]) for each in reports]
        asked = [(one, event, by.get(one.by_id)) for one, event in contests]
        return figures.waiting(tx), told, reporters, asked, refusals.newest(tx), notes.of(tx, "backup")

    waiting, reports, reporters, contests, refused, backup = await page.read(load)
    made_at = backup[1] if isinstance(backup, tuple) else None
    return page.render(
        "admin/index.html",
        status=form.status,
        form=form,
        waiting=waiting,
        reports=reports,
        reporters=reporters,
        unmoderated=await page.read(_unmoderated),
        contests=contests,
        refused=[(each, _is_host(each)) for each in refused],
        refused_words=REFUSED,
        backup_days=None if made_at is None else (page.here.now - made_at).days,
        backup_due=BACKUP_DUE_DAYS,
        disk=await admin_server.disk(page),
    )


def _unmoderated(tx: Tx) -> list[Actor]:
    return list(actors.by_ids(tx, groups.unmoderated(tx)).values())


def _is_host(refusal: Refusal) -> bool:
    """Whether it is another server, which can be blocked; a network or a person cannot."""
    who = refusal.who
    return refusal.kind in ("people", "pace", "flood", "size") and "@" not in who and "/" not in who and "." in who


async def answer_contest(page: Page) -> Response:
    form = await page.form()
    number = page.request.path_params["id"]
    asked = AnswerServerContest(page.by, number, form["answer"] == "overturn", form.text("words"))
    await form.attempt(page.t, page.perform(answer_server_contest, asked), known=frozenset(("words",)))
    return await _show(page, form) if form.errors else page.to("/admin", "saved")
