"""What the moderators of a group elsewhere decided, as it told us: removals, locks, bans, its lists of moderators and of what is
on top. Believed only of that group, about what is in it, by who may (groups rules 12, 14, 15; §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Notify, Stream
from fediprof.groups import finding, log, rules, store
from fediprof.groups.records import GroupPost, Moderator
from fediprof.here import Here
from fediprof.interactions import store as interactions
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import ReceiveDeletion
from fediprof.posts.records import Post
from fediprof.timelines import store as timelines

LONGEST_REASON = 500
MOST_HIDDEN = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by_iri`: who decided; `activity_iri`: of the decision, or of what is undone; `reason`: plain text."""

    group_id: int
    by_iri: str
    object_iri: str
    activity_iri: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveRemoval:
    """`gone`: it is gone from its author's own server, so that it was the author who took it back."""

    verdict: Verdict
    gone: bool = False
    restored: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveLock:
    verdict: Verdict
    locked: bool


@dataclass(frozen=True, slots=True)
class ReceiveListed:
    """`target_iri`: the collection something was put into, or taken from."""

    verdict: Verdict
    target_iri: str
    added: bool


@dataclass(frozen=True, slots=True)
class ReceiveBan:
    """Of whom the verdict is about. `hides`: also what they wrote in the group."""

    verdict: Verdict
    ends_at: datetime | None = None
    lifted: bool = False
    hides: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveRefusal:
    """A group answers a member's Create (`object_iri`: of it, or of the post) with a Reject."""

    verdict: Verdict


def receive_removal(tx: Tx, request: ReceiveRemoval, here: Here) -> Done[str]:
    verdict = request.verdict
    group = actors.by_id(tx, verdict.group_id)
    post = posts.by_iri(tx, verdict.object_iri)
    if group is None:
        return Done("no such group")
    if post is None:
        return _of_the_unknown(tx, request, group, here)
    placed = store.post(tx, post.id)
    if placed is None or placed.group_id != group.id:
        return Done("not in this group")
    author = actors.by_id(tx, post.actor_id)
    if request.gone and not request.restored:
        if author is None or post.local:
            return Done("not theirs to delete")
        done = receive.receive_deletion(tx, ReceiveDeletion(post.iri, author.iri), here)
        return Done(done.value.outcome, done.effects)
    if not _may(tx, group, verdict, here.now):
        return Done("not by a moderator of the group")
    if request.restored:
        if placed.state != "removed":
            return Done("it was not taken out")
        store.change_post(tx, post.id, {"state": "shown", "reason": ""})
        if not placed.starts_thread:
            store.recount(tx, placed.thread_id)
        return Done("restored", tuple(_told(tx, group, verdict, "restore", post, here)))
    if placed.state == "removed":
        return Done("taken out before")
    _remove(tx, group, placed, post, verdict.reason)
    return Done("taken out", tuple(_told(tx, group, verdict, "remove", post, here)))


def _of_the_unknown(tx: Tx, request: ReceiveRemoval, group: Actor, here: Here) -> Done[str]:
    """Its Create may still come, and is without effect in this group then. Elsewhere the group's word counts for nothing."""
    verdict = request.verdict
    if not _may(tx, group, verdict, here.now):
        return Done("not by a moderator of the group")
    if request.restored:
        store.forget_removal(tx, group.id, verdict.object_iri)
        return Done("forgotten")
    store.remember_removal(tx, group.id, verdict.object_iri, verdict.by_iri, here.now)
    return Done("remembered")


def receive_lock(tx: Tx, request: ReceiveLock, here: Here) -> Done[str]:
    verdict = request.verdict
    found = _in_group(tx, verdict)
    if found is None:
        return Done("not in this group")
    group, post, placed = found
    if not _may(tx, group, verdict, here.now):
        return Done("not by a moderator of the group")
    if (placed.locked_at is not None) == request.locked:
        return Done("so before")
    store.change_post(tx, post.id, {"locked_at": here.now if request.locked else None})
    action = "lock" if request.locked else "unlock"
    return Done(action, tuple(_told(tx, group, verdict, action, post, here)))


def receive_listed(tx: Tx, request: ReceiveListed, here: Here) -> Done[str]:
    """Only the group's own two collections, and only by a moderator or the group's own server: anybody's host may speak for
    what is on it, but not put it on top."""
    verdict = request.verdict
    group, known = actors.by_id(tx, verdict.group_id), store.by_id(tx, verdict.group_id)
    if group is None or known is None or not _may(tx, group, verdict, here.now, of_object=False):
        return Done("not by a moderator of the group")
    if request.target_iri == known.moderators:
        return _moderators(tx, group, request, here)
    if group.featured is None or request.target_iri != group.featured:
        return Done("not a collection of the group")
    found = _in_group(tx, verdict)
    if found is None:
        return Done("not in this group")
    _, post, placed = found
    if (placed.pinned_at is not None) == request.added:
        return Done("so before")
    store.change_post(tx, post.id, {"pinned_at": here.now if request.added else None})
    action = "pin" if request.added else "unpin"
    return Done(action, tuple(_told(tx, group, verdict, action, post, here, silently=True)))


def _moderators(tx: Tx, group: Actor, request: ReceiveListed, here: Here) -> Done[str]:
    """As said; and the whole list is asked for, which is what counts."""
    verdict = request.verdict
    action = "appoint" if request.added else "dismiss"
    if request.added:
        changed = store.appoint(tx, Moderator(group.id, verdict.object_iri, verdict.by_iri, here.now))
    else:
        changed = store.dismiss(tx, group.id, verdict.object_iri)
    told = _told(tx, group, verdict, action, None, here) if changed else []
    return Done(action if changed else "so before", (*told, finding.chore(group.id, again=True)))


