"""A post whose author takes its deletion back (Lemmy's Undo of a Delete): in a group here it is shown again and that is passed on;
in one elsewhere, or in none, it is what its own server gives. What moderators took out no author brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.groups import announcing, log, remote_acts, store
from fediprof.groups.intake import Carried
from fediprof.groups.records import GroupPost, Hosted
from fediprof.here import Here
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import Arrival, ReceiveReturn
from fediprof.posts.records import Post


@dataclass(frozen=True, slots=True)
class ReceiveReturnedPost:
    """`document`: the post as its server gives it. `carried`: the Undo as it came to us; None when a group elsewhere passed it
    on."""

    returned: ReceiveReturn
    document: Mapping[str, Any]
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class ForgetDeletion:
    """Of a post we never held: its Delete came first, and is taken back now."""

    iri: str
    actor_iri: str


def receive_return(tx: Tx, request: ReceiveReturnedPost, here: Here) -> Done[Arrival]:
    known = posts.by_iri(tx, request.returned.written.id)
    placed = store.post(tx, known.id) if known is not None else None
    hosted = store.hosted(tx, placed.group_id) if placed is not None else None
    if known is not None and (why := _kept_out(tx, request, known, placed, hosted, here)) is not None:
        return Done(Arrival(known, why))
    done = receive.receive_return(tx, request.returned, here)
    if known is None or placed is None or done.value.outcome != "brought back":
        return done
    store.recount(tx, placed.thread_id)
    effects: list[Effect] = []
    if hosted is not None and placed.state == "shown" and request.carried is not None:
        effects.append(announcing.wrapped(hosted, request.carried.document, here, object_iri=known.iri))
        if placed.starts_thread:  # as when it first came: the boost was taken back with it
            post, created = done.value.post or known, {"object": request.document}
            effects += announcing.shared(tx, hosted, post, request.returned.author, created, here)
    return Done(done.value, (*done.effects, *effects))


def forget_deletion(tx: Tx, request: ForgetDeletion, here: Here) -> Done[str]:
    if posts.unbury(tx, request.iri, request.actor_iri):
        return Done("its deletion is forgotten: it comes when it is sent again")
    return Done("a post we do not hold")


def _kept_out(
    tx: Tx, request: ReceiveReturnedPost, known: Post, placed: GroupPost | None, hosted: Hosted | None, here: Here
) -> str | None:
    """Why it does not come back."""
    if placed is not None and placed.state in ("removed", "refused"):
        return "moderators took it out: it stays out"
    if log.last(tx, "remove", known.iri, None) is not None:
        return "who runs this server took it out: it stays out"
    if hosted is None:
        return None
    if hosted.group.closed_at is not None:
        return "its group is closed"
    if store.standing(tx, hosted.id, known.actor_id).banned(here.now):
        return "its author is banned from the group"
    return remote_acts.unfit(hosted, request.carried) if request.carried is not None else None
