"""Announce: a post is passed on. Fetched from its own host when we do not hold it and somebody here follows who
passes it on; an embedded copy is never believed. An activity inside is a group's (`passed_on`)."""

from __future__ import annotations

from fediprof.as2 import audience, names, reader
from fediprof.federation.handlers import passed_on
from fediprof.federation.inbound import Inbound
from fediprof.groups import store
from fediprof.groups.receive import ReceiveBoost, receive_boost
from fediprof.interactions.commands import ReceiveReaction, receive_reaction
from fediprof.posts import store as posts

DEPTH = 3


async def post(inbound: Inbound) -> str:
    iri = inbound.object_id
    if iri == inbound.activity.id:
        return "announces itself"
    embedded = inbound.activity.embedded
    if embedded is not None and set(reader.types(embedded)) & names.ACTIVITY_TYPES:
        return await passed_on.activity(inbound)
    found = await inbound.read(lambda tx: posts.by_iri(tx, iri))
    if found is None:
        followed = await inbound.read(lambda tx: store.asked_here(tx, inbound.actor.id))
        if not followed:
            return "concerns nobody here"
        found = await inbound.resolver.post(iri, depth=DEPTH)
    if found is None or found.deleted_at is not None:
        return "the post cannot be had"
    activity = inbound.activity
    visibility = audience.visibility_of(activity.to, activity.cc, inbound.actor.followers)
    request = ReceiveReaction(activity.id, "announce", inbound.actor.id, found.id, activity.published, visibility)
    if inbound.actor.type == "Group" and await inbound.read(lambda tx: store.by_id(tx, inbound.actor.id)) is not None:
        return await inbound.perform(receive_boost, ReceiveBoost(inbound.actor.id, request))
    return await inbound.perform(receive_reaction, request)
