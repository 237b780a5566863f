"""Follow: somebody elsewhere wants a member's posts, or into a group here. Join is the same for groups (streams, Smithereen)."""

from __future__ import annotations

from fediprof.actors import store as actors
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveFollow, receive_follow
from fediprof.groups import membership
from fediprof.groups import store as groups
from fediprof.here import INSTANCE_ACTOR


async def member(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    if target is None or not target.local or target.gone_at is not None or target.username == INSTANCE_ACTOR:
        return "nobody here to follow"
    request = ReceiveFollow(inbound.activity.id, inbound.actor.id, target.id)
    if target.type == "Group":
        await _asked_what_it_runs(inbound, target.id)
        return await inbound.perform(membership.receive_join, request)
    return await inbound.perform(receive_follow, request)


async def _asked_what_it_runs(inbound: Inbound, group_id: int) -> None:
    """Into a private group only software is let that keeps what is private to itself: asked now, where nobody did."""
    host = inbound.actor.host
    hosted = await inbound.read(lambda tx: groups.by_id(tx, group_id))
    if hosted is None or not hosted.private or await inbound.read(lambda tx: groups.software_of(tx, host) != ""):
        return
    if inbound.resolver.budget.take(host):
        await inbound.resolver.software(host)


async def group(inbound: Inbound) -> str:
    target = await inbound.read(lambda tx: actors.by_iri(tx, inbound.object_id))
    return await member(inbound) if target is not None and target.type == "Group" else "no group here to join"
