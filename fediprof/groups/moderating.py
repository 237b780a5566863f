"""What a moderator does by the pages of a group: authority, then the measure, then the moderator's activity in Lemmy's words,
passed on by the group (groups rule 26, §7.2). Each is undone by its twin. To a group on another server that a member here
moderates the activity alone is sent: what it changes is known once that group passes it on (`groups.verdicts`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.groups import founding, measures, rules, store, understood, wire
from fediprof.groups.measures import Decision
from fediprof.groups.records import Event, Group, GroupPost, Hosted
from fediprof.groups.understood import Act
from fediprof.here import Here
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.principal import Member

MAX_REASON = 1000
MAX_PINS = 10


@dataclass(frozen=True, slots=True)
class ModeratePost:
    """`rule`: the number of the group's rule it rests on. What is taken from somebody asks for a rule or a reason."""

    by: Member
    group_id: int
    post_id: int
    reason: str = ""
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class ModeratePerson:
    """`post_id`: the post a warning is about, if one."""

    by: Member
    group_id: int
    person_id: int
    reason: str = ""
    rule: int | None = None
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class BanPerson:
    """`ends_at`: aware UTC; None: without end. `remove_posts`: also what they wrote here."""

    by: Member
    group_id: int
    person_id: int
    reason: str = ""
    rule: int | None = None
    ends_at: datetime | None = None
    remove_posts: bool = False


def approve_held(tx: Tx, request: ModeratePost, here: Here) -> Done[Event]:
    """Let in a post that waits. Raises Conflict where nothing waits, or what it answers still does."""
    hosted, by = moderator_of(tx, request.by, request.group_id)
    placed, _ = _placed(tx, hosted, request.post_id)
    thread = store.post(tx, placed.thread_id)
    if not placed.starts_thread and (thread is None or thread.state != "shown"):
        raise Conflict("its thread is not shown", public="Decide about the thread it answers first")
    return _done(measures.approve(tx, Decision(hosted, by.iri, None, request.reason.strip()), placed, here))


def refuse_held(tx: Tx, request: ModeratePost, here: Here) -> Done[Event]:
    """Not take a post that waits. Raises Invalid (field reason, rule), Conflict."""
    hosted, by = moderator_of(tx, request.by, request.group_id)
    placed, _ = _placed(tx, hosted, request.post_id)
    said = _said(hosted, by, request.reason, request.rule)
    return _done(measures.refuse(tx, said, placed, here))


