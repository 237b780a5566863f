"""Who is in a group. A membership is a Follow that was accepted, here and elsewhere; these commands add what a group asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Follow
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Notify
from fediprof.errors import NotAllowed, NotFound
from fediprof.follows import commands as follows
from fediprof.follows import store as follow_store
from fediprof.follows.commands import ReceiveAnswer, ReceiveFollow, RequestFollow
from fediprof.groups import finding, founding, intake, log, store
from fediprof.groups.records import Hosted
from fediprof.here import Here
from fediprof.notifications import store as notifications
from fediprof.principal import Member

RESENT_AFTER = timedelta(days=7)
"""How long a group elsewhere is given to answer before a member may ask again."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """By a moderator: let somebody in, say no, or put out who is in."""

    by: Member
    group_id: int
    person_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShowMyself:
    """How a member stands in a group's list: named only if they chose it. `role`: "" or recruiter."""

    by: Member
    group_id: int
    listed: bool
    role: str = ""


def join(tx: Tx, request: RequestFollow, here: Here) -> Done[Follow]:
    """Ask to be in a group, here or elsewhere. Pending until it answers; an open group here answers at once."""
    hosted = store.hosted(tx, request.target_id)
    if hosted is not None and store.standing(tx, hosted.id, request.by.actor_id).banned(here.now):
        raise NotAllowed("banned", public="You are banned from this group")
    if hosted is None:
        _forget_unanswered(tx, request, here)
    done = follows.request_follow(tx, request, here)
    if hosted is None:
        target = actors.by_id(tx, request.target_id)
        if target is None or target.type != "Group":
            return done
        return Done(done.value, (*done.effects, finding.chore(target.id), finding.software_chore(target.host)))
    return Done(done.value, tuple(_told(tx, hosted, request.by.actor_id, done.effects)))


def _forget_unanswered(tx: Tx, request: RequestFollow, here: Here) -> None:
    """A request nobody answered may be made again, as a new one: the old may never have come (groups rule 3)."""
    before = follow_store.between(tx, request.by.actor_id, request.target_id)
    if before is not None and before.state == "pending" and here.now - before.created_at >= RESENT_AFTER:
        follow_store.remove(tx, before.id)


def receive_answer(tx: Tx, request: ReceiveAnswer, here: Here) -> Done[str]:
    """A group elsewhere let a member in, or did not. Its no is kept, so that it is shown; what only members read of it is
    asked for now."""
    group = store.by_id(tx, request.target_id)
    before = follow_store.by_iri(tx, request.follow_iri)
    if before is None and request.follower_iri is not None:
        follower = actors.by_iri(tx, request.follower_iri)
        before = follow_store.between(tx, follower.id, request.target_id) if follower is not None else None
    done = follows.receive_answer(tx, request, here)
    if group is None or before is None or before.target_id != group.actor_id:
        return done
    if done.value == "rejected":
        follow_store.insert_follow(tx, replace(before, state="rejected"))
        return Done(done.value, (*done.effects, *_news(tx, before, _ENDED.get(before.state))))
    if done.value == "accepted" and group.membership != "open":
        told = _news(tx, before, "group.admitted")
        return Done(done.value, (*done.effects, *told, finding.chore(group.actor_id, again=True)))
    return done


def receive_join(tx: Tx, request: ReceiveFollow, here: Here) -> Done[str]:
    """A Follow (or Join) of a group of ours. Banned people get a Reject; servers that do not keep what is private to
    themselves are not let into a private group (groups rules 18, 30)."""
    hosted = founding.hosted_of(tx, request.target_id)
    person = actors.by_id(tx, request.follower_id)
    if person is None:
        return Done("nobody we know")
    refused = store.standing(tx, hosted.id, person.id).banned(here.now) or hosted.group.closed_at is not None
    # A group of another server, where it is let in, passes on what ours does. Ours follows none, and announces no Announce:
    # nothing can go round (groups §3, §6).
    refused = refused or (person.type == "Group" and (hosted.group.private or not hosted.group.group_followers))
    if hosted.group.private and not refused:
        refused = store.software_of(tx, person.host) not in KEEPS_PRIVATE
    if refused:
        before = follow_store.between(tx, person.id, hosted.id)
        if before is None:
            asked = Follow(ids.new_id(), request.iri, person.id, hosted.id, "rejected", here.now)
            return Done("rejected", (follows.answer_to("Reject", asked, person, hosted.actor, here),))
        return Done("rejected", follows.reject(tx, person.id, hosted.id, here).effects)
    done = follows.receive_follow(tx, request, here)
    return Done(
        done.value,
        (*_told(tx, hosted, person.id, done.effects), finding.software_chore(person.host)),
    )


