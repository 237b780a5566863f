"""What a moderator does about one post, its thread and its author: in a group of ours at once; of a group elsewhere by asking it,
with what was asked and is not so yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.delivery import report as deliveries
from fediprof.errors import NotFound
from fediprof.groups import front, moderating, store, understood
from fediprof.groups.front import Place, Thread
from fediprof.groups.moderating import BanPerson, ModeratePerson, ModeratePost
from fediprof.groups.records import GroupPost, Hosted
from fediprof.groups.understood import Act
from fediprof.posts import store as posts
from fediprof.web.forms import Form
from fediprof.web.groups_desk import FIELDS, decided_by, done, rule_of
from fediprof.web.view import Page, desk_path, group_path, thread_path

BANS = (1, 7, 30, 365)
"""Days a ban may last, besides without end."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a group elsewhere and is not so yet. `of_answer`: of one answer, where it could be of its thread.
    `state` of the delivery: waiting, sent, failed."""

    act: Act
    of_answer: bool
    by: Actor | None
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class _Case:
    """`acts`: what its group takes; `asked`: what one elsewhere was asked for."""

    place: Place
    thread: Thread
    root: GroupPost | None
    banned: bool
    acts: frozenset[str]
    asked: list[Asked]


async def form(page: Page) -> Response:
    return await _show(page, Form())


async def _show(page: Page, form: Form) -> Response:
    case = await page.read(lambda tx: _case(tx, page))
    return page.render(
        "groups/moderate.html",
        status=form.status,
        case=case,
        form=form,
        path=group_path(case.place.actor),
        desk=desk_path(case.place.actor),
        bans=BANS,
    )


def _case(tx: Tx, page: Page) -> _Case:
    found = front.shown(tx, [page.request.path_params["id"]], page.viewer)
    if not found:
        raise NotFound("no such post in a group")
    thread, group = found[0], actors.by_id(tx, found[0].placed.group_id)
    if group is None:
        raise NotFound("no such group")
    place = decided_by(page, front.place(tx, group, page.me.actor, page.here.now))
    root = store.post(tx, thread.placed.thread_id)
    banned = store.standing(tx, group.id, thread.shown.author.id).banned(page.here.now)
    if place.hosted or place.group is None:
        return _Case(place, thread, root, banned, HERE, [])
    elsewhere = Hosted(group, place.group)
    acts: set[str] = set(moderating.acts_in(tx, elsewhere))
    if "lock" in acts and moderating.locks_answers(tx, elsewhere):
        acts |= {"lock_answer", "unlock_answer"}
    return _Case(place, thread, root, banned, frozenset(acts), _asked(tx, place, thread, root, banned))


HERE = frozenset(
    {"remove", "restore", "lock", "unlock", "lock_answer", "unlock_answer", "pin", "unpin", "ban", "unban", "warn"}
)


def _asked(tx: Tx, place: Place, thread: Thread, root: GroupPost | None, banned: bool) -> list[Asked]:
    """What members here asked of the group about a post, its thread or its author: the last of each kind, as long as it is
    not so."""
    post, author = thread.shown.post, thread.shown.author
    began = posts.by_id(tx, thread.placed.thread_id)
    about = {post.iri: thread.placed, **({began.iri: root} if began is not None and root is not None else {})}
    ours = actors.by_iris(tx, [each.iri for each in store.moderators(tx, place.actor.id)]).values()
    people = {each.id: each for each in ours if each.local}
    found: dict[tuple[str, str], Asked] = {}
    for sent in deliveries.about(tx, people, [*about, author.iri]):
        document = msgspec.json.decode(sent.body)
        act = understood.act_of(document, place.actor.featured)
        if act is None or document.get("audience") != place.actor.iri:
            continue
        subject = understood.subject_of(document)
        placed, key = about.get(subject), (subject, understood.REVERSED.get(act, act))
        if (subject != post.iri and act in ("remove", "restore")) or (placed is None and act not in ("ban", "unban")):
            continue  # of what began the thread: that has a page of its own
        of_answer = placed is not None and not placed.starts_thread
        found[key] = Asked(act, of_answer, people.get(sent.actor_id), sent.created_at, sent.state)
        if understood.holds(act, placed, banned=banned):
            del found[key]
    return list(found.values())


_POSTS: dict[str, tuple[Any, str]] = {
    "remove": (moderating.remove_post, "taken-out"),
    "restore": (moderating.restore_post, "put-back"),
    "lock": (moderating.lock_thread, "locked"),
    "unlock": (moderating.unlock_thread, "unlocked"),
    "lock_answer": (moderating.lock_answer, "locked"),
    "unlock_answer": (moderating.unlock_answer, "unlocked"),
    "pin": (moderating.pin_thread, "saved"),
    "unpin": (moderating.unpin_thread, "saved"),
}


async def act(page: Page) -> Response:
    form = await page.form()
    case = await page.read(lambda tx: _case(tx, page))
    group, shown, act = case.place.actor.id, case.thread.shown, form["act"]
    reason, rule, person = form.text("reason"), rule_of(form), case.thread.shown.author.id
    command: Any
    request: ModeratePost | ModeratePerson | BanPerson
    if act in _POSTS:
        (command, said), request = _POSTS[act], ModeratePost(page.by, group, shown.post.id, reason, rule)
    elif act == "warn":
        command, said = moderating.warn, "warned"
        request = ModeratePerson(page.by, group, person, reason, rule, shown.post.id)
    elif act == "ban":
        days = form.number("days")
        ends = page.here.now + timedelta(days=days) if days in BANS else None
        command, said = moderating.ban_person, "banned"
        request = BanPerson(page.by, group, person, reason, rule, ends, form.has("remove_posts"))
    elif act == "unban":
        command, said, request = moderating.unban_person, "unbanned", ModeratePerson(page.by, group, person, reason)
    else:
        raise NotFound("no such act")
    await form.attempt(page.t, done(page.perform(command, request)), known=FIELDS)
    if form.errors:
        return await _show(page, form)
    if not case.place.hosted:
        return page.to(f"/posts/{shown.post.id}/moderate", "asked-group")
    return page.to(thread_path(shown, page.visitor, page.services.settings.origin), said)
