"""What reaches a group of ours: posts, their changes and ends, votes. Each is let in, held or refused by `groups.rules`, and
what is let in is passed on unchanged, in the same transaction (groups rules 21 to 25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import audience, reader
from fediprof.as2 import model as as2
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Enqueue, Notify
from fediprof.errors import NotFound
from fediprof.groups import addressing, announcing, locks, notices, offers, rules, store, turns
from fediprof.groups.records import DEEPEST, UNDECIDED, GroupPost, Hosted, Kind
from fediprof.groups.rules import Decided, Writer
from fediprof.here import Here
from fediprof.moderation import limits
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import Arrival, ReceiveDeletion, ReceivePost, ReceiveRevision
from fediprof.posts.records import Post, Visibility
from fediprof.profiles import messages
from fediprof.text.html import plain
from fediprof.timelines import store as timelines

RESENT_FOR_DAYS = 7


@dataclass(frozen=True, slots=True)
class Carried:
    """The activity something came in: parsed, and its bytes, to be passed on as they are."""

    document: Mapping[str, Any]
    body: bytes

    @property
    def iri(self) -> str:
        return str(self.document.get("id") or "")


@dataclass(frozen=True, slots=True)
class ReceiveGroupPost:
    post: ReceivePost
    group_id: int
    carried: Carried


@dataclass(frozen=True, slots=True)
class ReceiveGroupRevision:
    revision: ReceiveRevision
    group_id: int
    carried: Carried


@dataclass(frozen=True, slots=True)
class ReceiveGroupDeletion:
    deletion: ReceiveDeletion
    carried: Carried


def receive_post(tx: Tx, request: ReceiveGroupPost, here: Here) -> Done[Arrival]:
    """A post for a group of ours. What was not written for the group's readers is not even kept."""
    hosted = _hosted(tx, request.group_id)
    store.queue_at(tx, hosted.id)
    written, author = request.post.written, request.post.author
    addressed = (*written.to, *written.cc, *written.audience)
    seen_by = rules.visibility_in(
        hosted.group,
        hosted.actor.followers or "",
        audience.visibility_of(written.to, written.cc, author.followers),
        addressed,
    )
    answered = _answered(tx, written, hosted)
    if answered is None and hosted.actor.iri not in addressing.addressees(written):
        return messages.receive_message(tx, request.post, here)
    thread = locks.thread_of(tx, answered) if answered is not None else None
    writer = writer_of(tx, hosted, author, here)
    decided = rules.admitted(hosted.group, writer, seen_by, thread, here.now)
    if decided is None or not _sent_to_whom_it_is_for(request.carried, written):
        if _for_others_too(tx, request.post, seen_by, hosted):
            return messages.receive_message(tx, request.post, here)  # theirs, and not the group's
        return Done(Arrival(None, "not written for the group"))
    if rules.too_long(written.content.value):
        return Done(Arrival(None, "longer than a group takes"))
    if decided.state == "refused":
        telling = announcing.refusal(hosted, author, request.carried.iri or written.id, decided.reason, here)
        return Done(Arrival(None, f"refused: {decided.reason}"), tuple(telling))
    kind: Kind = ""
    if answered is None:
        title = written.name.value or ""
        kind = offers.kind_of(written.kind, title, plain(request.post.html))
        if kind == "offer":
            decided = offers.decided(tx, hosted, decided, author, title, request.post.html, here.now)
    decided = turns.in_turn(tx, hosted, decided, author, answered, here.now)
    taken = messages.receive_message(tx, replace(request.post, group_id=hosted.id, visibility=seen_by), here)
    post = taken.value.post
    if post is None:
        return taken
    as_kept = taken.value.outcome not in ("stored", "revised")
    if as_kept and post.visibility not in (seen_by, "public", "quiet"):
        return taken  # the words that are kept were written for fewer than what came now, and was too old to be taken
    if post.group_id is None:  # somebody looked it up before it was sent here
        posts.change(tx, post.id, {"group_id": hosted.id, "visibility": seen_by})
        post = replace(post, group_id=hosted.id, visibility=seen_by)
    effects = take(tx, hosted, post, author, thread, decided, request.carried, here, kind=kind)
    outcome = taken.value.outcome if effects is None else f"{decided.state} in {hosted.actor.username}"
    return Done(Arrival(post, outcome), (*taken.effects, *(effects or ())))


def _sent_to_whom_it_is_for(carried: Carried, written: as2.Post) -> bool:
    """Whether an activity is for everybody where its post is: of the two the narrower was meant, and what is passed on is
    the activity. One that says nothing is as its post is."""
    if "to" not in carried.document and "cc" not in carried.document:
        return True
    to, cc = (reader.addressees(carried.document.get(name)) for name in ("to", "cc"))
    everybody = audience.visibility_of(written.to, written.cc, None) in ("public", "quiet")
    return not everybody or audience.visibility_of(to, cc, None) in ("public", "quiet")


