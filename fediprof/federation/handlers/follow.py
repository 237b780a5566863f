"""Follow: somebody elsewhere wants a member's posts."""

from __future__ import annotations

from fediprof.actors import store as actors
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveFollow, receive_follow
from fediprof.here import INSTANCE_ACTOR


async def member(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if target is None or not target.local or target.gone_at is not None or target.username == INSTANCE_ACTOR:
        return "nobody here to follow"
    return await inbound.perform(receive_follow, ReceiveFollow(inbound.activity.id, inbound.actor.id, target.id))
