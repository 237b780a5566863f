"""What posts of other servers do here: arrive, change, go. Each is idempotent and ends right in any order.

Who sent it has been proven, and that they may speak for the object has been checked, before these are called.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2.names import PUBLIC_ALIASES
from fediprof.campaigns import noting
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Enqueue, Notify, Stream
from fediprof.here import Here
from fediprof.moderation import policies
from fediprof.posts import rules, store, wire
from fediprof.posts.commands import bury
from fediprof.posts.records import Post, Visibility
from fediprof.schema.actors import actor as actor_table
from fediprof.schema.actors import follow
from fediprof.timelines import store as timelines


@dataclass(frozen=True, slots=True)
class ReceivePost:
    """`written`: the document, believed. `html`: its safe content. `asked_for`: we fetched it ourselves, so it need not
    concern anybody here and is laid in no home. `forwardable`: the received bytes, when they carry a proof of their own.
    `group_id`, `visibility`: the group it is for, and whose members may read it, where `groups` found that out.
    """

    written: as2.Post
    author: Actor
    html: str
    asked_for: bool = False
    forwardable: bytes | None = None
    activity_iri: str = ""
    sender_host: str = ""
    group_id: int | None = None
    visibility: Visibility | None = None


@dataclass(frozen=True, slots=True)
class ReceiveRevision:
    written: as2.Post
    author: Actor
    html: str
    forwardable: bytes | None = None
    activity_iri: str = ""
    sender_host: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveDeletion:
    """`iri` is on the deleter's host; that was checked."""

    iri: str
    actor_iri: str
    forwardable: bytes | None = None
    activity_iri: str = ""
    sender_host: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveReturn:
    """An author takes the deletion of a post back. `written`: the post as its server gives it now, believed."""

    written: as2.Post
    author: Actor
    html: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """`post` is None when nothing was kept, and `outcome` says why."""

    post: Post | None
    outcome: str


def receive_post(tx: Tx, request: ReceivePost, here: Here) -> Done[Arrival]:
    """Keep a post that concerns somebody here, and tell them."""
    written = request.written
    there, buried_by, awaited = store.standing(tx, written.id)
    if there and (known := store.by_iri(tx, written.id)) is not None:
        if known.deleted_at is not None or known.actor_id != request.author.id:
            return Done(Arrival(None, "deleted before" if known.deleted_at else "somebody else's post"))
        revised = _revised(tx, known, written, request.html, here)
        return revised if request.asked_for else _sent_at_last(tx, request, known, revised, here)
    if buried_by == written.attributed_to:
        return Done(Arrival(None, "deleted before it came"))
    author = request.author
    if author.gone_at is not None:
        return Done(Arrival(None, "its author is gone"))
    parent = store.by_iri(tx, written.in_reply_to) if written.in_reply_to else None
    mentioned = _mentioned(tx, written, author)
    readers = [] if request.asked_for else timelines.readers(tx, author.id)
    if not request.asked_for and not readers and request.group_id is None and not _concerns_us(parent, mentioned):
        return Done(Arrival(None, "concerns nobody here"))
    post = wire.post_of(written, author, html=request.html, parent=parent, received_at=here.now)
    post = _taken(tx, post, author)
    post = replace(
        post, visibility=request.visibility or post.visibility, group_id=request.group_id or _group_of(post, parent)
    )
    named = {href: silent for href, silent in _named(written)}
    mentions = [(person.id, named.get(person.iri, True)) for person in mentioned]
    store.insert_post(tx, post, mentions, wire.tags_of(written))
    if awaited:
        store.adopt(tx, post)
    actors.posted(tx, author.id, post.published_at)
    effects: list[Effect] = []
    if parent is not None:
        store.count(tx, parent.id, replies=1)
    elif written.in_reply_to is not None:
        effects.append(Enqueue("thread", post.iri, {"post": str(post.id), "parent": written.in_reply_to}))
    if not request.asked_for:
        if post.visibility == "direct":
            noting.note_incoming(tx, post, written, author, mentioned, here)
        effects += _announced_here(tx, post, author, parent, mentions, readers)
        effects += _forwarded(tx, request, written, post, parent)
    return Done(Arrival(post, "stored"), tuple(effects))


