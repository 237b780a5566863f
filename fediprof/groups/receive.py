"""What a group elsewhere passed on to us (FEP-1b12): posts, their changes, and votes. The group's word makes something part of
it; what was written is believed of its author's own server alone, and that was seen to before these are called (groups rules
12, 13). What its moderators decide: `groups.verdicts`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import audience, origin
from fediprof.as2 import model as as2
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Notify, Stream
from fediprof.errors import NotFound
from fediprof.groups import addressing, rules, store
from fediprof.groups.records import DEEPEST, KINDS, Group, GroupPost, Kind
from fediprof.here import Here
from fediprof.interactions import commands as interactions
from fediprof.interactions import store as interaction_store
from fediprof.interactions.commands import ReceiveReaction
from fediprof.moderation import limits, policies
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import Arrival, ReceivePost, ReceiveRevision
from fediprof.posts.records import Post, Visibility
from fediprof.timelines import store as timelines


@dataclass(frozen=True, slots=True)
class ReceivePassedPost:
    """A post, or a change of one, that a group passed on. `written`: believed. `announce_iri`: "" for what we asked for
    ourselves: then nobody is told of it, and it stands in no home. `answerable`: Lemmy's commentsEnabled, where told."""

    group_id: int
    written: as2.Post
    author: Actor
    html: str
    announce_iri: str = ""
    activity_iri: str = ""
    announced_at: datetime | None = None
    revision: bool = False
    answerable: bool | None = None


@dataclass(frozen=True, slots=True)
class ReceiveEcho:
    """A member's own post came back: it is in the group now."""

    group_id: int
    post_iri: str
    announce_iri: str


@dataclass(frozen=True, slots=True)
class ReceiveBoost:
    """A group passed a post on by its address alone (Guppe, and what Mastodon reads of the others)."""

    group_id: int
    reaction: ReceiveReaction


@dataclass(frozen=True, slots=True)
class ReceivePassedVote:
    """`value`: 1, -1, or 0 for one taken back. `iri`: of the vote."""

    group_id: int
    voter_iri: str
    iri: str
    post_iri: str
    value: int


def receive_post(tx: Tx, request: ReceivePassedPost, here: Here) -> Done[Arrival]:
    """Keep what a group passed on, as a post in that group. A thread goes into the homes of its members here."""
    home, group = _group(tx, request.group_id)
    written, author = request.written, request.author
    if policies.domain_blocked(tx, author.host) or limits.suspended(tx, author.id):
        return Done(Arrival(None, "its author is shut out here"))
    known = posts.by_iri(tx, written.id)
    if known is not None and (known.local or known.actor_id != author.id):
        return Done(Arrival(None, "not its author's post"))
    if known is not None and known.group_id not in (None, home.id):
        return Done(Arrival(None, "in another group"))
    parent = posts.by_iri(tx, written.in_reply_to) if written.in_reply_to else None
    answered = _placed(tx, parent, home, here) if parent is not None else None
    if not _is_for(written, home, answered):
        return Done(Arrival(None, "not for this group"))
    seen_by = visibility(group, home, author, written)
    if seen_by is None:
        return Done(Arrival(None, "not written for the group's readers"))
    if store.was_removed(tx, home.id, written.id):
        return Done(Arrival(None, "taken out before it came"))
    if seen_by == "group" and not group.private:
        store.change(tx, home.id, {"membership": "private"})
    effects, arrival = _kept(tx, request, known, seen_by, here)
    post = arrival.post
    if post is None:
        return Done(arrival, tuple(effects))
    effects += _put(tx, request, home, post, answered, here)
    if request.answerable is not None:
        _answerable(tx, post, request.answerable, here)
    return Done(arrival, tuple(effects))


def _kept(
    tx: Tx, request: ReceivePassedPost, known: Post | None, seen_by: Visibility, here: Here
) -> tuple[list[Effect], Arrival]:
    """The post itself, new or as it is now."""
    written, author, group_id = request.written, request.author, request.group_id
    if known is not None and request.revision:
        done = receive.receive_revision(tx, ReceiveRevision(written, author, request.html), here)
        if done.value.outcome == "revised" and known.title and not (written.name.value or "").strip():
            posts.change(tx, known.id, {"title": known.title})
    else:
        first = ReceivePost(
            written,
            author,
            request.html,
            asked_for=not request.announce_iri,
            group_id=group_id,
            visibility=seen_by,
        )
        done = receive.receive_post(tx, first, here)
    arrival = done.value
    post = arrival.post
    if post is not None and post.group_id is None:
        posts.change(tx, post.id, {"group_id": group_id, "visibility": seen_by})
        arrival = replace(arrival, post=replace(post, group_id=group_id, visibility=seen_by))
    return list(done.effects), arrival


