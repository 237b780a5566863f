"""What a group of ours passes on. Every activity it accepts goes out wrapped, unchanged; a new thread once more as a boost,
for servers that know people and no groups (FEP-1b12; groups rule 22)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fediprof import ids
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import PLAIN_CONTEXT
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Effect, Form, Stream
from fediprof.groups import rules, wire
from fediprof.groups.records import Hosted
from fediprof.here import Here
from fediprof.interactions import store as interactions
from fediprof.interactions import wire as interaction_wire
from fediprof.interactions.store import Interaction
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.timelines import store as timelines


def wrapped(
    hosted: Hosted, inner: Mapping[str, Any], here: Here, *, object_iri: str, form: Form = "wrapped", iri: str = ""
) -> Deliver:
    """`inner`: the activity as it was received, or as we sent it. `object_iri`: deliveries about it stay in order."""
    activity = wire.announce(hosted, inner, iri or here.new_activity(), here.now)
    return Deliver(hosted.id, activity, Audience(hosted.id, form=form), object_iri)


def boost(tx: Tx, hosted: Hosted, post: Post, author: Actor, here: Here) -> list[Effect]:
    """The string form, for a thread that everybody may read. Members here find it in their home as passed on by the
    group. Of a post whose author does not let others pass it on, the caller makes none."""
    made = Interaction(ids.new_id(), here.new_activity(), "announce", hosted.id, post.id, None, "public", here.now)
    if not interactions.insert(tx, made):
        return []
    posts.count(tx, post.id, announces=1)
    readers = timelines.lay(tx, author_id=hosted.id, item_id=made.id, post_id=post.id, announce_id=made.id)
    document = interaction_wire.announce(made, hosted.actor, post, author)
    audience = Audience(hosted.id, () if author.local else (author.id,), form="boost")
    sent = Deliver(hosted.id, document, audience, post.iri)
    return [sent, *(Stream(reader, "update", made.id) for reader in readers if reader != hosted.id)]


def shared(tx: Tx, hosted: Hosted, post: Post, author: Actor, created: Mapping[str, Any], here: Here) -> list[Effect]:
    """A thread for those who read no wrapped activities: boosted, where everybody may read it; of a private group laid into
    the homes of its members here. `created`: the Create that brought it."""
    if hosted.group.private:
        return lay(tx, hosted, post)
    if post.visibility != "public" or post.in_reply_to_iri or not rules.may_be_boosted(created, hosted.actor.iri):
        return []
    return boost(tx, hosted, post, author, here)


def lay(tx: Tx, hosted: Hosted, post: Post) -> list[Effect]:
    """A private group's thread in its members' homes: nothing of it goes where people are not let in."""
    readers = [each for each in timelines.readers(tx, hosted.id) if each != hosted.id]
    timelines.lay_for(tx, readers, item_id=post.id, post_id=post.id)
    return [Stream(reader, "update", post.id) for reader in readers]


def unboost(tx: Tx, hosted: Hosted, post: Post, author: Actor, here: Here) -> list[Effect]:
    """Take the boost back, so that it leaves the homes it is in (groups rule 25)."""
    made = interactions.of(tx, "announce", hosted.id, post.id)
    if made is None:
        return []
    interactions.remove(tx, made.id)
    posts.count(tx, post.id, announces=-1)
    timelines.lift(tx, announce_id=made.id)
    undo = interaction_wire.undo(interaction_wire.announce(made, hosted.actor, post, author), hosted.actor, here)
    audience = Audience(hosted.id, () if author.local else (author.id,), form="boost")
    return [Deliver(hosted.id, undo, audience, post.iri)]


def refusal(hosted: Hosted, author: Actor, activity_iri: str, reason: str, here: Here) -> list[Effect]:
    """Tell an author elsewhere that their post was not taken (FEP-1b12: a group MAY answer with Reject)."""
    if author.local:
        return []
    answer: Document = build.activity(
        "Reject",
        here.new_activity(),
        hosted.actor.iri,
        activity_iri,
        to=(author.iri,),
        published=here.now,
        context=PLAIN_CONTEXT,
        content=reason,
        audience=hosted.actor.iri,
    )
    return [Deliver(hosted.id, answer, Audience(actor_ids=(author.id,)), activity_iri)]