def receive_revision(tx: Tx, request: ReceiveRevision, here: Here) -> Done[Arrival]:
    """Take an Update. One for a post we do not have is a post that has not come yet."""
    known = store.by_iri(tx, request.written.id)
    if known is None:
        first = ReceivePost(
            request.written,
            request.author,
            request.html,
            forwardable=request.forwardable,
            activity_iri=request.activity_iri,
            sender_host=request.sender_host,
        )
        return receive_post(tx, first, here)
    if known.actor_id != request.author.id:
        return Done(Arrival(None, "not the author's update"))
    if known.deleted_at is not None:
        return Done(Arrival(None, "deleted before"))
    return _revised(tx, known, request.written, request.html, here)


def receive_deletion(tx: Tx, request: ReceiveDeletion, here: Here) -> Done[Arrival]:
    """Take a Delete; remember it even for what we do not have, since its Create may still come."""
    post = store.by_iri(tx, request.iri)
    if post is None:
        store.bury(tx, request.iri, request.actor_iri, "", here.now)
        return Done(Arrival(None, "remembered"))
    author = actors.by_id(tx, post.actor_id)
    if post.deleted_at is not None or author is None or author.iri != request.actor_iri or post.local:
        return Done(Arrival(None, "nothing of this actor's to delete"))
    homes = _homes(tx, author.id)
    parent = store.by_id(tx, post.in_reply_to_id) if post.in_reply_to_id else None
    bury(tx, post, here)
    effects: list[Effect] = [Stream(reader, "delete", post.id) for reader in homes]
    if request.forwardable is not None and parent is not None and parent.local and rules.is_public(parent):
        effects.append(_forward(request.forwardable, request.activity_iri, "Delete", parent, request.sender_host))
    return Done(Arrival(post, "deleted"), tuple(effects))


def receive_return(tx: Tx, request: ReceiveReturn, here: Here) -> Done[Arrival]:
    """Fill the row of a post again that its author's Delete had emptied. It is laid in no home, and nobody is told: they were
    when it first came. An entry comes back by being sent again."""
    known = store.by_iri(tx, request.written.id)
    if request.author.gone_at is not None:
        return Done(Arrival(None, "its author is gone"))
    if known is None:
        forgotten = store.unbury(tx, request.written.id, request.author.iri)
        return Done(Arrival(None, "its deletion is forgotten" if forgotten else "a post we do not hold"))
    if known.actor_id != request.author.id or known.local or known.entry is not None:
        return Done(Arrival(None, "nothing of this actor's to bring back"))
    if known.deleted_at is None:
        return Done(Arrival(known, "there already"))
    parent = store.by_id(tx, known.in_reply_to_id) if known.in_reply_to_id is not None else None
    fresh = wire.post_of(request.written, request.author, html=request.html, parent=parent, received_at=here.now)
    fresh = _taken(tx, fresh, request.author)
    if not _as_widely_written(tx, known, request.written, fresh.visibility):
        return Done(Arrival(None, "brought back for fewer than before"))
    again: dict[str, Any] = {name: getattr(fresh, name) for name in (*_REVISED, "edited_at")}
    again |= {"title": fresh.title or known.title, "deleted_at": None}
    store.change(tx, known.id, again)
    named = dict(_named(request.written))
    mentioned = _mentioned(tx, request.written, request.author)
    store.set_mentions(tx, known.id, [(person.id, named.get(person.iri, True)) for person in mentioned])
    store.set_tags(tx, known.id, wire.tags_of(request.written))
    actors.count(tx, request.author.id, posts=1)
    if parent is not None:
        store.count(tx, parent.id, replies=1)
    return Done(Arrival(replace(known, **again), "brought back"))