def _answered(tx: Tx, written: as2.Post, hosted: Hosted) -> GroupPost | None:
    """The nearest post of the group above a reply: what is between may never have been sent here."""
    parent = posts.by_iri(tx, written.in_reply_to) if written.in_reply_to else None
    for _ in range(DEEPEST):
        if parent is None:
            return None
        placed = store.post(tx, parent.id)
        if placed is not None:
            return placed if placed.group_id == hosted.id else None
        parent = posts.by_id(tx, parent.in_reply_to_id) if parent.in_reply_to_id is not None else None
    return None


def writer_of(tx: Tx, hosted: Hosted, author: Actor, here: Here) -> Writer:
    return Writer(
        store.standing(tx, hosted.id, author.id),
        member=store.is_member(tx, hosted.id, author.id),
        moderator=store.moderates(tx, hosted.id, author.iri),
        limited=bool(limits.limited(tx, [author.id])),
    )


def take(
    tx: Tx,
    hosted: Hosted,
    post: Post,
    author: Actor,
    thread: GroupPost | None,
    decided: Decided,
    carried: Carried,
    here: Here,
    *,
    kind: Kind = "",
) -> list[Effect] | None:
    """Put a post that is kept into the group as was `decided`. None: it is there already, and is not announced twice."""
    new = GroupPost.placed(
        post.id,
        hosted.id,
        thread,
        decided.state,
        here.now,
        kind=kind,
        reason=decided.reason,
        activity_iri=carried.iri,
        received=carried.body or None,
    )
    if not store.insert_post(tx, new):
        return None
    store.adopt(tx, new)
    if thread is None and not post.local:
        posts.change(tx, post.id, {"title": rules.title_of(post.title, post.content)})
    return _settled(tx, hosted, new, post, author, decided, carried.document, here)


def _settled(
    tx: Tx,
    hosted: Hosted,
    placed: GroupPost,
    post: Post,
    author: Actor,
    decided: Decided,
    inner: Mapping[str, Any],
    here: Here,
) -> list[Effect]:
    """What follows from what was decided. An offer's author elsewhere is told what it lacks, or when the next may come: in
    the act, and in words."""
    if decided.state == "held":
        return tell_moderators(tx, hosted, "group.held", author, post.id)
    if decided.state == "waiting":
        return [turns.chore(hosted.id)]
    if decided.state in ("lacking", "refused"):
        return [
            *announcing.refusal(hosted, author, placed.activity_iri or post.iri, decided.reason, here),
            *notices.sent_back(tx, hosted, author, post, decided.state, decided.reason, here),
        ]
    return let_in(tx, hosted, placed, post, author, inner, here)


def let_in(
    tx: Tx, hosted: Hosted, placed: GroupPost, post: Post, author: Actor, inner: Mapping[str, Any], here: Here
) -> list[Effect]:
    """Show a post in the group and pass it on."""
    iri = here.new_activity()
    store.change_post(tx, post.id, {"state": "shown", "reason": "", "announce_iri": iri, "let_in_at": here.now})
    store.set_standing(tx, hosted.id, author.id, vetted=True)
    passed = announcing.wrapped(hosted, inner, here, object_iri=post.iri, iri=iri)
    effects: list[Effect] = [passed]
    if not author.local:  # to their server too, whose sign it is that the post was taken
        effects = [
            replace(passed, audience=replace(passed.audience, actor_ids=(author.id,))),
            Enqueue("software", author.host, {"host": author.host}),
        ]
    if not placed.starts_thread:
        began = posts.by_id(tx, placed.thread_id)
        store.answered(tx, placed.thread_id, here.now, by_another=began is None or began.actor_id != author.id)
    else:
        effects += announcing.shared(tx, hosted, post, author, inner, here)
    return effects


