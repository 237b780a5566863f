"""What moderators decide, of a group of ours or of one elsewhere, the queue first: what waits, one case after another, each with its effect and its
undo; then one post and its author; then a single decision, and contesting it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, NotFound, NotVerified
from fediprof.groups import (
    contesting,
    contests,
    front,
    log,
    membership,
    moderating,
    moderators,
    reporting,
    reports,
    store,
    turns,
)
from fediprof.groups.contesting import AnswerContest, ContestDecision
from fediprof.groups.contests import Contest
from fediprof.groups.front import Place, Thread
from fediprof.groups.membership import AnswerRequest
from fediprof.groups.moderating import ModeratePost
from fediprof.groups.moderators import Resign
from fediprof.groups.records import Hosted
from fediprof.groups.reporting import DecideReport
from fediprof.moderation.store import Report
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.web.forms import Form, sentence
from fediprof.web.groups_page import Line, group_in, told
from fediprof.web.view import Page, desk_path, group_path

FIELDS = frozenset(("reason", "rule", "words", "decision", "ends_at"))


@dataclass(frozen=True, slots=True)
class Told:
    """A report, as moderators read it. `by` None: a server, in its own name."""

    report: Report
    target: Actor | None
    by: Actor | None
    posts: list[Shown]


@dataclass(frozen=True, slots=True)
class Contested:
    contest: Contest
    line: Line
    by: Actor | None
    answerable: bool
    """Whether its reader may answer: not the one who decided, where there is another."""


@dataclass(frozen=True, slots=True)
class Queue:
    place: Place
    held: list[Thread]
    asking: list[Actor]
    reports: list[Told]
    contests: list[Contested]
    lines: list[turns.Line]
    """What waits for its turn: nothing to decide."""
    resignable: bool = False
    """Of a group elsewhere: whether its software takes it that a moderator stops."""

    @property
    def size(self) -> int:
        return len(self.held) + len(self.asking) + len(self.reports) + len(self.contests)


def desk_of(tx: Tx, page: Page) -> Place:
    """The group in the address, for who decides in it. Raises NotFound: nobody else learns what waits."""
    return decided_by(page, front.place(tx, group_in(tx, page), page.me.actor, page.here.now))


def decided_by(page: Page, place: Place) -> Place:
    """Who runs this server may decide in its groups, and in no others. Raises NotFound."""
    may = place.moderator or (place.hosted and page.by.admin)
    if place.group is None or place.actor.gone_at is not None or not may:
        raise NotFound("for moderators")
    return place


async def queue(page: Page) -> Response:
    return await _queue(page, Form())


async def _queue(page: Page, form: Form, at: str = "") -> Response:
    """`at`: the case a refused form was about."""
    read = await page.read(lambda tx: _waiting(tx, page))
    return page.render(
        "groups/queue.html",
        status=form.status,
        queue=read,
        path=group_path(read.place.actor),
        desk=desk_path(read.place.actor),
        form=form,
        at=at,
    )


def _waiting(tx: Tx, page: Page) -> Queue:
    place, me = desk_of(tx, page), page.me.actor
    group = place.actor.id
    told_of = [_told(tx, each, me.id) for each in reports.of_group(tx, group)]
    if not place.hosted:
        home = Hosted(place.actor, place.group) if place.group is not None else None
        resignable = home is not None and "dismiss" in moderating.acts_in(tx, home)
        return Queue(place, [], [], told_of, [], [], resignable)
    held = front.shown(tx, [each.post_id for each in store.held(tx, group)], me.id)
    contested = [_contested(tx, page, place, each) for each in contests.open_in(tx, group)]
    hosted = store.hosted(tx, group)
    lines = turns.lines(tx, hosted, page.here.now) if hosted is not None else []
    asking = front.asking(tx, group)
    return Queue(place, held, asking, told_of, [each for each in contested if each is not None], lines)


async def resign(page: Page) -> Response:
    """From a group elsewhere; one of ours has this beside its charter."""
    await page.form()
    place = await page.read(lambda tx: desk_of(tx, page))
    await page.perform(moderators.resign, Resign(page.by, place.actor.id))
    return page.to(group_path(place.actor), "resigned" if place.hosted else "asked-group")


def _told(tx: Tx, report: Report, viewer: int) -> Told:
    named = [post.id for iri in report.post_iris[:10] if (post := posts.by_iri(tx, iri)) is not None]
    target = actors.by_id(tx, report.target_id)
    return Told(report, target, reporting.reporter_of(tx, report), views.shown(tx, named, viewer))


def _contested(tx: Tx, page: Page, place: Place, contest: Contest) -> Contested | None:
    event = log.by_id(tx, contest.event_id)
    if event is None:
        return None
    others = any(each.iri != page.me.actor.iri for each in store.moderators(tx, place.actor.id))
    answerable = event.by_iri != page.me.actor.iri or not others
    return Contested(contest, told(tx, page, place, event), actors.by_id(tx, contest.by_id), answerable)


def rule_of(form: Form) -> int | None:
    return form.number("rule") or None


def _let_in(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return moderating.approve_held, ModeratePost(page.by, group, number), "let-in"


def _not_taken(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    asked = ModeratePost(page.by, group, number, form.text("reason"), rule_of(form))
    return moderating.refuse_held, asked, "not-taken"


def _admit(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return membership.admit, AnswerRequest(page.by, group, number), "admitted"


def _turn_away(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return membership.turn_away, AnswerRequest(page.by, group, number, form.text("reason")), "turned-away"


def _decide(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return reporting.decide_report, DecideReport(page.by, number, form.text("decision")), "decided"


def _uphold(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return contesting.answer_contest, AnswerContest(page.by, number, False, form.text("words")), "decided"


def _overturn(page: Page, form: Form, group: int, number: int) -> tuple[Any, Any, str]:
    return contesting.answer_contest, AnswerContest(page.by, number, True, form.text("words")), "decided"


CASES: dict[str, Callable[[Page, Form, int, int], tuple[Any, Any, str]]] = {
    "let-in": _let_in,
    "not-taken": _not_taken,
    "admit": _admit,
    "turn-away": _turn_away,
    "report": _decide,
    "uphold": _uphold,
    "overturn": _overturn,
}
"""What a form of the queue does → (command, request, what is said after)."""


async def decide(page: Page) -> Response:
    """`/@name/queue/{case}/{number}`: the number is a post's, a person's, a report's or a contest's."""
    form, asked = await page.form(), page.request.path_params
    place = await page.read(lambda tx: desk_of(tx, page))
    if asked["case"] not in CASES:
        raise NotFound("no such case")
    command, request, said = CASES[asked["case"]](page, form, place.actor.id, asked["number"])
    await form.attempt(page.t, done(page.perform(command, request)), known=FIELDS)
    if form.errors:
        return await _queue(page, form, f"{asked['case']}-{asked['number']}")
    return page.to(f"{desk_path(place.actor)}/queue", said)


async def done(doing: Awaitable[Any]) -> bool:
    await doing
    return True


# --- one decision, and contesting it


@dataclass(frozen=True, slots=True)
class Decided:
    place: Place
    line: Line
    contest: Contest | None
    contestable: bool


async def decision(page: Page) -> Response:
    """For whom it concerns, a member or a visitor of elsewhere, and for the group's members. Others are asked who they are."""
    return await _decision(page, Form())


