"""Delete: a post goes, or an actor."""

from __future__ import annotations

from fediprof.actors.commands import ReceiveActorDeletion, receive_actor_deletion
from fediprof.as2 import origin
from fediprof.federation.handlers import group
from fediprof.federation.inbound import Inbound
from fediprof.groups import intake
from fediprof.groups.intake import ReceiveGroupDeletion
from fediprof.posts.receive import ReceiveDeletion


async def anything(inbound: Inbound) -> str:
    """The object must be on the deleter's host, and its author be the deleter."""
    iri = inbound.object_id
    if iri == inbound.actor.iri:
        return await inbound.perform(receive_actor_deletion, ReceiveActorDeletion(iri))
    origin.must_share_origin(iri, inbound.actor.iri)
    request = ReceiveDeletion(
        iri,
        inbound.actor.iri,
        forwardable=inbound.forwardable,
        activity_iri=inbound.activity.id,
        sender_host=inbound.host,
    )
    for_group = ReceiveGroupDeletion(request, group.carried(inbound))
    return (await inbound.perform(intake.receive_deletion, for_group)).outcome