def receive_revision(tx: Tx, request: ReceiveGroupRevision, here: Here) -> Done[Arrival]:
    """An author's Update of a post in a group here, passed on when it changed something. A title that was made from a
    first line stays. One for a post never seen is a post (groups rule 24)."""
    written = request.revision.written
    known = posts.by_iri(tx, written.id)
    placed = store.post(tx, known.id) if known is not None else None
    if known is None or placed is None:
        first = ReceivePost(
            written,
            request.revision.author,
            request.revision.html,
            forwardable=request.revision.forwardable,
            activity_iri=request.revision.activity_iri,
            sender_host=request.revision.sender_host,
        )
        if known is None and written.published is not None and (here.now - written.published).days >= RESENT_FOR_DAYS:
            return Done(Arrival(None, "a change of an old post we never had"))
        return receive_post(tx, ReceiveGroupPost(first, request.group_id, request.carried), here)
    if rules.too_long(written.content.value):
        return Done(Arrival(None, "longer than a group takes"))
    if store.standing(tx, placed.group_id, request.revision.author.id).banned(here.now):
        return Done(Arrival(known, "banned from the group"))
    if not _sent_to_whom_it_is_for(request.carried, written):
        return Done(Arrival(known, "not sent to those it is written for"))
    if placed.state == "lacking":
        store.queue_at(tx, placed.group_id)
    done = receive.receive_revision(tx, request.revision, here)
    if done.value.outcome != "revised":
        return done
    if placed.starts_thread:
        title = rules.title_of(plain(written.name.value or ""), "") or known.title
        posts.change(tx, known.id, {"title": title})
    effects: list[Effect] = []
    hosted = _hosted(tx, placed.group_id)
    if placed.state == "shown":
        effects.append(announcing.wrapped(hosted, request.carried.document, here, object_iri=known.iri))
    elif placed.state in UNDECIDED:  # what is let in later is what it says now
        store.change_post(tx, known.id, {"activity_iri": request.carried.iri, "received": request.carried.body})
        if placed.state == "lacking":
            effects += _asked_again(tx, hosted, placed, request, here)
    return Done(done.value, (*done.effects, *effects))


def _asked_again(
    tx: Tx, hosted: Hosted, placed: GroupPost, request: ReceiveGroupRevision, here: Here
) -> list[Effect]:
    """An offer that lacked something was changed: it comes in, or its author is told what is missing still."""
    post, author = posts.by_id(tx, placed.post_id), request.revision.author
    if post is None:
        return []
    writer = writer_of(tx, hosted, author, here)
    decided = rules.admitted(hosted.group, writer, post.visibility, None, here.now)
    if decided is not None and decided.state != "refused":
        decided = offers.decided(tx, hosted, decided, author, post.title, request.revision.html, here.now)
        decided = turns.in_turn(tx, hosted, decided, author, None, here.now)
    if decided is None or (decided.state, decided.reason) == (placed.state, placed.reason):
        return []
    store.change_post(tx, post.id, {"state": decided.state, "reason": decided.reason})
    return _settled(tx, hosted, placed, post, author, decided, request.carried.document, here)


def receive_deletion(tx: Tx, request: ReceiveGroupDeletion, here: Here) -> Done[Arrival]:
    """An author's Delete of a post in a group here, passed on; the boost is taken back."""
    known = posts.by_iri(tx, request.deletion.iri)
    placed = store.post(tx, known.id) if known is not None else None
    done = receive.receive_deletion(tx, request.deletion, here)
    if known is None or placed is None or done.value.outcome != "deleted":
        return done
    return Done(done.value, (*done.effects, *withdrawn(tx, placed, known, request.carried.document, here)))


def withdrawn(tx: Tx, placed: GroupPost, post: Post, inner: Mapping[str, Any], here: Here) -> list[Effect]:
    """What a group passes on when an author took a post back."""
    if placed.state in UNDECIDED:  # nothing is left to let in
        store.change_post(tx, placed.post_id, {"state": "removed"})
    hosted, author = store.hosted(tx, placed.group_id), actors.by_id(tx, post.actor_id)
    if hosted is None or author is None or placed.state != "shown":
        return []
    passed = announcing.wrapped(hosted, inner, here, object_iri=post.iri)
    return [passed, *announcing.unboost(tx, hosted, post, author, here)]


def tell_moderators(tx: Tx, hosted: Hosted, kind: str, about: Actor, post_id: int | None) -> list[Effect]:
    """Those of a group's moderators who are members here."""
    people = actors.by_iris(tx, [each.iri for each in store.moderators(tx, hosted.id)])
    return [Notify(each.id, kind, about.id, post_id) for each in people.values() if each.local]


def _hosted(tx: Tx, group_id: int) -> Hosted:
    found = store.hosted(tx, group_id)
    if found is None:
        raise NotFound("no such group here")
    return found


def _for_others_too(tx: Tx, request: ReceivePost, seen_by: Visibility, hosted: Hosted) -> bool:
    """Whether what is not for the group's readers is for members of ours all the same: named in it, or its author's
    followers."""
    if seen_by == "followers" and timelines.readers(tx, request.author.id):
        return True
    named = actors.by_iris(tx, list(addressing.addressees(request.written))[:50]).values()
    return any(person.local and person.type != "Group" for person in named)