async def _decision(page: Page, form: Form) -> Response:
    read = await page.read(lambda tx: _decided(tx, page))
    if read is None:
        return page.render("groups/who.html", status=401, back=page.request.url.path)
    path = group_path(read.place.actor)
    return page.render("groups/decision.html", status=form.status, read=read, form=form, path=path)


def _decided(tx: Tx, page: Page) -> Decided | None:
    """None: nobody known looks."""
    reader = page.looker
    person = actors.by_id(tx, reader) if reader is not None else None
    group, event = group_in(tx, page), log.by_id(tx, page.request.path_params["number"])
    if event is None or event.group_id != group.id:
        raise NotFound("no such decision")
    if person is None:
        return None
    place = front.place(tx, group, person, page.here.now)
    line = told(tx, page, place, event, person)
    if not (line.mine or place.membership == "member" or place.moderator):
        raise NotFound("concerns others")
    before = contests.of_events(tx, [event.id]).get(event.id)
    if before is not None and not (line.mine or place.moderator):
        before = replace(before, words="", answer="")
    return Decided(place, line, before, line.mine and before is None and contesting.contestable(event))


async def contest(page: Page) -> Response:
    form = await page.form()
    if page.looker is None:
        raise NotVerified("contesting")
    asked = ContestDecision(page.looker, page.request.path_params["number"], form.text("words"))
    try:
        await form.attempt(page.t, done(page.perform(contesting.contest, asked)), known=FIELDS)
    except FediprofError as error:
        raise type(error)(str(error), public=sentence(error, page.t)) from None
    if form.errors:
        return await _decision(page, form)
    return page.to(page.request.url.path, "contested")
