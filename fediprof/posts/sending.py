"""What every post of a member causes when it goes out or changes: rows, deliveries, homes, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import select

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Effect, Notify, Stream
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.posts import rules, store, views, wire
from fediprof.posts.records import Post, Shown, Tag
from fediprof.principal import Member
from fediprof.schema.delivery import delivery, outgoing
from fediprof.timelines import store as timelines


def send_new(
    tx: Tx,
    author: Actor,
    post: Post,
    mentions: tuple[int, ...],
    tags: tuple[Tag, ...],
    parent: Post | None,
    here: Here,
    terms: Mapping[str, object] = MappingProxyType({}),
) -> list[Effect]:
    """Keep a new post, and send it to its audience. `terms`: more of the Note in what is sent."""
    store.insert_post(tx, post, [(named, False) for named in mentions], tags)
    actors.posted(tx, author.id, here.now)
    if parent is not None:
        store.count(tx, parent.id, replies=1)
    shown = own(tx, post.id, author)
    activity = wire.create(shown, here)
    if isinstance(inner := activity["object"], dict):
        inner.update(terms)
    effects: list[Effect] = [Deliver(author.id, activity, audience_of(shown, parent), post.iri, post.id)]
    effects += told(tx, shown, parent)
    if post.visibility not in ("direct", "group"):
        parent_author = parent.actor_id if parent else None
        readers = timelines.lay(
            tx, author_id=author.id, item_id=post.id, post_id=post.id, parent_author_id=parent_author
        )
        effects += [Stream(reader, "update", post.id) for reader in readers]
    return effects


def send_change(tx: Tx, author: Actor, post_id: int, here: Here) -> list[Effect]:
    """Tell a post's change to those it is for, and to those who got it earlier."""
    shown = own(tx, post_id, author)
    activity = wire.update(shown, here)
    effects: list[Effect] = [Deliver(author.id, activity, widened(tx, shown), shown.post.iri, post_id)]
    effects += told(tx, shown, None)
    effects.append(Stream(author.id, "status.update", post_id))
    return effects


def author_of(tx: Tx, by: Member) -> Actor:
    author = actors.by_id(tx, by.actor_id)
    if author is None or author.gone_at is not None:
        raise NotFound("no such member")
    return author


def own(tx: Tx, post_id: int, author: Actor) -> Shown:
    shown = views.one(tx, post_id, author.id)
    if shown is None:
        raise NotFound("the post is not there")
    return shown


def audience_of(shown: Shown, parent: Post | None) -> Audience:
    """Followers unless it is for fewer, everyone named, its group (of a private one nobody else), and for a public answer whoever wrote what it answers."""
    if shown.post.visibility == "group":  # written for each other: the group alone passes it on
        return Audience(None, () if shown.group is None else (shown.group.id,))
    people = [named.id for named in shown.mentions]
    if parent is not None and rules.is_public(shown.post):
        people.append(parent.actor_id)
    if shown.group is not None:
        people.insert(0, shown.group.id)  # which passes it on to its members
    followers = None if shown.post.visibility == "direct" else shown.author.id
    return Audience(followers, tuple(dict.fromkeys(people)))


def widened(tx: Tx, shown: Shown) -> Audience:
    """For an Update or Delete: those it is for now, and every inbox that got it earlier."""
    earlier = select(delivery.c.inbox).join(outgoing).where(outgoing.c.post_id == shown.post.id).distinct()
    return replace(audience_of(shown, None), inboxes=tuple(tx.execute(earlier).scalars()))


def told(tx: Tx, shown: Shown, parent: Post | None) -> list[Effect]:
    """Members named, and the member answered, learn of it."""
    told = dict.fromkeys(named.id for named in shown.mentions if named.local)
    if parent is not None and parent.local and store.is_visible(tx, shown.post.id, parent.actor_id):
        told[parent.actor_id] = None
    return [Notify(actor_id, "mention", shown.author.id, shown.post.id) for actor_id in told]
