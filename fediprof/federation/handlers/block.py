"""Block: somebody elsewhere does not want a member near; with a `target`, a ban from a group, or by a server from itself."""

from __future__ import annotations

from fediprof.actors import store as actors
from fediprof.as2 import origin
from fediprof.federation.handlers import group, passed_on
from fediprof.federation.inbound import Inbound
from fediprof.groups import remote_acts, verdicts
from fediprof.groups.remote_acts import ReceiveServerBan
from fediprof.moderation.commands import ReceiveBlock, receive_block


async def member(inbound: Inbound) -> str:
    target = inbound.activity.target
    if target is not None and target != inbound.object_id:
        return await _ban(inbound, target)
    found = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if found is None or not found.local:
        return "nobody here"
    return await inbound.perform(receive_block, ReceiveBlock(inbound.activity.id, inbound.actor.id, found.id))


async def _ban(inbound: Inbound, target: str) -> str:
    """From a group here: by its moderators. From a whole server: by that server, of its own people (groups §7.2)."""
    group_id = await group.ours(inbound, target)
    if group_id is not None:
        await group.known(inbound, inbound.object_id)
        return await inbound.perform(remote_acts.receive_ban, group.act(inbound, group_id, inbound.object_id))
    if (elsewhere := await passed_on.told_directly(inbound, target)) is not None:
        return await inbound.perform(verdicts.receive_ban, passed_on.ban(elsewhere.id, inbound.activity))
    if not origin.same_origin(target, inbound.actor.iri):
        return "a ban from a server by somebody else"
    person = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if person is None or person.local:
        return "a ban elsewhere, of nobody known by them"
    document = inbound.activity.document or {}
    request = ReceiveServerBan(
        inbound.actor, person.id, remote_acts.words_of(document), document.get("removeData") is True
    )
    return await inbound.perform(remote_acts.receive_server_ban, request)
