"""What a moderator's decision does in a group here, whoever's it is: a moderator's on a page of ours, or one's on another
server, by activity. One transaction: the change, its line in the log, the activity passed on, and who is told.

That they may was asked before. Each returns None where it changed nothing: then nothing is logged, announced or told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Enqueue
from fediprof.groups import announcing, intake, log, notices, store
from fediprof.groups.notices import READS_ACTS
from fediprof.groups.records import UNDECIDED, Event, GroupPost, Hosted, Moderator
from fediprof.here import Here
from fediprof.posts import store as posts
from fediprof.posts import views, wire
from fediprof.posts.records import Post
from fediprof.timelines import store as timelines

AT_ONCE = 100
"""Posts of one person taken out, or put back, in one transaction; the rest follows as a job."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`activity`: what says it, ours or as it came; None for what is told to nobody else. `reason`: in the moderator's
    words; `rule`: the number of the group's rule it rests on."""

    hosted: Hosted
    by_iri: str
    activity: Mapping[str, Any] | None = None
    reason: str = ""
    rule: int | None = None
    ends_at: datetime | None = None

    @property
    def iri(self) -> str | None:
        return str(self.activity["id"]) if self.activity is not None else None


# --- posts


def approve(tx: Tx, said: Decision, placed: GroupPost, here: Here) -> Done[Event] | None:
    """Let in what waited, or was not taken: it is passed on as it came, now."""
    found = _post(tx, placed)
    if placed.state not in (*UNDECIDED, "refused") or found is None:
        return None
    post, author = found
    inner = create_of(tx, placed, post, author, here)
    if inner is None or not store.turned(tx, post.id, placed.state, {"state": "shown"}):
        return None
    event = _logged(tx, said, "approve", post.iri, here, person=author, post=post)
    effects = intake.let_in(tx, said.hosted, placed, post, author, inner, here)
    return Done(event, (*effects, *notices.tell(tx, said.hosted, author, "group.approved", event, here, post=post)))


def refuse(tx: Tx, said: Decision, placed: GroupPost, here: Here) -> Done[Event] | None:
    """Not take what waits; what waits as an answer to it is not taken either."""
    found = _post(tx, placed)
    if placed.state not in UNDECIDED or found is None:
        return None
    post, author = found
    if not store.turned(tx, post.id, placed.state, {"state": "refused", "reason": said.reason}):
        return None
    event = _logged(tx, said, "refuse", post.iri, here, person=author, post=post)
    behind = store.held(tx, said.hosted.id, placed.thread_id) if placed.starts_thread else []
    for each in (placed, *behind):
        store.change_post(tx, each.post_id, {"state": "refused", "reason": said.reason})
    effects = [
        *announcing.refusal(said.hosted, author, placed.activity_iri or post.iri, summary(said), here),
        *notices.tell(tx, said.hosted, author, "group.refused", event, here, post=post),
    ]
    return Done(event, tuple(effects))


def remove(tx: Tx, said: Decision, placed: GroupPost, here: Here) -> Done[Event] | None:
    """Take a post out of the group. It stays its author's, who sees it with the reason; the boost is taken back."""
    found = _post(tx, placed)
    if placed.state != "shown" or found is None:
        return None
    post, author = found
    if not store.turned(tx, post.id, "shown", {"state": "removed"}):
        return None
    effects = _taken_out(tx, said, placed, post, author, here)
    store.recount(tx, placed.thread_id)
    event = _logged(tx, said, "remove", post.iri, here, person=author, post=post)
    passed = _passed(tx, said, post.iri, here, author)
    return Done(
        event, (*passed, *effects, *notices.tell(tx, said.hosted, author, "group.removed", event, here, post=post))
    )


def restore(tx: Tx, said: Decision, placed: GroupPost, here: Here) -> Done[Event] | None:
    """Put back what was taken out. It is boosted again, once: the first boost was taken back."""
    found = _post(tx, placed)
    if placed.state != "removed" or found is None:
        return None
    post, author = found
    if not store.turned(tx, post.id, "removed", {"state": "shown"}):
        return None
    if (before := log.last(tx, "remove", post.iri, said.hosted.id)) is not None:
        log.undone(tx, before.id, here.now)
    effects = _put_back(tx, said.hosted, placed, post, author, here)
    event = _logged(tx, said, "restore", post.iri, here, person=author, post=post)
    passed = _passed(tx, said, post.iri, here, author)
    return Done(
        event, (*passed, *effects, *notices.tell(tx, said.hosted, author, "group.restored", event, here, post=post))
    )


def lock(tx: Tx, said: Decision, thread: GroupPost, here: Here, *, locked: bool) -> Done[Event] | None:
    """Whether a thread, or one answer in it, takes answers."""
    found = _post(tx, thread)
    if found is None or (thread.locked_at is not None) == locked:
        return None
    post, author = found
    store.change_post(tx, post.id, {"locked_at": here.now if locked else None})
    if not locked and (before := log.last(tx, "lock", post.iri, said.hosted.id)) is not None:
        log.undone(tx, before.id, here.now)
    event = _logged(tx, said, "lock" if locked else "unlock", post.iri, here, person=author, post=post)
    told = notices.tell(tx, said.hosted, author, "group.locked", event, here, post=post) if locked else []
    return Done(event, (*_shown(tx, said, thread, post, author, here), *told))


