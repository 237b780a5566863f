"""Lock: a thread, or an answer, takes no more answers: in a group here, by its moderators; in one elsewhere as its own server tells
us, in an Announce or without."""

from __future__ import annotations

from fediprof.federation.handlers import group, passed_on
from fediprof.federation.inbound import Inbound
from fediprof.groups import remote_acts


async def thread(inbound: Inbound) -> str:
    found = await group.others_post(inbound, inbound.object_id)
    if found is None:
        return await passed_on.locked(inbound, inbound.object_id) or "a lock in no group of ours"
    return await inbound.perform(remote_acts.receive_lock, group.act(inbound, found.group_id, inbound.object_id))
