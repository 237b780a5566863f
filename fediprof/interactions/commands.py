"""Likes and announces, by members and by others. A like counts once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Notify, Stream
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.interactions import store, wire
from fediprof.interactions.store import Interaction
from fediprof.moderation import limits
from fediprof.notifications import store as notifications
from fediprof.posts import rules
from fediprof.posts import store as posts
from fediprof.posts.records import Post, Visibility
from fediprof.principal import Member
from fediprof.timelines import store as timelines

_TOLD_AS = {"like": "favourite", "announce": "reblog"}


@dataclass(frozen=True, slots=True)
class React:
    by: Member
    post_id: int


@dataclass(frozen=True, slots=True)
class Announce:
    by: Member
    post_id: int
    visibility: Visibility = "public"


@dataclass(frozen=True, slots=True)
class ReceiveReaction:
    """`kind`: like or announce. `post_id`: of a post here, visible to the actor. `emoji`: what an EmojiReact shows."""

    iri: str
    kind: str
    actor_id: int
    post_id: int
    published: datetime | None = None
    visibility: Visibility = "public"
    emoji: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiveUndo:
    """Take back what an actor did. By the activity's IRI, which is on the actor's host, or by its kind and object where
    the Undo names no id."""

    actor_id: int
    iri: str
    kind: str | None = None
    post_iri: str | None = None


def like_post(tx: Tx, request: React, here: Here) -> Done[Interaction]:
    post, by, author = _reached(tx, request.by, request.post_id)
    before = store.of(tx, "like", by.id, post.id)
    if before is not None:
        return Done(before)
    made = Interaction(ids.new_id(), here.new_activity(), "like", by.id, post.id, None, "public", here.now)
    store.insert(tx, made)
    posts.count(tx, post.id, likes=1)
    send = Deliver(by.id, wire.like(made, by, post, author), Audience(actor_ids=(author.id,)), post.iri)
    return Done(made, (send, *_tell(made, author)))


def unlike_post(tx: Tx, request: React, here: Here) -> Done[Post]:
    post, by, author = _reached(tx, request.by, request.post_id)
    made = store.of(tx, "like", by.id, post.id)
    if made is None:
        return Done(post)
    taken_back(tx, made)
    undo = wire.undo(wire.like(made, by, post, author), by, here)
    return Done(post, (Deliver(by.id, undo, Audience(actor_ids=(author.id,)), post.iri),))


def announce_post(tx: Tx, request: Announce, here: Here) -> Done[Interaction]:
    """Pass a post on to one's followers. Raises NotAllowed for what was not written for everyone."""
    post, by, author = _reached(tx, request.by, request.post_id)
    rules.must_be_announceable(request.by, post)
    before = store.of(tx, "announce", by.id, post.id)
    if before is not None:
        return Done(before)
    visibility = "followers" if post.visibility == "followers" else request.visibility
    made = Interaction(ids.new_id(), here.new_activity(), "announce", by.id, post.id, None, visibility, here.now)
    store.insert(tx, made)
    posts.count(tx, post.id, announces=1)
    readers = _laid(tx, made, post)
    send = Deliver(by.id, wire.announce(made, by, post, author), Audience(by.id, (author.id,)), made.iri)
    return Done(made, (send, *_tell(made, author), *(Stream(reader, "update", made.id) for reader in readers)))


def unannounce_post(tx: Tx, request: React, here: Here) -> Done[Post]:
    post, by, author = _reached(tx, request.by, request.post_id)
    made = store.of(tx, "announce", by.id, post.id)
    if made is None:
        return Done(post)
    taken_back(tx, made)
    undo = wire.undo(wire.announce(made, by, post, author), by, here)
    return Done(
        post, (Deliver(by.id, undo, Audience(by.id, (author.id,)), made.iri), Stream(by.id, "delete", made.id))
    )


def receive_reaction(tx: Tx, request: ReceiveReaction, here: Here) -> Done[str]:
    """Returns the outcome in words."""
    post = posts.by_id(tx, request.post_id)
    if post is None or post.deleted_at is not None:
        return Done("the post is gone")
    if request.kind == "announce" and not rules.is_public(post):
        return Done("the post was not written for everyone")
    if posts.buried(tx, request.iri) is not None:
        return Done("taken back before it came")
    published = min(request.published or here.now, here.now)
    made = Interaction(
        ids.new_id(published),
        request.iri,
        request.kind,
        request.actor_id,
        post.id,
        request.emoji,
        request.visibility,
        published,
    )
    if not store.insert(tx, made):
        return Done("counted already")
    author = actors.by_id(tx, post.actor_id)
    effects: list[Effect] = []
    if request.kind == "like":
        posts.count(tx, post.id, likes=1)
    else:
        posts.count(tx, post.id, announces=1)
        readers = _laid(tx, made, post)
        effects += [Stream(reader, "update", made.id) for reader in readers]
    if author is not None:
        effects += _tell(made, author)
    return Done("counted", tuple(effects))


def receive_undo(tx: Tx, request: ReceiveUndo, here: Here) -> Done[str]:
    """Only the actor's own is taken back: an Undo by somebody else finds nothing."""
    made = store.by_iri(tx, request.iri)
    if made is None and request.kind is not None and request.post_iri is not None:
        post = posts.by_iri(tx, request.post_iri)
        made = store.of(tx, request.kind, request.actor_id, post.id) if post is not None else None
    if made is None:
        posts.bury(tx, request.iri, "", request.kind or "", here.now)  # it may still be on its way
        return Done("nothing to take back")
    if made.actor_id != request.actor_id:
        return Done("nothing of this actor's to take back")
    taken_back(tx, made)
    return Done("taken back")


def _laid(tx: Tx, made: Interaction, post: Post) -> list[int]:
    """Into the homes of who follows whoever passes it on; what somebody limited wrote, of those only who follow them too."""
    also = post.actor_id if limits.limited(tx, [post.actor_id]) else None
    ids = {"item_id": made.id, "post_id": post.id, "announce_id": made.id}
    return timelines.lay(tx, author_id=made.actor_id, parent_author_id=also, **ids)


def _reached(tx: Tx, by: Member, post_id: int) -> tuple[Post, Actor, Actor]:
    """(post, who acts, its author); NotFound unless the member may see it."""
    post = posts.by_id(tx, post_id) if posts.is_visible(tx, post_id, by.actor_id) else None
    if post is None:
        raise NotFound("no such post")
    people = actors.by_ids(tx, (by.actor_id, post.actor_id))
    return post, people[by.actor_id], people[post.actor_id]


def _tell(made: Interaction, author: Actor) -> list[Effect]:
    if not author.local:
        return []
    return [Notify(author.id, _TOLD_AS[made.kind], made.actor_id, made.post_id)]


def taken_back(tx: Tx, made: Interaction) -> None:
    store.remove(tx, made.id)
    if made.kind == "like":
        posts.count(tx, made.post_id, likes=-1)
    else:
        posts.count(tx, made.post_id, announces=-1)
        timelines.lift(tx, announce_id=made.id)
    notifications.remove(tx, kind=_TOLD_AS[made.kind], from_actor_id=made.actor_id, post_id=made.post_id)
