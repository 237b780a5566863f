"""Add and Remove: posts an actor pins to its profile. Only one's own posts, into one's own featured collection."""

from __future__ import annotations

from fediprof.as2 import origin
from fediprof.federation.inbound import Inbound
from fediprof.posts.receive import ReceivePin, receive_pin


async def added(inbound: Inbound) -> str:
    return await _changed(inbound, pinned=True)


async def removed(inbound: Inbound) -> str:
    return await _changed(inbound, pinned=False)


async def _changed(inbound: Inbound, *, pinned: bool) -> str:
    if inbound.activity.target is None or inbound.activity.target != inbound.actor.featured:
        return "a collection we do not keep"
    origin.must_share_origin(inbound.object_id, inbound.actor.iri)
    found = await inbound.resolver.post(inbound.object_id)
    if found is None or found.actor_id != inbound.actor.id:
        return "not a post of theirs"
    return await inbound.perform(receive_pin, ReceivePin(inbound.actor.id, found.id, pinned))
