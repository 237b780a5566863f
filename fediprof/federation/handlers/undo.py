"""Undo: of a follow, a like, an announce, a block, and of what a moderator did in a group here. By who did it, and nobody else; the kind is asked of our own rows
where the Undo names only an id."""

from __future__ import annotations

from fediprof.as2 import origin, reader
from fediprof.errors import NotAllowed
from fediprof.federation.handlers import group
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveUnfollow, receive_unfollow
from fediprof.groups import log, remote_acts, voting
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
    if (outcome := await _moderation(inbound, iri, kind, target)) is not None:
        return outcome
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


async def _moderation(inbound: Inbound, iri: str, kind: str | None, target: str | None) -> str | None:
    """Of a Delete, Lock or Block in a group of ours; named by its id alone, as we keep it in the log. None: it is none."""
    if kind in ("Delete", "Lock") and target is not None:
        placed = await group.others_post(inbound, target)
        if placed is None:
            return None
        command = remote_acts.receive_removal if kind == "Delete" else remote_acts.receive_lock
        return await inbound.perform(command, group.act(inbound, placed.group_id, target, undone=True))
    if kind == "Block" and target is not None:
        where = reader.iri((inbound.activity.embedded or {}).get("target"))
        group_id = await group.ours(inbound, where) if where is not None else None
        if group_id is None:
            return None
        asked = group.act(inbound, group_id, target, undone=True)
        return await inbound.perform(remote_acts.receive_ban, asked)
    event = await inbound.read(lambda tx: log.by_activity(tx, iri)) if kind is None else None
    if event is None or event.group_id is None or event.by_iri != inbound.actor.iri:
        return None
    named = _BY_ACTION.get(event.action)
    if named is None:
        return None
    asked = group.act(inbound, event.group_id, event.subject_iri, undone=True)
    return await inbound.perform(named, asked)


_BY_ACTION = {
    "remove": remote_acts.receive_removal,
    "lock": remote_acts.receive_lock,
    "ban": remote_acts.receive_ban,
}
