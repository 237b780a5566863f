"""Undo: of a follow, a like, an announce, a block, a deletion, and of what a moderator did in a group. By who did it, and
nobody else, but where a group's own server speaks of what is in it; the kind is asked of our own rows where the Undo names
only an id."""

from __future__ import annotations

from fediprof.as2 import names, origin, reader
from fediprof.errors import NotAllowed
from fediprof.federation.handlers import create, group, passed_on
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveUnfollow, receive_unfollow
from fediprof.groups import log, remote_acts, store, voting
from fediprof.groups.returns import ForgetDeletion, ReceiveReturnedPost, forget_deletion, receive_return
from fediprof.groups.voting import ReceiveVoteUndo
from fediprof.interactions.commands import ReceiveUndo, receive_undo
from fediprof.moderation.commands import ReceiveUnblock, receive_unblock
from fediprof.posts import store as posts
from fediprof.posts import wire
from fediprof.posts.receive import ReceiveReturn

_KINDS = {"Like": "like", "EmojiReact": "like", "Dislike": "dislike", "Announce": "announce"}


async def anything(inbound: Inbound) -> str:
    iri, kind, actor, target = inbound.inner()
    if (outcome := await passed_on.taken_back(inbound, kind, target)) is not None:
        return outcome
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
            return await _returned(inbound, target) if kind == "Delete" else None
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
    group_id = event.group_id
    if await inbound.read(lambda tx: store.hosted(tx, group_id)) is None:
        return await passed_on.taken_back_by_id(inbound, event)
    named = _BY_ACTION.get(event.action)
    if named is None:
        return None
    asked = group.act(inbound, event.group_id, event.subject_iri, undone=True)
    return await inbound.perform(named, asked)


async def _returned(inbound: Inbound, iri: str) -> str | None:
    """An author takes a Delete back: what is embedded is believed of them, else the post is asked for at its address."""
    known = await inbound.read(lambda tx: posts.by_iri(tx, iri))
    if known is not None and known.actor_id != inbound.actor.id:
        return None
    origin.must_share_origin(iri, inbound.actor.iri)
    if known is None:
        return await inbound.perform(forget_deletion, ForgetDeletion(iri, inbound.actor.iri))
    document = reader.one((inbound.activity.embedded or {}).get("object"))
    if not isinstance(document, dict) or not set(reader.types(document)) & names.POST_TYPES:
        found = await inbound.resolver.documents.fetch(iri)
        document = found.document if found is not None else None
    if document is None or not set(reader.types(document)) & names.POST_TYPES:
        return "its author brought it back, and it is not at its address"
    written = create.must_be_theirs(inbound, document)
    if written.id != iri:
        raise NotAllowed("an Undo that brings something else back")
    returned = ReceiveReturn(written, inbound.actor, wire.html_of(written))
    request = ReceiveReturnedPost(returned, document, group.carried(inbound))
    return (await inbound.perform(receive_return, request)).outcome


_BY_ACTION = {
    "remove": remote_acts.receive_removal,
    "lock": remote_acts.receive_lock,
    "ban": remote_acts.receive_ban,
}