def pin(tx: Tx, said: Decision, thread: GroupPost, here: Here, *, pinned: bool) -> Done[Event] | None:
    """Whether a thread is on top."""
    found = _post(tx, thread)
    if found is None or (thread.pinned_at is not None) == pinned:
        return None
    post, author = found
    store.change_post(tx, post.id, {"pinned_at": here.now if pinned else None})
    event = _logged(tx, said, "pin" if pinned else "unpin", post.iri, here, person=author, post=post)
    return Done(event, tuple(_shown(tx, said, thread, post, author, here)))


# --- people


def ban(tx: Tx, said: Decision, person: Actor, here: Here, *, remove_posts: bool) -> Done[Event] | None:
    """Somebody no longer writes or votes here, until a day or for good. They stay a member: they read on, as with Lemmy."""
    standing = store.standing(tx, said.hosted.id, person.id)
    if standing.banned(here.now) and standing.ban_ends_at == said.ends_at and not remove_posts:
        return None
    if (before := log.last(tx, "ban", person.iri, said.hosted.id)) is not None:
        log.undone(tx, before.id, here.now)
    values = {"ban_iri": said.iri, "ban_reason": said.reason, "banned_at": here.now, "ban_ends_at": said.ends_at}
    store.set_standing(tx, said.hosted.id, person.id, **values)
    event = _logged(tx, said, "ban", person.iri, here, person=person)
    effects = clear(tx, said, person, here) if remove_posts else []
    passed = _passed(tx, said, person.iri, here, person)
    return Done(event, (*passed, *effects, *notices.tell(tx, said.hosted, person, "group.banned", event, here)))


def unban(tx: Tx, said: Decision, person: Actor, here: Here) -> Done[Event] | None:
    if not store.standing(tx, said.hosted.id, person.id).banned(here.now):
        return None
    if (before := log.last(tx, "ban", person.iri, said.hosted.id)) is not None:
        log.undone(tx, before.id, here.now)
    blank = {"ban_iri": None, "ban_reason": "", "banned_at": None, "ban_ends_at": None}
    store.set_standing(tx, said.hosted.id, person.id, **blank)
    event = _logged(tx, said, "unban", person.iri, here, person=person)
    passed = _passed(tx, said, person.iri, here, person)
    return Done(event, (*passed, *notices.tell(tx, said.hosted, person, "group.unbanned", event, here)))


def clear(tx: Tx, said: Decision, person: Actor, here: Here) -> list[Effect]:
    """Take out what somebody wrote here, the newest first: a ban with `removeData` says so to those who read it; the boosts
    are taken back one by one."""
    found = store.of_person(tx, said.hosted.id, person.id, ("shown", *UNDECIDED), AT_ONCE)
    effects: list[Effect] = []
    for placed in found:
        if (post := posts.by_id(tx, placed.post_id)) is not None:
            effects += _taken_out(tx, said, placed, post, person, here)
    for thread_id in {placed.thread_id for placed in found}:
        store.recount(tx, thread_id)
    if len(found) == AT_ONCE:
        effects.append(_later(said.hosted, person, said.reason))
    return effects


@dataclass(frozen=True, slots=True)
class ClearRest:
    group_id: int
    person_id: int
    reason: str = ""


def clear_rest(tx: Tx, request: ClearRest, here: Here) -> Done[bool]:
    """The next of the posts a ban takes with it; True while there may be more. Nothing goes of who was let back in."""
    hosted, person = store.hosted(tx, request.group_id), actors.by_id(tx, request.person_id)
    if hosted is None or person is None or not store.standing(tx, hosted.id, person.id).banned(here.now):
        return Done(False)
    effects = clear(tx, Decision(hosted, hosted.actor.iri, None, request.reason), person, here)
    more = [each for each in effects if isinstance(each, Enqueue)]
    return Done(bool(more), tuple(each for each in effects if each not in more))


def bring_back(tx: Tx, hosted: Hosted, person: Actor, here: Here) -> list[Effect]:
    """Put back what was taken out with a ban: what has no decision of its own in the log."""
    found = store.of_person(tx, hosted.id, person.id, ("removed",), AT_ONCE * 5)
    effects: list[Effect] = []
    for placed in found:
        post = posts.by_id(tx, placed.post_id)
        if post is not None and log.last(tx, "remove", post.iri, hosted.id) is None:
            effects += _put_back(tx, hosted, placed, post, person, here)
    return effects


def warn(tx: Tx, said: Decision, person: Actor, here: Here, *, post: Post | None) -> Done[Event]:
    subject = post.iri if post is not None else person.iri
    event = _logged(tx, said, "warn", subject, here, person=person, post=post)
    return Done(event, tuple(notices.tell(tx, said.hosted, person, "group.warned", event, here, post=post)))