KEEPS_PRIVATE = frozenset({"fediprof", "lemmy", "piefed"})
"""Software that has private groups of its own; others would show to everybody what members wrote for each other."""


def admit(tx: Tx, request: AnswerRequest, here: Here) -> Done[Follow]:
    """Let somebody in who asked."""
    hosted = founding.open_to(tx, request.group_id, request.by)
    before = follow_store.between(tx, request.person_id, hosted.id)
    done = follows.accept(tx, request.person_id, hosted.id, here)
    _logged(tx, hosted, request, "admit", here)
    told = _news(tx, before, "group.admitted") if before is not None and before.state == "pending" else []
    return Done(done.value, (*(each for each in done.effects if not _to_group(each, hosted)), *told))


def turn_away(tx: Tx, request: AnswerRequest, here: Here) -> Done[None]:
    """Say no to who asked, or end a membership: the other side is told with a Reject either way."""
    hosted = founding.open_to(tx, request.group_id, request.by)
    before = follow_store.between(tx, request.person_id, hosted.id)
    done = follows.reject(tx, request.person_id, hosted.id, here)
    _logged(tx, hosted, request, "turn_away", here)
    return Done(None, (*done.effects, *_news(tx, before, _ENDED.get(before.state) if before is not None else None)))


def show_myself(tx: Tx, request: ShowMyself, here: Here) -> Done[None]:
    if not store.is_member(tx, request.group_id, request.by.actor_id):
        raise NotFound("not a member of this group")
    role = request.role if request.role in ("", "recruiter") else ""
    store.set_standing(tx, request.group_id, request.by.actor_id, listed=request.listed, role=role)
    return Done(None)


_ENDED = {"pending": "group.turned_away", "accepted": "group.put_out"}
"""State of what a group ended → what a member here is told."""


def _news(tx: Tx, asked: Follow | None, kind: str | None) -> list[Effect]:
    """Of a group's answer, to the member here whose request or membership it was."""
    person = actors.by_id(tx, asked.follower_id) if asked is not None else None
    if asked is None or kind is None or person is None or not person.local:
        return []
    for before in ("group.admitted", *_ENDED.values()):  # what was said before is no longer so
        notifications.remove(tx, actor_id=person.id, kind=before, from_actor_id=asked.target_id)
    return [Notify(person.id, kind, asked.target_id)]


def _told(tx: Tx, hosted: Hosted, person_id: int, effects: tuple[Effect, ...]) -> list[Effect]:
    """A group reads no notifications: its moderators do."""
    kept = [each for each in effects if not _to_group(each, hosted)]
    person = actors.by_id(tx, person_id)
    if person is not None and any(isinstance(each, Notify) and each.kind == "follow_request" for each in effects):
        kept += intake.tell_moderators(tx, hosted, "group.request", person, None)
    return kept


def _to_group(effect: Effect, hosted: Hosted) -> bool:
    return isinstance(effect, Notify) and effect.actor_id == hosted.id


def _logged(tx: Tx, hosted: Hosted, request: AnswerRequest, action: str, here: Here) -> None:
    by, person = actors.by_id(tx, request.by.actor_id), actors.by_id(tx, request.person_id)
    if by is None or person is None:
        raise NotFound("no such person")
    log.add(
        tx,
        here,
        group_id=hosted.id,
        by_iri=by.iri,
        action=action,
        subject_iri=person.iri,
        subject_id=person.id,
        reason=request.reason.strip()[:500],
    )