def _revised(tx: Tx, known: Post, written: as2.Post, html: str, here: Here) -> Done[Arrival]:
    """Apply what is newer than what we have. A poll's new counts come without `updated`."""
    author = _author(tx, known)
    fresh = _taken(tx, wire.post_of(written, author, html=html, parent=None, received_at=here.now), author)
    if not _as_widely_written(tx, known, written, fresh.visibility):
        return Done(Arrival(known, "written for fewer than before"))
    if fresh.edited_at is None:
        if known.poll is not None and fresh.poll is not None and known.edited_at is None:
            store.change(tx, known.id, {"poll": fresh.poll})
        return Done(Arrival(known, "known already"))
    if known.edited_at is not None and fresh.edited_at <= known.edited_at:
        return Done(Arrival(known, "older than what we have"))
    changed: dict[str, Any] = {name: getattr(fresh, name) for name in (*_REVISED, "entry", "edited_at")}
    store.change(tx, known.id, changed)
    named = dict(_named(written))
    mentioned = _mentioned(tx, written, _author(tx, known))
    store.set_mentions(tx, known.id, [(person.id, named.get(person.iri, True)) for person in mentioned])
    store.set_tags(tx, known.id, wire.tags_of(written))
    now = replace(known, **changed)  # as it stands, for whoever goes on with it: never what it said before
    if now.visibility == "direct":
        noting.note_incoming(tx, now, written, author, mentioned, here)
    return Done(
        Arrival(now, "revised"), tuple(Stream(r, "status.update", known.id) for r in _homes(tx, known.actor_id))
    )


_REVISED = (
    "title",
    "content",
    "content_map",
    "warning",
    "sensitive",
    "language",
    "poll",
    "attachments",
    "emojis",
    "url",
)
"""What its author's server says of a post anew."""


def _as_widely_written(tx: Tx, known: Post, written: as2.Post, visibility: Visibility) -> bool:
    """Whether a revision is for those who may read what is kept. Who changes a post to be for fewer has new words that
    its readers must not see; what was for all of them stays as it is until it is deleted."""
    if known.visibility == "group":
        group = actors.by_id(tx, known.group_id) if known.group_id is not None else None
        named = {*written.to, *written.cc, *written.audience}
        return visibility in ("public", "quiet") or (group is not None and group.followers in named)
    return _WIDTH[visibility] >= _WIDTH[known.visibility]


_WIDTH: dict[Visibility, int] = {"direct": 0, "group": 0, "followers": 1, "quiet": 2, "public": 2}


def _taken(tx: Tx, post: Post, author: Actor) -> Post:
    """Without pictures, where none are taken from its server."""
    decided = policies.flags_of(tx, author.host) if post.attachments else None
    return replace(post, attachments=[]) if decided is not None and decided.reject_media else post


def _group_of(post: Post, parent: Post | None) -> int | None:
    """An answer that everybody may read is in the group of what it answers."""
    return parent.group_id if parent is not None and post.visibility in ("public", "quiet") else None


def _sent_at_last(tx: Tx, request: ReceivePost, known: Post, revised: Done[Arrival], here: Here) -> Done[Arrival]:
    """Its Create, for a post somebody here looked up before it was delivered: it goes where it would have gone."""
    named = dict(_named(request.written))
    mentioned = _mentioned(tx, request.written, request.author)
    mentions = [(p.id, named.get(p.iri, True)) for p in mentioned]
    if known.visibility == "direct":
        noting.note_incoming(tx, known, request.written, request.author, mentioned, here)
    parent = store.by_id(tx, known.in_reply_to_id) if known.in_reply_to_id else None
    readers = timelines.readers(tx, request.author.id)
    effects = _announced_here(tx, known, request.author, parent, mentions, readers, known=True)
    effects += _forwarded(tx, request, request.written, known, parent)
    return Done(revised.value, (*revised.effects, *effects))


def _author(tx: Tx, post: Post) -> Actor:
    author = actors.by_id(tx, post.actor_id)
    if author is None:
        raise LookupError(f"post {post.id} has no author")
    return author


def _named(written: as2.Post) -> list[tuple[str, bool]]:
    """(actor IRI, silent): those tagged are told of by name, those only addressed are silent."""
    tagged = {mention.href for mention in written.mentions}
    addressed = [iri for iri in (*written.to, *written.cc, *written.audience) if iri not in PUBLIC_ALIASES]
    return [(iri, False) for iri in tagged] + [(iri, True) for iri in dict.fromkeys(addressed) if iri not in tagged]