# --- moderators


def appoint(tx: Tx, said: Decision, iri: str, person: Actor | None, here: Here) -> Done[Event] | None:
    """`person`: None when nobody here knows them yet."""
    if not store.appoint(tx, Moderator(said.hosted.id, iri, said.by_iri, here.now)):
        return None
    if (before := log.last(tx, "dismiss", iri, said.hosted.id)) is not None:
        log.undone(tx, before.id, here.now)
    event = _logged(tx, said, "appoint", iri, here, person=person)
    told = notices.tell(tx, said.hosted, person, "group.appointed", event, here)
    return Done(event, (*_passed(tx, said, iri, here, person), *told))


def dismiss(tx: Tx, said: Decision, iri: str, person: Actor | None, here: Here) -> Done[Event] | None:
    if not store.dismiss(tx, said.hosted.id, iri):
        return None
    action = "resign" if iri == said.by_iri else "dismiss"
    event = _logged(tx, said, action, iri, here, person=person)
    told = notices.tell(tx, said.hosted, person, "group.dismissed", event, here)
    return Done(event, (*_passed(tx, said, iri, here, person), *told))


# --- what these share


def summary(said: Decision) -> str:
    """The reason in an activity, for those who do not read our log: the rule in full, then the moderator's words."""
    listed = said.hosted.group.rules
    named = f"{said.rule}. {listed[said.rule - 1]}" if said.rule is not None and said.rule <= len(listed) else ""
    return " · ".join(part for part in (named, said.reason) if part)


def create_of(tx: Tx, placed: GroupPost, post: Post, author: Actor, here: Here) -> Mapping[str, Any] | None:
    """The activity that brought a post, as it came; of a member's post, as it is now."""
    if placed.received:
        found: dict[str, Any] = msgspec.json.decode(placed.received)
        return found
    shown = views.one(tx, post.id, author.id)
    return wire.create(shown, here) if shown is not None and post.local else None


def _taken_out(tx: Tx, said: Decision, placed: GroupPost, post: Post, author: Actor, here: Here) -> list[Effect]:
    store.change_post(tx, post.id, {"state": "removed", "reason": said.reason, "pinned_at": None})
    if said.hosted.group.private:
        timelines.lift(tx, post_id=post.id)
    return announcing.unboost(tx, said.hosted, post, author, here)


def _put_back(tx: Tx, hosted: Hosted, placed: GroupPost, post: Post, author: Actor, here: Here) -> list[Effect]:
    """What had never been let in is let in now."""
    if placed.announce_iri is None:
        inner = create_of(tx, placed, post, author, here)
        return intake.let_in(tx, hosted, placed, post, author, inner, here) if inner is not None else []
    store.change_post(tx, post.id, {"state": "shown", "reason": ""})
    store.recount(tx, placed.thread_id)
    if not placed.starts_thread:
        return []
    created = create_of(tx, placed, post, author, here) or {}
    return announcing.shared(tx, hosted, post, author, created, here)


def _shown(tx: Tx, said: Decision, thread: GroupPost, post: Post, author: Actor, here: Here) -> list[Effect]:
    """Passed on only where the thread is known to others."""
    return _passed(tx, said, post.iri, here, author) if thread.state == "shown" else []


def _passed(tx: Tx, said: Decision, object_iri: str, here: Here, person: Actor | None) -> list[Effect]:
    """The activity, wrapped, to the members' servers, and to that of whom it concerns, member or not, where it is read."""
    if said.activity is None:
        return []
    sent = announcing.wrapped(said.hosted, said.activity, here, object_iri=object_iri)
    if person is None or person.local or store.software_of(tx, person.host) not in READS_ACTS:
        return [sent]
    return [replace(sent, audience=replace(sent.audience, actor_ids=(person.id,)))]


def _post(tx: Tx, placed: GroupPost) -> tuple[Post, Actor] | None:
    """A post that is still there, and its author."""
    post = posts.by_id(tx, placed.post_id)
    author = actors.by_id(tx, post.actor_id) if post is not None else None
    return (post, author) if post is not None and author is not None and post.deleted_at is None else None


def _later(hosted: Hosted, person: Actor, reason: str) -> Enqueue:
    arguments = {"group": str(hosted.id), "person": str(person.id), "reason": reason}
    return Enqueue("group_clear", f"{hosted.id}:{person.id}", arguments)


def _logged(
    tx: Tx,
    said: Decision,
    action: str,
    subject_iri: str,
    here: Here,
    *,
    person: Actor | None,
    post: Post | None = None,
) -> Event:
    return log.add(
        tx,
        here,
        group_id=said.hosted.id,
        by_iri=said.by_iri,
        action=action,
        subject_iri=subject_iri,
        subject_id=person.id if person is not None else None,
        post_id=post.id if post is not None else None,
        reason=said.reason,
        rule=said.rule,
        ends_at=said.ends_at,
        activity_iri=said.iri,
    )
