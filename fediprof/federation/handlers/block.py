"""Block: somebody elsewhere does not want a member near."""

from __future__ import annotations

from fediprof.actors import store as actors
from fediprof.federation.inbound import Inbound
from fediprof.moderation.commands import ReceiveBlock, receive_block


async def member(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if target is None or not target.local:
        return "nobody here"
    return await inbound.perform(receive_block, ReceiveBlock(inbound.activity.id, inbound.actor.id, target.id))
