"""Flag: a report about a member or a member's posts, for whoever runs this server."""

from __future__ import annotations

from fediprof.federation.inbound import Inbound
from fediprof.moderation.commands import ReceiveFlag, receive_flag
from fediprof.text.html import plain


async def report(inbound: Inbound) -> str:
    activity = inbound.activity
    objects = activity.object_ids or ((activity.object_id,) if activity.object_id else ())
    request = ReceiveFlag(activity.id, inbound.actor.iri, objects[:100], plain(activity.content))
    return await inbound.perform(receive_flag, request)
