"""Undo: of a follow, a like, an announce, a block. By who did it, and nobody else; the kind is asked of our own rows
where the Undo names only an id."""

from __future__ import annotations

from fediprof.as2 import origin
from fediprof.errors import NotAllowed
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveUnfollow, receive_unfollow
from fediprof.groups import voting
from fediprof.groups.voting import ReceiveVoteUndo
from fediprof.interactions.commands import ReceiveUndo, receive_undo
from fediprof.moderation.commands import ReceiveUnblock, receive_unblock

_KINDS = {"Like": "like", "EmojiReact": "like", "Dislike": "dislike", "Announce": "announce"}


async def anything(inbound: Inbound) -> str:
    iri, kind, actor, target = inbound.inner()
    if actor is not None and actor != inbound.actor.iri:
        raise NotAllowed("an Undo of what somebody else did")
    if iri:
        origin.must_share_origin(iri, inbound.actor.iri)
    if kind in ("Follow", "Join"):
        return await follow(inbound, iri, target)
    if kind == "Block":
        return await inbound.perform(receive_unblock, ReceiveUnblock(inbound.actor.id, iri, target))
    if kind in _KINDS:
        return await _of_reaction(inbound, ReceiveUndo(inbound.actor.id, iri, _KINDS[kind], target))
    if kind is not None:
        return f"an Undo of {kind}, which has no effect here"
    for attempt in (follow, _reaction, _block):
        outcome = await attempt(inbound, iri, None)
        if not outcome.startswith("nothing"):
            return outcome
    return "nothing to take back"


async def follow(inbound: Inbound, iri: str, target: str | None) -> str:
    return await inbound.perform(receive_unfollow, ReceiveUnfollow(inbound.actor.id, iri, target))


async def left(inbound: Inbound) -> str:
    """Leave: a group, in one activity."""
    return await follow(inbound, "", inbound.object_id)


async def _reaction(inbound: Inbound, iri: str, target: str | None) -> str:
    return await _of_reaction(inbound, ReceiveUndo(inbound.actor.id, iri))


async def _of_reaction(inbound: Inbound, request: ReceiveUndo) -> str:
    if request.kind == "announce":
        return await inbound.perform(receive_undo, request)
    return await inbound.perform(voting.receive_vote_undo, ReceiveVoteUndo(request, inbound.activity.document or {}))


async def _block(inbound: Inbound, iri: str, target: str | None) -> str:
    return await inbound.perform(receive_unblock, ReceiveUnblock(inbound.actor.id, iri))
