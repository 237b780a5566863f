"""Follow: somebody elsewhere wants a member's posts, or into a group here. Join is the same for groups (streams, Smithereen)."""

from __future__ import annotations

from fediprof.actors import store as actors
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveFollow, receive_follow
from fediprof.groups import membership
from fediprof.here import INSTANCE_ACTOR


async def member(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if target is None or not target.local or target.gone_at is not None or target.username == INSTANCE_ACTOR:
        return "nobody here to follow"
    request = ReceiveFollow(inbound.activity.id, inbound.actor.id, target.id)
    if target.type == "Group":
        return await inbound.perform(membership.receive_join, request)
    return await inbound.perform(receive_follow, request)


async def group(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    return await member(inbound) if target is not None and target.type == "Group" else "no group here to join"
