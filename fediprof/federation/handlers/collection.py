"""Add and Remove: posts an actor pins to its profile, only one's own posts, into one's own featured collection; threads on
top of a group here, and its moderators."""

from __future__ import annotations

from fediprof.as2 import origin
from fediprof.federation.handlers import group
from fediprof.federation.inbound import Inbound
from fediprof.groups import remote_acts
from fediprof.posts.receive import ReceivePin, receive_pin


async def added(inbound: Inbound) -> str:
    return await _changed(inbound, pinned=True)


async def removed(inbound: Inbound) -> str:
    return await _changed(inbound, pinned=False)


async def _changed(inbound: Inbound, *, pinned: bool) -> str:
    target = inbound.activity.target
    if target is not None and target != inbound.actor.featured:
        group_id, name = await _of_group(inbound, target)
        if group_id is not None:
            return await _in_group(inbound, group_id, name, undone=not pinned)
    if inbound.activity.target is None or inbound.activity.target != inbound.actor.featured:
        return "a collection we do not keep"
    origin.must_share_origin(inbound.object_id, inbound.actor.iri)
    found = await inbound.resolver.post(inbound.object_id)
    if found is None or found.actor_id != inbound.actor.id:
        return "not a post of theirs"
    return await inbound.perform(receive_pin, ReceivePin(inbound.actor.id, found.id, pinned))


async def _of_group(inbound: Inbound, target: str) -> tuple[int | None, str]:
    """(the group of ours, featured or moderators), where the target is one of these two."""
    owner, _, name = target.rpartition("/")
    if name not in ("featured", "moderators"):
        return None, name
    return await group.ours(inbound, owner), name


async def _in_group(inbound: Inbound, group_id: int, name: str, *, undone: bool) -> str:
    asked = group.act(inbound, group_id, inbound.object_id, undone=undone)
    if name == "featured":
        return await inbound.perform(remote_acts.receive_pin, asked)
    if not undone:
        await group.known(inbound, inbound.object_id)
    return await inbound.perform(remote_acts.receive_appointment, asked)
