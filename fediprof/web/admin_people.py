"""The console's pages on people and reports: what is public of somebody, what was reported and decided, and what may be done.
Never what a member kept to themselves: notes, conversations, entries not open to everyone, requests."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups.records import Event
from fediprof.here import INSTANCE_ACTOR
from fediprof.i18n.catalog import N_
from fediprof.moderation import deciding, figures, limits, policies
from fediprof.moderation.deciding import DecideServerReport, decide_server_report
from fediprof.moderation.limits import Sanction
from fediprof.moderation.sanctions import LiftSanction, SanctionActor, lift_sanction, sanction_actor
from fediprof.moderation.store import Report
from fediprof.posts import store as posts
from fediprof.posts import threads, views
from fediprof.posts.records import Shown
from fediprof.web import group_lines
from fediprof.web.forms import Form
from fediprof.web.view import Page

PAGE = figures.PAGE

ACTIONS = {
    "domain_block": N_("Server blocked"),
    "domain_limit": N_("Server limited"),
    "domain_none": N_("Server talked to as others are"),
    "domain_lift": N_("Decision about a server taken back"),
    "limit": N_("Limited"),
    "suspend": N_("Suspended"),
    "warn": N_("Warned"),
    "remove": N_("Post taken out"),
    "lift": N_("Limit or suspension ended"),
    "uphold": N_("Contested, and upheld"),
    "overturn": N_("Contested, and taken back"),
    "pass_report": N_("Report passed on to the moderators of a group"),
    "dismiss_report": N_("Report looked at, nothing done"),
}
"""Action of this server's log → words."""

VERDICTS = {
    "nothing": N_("Nothing done"),
    "warn": ACTIONS["warn"],
    "limit": ACTIONS["limit"],
    "suspend": ACTIONS["suspend"],
    "remove": ACTIONS["remove"],
    "pass": N_("Passed on to the group"),
}
"""How a report's decision begins → words."""


async def people(page: Page) -> Response:
    words, local, max_id = page.asked("q").strip()[:100], page.asked("of") != "elsewhere", page.number("max_id")

    def load(tx: Tx) -> tuple[list[Actor], dict[int, Sanction]]:
        found = figures.people(tx, words=words.lstrip("@"), local=local, max_id=max_id, limit=PAGE + 1)
        return found, limits.of_all(tx, (each.id for each in found))

    found, held = await page.read(load)
    return page.render(
        "admin/people.html",
        found=found[:PAGE],
        held=held,
        words=words,
        local=local,
        more=found[PAGE - 1].id if len(found) > PAGE else None,
    )


async def person(page: Page) -> Response:
    return await _person(page, Form())


async def _person(page: Page, form: Form) -> Response:
    number = page.request.path_params["id"]

    def load(
        tx: Tx,
    ) -> tuple[Actor, bool, Sanction | None, list[Report], list[Event], policies.Policy | None, bool]:
        found = actors.by_id(tx, number)
        if found is None or found.username == INSTANCE_ACTOR or found.type == "Group":
            raise NotFound(f"no person {number}")
        account = accounts.by_actor(tx, found.id)
        decided = None if found.local else policies.flags_of(tx, found.host)
        return (
            found,
            account is not None and account.admin,
            limits.of(tx, found.id),
            figures.reports(tx, target_id=found.id),
            figures.events_about(tx, found.id),
            decided,
            account is not None,
        )

    actor, admin, held, reports, events, policy, _ = await page.read(load)
    return page.render(
        "admin/person.html",
        status=form.status,
        form=form,
        actor=actor,
        runs=admin,
        held=held,
        reports=reports,
        events=events,
        policy=policy,
        actions={**group_lines.DECISIONS, **ACTIONS},
        verdicts=VERDICTS,
    )


async def sanction(page: Page) -> Response:
    form = await page.form()
    number = page.request.path_params["id"]
    kind = "suspend" if form["kind"] == "suspend" else "limit"
    asked = SanctionActor(page.by, number, kind, form.text("reason"), form.number("days"))  # type: ignore[arg-type]
    await form.attempt(page.t, page.perform(sanction_actor, asked), known=frozenset(("reason", "days", "kind")))
    return await _person(page, form) if form.errors else page.to(f"/admin/people/{number}", "saved")


async def lift(page: Page) -> Response:
    form = await page.form()
    number = page.request.path_params["id"]
    await page.perform(lift_sanction, LiftSanction(page.by, number, form.text("reason")))
    return page.to(f"/admin/people/{number}", "saved")


# --- reports


async def reports(page: Page) -> Response:
    state = "closed" if page.asked("state") == "closed" else "open"

    def load(tx: Tx) -> tuple[list[tuple[Report, Actor]], dict[str, Actor]]:
        found = figures.reports(tx, state=state, limit=200)
        known = actors.by_ids(tx, (each.target_id for each in found))
        by = actors.by_iris(tx, (each.reporter_iri for each in found))
        return [(each, known[each.target_id]) for each in found], by

    found, by = await page.read(load)
    return page.render("admin/reports.html", reports=found, reporters=by, state=state, verdicts=VERDICTS)


async def report(page: Page) -> Response:
    return await _report(page, Form({"decision": "nothing"}))


async def _report(page: Page, form: Form) -> Response:
    number = page.request.path_params["id"]

    def load(
        tx: Tx,
    ) -> tuple[Report, Actor, list[Shown], list[Shown], list[Report], list[Event], int | None, int, dict[str, Actor]]:
        found = figures.report_by_id(tx, number)
        target = actors.by_id(tx, found.target_id) if found is not None else None
        if found is None or target is None:
            raise NotFound(f"no report {number}")
        named = [each.id for each in deciding.reported_posts(tx, found)]
        # As anybody may see them: what was written for few is not read here, even when it was reported.
        seen = views.shown(tx, named, None)
        around: list[int] = []
        for each in seen[:3]:
            around += [
                *threads.ancestors(tx, each.post, None)[-5:],
                *posts.direct_replies(tx, each.post.id, None, limit=5),
            ]
        context = views.shown(tx, [each for each in dict.fromkeys(around) if each not in named], None)
        before = [each for each in figures.reports(tx, target_id=target.id) if each.id != found.id]
        return (
            found,
            target,
            seen,
            context,
            before,
            figures.events_about(tx, target.id),
            deciding.group_of(tx, found),
            len(found.post_iris) - len(seen),
            actors.by_iris(tx, [found.reporter_iri]),
        )

    found, target, seen, context, before, events, group_id, unseen, by = await page.read(load)
    return page.render(
        "admin/report.html",
        status=form.status,
        form=form,
        report=found,
        target=target,
        seen=seen,
        unseen=unseen,
        context=context,
        before=before,
        events=events,
        in_group=group_id is not None,
        reporters=by,
        actions={**group_lines.DECISIONS, **ACTIONS},
        verdicts=VERDICTS,
        now=page.here.now,
    )


async def decide(page: Page) -> Response:
    form = await page.form()
    number = page.request.path_params["id"]
    asked = DecideServerReport(page.by, number, form["decision"], form.text("reason"), form.number("days"))  # type: ignore[arg-type]
    known = frozenset(("decision", "reason", "days"))
    await form.attempt(page.t, page.perform(decide_server_report, asked), known=known)
    return await _report(page, form) if form.errors else page.to(f"/admin/reports/{number}", "saved")