def receive_ban(tx: Tx, request: ReceiveBan, here: Here) -> Done[str]:
    verdict = request.verdict
    group, person = actors.by_id(tx, verdict.group_id), actors.by_iri(tx, verdict.object_iri)
    if group is None or not _may(tx, group, verdict, here.now, of_object=False):
        return Done("not by a moderator of the group")
    if person is None:
        return Done("nobody we know")
    standing = store.standing(tx, group.id, person.id)
    if request.lifted:
        if standing.banned_at is None:
            return Done("not banned")
        store.set_standing(tx, group.id, person.id, ban_iri=None, ban_reason="", banned_at=None, ban_ends_at=None)
        return Done("unban", tuple(_told(tx, group, verdict, "unban", None, here)))
    if standing.ban_iri == verdict.activity_iri:
        return Done("banned before")
    store.set_standing(
        tx,
        group.id,
        person.id,
        ban_iri=verdict.activity_iri,
        ban_reason=verdict.reason[:LONGEST_REASON],
        banned_at=here.now,
        ban_ends_at=request.ends_at,
    )
    if request.hides:
        for placed in store.of_person(tx, group.id, person.id, ("shown", "sent"), MOST_HIDDEN):
            post = posts.by_id(tx, placed.post_id)
            if post is not None:
                _remove(tx, group, placed, post, verdict.reason)
    return Done("ban", tuple(_told(tx, group, verdict, "ban", None, here, ends_at=request.ends_at)))


def receive_refusal(tx: Tx, request: ReceiveRefusal, here: Here) -> Done[str]:
    verdict = request.verdict
    group = actors.by_id(tx, verdict.group_id)
    sent = was_sent(tx, verdict.group_id, verdict.object_iri)
    if group is None or sent is None:
        return Done("answers nothing we sent")
    post, placed = sent
    if placed.state in ("refused", "removed"):
        return Done("refused before")
    store.change_post(tx, post.id, {"state": "refused", "reason": verdict.reason[:LONGEST_REASON]})
    return Done("refused", tuple(_told(tx, group, verdict, "refuse", post, here)))


def was_sent(tx: Tx, group_id: int, iri: str) -> tuple[Post, GroupPost] | None:
    """A member's post in a group, or sent to it, by its address or its Create's (`posts.wire.create`)."""
    post = posts.by_iri(tx, iri.removesuffix("/activity"))
    placed = store.post(tx, post.id) if post is not None and post.local else None
    return (post, placed) if post is not None and placed is not None and placed.group_id == group_id else None


def keep_moderators(tx: Tx, group_id: int, iris: Iterable[str], now: datetime) -> None:
    """The group's own list, as it is."""
    group = actors.by_id(tx, group_id)
    listed = set(iris)
    for each in store.moderators(tx, group_id):
        if each.iri not in listed:
            store.dismiss(tx, group_id, each.iri)
    for iri in sorted(listed):
        store.appoint(tx, Moderator(group_id, iri, group.iri if group is not None else iri, now))


# --- what they share


def _may(tx: Tx, group: Actor, verdict: Verdict, now: datetime, *, of_object: bool = True) -> bool:
    """`of_object`: the object's own server may, too."""
    by = actors.by_iri(tx, verdict.by_iri)
    return rules.may_moderate(
        origin.host_of(group.iri),
        store.moderates(tx, group.id, verdict.by_iri),
        verdict.by_iri,
        verdict.object_iri if of_object else group.iri,
        banned=by is not None and store.standing(tx, group.id, by.id).banned(now),
    )


def _in_group(tx: Tx, verdict: Verdict) -> tuple[Actor, Post, GroupPost] | None:
    group, post = actors.by_id(tx, verdict.group_id), posts.by_iri(tx, verdict.object_iri)
    placed = store.post(tx, post.id) if post is not None else None
    if group is None or post is None or placed is None or placed.group_id != group.id:
        return None
    return group, post, placed


def _remove(tx: Tx, group: Actor, placed: GroupPost, post: Post, reason: str) -> None:
    """Out of the group; the author's own copy stays."""
    store.change_post(tx, post.id, {"state": "removed", "reason": reason[:LONGEST_REASON]})
    made = interactions.of(tx, "announce", group.id, post.id)
    if made is not None:
        timelines.lift(tx, announce_id=made.id)
    if not placed.starts_thread:
        store.recount(tx, placed.thread_id)


_TELLS = {
    "remove": "group.removed",
    "restore": "group.restored",
    "refuse": "group.refused",
    "lock": "group.locked",
    "ban": "group.banned",
    "unban": "group.unbanned",
    "appoint": "group.appointed",
    "dismiss": "group.dismissed",
}


def _told(
    tx: Tx,
    group: Actor,
    verdict: Verdict,
    action: str,
    post: Post | None,
    here: Here,
    *,
    ends_at: datetime | None = None,
    silently: bool = False,
) -> list[Effect]:
    """In the log, for members to read; and the member it concerns is told."""
    concerned = actors.by_id(tx, post.actor_id) if post is not None else actors.by_iri(tx, verdict.object_iri)
    log.add(
        tx,
        here,
        group_id=group.id,
        by_iri=verdict.by_iri,
        action=action,
        subject_iri=verdict.object_iri,
        subject_id=concerned.id if concerned is not None else None,
        post_id=post.id if post is not None else None,
        reason=verdict.reason[:LONGEST_REASON],
        ends_at=ends_at,
        activity_iri=verdict.activity_iri,
    )
    if concerned is None or not concerned.local or silently or action not in _TELLS:
        return []
    told: list[Effect] = [Notify(concerned.id, _TELLS[action], group.id, post.id if post is not None else None)]
    if post is not None:
        told.append(Stream(concerned.id, "status.update", post.id))
    return told
