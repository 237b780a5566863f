"""The page of a group: in ten seconds what it is and how to take part; then its threads. Its members, its log.

Of a private group strangers are shown what it says of itself and its rules, never a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import finding, front, log, membership, store
from fediprof.groups.finding import AskForGroup
from fediprof.groups.front import Place, Thread
from fediprof.groups.membership import ShowMyself
from fediprof.groups.records import KINDS, Event, Kind
from fediprof.web import group_lines
from fediprof.web.view import Page, group_path

PAGE = 20
LOG = 40


async def the_group(page: Page) -> Actor:
    """The group in the address: by its number, or one of ours by its name. Raises NotFound."""
    return await page.read(lambda tx: group_in(tx, page))


def group_in(tx: Tx, page: Page) -> Actor:
    asked = page.request.path_params
    found = actors.by_id(tx, asked["id"]) if "id" in asked else actors.local_by_username(tx, asked["name"])
    if found is None or found.type != "Group":
        raise NotFound("no such group")
    return found


@dataclass(frozen=True, slots=True)
class _Read:
    place: Place
    moderators: list[tuple[str, Actor | None]]
    pinned: list[Thread]
    threads: list[Thread]
    more: int | None
    unmoderated: bool = False


async def show(page: Page) -> Response:
    """A group of ours by its name, one of elsewhere by its number. Raises NotFound."""
    kind, unanswered, before = _kind(page), page.asked("show") == "unanswered", page.number("max_id")
    viewer, plain = page.viewer, page.asked("show") == "" and page.number("max_id") is None

    def load(tx: Tx) -> _Read:
        group = group_in(tx, page)
        place = front.place(tx, group, page.visitor.actor if page.visitor else None, page.here.now)
        named = front.moderators(tx, group.id)
        left = place.hosted and bool(store.unmoderated(tx, [group.id]))
        if group.gone_at is not None or not place.readable:
            return _Read(place, named, [], [], None, left)
        pins = store.pinned(tx, group.id) if plain else []
        ids = front.threads(
            tx,
            [group.id],
            viewer,
            limit=PAGE + 1,
            before=before,
            kind=kind,
            unanswered=unanswered,
            without=store.pinned(tx, group.id) if page.asked("show") == "" else (),
        )
        more = ids[PAGE - 1] if len(ids) > PAGE else None
        return _Read(place, named, front.shown(tx, pins, viewer), front.shown(tx, ids[:PAGE], viewer), more, left)

    read = await page.read(load)
    group = read.place.actor
    if page.visitor is not None and not group.local:
        await _kept_up(page, read.place)
    if group.gone_at is not None:
        return _closed(page, read.place)
    open_to_all = group.local and not read.place.private
    line, rest = group_lines.in_one_line(group.summary)
    response = page.render(
        "groups/group.html",
        indexable=open_to_all and group.discoverable and before is None,
        place=read.place,
        path=group_path(group),
        line=line,
        rest=rest if read.place.readable else "",
        moderators=[] if read.unmoderated else read.moderators,
        unmoderated=read.unmoderated,
        pinned=read.pinned,
        threads=read.threads,
        more=f"{group_path(group)}?{_query(page, read.more)}" if read.more else "",
        chosen=page.asked("show") if kind or unanswered else "",
        standing=group_lines.standing(read.place, page.t),
        open_to_all=open_to_all,
        now=page.here.now if page.visitor else None,
    )
    return response


async def _kept_up(page: Page, place: Place) -> None:
    """What a group elsewhere wrote last is asked for in the background, once a day."""
    if place.group is not None and not finding.is_fresh(place.group, page.here):
        await page.perform(finding.ask_for_group, AskForGroup(page.by, place.actor.id))


def _kind(page: Page) -> Kind:
    return cast(Kind, page.asked("show")) if page.asked("show") in KINDS else ""


def _query(page: Page, before: int) -> str:
    kept = [("show", page.asked("show"))] if page.asked("show") else []
    return urlencode([*kept, ("max_id", str(before))])


def _closed(page: Page, place: Place) -> Response:
    """It says where people went, for good (410)."""
    words = place.group.closing_words if place.group is not None else ""
    return page.render("groups/closed.html", status=410, place=place, words=words)


# --- members, and what was decided


async def members(page: Page) -> Response:
    """For members: those who chose to be named. How many there are stands on the group's page."""

    def load(tx: Tx) -> tuple[Place, list[tuple[Actor, str]]]:
        place = _inside(tx, page)
        return place, front.listed(tx, place.actor.id)

    place, people = await page.read(load)
    return page.render("groups/members.html", place=place, path=group_path(place.actor), people_listed=people)


async def show_myself(page: Page) -> Response:
    form = await page.form()
    place = await page.read(lambda tx: _inside(tx, page))
    role = "recruiter" if form.has("recruiter") else ""
    asked = ShowMyself(page.by, place.actor.id, form.has("listed"), role)
    await page.perform(membership.show_myself, asked)
    return page.to(f"{group_path(place.actor)}/members", "saved")


@dataclass(frozen=True, slots=True)
class Line:
    """A decision, in words. `mine`: it concerns who reads."""

    event: Event
    words: str
    by: Actor | None
    whom: Actor | None
    rule: str
    mine: bool


async def history(page: Page) -> Response:
    """Every decision of the moderators, for members to read; none of it is ever taken out."""
    before, me = page.number("max_id"), page.me.actor

    def load(tx: Tx) -> tuple[Place, list[Line], int | None]:
        place = _inside(tx, page)
        found = log.page(tx, place.actor.id, limit=LOG + 1, max_id=before)
        lines = [told(tx, page, place, each, me) for each in found[:LOG]]
        return place, lines, found[LOG - 1].id if len(found) > LOG else None

    place, lines, more = await page.read(load)
    return page.render(
        "groups/log.html", place=place, path=group_path(place.actor), lines=lines, more=more, mine=False
    )


async def about_me(page: Page) -> Response:
    """What was decided about who reads, member or not any more: where a notification leads."""
    me = page.me.actor

    def load(tx: Tx) -> tuple[Place, list[Line]]:
        place = front.place(tx, group_in(tx, page), me, page.here.now)
        found = front.decided_about(tx, place.actor.id, me.id)
        return place, [told(tx, page, place, each, me) for each in found]

    place, lines = await page.read(load)
    path = group_path(place.actor)
    return page.render("groups/log.html", place=place, path=path, lines=lines, more=None, mine=True)


def told(tx: Tx, page: Page, place: Place, event: Event, reader: Actor | None = None) -> Line:
    """A decision as its reader is told it."""
    rules = place.group.rules if place.group is not None else []
    rule = rules[event.rule - 1] if event.rule is not None and 0 < event.rule <= len(rules) else ""
    by = actors.by_iri(tx, event.by_iri)
    whom = actors.by_id(tx, event.subject_id) if event.subject_id is not None else None
    words = page.t(group_lines.DECISIONS.get(event.action, event.action))
    return Line(event, words, by, whom, rule, reader is not None and event.subject_id == reader.id)


def _inside(tx: Tx, page: Page) -> Place:
    """The group, for its members and moderators. Raises NotFound for others: who is in it is told to nobody else."""
    place = front.place(tx, group_in(tx, page), page.me.actor, page.here.now)
    if place.actor.gone_at is not None or not (place.membership == "member" or place.moderator):
        raise NotFound("for members")
    return place