def remove_post(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    """Take a post out of the group. Raises Invalid (field reason, rule), Conflict when it is out already."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    placed, post = _placed(tx, hosted, request.post_id)
    said = _said(hosted, by, request.reason, request.rule)
    activity = wire.act("Delete", hosted, by.iri, post.iri, here, summary=measures.summary(said))
    said = _saying(said, activity)
    return asked(tx, said, by, post.iri, "remove") or _done(measures.remove(tx, said, placed, here))


def restore_post(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    """Put a post back; one that was refused is let in."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    placed, post = _placed(tx, hosted, request.post_id)
    said = Decision(hosted, by.iri, None, request.reason.strip()[:MAX_REASON])
    if hosted.group.local and (placed.state == "refused" or placed.announce_iri is None):
        return _done(measures.approve(tx, said, placed, here) or measures.restore(tx, said, placed, here))
    inner = wire.act("Delete", hosted, by.iri, post.iri, here, summary=measures.summary(said) or "restored")
    said = _saying(said, undo(hosted, by, inner, here))
    return asked(tx, said, by, post.iri, "restore") or _done(measures.restore(tx, said, placed, here))


def lock_thread(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    """No more answers in a thread; `post_id` is any post of it."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    return _lock(tx, request, hosted, by, _thread(tx, hosted, request.post_id), here)


def unlock_thread(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    hosted, by = moderator_in(tx, request.by, request.group_id)
    return _unlock(tx, request, hosted, by, _thread(tx, hosted, request.post_id), here)


def lock_answer(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    """No more answers to one answer, nor below it. Raises Conflict for software that locks whole threads alone."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    if not locks_answers(tx, hosted):
        raise Conflict("locks whole threads", public="The software of this group does not take that")
    return _lock(tx, request, hosted, by, _placed(tx, hosted, request.post_id), here)


def unlock_answer(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    hosted, by = moderator_in(tx, request.by, request.group_id)
    return _unlock(tx, request, hosted, by, _placed(tx, hosted, request.post_id), here)


def pin_thread(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    """Put a thread on top. Raises Conflict past MAX_PINS."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    thread, post = _thread(tx, hosted, request.post_id)
    if hosted.group.local and len(store.pinned(tx, hosted.id)) >= MAX_PINS:
        raise Conflict("pins", public=f"At most {MAX_PINS} threads stay on top")
    activity = wire.act("Add", hosted, by.iri, post.iri, here, target=hosted.actor.featured)
    said = Decision(hosted, by.iri, activity)
    return asked(tx, said, by, post.iri, "pin") or _done(measures.pin(tx, said, thread, here, pinned=True))


def unpin_thread(tx: Tx, request: ModeratePost, here: Here) -> Done[Event | None]:
    hosted, by = moderator_in(tx, request.by, request.group_id)
    thread, post = _thread(tx, hosted, request.post_id)
    activity = wire.act("Remove", hosted, by.iri, post.iri, here, target=hosted.actor.featured)
    said = Decision(hosted, by.iri, activity)
    return asked(tx, said, by, post.iri, "unpin") or _done(measures.pin(tx, said, thread, here, pinned=False))


def ban_person(tx: Tx, request: BanPerson, here: Here) -> Done[Event | None]:
    """Somebody writes here no longer. Their own server is told directly as well. Raises Invalid (field reason, rule,
    ends_at), Conflict for a moderator: they are dismissed first."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    person = _person(tx, request.person_id)
    if request.ends_at is not None and request.ends_at <= here.now:
        raise Invalid("The end is a day to come", field="ends_at")
    if store.moderates(tx, hosted.id, person.iri):
        raise Conflict("a moderator", public="A moderator is dismissed before they are banned")
    said = _said(hosted, by, request.reason, request.rule)
    activity = wire.act(
        "Block",
        hosted,
        by.iri,
        person.iri,
        here,
        target=hosted.actor.iri,
        summary=measures.summary(said),
        ends_at=request.ends_at,
        remove_data=request.remove_posts,
    )
    said = Decision(hosted, by.iri, activity, said.reason, said.rule, request.ends_at)
    if (sent := asked(tx, said, by, person.iri, "ban")) is not None:
        return sent
    done = _done(measures.ban(tx, said, person, here, remove_posts=request.remove_posts))
    return Done(done.value, (*done.effects, *_directly(by, person, activity)))


def unban_person(tx: Tx, request: ModeratePerson, here: Here) -> Done[Event | None]:
    hosted, by = moderator_in(tx, request.by, request.group_id)
    person = _person(tx, request.person_id)
    before = store.standing(tx, hosted.id, person.id)
    ours = before.ban_iri if before.ban_iri is not None and here.is_ours(before.ban_iri) else None
    inner = wire.act(
        "Block",
        hosted,
        by.iri,
        person.iri,
        here,
        iri=ours,
        target=hosted.actor.iri,
        summary=before.ban_reason,
        ends_at=before.ban_ends_at,
        remove_data=False,
    )
    activity = undo(hosted, by, inner, here)
    said = Decision(hosted, by.iri, activity, request.reason.strip()[:MAX_REASON])
    if (sent := asked(tx, said, by, person.iri, "unban")) is not None:
        return sent
    done = _done(measures.unban(tx, said, person, here))
    return Done(done.value, (*done.effects, *_directly(by, person, activity)))


def warn(tx: Tx, request: ModeratePerson, here: Here) -> Done[Event]:
    """Say to somebody that a rule was not kept. Nothing is announced. Raises Invalid (field reason, rule)."""
    hosted, by = moderator_of(tx, request.by, request.group_id)
    post = _placed(tx, hosted, request.post_id)[1] if request.post_id is not None else None
    said = _said(hosted, by, request.reason, request.rule)
    return measures.warn(tx, said, _person(tx, request.person_id), here, post=post)


def _lock(
    tx: Tx, request: ModeratePost, hosted: Hosted, by: Actor, found: tuple[GroupPost, Post], here: Here
) -> Done[Event | None]:
    placed, post = found
    said = _said(hosted, by, request.reason, request.rule, needed=False)
    activity = wire.act("Lock", hosted, by.iri, post.iri, here, summary=measures.summary(said))
    said = _saying(said, activity)
    return asked(tx, said, by, post.iri, "lock") or _done(measures.lock(tx, said, placed, here, locked=True))


def _unlock(
    tx: Tx, request: ModeratePost, hosted: Hosted, by: Actor, found: tuple[GroupPost, Post], here: Here
) -> Done[Event | None]:
    placed, post = found
    inner = wire.act("Lock", hosted, by.iri, post.iri, here)
    said = Decision(hosted, by.iri, undo(hosted, by, inner, here), request.reason.strip()[:MAX_REASON])
    return asked(tx, said, by, post.iri, "unlock") or _done(measures.lock(tx, said, placed, here, locked=False))


# --- what moderators.py and contesting.py share with these


def moderator_of(tx: Tx, by: Member, group_id: int) -> tuple[Hosted, Actor]:
    """The group, and who acts in it. Raises NotFound, NotAllowed."""
    hosted, person = founding.open_to(tx, group_id, by), actors.by_id(tx, by.actor_id)
    if person is None:
        raise NotFound("no such member")
    return hosted, person


def moderator_in(tx: Tx, by: Member, group_id: int) -> tuple[Hosted, Actor]:
    """The same of a group here or elsewhere, as far as we know its list. It decides itself."""
    group, home = store.by_id(tx, group_id), actors.by_id(tx, group_id)
    if group is None or group.local or home is None:
        return moderator_of(tx, by, group_id)
    person = actors.by_id(tx, by.actor_id)
    if person is None or home.gone_at is not None:
        raise NotFound("no such group")
    rules.must_be_moderator(store.moderates(tx, group_id, person.iri))
    return Hosted(home, group), person


def asked(tx: Tx, said: Decision, by: Actor, object_iri: str, act: Act) -> Done[Event | None] | None:
    """Of a group elsewhere: the activity goes to it, and nothing is changed or logged here yet. None for a group here.
    Raises Conflict for what its software does not read."""
    if said.hosted.group.local or said.activity is None:
        return None
    if act not in acts_in(tx, said.hosted):
        raise Conflict(f"its software takes no {act}", public="The software of this group does not take that")
    return Done(None, (Deliver(by.id, said.activity, Audience(actor_ids=(said.hosted.id,)), object_iri),))


def acts_in(tx: Tx, hosted: Hosted) -> frozenset[Act]:
    """What a group elsewhere takes of its moderators here, as far as its software is known."""
    software = store.software_of(tx, hosted.actor.host)
    return understood.acts(software, pins=hosted.actor.featured is not None)


def locks_answers(tx: Tx, hosted: Hosted) -> bool:
    """Whether a group takes that a single answer is locked."""
    return hosted.group.local or store.software_of(tx, hosted.actor.host) in understood.LOCKS_ANSWERS


def undo(hosted: Hosted, by: Actor, inner: Document, here: Here) -> Document:
    return wire.act("Undo", hosted, by.iri, build.embedded(inner), here)


def must_be_rule(group: Group, rule: int | None) -> None:
    if rule is not None and not 1 <= rule <= len(group.rules):
        raise Invalid("The group has no such rule", field="rule")


def _said(hosted: Hosted, by: Actor, reason: str, rule: int | None, *, needed: bool = True) -> Decision:
    must_be_rule(hosted.group, rule)
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise Invalid(f"At most {MAX_REASON} characters", field="reason")
    if needed and not reason and rule is None:
        raise Invalid("Name the rule, or say why: whom it concerns reads it", field="reason")
    return Decision(hosted, by.iri, None, reason, rule)


def _saying(said: Decision, activity: Document) -> Decision:
    return Decision(said.hosted, said.by_iri, activity, said.reason, said.rule, said.ends_at)


def _done(done: Done[Event] | None) -> Done[Event]:
    if done is None:
        raise Conflict("nothing to change", public="That is so already")
    return done


def _placed(tx: Tx, hosted: Hosted, post_id: int) -> tuple[GroupPost, Post]:
    placed, post = store.post(tx, post_id), posts.by_id(tx, post_id)
    if placed is None or post is None or placed.group_id != hosted.id or post.deleted_at is not None:
        raise NotFound("no such post in this group")
    return placed, post


def _thread(tx: Tx, hosted: Hosted, post_id: int) -> tuple[GroupPost, Post]:
    placed, _ = _placed(tx, hosted, post_id)
    return _placed(tx, hosted, placed.thread_id)


def _person(tx: Tx, person_id: int) -> Actor:
    found = actors.by_id(tx, person_id)
    if found is None or found.type == "Group":
        raise NotFound("no such person")
    return found


def _directly(by: Actor, person: Actor, activity: Document) -> list[Deliver]:
    """A ban goes to whom it concerns as well, whether or not their server has members in the group (groups rule 26)."""
    if person.local:
        return []
    return [Deliver(by.id, activity, Audience(actor_ids=(person.id,)), person.iri)]
