"""Who is gone, erased here or deleted on their own server, moderates no group and stands in none; who moved decides in none. What they wrote goes with
their account: the Delete of the account itself says so to every server that got it by way of a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fediprof.actors import commands as people
from fediprof.actors import store as actors
from fediprof.actors.commands import MoveAway, ReceiveActorDeletion, ReceiveMove
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.groups import announcing, log, orphans, store
from fediprof.here import Here
from fediprof.posts import store as posts

UNBOOSTED = 100


@dataclass(frozen=True, slots=True)
class ReceiveDeparture:
    """A Delete of an actor by itself. `forwardable`: its bytes, when others can believe them without us."""

    deletion: ReceiveActorDeletion
    document: Mapping[str, Any] = field(default_factory=dict)
    forwardable: bytes | None = None
    sender_host: str = ""


def leave_groups(tx: Tx, gone: Actor, activity: Mapping[str, Any], here: Here) -> list[Effect]:
    """A member is erased. Their own Delete goes to the members of each group here that they wrote in, signed by them: every
    server reads that, and nothing is wrapped that would tell of a private group. To groups elsewhere it goes as to all who
    were written to."""
    told: list[Effect] = [
        Deliver(gone.id, activity, Audience(group_id), gone.iri) for group_id in store.of_person_anywhere(tx, gone.id)
    ]
    return [*told, *_forget(tx, gone, here)]


def receive_departure(tx: Tx, request: ReceiveDeparture, here: Here) -> Done[str]:
    """Somebody elsewhere deleted their account. What groups here boosted of theirs is taken back, the newest first; the
    Delete itself is passed on where it carries its own proof."""
    gone = actors.by_iri(tx, request.deletion.actor_iri)
    if gone is None or gone.local or gone.gone_at is not None:
        return people.receive_actor_deletion(tx, request.deletion, here)
    effects: list[Effect] = []
    for group_id in store.of_person_anywhere(tx, gone.id):
        hosted = store.hosted(tx, group_id)
        if hosted is None:
            continue
        if request.forwardable is not None:
            audience = Audience(hosted.id, but_host=request.sender_host)
            effects.append(Deliver(hosted.id, request.document, audience, gone.iri, body=request.forwardable))
        for placed in store.of_person(tx, hosted.id, gone.id, ("shown",), UNBOOSTED):
            post = posts.by_id(tx, placed.post_id)
            effects += announcing.unboost(tx, hosted, post, gone, here) if post is not None else []
    done = people.receive_actor_deletion(tx, request.deletion, here)
    return Done(done.value, (*effects, *done.effects, *_forget(tx, gone, here)))


def move_away(tx: Tx, request: MoveAway, here: Here) -> Done[Actor]:
    """A member moves to an account of elsewhere."""
    done = people.move_away(tx, request, here)
    left = store.moderated_by(tx, done.value.iri)
    return Done(done.value, (*done.effects, *orphans.told(tx, left)))


def receive_move(tx: Tx, request: ReceiveMove, here: Here) -> Done[str]:
    """Somebody elsewhere moves."""
    done = people.receive_move(tx, request, here)
    old = actors.by_id(tx, request.actor_id)
    left = store.moderated_by(tx, old.iri) if old is not None and done.value == "moved" else []
    return Done(done.value, (*done.effects, *orphans.told(tx, left)))


def _forget(tx: Tx, gone: Actor, here: Here) -> list[Effect]:
    """A group may be left without a moderator: then who runs the server decides in it, and is told."""
    left = store.moderated_by(tx, gone.iri)
    for group_id in left:
        if store.hosted(tx, group_id) is not None:
            log.add(
                tx,
                here,
                group_id=group_id,
                by_iri=gone.iri,
                action="resign",
                subject_iri=gone.iri,
                subject_id=gone.id,
            )
    store.forget_person(tx, gone.id, gone.iri)
    return orphans.told(tx, left, but=gone.id)
