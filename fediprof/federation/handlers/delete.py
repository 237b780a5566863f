"""Delete: a post goes, or an actor; a moderator takes a post out of a group here."""

from __future__ import annotations

from fediprof.actors.commands import ReceiveActorDeletion
from fediprof.as2 import origin
from fediprof.federation.handlers import group, passed_on
from fediprof.federation.inbound import Inbound
from fediprof.groups import intake, remote_acts
from fediprof.groups.departure import ReceiveDeparture, receive_departure
from fediprof.groups.intake import ReceiveGroupDeletion
from fediprof.posts.receive import ReceiveDeletion


async def anything(inbound: Inbound) -> str:
    """The object must be on the deleter's host, and its author be the deleter; in a group its moderators may as well."""
    iri = inbound.object_id
    if iri == inbound.actor.iri:
        departure = ReceiveDeparture(
            ReceiveActorDeletion(iri), inbound.activity.document or {}, inbound.forwardable, inbound.host
        )
        return await inbound.perform(receive_departure, departure)
    placed = await group.others_post(inbound, iri)
    if placed is not None:
        return await inbound.perform(remote_acts.receive_removal, group.act(inbound, placed.group_id, iri))
    if (outcome := await passed_on.taken_out(inbound, iri)) is not None:
        return outcome
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
