"""Update: a post is revised, or an actor's document has changed."""

from __future__ import annotations

from fediprof.errors import NotAllowed
from fediprof.federation.handlers import create, group
from fediprof.federation.inbound import Inbound
from fediprof.groups import intake, remote_acts
from fediprof.groups.intake import ReceiveGroupRevision
from fediprof.groups.remote_acts import ReceiveCharter
from fediprof.posts import receive, wire
from fediprof.posts.receive import ReceiveRevision


async def post(inbound: Inbound) -> str:
    document = await create.brought(inbound)
    if document is None:
        return "nothing at its address"
    written = create.must_be_theirs(inbound, document)
    request = ReceiveRevision(
        written,
        inbound.actor,
        wire.html_of(written),
        forwardable=inbound.forwardable,
        activity_iri=inbound.activity.id,
        sender_host=inbound.host,
    )
    if (group_id := await group.of(inbound, written)) is not None:
        for_group = ReceiveGroupRevision(request, group_id, group.carried(inbound))
        return (await inbound.perform(intake.receive_revision, for_group)).outcome
    return (await inbound.perform(receive.receive_revision, request)).outcome


async def actor(inbound: Inbound) -> str:
    """Only of oneself. The document is asked for at its address: what is embedded may be partial, or old. A group here may
    be changed by its moderators elsewhere."""
    if inbound.object_id != inbound.actor.iri:
        group_id = await group.ours(inbound, inbound.object_id)
        if group_id is not None and inbound.activity.embedded is not None:
            charter = ReceiveCharter(inbound.actor, group_id, inbound.activity.embedded, group.carried(inbound))
            return await inbound.perform(remote_acts.receive_charter, charter)
        raise NotAllowed("an update of another actor")
    after = await inbound.resolver.actor(inbound.actor.iri, fresh=True)
    return "refreshed" if after is not None else "nothing at its address"