def _put(
    tx: Tx, request: ReceivePassedPost, home: Actor, post: Post, answered: GroupPost | None, here: Here
) -> list[Effect]:
    """Its place in the group; once."""
    at = here.now if request.announce_iri else post.published_at
    new = placing(home, post, answered, request.written.kind, at, here)
    if not store.insert_post(
        tx,
        replace(new, activity_iri=request.activity_iri or None, announce_iri=request.announce_iri or None),
    ):
        there = store.post(tx, post.id)
        first = there is not None and there.announce_iri is None and there.state == "shown"
        if not first or not new.starts_thread or request.revision or not request.announce_iri:
            return []
        # We had asked for it ourselves, and it stands in no home yet: it is passed on to us just now.
        store.change_post(tx, post.id, {"announce_iri": request.announce_iri})
    if new.starts_thread:
        _titled(tx, post)
        if not request.announce_iri:
            return []
        reaction = ReceiveReaction(request.announce_iri, "announce", home.id, post.id, request.announced_at)
        return _laid(tx, home, post, reaction, here)
    thread = store.post(tx, new.thread_id)
    began = posts.by_id(tx, new.thread_id)
    if thread is not None:
        another = began is None or began.actor_id != post.actor_id
        store.answered(tx, thread.post_id, max(at, thread.active_at), by_another=another)
    return []


def _laid(tx: Tx, home: Actor, post: Post, reaction: ReceiveReaction, here: Here) -> list[Effect]:
    """A thread, in the homes of the group's members here: as passed on by it, or of a private group as it is."""
    if post.visibility in ("public", "quiet"):
        return list(interactions.receive_reaction(tx, reaction, here).effects)
    readers = timelines.readers(tx, home.id)
    timelines.lay_for(tx, readers, item_id=post.id, post_id=post.id)
    return [Stream(reader, "update", post.id) for reader in readers]


def receive_echo(tx: Tx, request: ReceiveEcho, here: Here) -> Done[str]:
    """In the homes of the group's other members here as well, where it begins a thread; its author knows of it."""
    home, _ = _group(tx, request.group_id)
    post = posts.by_iri(tx, request.post_iri)
    placed = _placed(tx, post, home, here, named=True) if post is not None and post.deleted_at is None else None
    if post is None or placed is None or placed.post_id != post.id:
        return Done("not sent to this group")
    if placed.state not in ("sent", "refused"):
        return Done("in the group already")
    store.change_post(tx, post.id, {"state": "shown", "reason": "", "announce_iri": request.announce_iri})
    told: list[Effect] = [Stream(post.actor_id, "status.update", post.id)]
    if placed.starts_thread:
        reaction = ReceiveReaction(request.announce_iri, "announce", home.id, post.id, here.now)
        laid = _laid(tx, home, post, reaction, here)
        return Done("in the group now", (*told, *(each for each in laid if not isinstance(each, Notify))))
    began = posts.by_id(tx, placed.thread_id)
    another = began is None or began.actor_id != post.actor_id
    store.answered(tx, placed.thread_id, here.now, by_another=another)
    return Done("in the group now", tuple(told))


def receive_boost(tx: Tx, request: ReceiveBoost, here: Here) -> Done[str]:
    """What everybody may read is in the group when it is addressed to it; answers are in no home."""
    home, _ = _group(tx, request.group_id)
    reaction = request.reaction
    post = posts.by_id(tx, reaction.post_id)
    if post is None or post.deleted_at is not None:
        return Done("the post is gone")
    if post.local:
        echo = receive_echo(tx, ReceiveEcho(home.id, post.iri, reaction.iri), here)
        done = interactions.receive_reaction(tx, reaction, here)
        return Done(done.value, (*echo.effects, *done.effects))
    placed = _placed(tx, post, home, here)
    if placed is not None and not placed.starts_thread:
        return Done("an answer, in its thread")
    return interactions.receive_reaction(tx, reaction, here)


