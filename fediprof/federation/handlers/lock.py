"""Lock: a thread in a group here takes no more answers. What groups elsewhere lock comes in their Announce."""

from __future__ import annotations

from fediprof.federation.handlers import group
from fediprof.federation.inbound import Inbound
from fediprof.groups import remote_acts


async def thread(inbound: Inbound) -> str:
    found = await group.others_post(inbound, inbound.object_id)
    if found is None:
        return "a lock in no group of ours"
    return await inbound.perform(remote_acts.receive_lock, group.act(inbound, found.group_id, inbound.object_id))