def _mentioned(tx: Tx, written: as2.Post, author: Actor) -> list[Actor]:
    """Whom of those named or addressed we know. Nobody is fetched for being named: that would be a way to make us."""
    iris = [iri for iri, _ in _named(written)[:200] if iri != author.followers]
    return list(actors.by_iris(tx, iris).values()) if iris else []


def _concerns_us(parent: Post | None, mentioned: list[Actor]) -> bool:
    """Without a reader here: somebody here is named or addressed, or it answers a post in a thread we hold.

    All else is dropped: a server nobody here chose must not be able to fill our disk.
    """
    return parent is not None or any(person.local for person in mentioned)


def _announced_here(
    tx: Tx,
    post: Post,
    author: Actor,
    parent: Post | None,
    mentions: list[tuple[int, bool]],
    readers: list[int],
    *,
    known: bool = False,
) -> list[Effect]:
    """Lay it in the homes of its readers, tell who is named or answered. `known`: some may have it."""
    told = {actor_id for actor_id, silent in mentions if not silent or post.visibility == "direct"}
    if parent is not None and parent.local and store.is_visible(tx, post.id, parent.actor_id):
        told.add(parent.actor_id)
    effects: list[Effect] = [Notify(actor_id, "mention", author.id, post.id) for actor_id in _locals(tx, told)]
    half = parent is None and post.in_reply_to_iri is not None  # an answer to we know not whom
    if post.visibility in ("direct", "group") or half:
        return effects
    if parent is not None and parent.actor_id != author.id:
        readers = timelines.readers(tx, author.id, parent.actor_id)
    if known:
        readers = timelines.lacking(tx, readers, post.id)
    timelines.lay_for(tx, readers, item_id=post.id, post_id=post.id)
    return effects + [Stream(reader, "update", post.id) for reader in readers]


def _locals(tx: Tx, actor_ids: set[int]) -> list[int]:
    people = actors.by_ids(tx, actor_ids).values()
    return [person.id for person in people if person.local and person.gone_at is None]


def _homes(tx: Tx, author_id: int) -> list[int]:
    rows = select(follow.c.follower_id).join(actor_table, actor_table.c.id == follow.c.follower_id)
    return list(tx.execute(rows.where(follow.c.target_id == author_id, actor_table.c.local)).scalars())


def _forwarded(tx: Tx, request: ReceivePost, written: as2.Post, post: Post, parent: Post | None) -> list[Effect]:
    """Inbox forwarding (ActivityPub §7.1.2): a public answer to a member's post, or one addressed to a member's
    followers, goes on to those followers, unchanged. Only with a proof of its own: others could not believe it else.
    """
    if request.forwardable is None or parent is None or not parent.local or not rules.is_public(parent):
        return []
    if post.visibility not in ("public", "quiet"):
        return []
    return [_forward(request.forwardable, request.activity_iri, "Create", parent, request.sender_host)]


def _forward(body: bytes, activity_iri: str, type: str, parent: Post, sender_host: str) -> Deliver:
    document = {"id": activity_iri, "type": type}
    audience = Audience(parent.actor_id, but_host=sender_host)
    return Deliver(parent.actor_id, document, audience, activity_iri, parent.id, body)


@dataclass(frozen=True, slots=True)
class ReceivePin:
    """`post_id` is the actor's own; that was checked."""

    actor_id: int
    post_id: int
    pinned: bool


def receive_pin(tx: Tx, request: ReceivePin, here: Here) -> Done[str]:
    if not request.pinned:
        return Done("unpinned" if store.unpin_post(tx, request.actor_id, request.post_id) else "nothing to unpin")
    if len(store.pinned(tx, request.actor_id, request.actor_id)) >= MOST_PINS_KEPT:
        return Done("pins enough")
    return Done("pinned" if store.pin_post(tx, request.actor_id, request.post_id, here.now) else "pinned before")


MOST_PINS_KEPT = 20
