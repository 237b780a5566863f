"""Move: somebody a member follows has a new address. Believed when the new actor, fetched afresh, names the old one."""

from __future__ import annotations

from fediprof.actors.commands import ReceiveMove
from fediprof.errors import NotAllowed
from fediprof.federation.inbound import Inbound
from fediprof.groups.departure import receive_move


async def actor(inbound: Inbound) -> str:
    if inbound.object_id != inbound.actor.iri or inbound.activity.target is None:
        raise NotAllowed("a move of somebody else, or to nowhere")
    target = await inbound.resolver.actor(inbound.activity.target, fresh=True)
    if target is None:
        return "the new account cannot be had"
    return await inbound.perform(receive_move, ReceiveMove(inbound.actor.id, target.id))
