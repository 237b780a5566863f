"""A thread of a group: what began it, its answers as a tree, and why somebody cannot answer. What moderators withheld is read by
its author and by them; others are told that it was taken out, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import front, locks, log, store, turns
from fediprof.groups.front import Place, Thread
from fediprof.groups.records import UNDECIDED, Event, GroupPost
from fediprof.posts import threads as post_threads
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.posts.threads import Stretch
from fediprof.web import compose
from fediprof.web.groups_page import group_in
from fediprof.web.view import Page, group_path

WITHHELD = (*UNDECIDED, "refused", "removed")


@dataclass(frozen=True, slots=True)
class Read:
    """`began`: what began the thread, where the post shown is an answer. `decision`: why it was withheld or locked."""

    place: Place
    one: Thread
    began: Thread | None
    above: list[Shown]
    answers: list[tuple[Thread, int]]
    stretch: Stretch
    decision: Event | None
    locked: bool
    expected: datetime | None = None
    """About when it is let in, of one that waits for its turn."""


async def show(page: Page, shown: Shown) -> Response:
    """The page of a post in a group, as its reader may see it. Raises NotFound for what waits, to others than its author."""
    group = shown.group
    if group is None:
        raise NotFound("in no group")
    read = await page.read(lambda tx: _read(tx, page, group, shown))
    if read is None:
        return await _alone(page, shown)
    placed, own = read.one.placed, page.viewer == shown.author.id
    if placed.state in WITHHELD and not (own or read.place.moderator):
        if placed.state != "removed":
            raise NotFound("not in the group")
        return page.render("groups/removed.html", status=410, read=read, rule=_rule(read), path=group_path(group))
    public = shown.post.visibility == "public" and placed.state == "shown"
    return page.render(
        "groups/thread.html",
        indexable=public and shown.author.indexable and shown.post.local and read.stretch.earlier is None,
        read=read,
        shown=shown,
        rule=_rule(read),
        closed=_why_closed(page, read),
        form=compose.reply_form(page, shown) if page.visitor else None,
        back=page.onward(after=page.number("after")),
        path=group_path(group),
        now=page.here.now if page.visitor else None,
    )


def _read(tx: Tx, page: Page, group: Actor, shown: Shown) -> Read | None:
    viewer, found = page.viewer, front.shown(tx, [shown.post.id], page.viewer)
    if not found:
        return None
    one = found[0]
    place = front.place(tx, group, page.visitor.actor if page.visitor else None, page.here.now)
    root = locks.thread_of(tx, one.placed)
    began = front.shown(tx, [one.placed.thread_id], viewer) if not one.placed.starts_thread else []
    above = [each for each in post_threads.ancestors(tx, shown.post, viewer) if each != one.placed.thread_id]
    parents = [each.shown for each in front.shown(tx, above, viewer) if each.placed.state not in WITHHELD]
    locked = root is not None and root.locked_at is not None
    return Read(
        place,
        one,
        began[0] if began else None,
        parents,
        *front.answers(tx, shown, viewer, page.number("after")),
        _decision(tx, shown, one.placed, locked),
        locked,
        _expected(tx, page, one),
    )


def _expected(tx: Tx, page: Page, one: Thread) -> datetime | None:
    hosted = store.hosted(tx, one.placed.group_id) if one.placed.state == "waiting" else None
    return turns.expected(tx, hosted, one.placed, one.shown.author, page.here.now) if hosted is not None else None


def _decision(tx: Tx, shown: Shown, placed: GroupPost, locked: bool) -> Event | None:
    action = {"removed": "remove", "refused": "refuse"}.get(placed.state, "lock" if locked else "")
    return log.last(tx, action, shown.post.iri, placed.group_id) if action else None


def _rule(read: Read) -> str:
    """The rule a decision rests on, in full."""
    event, rules = read.decision, read.place.group.rules if read.place.group else []
    return rules[event.rule - 1] if event is not None and event.rule is not None and event.rule <= len(rules) else ""


def _why_closed(page: Page, read: Read) -> str:
    """Why its reader cannot answer; "" where they can."""
    place = read.place
    if place.membership == "banned":
        return page.t("You are banned from this group.")
    if place.actor.gone_at is not None:
        return page.t("This group is closed.")
    if read.locked and not place.moderator:
        if (read.began or read.one).placed.locked_at is not None:
            return page.t("This thread is locked: nobody answers here any more.")
        return page.t("This answer, or one above it, is locked: nobody answers here any more.")
    if read.one.placed.state in ("refused", "removed"):
        return page.t("It is not in the group, so nobody answers here.")
    return ""


async def _alone(page: Page, shown: Shown) -> Response:
    """Of a group elsewhere, not known to be in it yet: the post by itself."""
    return page.render(
        "public/thread.html",
        shown=shown,
        ancestors=[],
        replies=[],
        stretch=Stretch([]),
        form=compose.reply_form(page, shown) if page.visitor else None,
        back=page.request.url.path,
        now=page.here.now if page.visitor else None,
    )


async def in_group(page: Page) -> Response:
    """`/@name/t/{id}`: a thread of a group of ours whose author lives elsewhere, or an answer, for whoever reads the group."""

    def load(tx: Tx) -> Shown:
        group, number = group_in(tx, page), page.request.path_params["number"]
        one = views.one(tx, number, page.viewer)
        if one is None or one.group is None or one.group.id != group.id or store.post(tx, number) is None:
            raise NotFound("no such thread")
        return one

    shown = await page.read(load)
    if shown.post.local:
        return page.to(shown.post.url.removeprefix(page.services.settings.origin))
    return await show(page, shown)
