"""Votes in groups: one for each person and post, the last counts. A group of ours passes them on to servers that read votes,
unless it counts none (groups rules 10 and 23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.as2 import build
from fediprof.as2.context import PLAIN_CONTEXT
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.errors import NotAllowed, NotFound
from fediprof.groups import announcing, store
from fediprof.groups.records import Group, GroupPost
from fediprof.here import Here
from fediprof.interactions import commands as interactions
from fediprof.interactions import store as interaction_store
from fediprof.interactions import wire
from fediprof.interactions.commands import React, ReceiveReaction, ReceiveUndo
from fediprof.interactions.store import Interaction
from fediprof.posts import store as posts
from fediprof.posts.records import Post


@dataclass(frozen=True, slots=True)
class ReceiveVote:
    """`value`: 1 Like, -1 Dislike. `document`: the activity as it came."""

    reaction: ReceiveReaction
    value: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReceiveVoteUndo:
    undo: ReceiveUndo
    document: Mapping[str, Any]


def like(tx: Tx, request: React, here: Here) -> Done[Interaction]:
    """Like a post; in a group that is a vote for it, and takes back one against it."""
    placed = store.post(tx, request.post_id)
    before = interaction_store.of(tx, "like", request.by.actor_id, request.post_id)
    if placed is not None and before is None:
        _must_not_be_banned(tx, placed, request, here)
    against = _back(tx, placed, request, "dislike", here) if placed is not None and before is None else []
    done = interactions.like_post(tx, request, here)
    if placed is None or before is not None:
        return done
    store.counted(tx, placed.post_id, ups=1)
    return Done(done.value, (*against, *_besides(tx, placed, done.effects), *_told(tx, placed, done.value, here)))


def unlike(tx: Tx, request: React, here: Here) -> Done[Post]:
    placed = store.post(tx, request.post_id)
    made = interaction_store.of(tx, "like", request.by.actor_id, request.post_id)
    done = interactions.unlike_post(tx, request, here)
    if placed is None or made is None:
        return done
    store.counted(tx, placed.post_id, ups=-1)
    return Done(done.value, (*_besides(tx, placed, done.effects), *_told(tx, placed, made, here, undone=True)))


def dislike(tx: Tx, request: React, here: Here) -> Done[None]:
    """A vote against a post in a group; takes back one for it. Raises NotAllowed where a group counts no votes."""
    placed, post = _placed(tx, request)
    if post.actor_id == request.by.actor_id:
        raise NotAllowed("voting against oneself", public="You cannot vote against what you wrote")
    group = store.by_id(tx, placed.group_id)
    home = actors.by_id(tx, placed.group_id)
    if group is None or home is None or not group.votes:
        raise NotAllowed("no votes", public="This group does not count votes")
    if not store.takes_dislikes(tx, [group.actor_id]):
        raise NotAllowed("no votes against", public="This group counts no votes against")
    if interaction_store.of(tx, "dislike", request.by.actor_id, post.id) is not None:
        return Done(None)
    _must_not_be_banned(tx, placed, request, here)
    effects: list[Effect] = []
    if interaction_store.of(tx, "like", request.by.actor_id, post.id) is not None:
        effects += unlike(tx, request, here).effects
    made = Interaction(
        ids.new_id(), here.new_activity(), "dislike", request.by.actor_id, post.id, None, "public", here.now
    )
    interaction_store.insert(tx, made)
    store.counted(tx, placed.post_id, downs=1)
    return Done(None, (*effects, *_told(tx, placed, made, here)))


def undislike(tx: Tx, request: React, here: Here) -> Done[None]:
    placed, _ = _placed(tx, request)
    return Done(None, tuple(_back(tx, placed, request, "dislike", here)))


def receive_vote(tx: Tx, request: ReceiveVote, here: Here) -> Done[str]:
    """A vote by somebody elsewhere on a post in a group, counted once and passed on by a group of ours."""
    reaction = request.reaction
    placed = store.post(tx, reaction.post_id)
    if placed is None:
        return (
            interactions.receive_reaction(tx, reaction, here) if request.value > 0 else Done("no votes against here")
        )
    group = store.by_id(tx, placed.group_id)
    if group is not None and group.local and store.standing(tx, group.actor_id, reaction.actor_id).banned(here.now):
        return Done("banned from the group")
    kind = "like" if request.value > 0 else "dislike"
    if interaction_store.of(tx, kind, reaction.actor_id, reaction.post_id) is not None:
        return Done("counted already")
    _not_twice(tx, reaction)
    other = interaction_store.of(tx, "dislike" if kind == "like" else "like", reaction.actor_id, reaction.post_id)
    if other is not None:
        _removed(tx, other)
    effects: tuple[Effect, ...] = ()
    if kind == "like":
        done = interactions.receive_reaction(tx, reaction, here)
        if done.value != "counted":
            return done
        effects = done.effects
        store.counted(tx, placed.post_id, ups=1)
    else:
        if posts.buried(tx, reaction.iri) is not None:
            return Done("taken back before it came")
        made = Interaction(
            ids.new_id(), reaction.iri, "dislike", reaction.actor_id, reaction.post_id, None, "public", here.now
        )
        if not interaction_store.insert(tx, made):
            return Done("counted already")
        store.counted(tx, placed.post_id, downs=1)
    return Done("counted", (*effects, *_passed(tx, group, placed, request.document, here)))


def _not_twice(tx: Tx, reaction: ReceiveReaction) -> None:
    """What the group elsewhere passed on of a voter counts no more once they tell us themselves."""
    voter = actors.by_id(tx, reaction.actor_id)
    before = store.announced_vote_of(tx, reaction.post_id, voter.iri) if voter is not None else 0
    if voter is not None and before:
        store.set_announced_vote(tx, reaction.post_id, voter.iri, "", 0)
        store.counted(tx, reaction.post_id, ups=-(before == 1), downs=-(before == -1))


def receive_vote_undo(tx: Tx, request: ReceiveVoteUndo, here: Here) -> Done[str]:
    undo = request.undo
    made = interaction_store.by_iri(tx, undo.iri)
    if made is None and undo.post_iri is not None:
        post = posts.by_iri(tx, undo.post_iri)
        kinds = (undo.kind,) if undo.kind is not None else ("like", "dislike")
        found = (interaction_store.of(tx, kind, undo.actor_id, post.id) for kind in kinds) if post is not None else ()
        made = next((each for each in found if each is not None), None)
    placed = store.post(tx, made.post_id) if made is not None and made.kind in ("like", "dislike") else None
    if made is None or placed is None or made.actor_id != undo.actor_id:
        return interactions.receive_undo(tx, undo, here)
    _removed(tx, made)
    group = store.by_id(tx, placed.group_id)
    return Done("taken back", tuple(_passed(tx, group, placed, request.document, here)))


def _removed(tx: Tx, made: Interaction) -> None:
    if made.kind == "like":
        interactions.taken_back(tx, made)
        store.counted(tx, made.post_id, ups=-1)
    else:
        interaction_store.remove(tx, made.id)
        store.counted(tx, made.post_id, downs=-1)


def _back(tx: Tx, placed: GroupPost, request: React, kind: str, here: Here) -> list[Effect]:
    made = interaction_store.of(tx, kind, request.by.actor_id, request.post_id)
    if made is None:
        return []
    _removed(tx, made)
    return _told(tx, placed, made, here, undone=True)


def _besides(tx: Tx, placed: GroupPost, effects: tuple[Effect, ...]) -> list[Effect]:
    """What a like causes beside a delivery of its own, where `_told` sends it to the author as well."""
    group = store.by_id(tx, placed.group_id)
    here = group is None or group.local
    return [each for each in effects if here or not isinstance(each, Deliver)]


def _told(tx: Tx, placed: GroupPost, made: Interaction, here: Here, *, undone: bool = False) -> list[Effect]:
    """A member's vote: to the group elsewhere, which passes it on, and a vote for a post to its author, whose server may know
    no groups; by a group here, at once."""
    group, by = store.by_id(tx, placed.group_id), actors.by_id(tx, made.actor_id)
    home, post = actors.by_id(tx, placed.group_id), posts.by_id(tx, made.post_id)
    if group is None or by is None or home is None or post is None:
        return []
    author = actors.by_id(tx, post.actor_id) if made.kind == "like" and not group.local else None
    vote = build.activity(
        "Like" if made.kind == "like" else "Dislike",
        made.iri,
        by.iri,
        post.iri,
        to=(home.iri,),
        cc=(author.iri,) if author is not None else (),
        context=PLAIN_CONTEXT,
        audience=home.iri,
    )
    sent = wire.undo(vote, by, here) | {"audience": home.iri} if undone else vote
    if group.local:
        return _passed(tx, group, placed, sent, here)
    people = (home.id, author.id) if author is not None else (home.id,)
    return [Deliver(by.id, sent, Audience(actor_ids=people), post.iri)]


def _passed(tx: Tx, group: Group | None, placed: GroupPost, document: Mapping[str, Any], here: Here) -> list[Effect]:
    hosted = store.hosted(tx, placed.group_id) if group is not None and group.local and group.votes else None
    post = posts.by_id(tx, placed.post_id)
    if hosted is None or post is None or placed.state != "shown":
        return []
    return [announcing.wrapped(hosted, document, here, object_iri=post.iri, form="vote")]


def _placed(tx: Tx, request: React) -> tuple[GroupPost, Post]:
    post = posts.by_id(tx, request.post_id) if posts.is_visible(tx, request.post_id, request.by.actor_id) else None
    placed = store.post(tx, request.post_id)
    if post is None or placed is None:
        raise NotFound("no such post in a group")
    return placed, post


def _must_not_be_banned(tx: Tx, placed: GroupPost, request: React, here: Here) -> None:
    if store.standing(tx, placed.group_id, request.by.actor_id).banned(here.now):
        raise NotAllowed("banned", public="You are banned from this group")