def receive_vote(tx: Tx, request: ReceivePassedVote, here: Here) -> Done[str]:
    """One vote for each voter and post, the last counts. A voter who told us directly as well counts once."""
    post = posts.by_iri(tx, request.post_iri)
    placed = store.post(tx, post.id) if post is not None else None
    if post is None or placed is None or placed.group_id != request.group_id:
        return Done("not on a post of this group")
    if policies.domain_blocked(tx, origin.host_of(request.voter_iri)):
        return Done("its voter's server is shut out here")
    voter = actors.by_iri(tx, request.voter_iri)
    if voter is not None and any(
        interaction_store.of(tx, kind, voter.id, post.id) is not None for kind in ("like", "dislike")
    ):
        return Done("counted already")
    before = store.announced_vote_of(tx, post.id, request.voter_iri)
    if request.value == 0:
        store.remember_removal(tx, request.group_id, request.iri, request.voter_iri, here.now)  # it may still come
    elif store.was_removed(tx, request.group_id, request.iri):
        return Done("taken back before it came")
    if before == request.value:
        return Done("counted already" if before else "nothing to take back")
    store.set_announced_vote(tx, post.id, request.voter_iri, request.iri, request.value)
    ups = (request.value == 1) - (before == 1)
    downs = (request.value == -1) - (before == -1)
    store.counted(tx, post.id, ups=ups, downs=downs)
    return Done("counted" if request.value else "taken back")


# --- what they share


def visibility(group: Group, home: Actor, author: Actor, written: as2.Post) -> Visibility | None:
    """Who may read a post of a group elsewhere: everybody, or its members. None: neither, it is not for us to show."""
    everybody = audience.visibility_of(written.to, written.cc, author.followers)
    if everybody in ("public", "quiet"):
        return "group" if group.private else everybody
    named = {*written.to, *written.cc}
    return "group" if home.followers is not None and home.followers in named else None


def placing(home: Actor, post: Post, answered: GroupPost | None, kind: str, at: datetime, here: Here) -> GroupPost:
    """A post's place in a group elsewhere that shows it. Where its author's server has no kinds, a title that ends in a
    question mark asks."""
    said: Kind = kind if kind in KINDS else "ask" if asks(post) else ""
    return GroupPost.placed(post.id, home.id, answered, "shown", here.now, kind=said, active_at=min(at, here.now))


def asks(post: Post) -> bool:
    return post.poll is None and post.title.rstrip().endswith(("?", "？", "؟"))


def _placed(tx: Tx, post: Post, home: Actor, here: Here, *, named: bool = False) -> GroupPost | None:
    """A post's place in the group; one that is here for another reason is given its place now, with what it answers.
    `named`: also a member's, who wrote it to the group by naming it."""
    above: list[Post] = []
    found = store.post(tx, post.id)
    at: Post | None = post
    while found is None and at is not None and len(above) < DEEPEST:
        above.append(at)
        at = posts.by_id(tx, at.in_reply_to_id) if at.in_reply_to_id is not None else None
        found = store.post(tx, at.id) if at is not None else None
    if found is not None and found.group_id != home.id:
        return None
    for each in reversed(above):
        if each.deleted_at is not None or each.visibility not in ("public", "quiet", "group"):
            continue
        addressed = any(who == home.id for who, _ in posts.mentions_of(tx, [each.id]).get(each.id, ()))
        if each.group_id not in (None, home.id) or not (addressed or found is not None):
            continue
        if each.local and not named:
            continue  # a member's own is in a group when they sent it there
        new = placing(home, each, found, "", each.published_at, here)
        if each.local:
            new = replace(new, state="sent")
        store.insert_post(tx, new)
        posts.change(tx, each.id, {"group_id": home.id})
        if new.starts_thread:
            _titled(tx, each)
        found = new
    return found


def _is_for(written: as2.Post, home: Actor, answered: GroupPost | None) -> bool:
    """Whether a post says it is for the group, or answers in it. An answer whose audience is another group is that one's."""
    named = addressing.addressees(written)
    if home.iri in named or (home.followers is not None and home.followers in named):
        return True
    return answered is not None and not written.audience


def _titled(tx: Tx, post: Post) -> None:
    if not post.title and not post.local and (title := rules.title_of("", post.content)):
        posts.change(tx, post.id, {"title": title})


def _answerable(tx: Tx, post: Post, answerable: bool, here: Here) -> None:
    placed = store.post(tx, post.id)
    if placed is not None and (placed.locked_at is None) != answerable:
        store.change_post(tx, post.id, {"locked_at": None if answerable else here.now})


def _group(tx: Tx, group_id: int) -> tuple[Actor, Group]:
    home, group = actors.by_id(tx, group_id), store.by_id(tx, group_id)
    if home is None or group is None or group.local:
        raise NotFound("no group elsewhere")
    return home, group
