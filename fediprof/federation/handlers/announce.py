"""Announce: a post is passed on. Fetched from its own host when we do not hold it and somebody here follows who
passes it on; an embedded copy is never believed."""

from __future__ import annotations

from fediprof.as2 import audience, names, reader
from fediprof.federation.inbound import Inbound
from fediprof.follows import store as follows
from fediprof.interactions.commands import ReceiveReaction, receive_reaction
from fediprof.posts import store as posts

DEPTH = 3


async def post(inbound: Inbound) -> str:
    iri = inbound.object_id
    if iri == inbound.activity.id:
        return "announces itself"
    embedded = inbound.activity.embedded
    if embedded is not None and set(reader.types(embedded)) & names.ACTIVITY_TYPES:
        return await _group(inbound)
    found = await inbound.read(lambda tx: posts.by_iri(tx, iri))
    if found is None:
        followed = await inbound.read(lambda tx: follows.local_follower_ids(tx, inbound.actor.id))
        if not followed:
            return "concerns nobody here"
        found = await inbound.resolver.post(iri, depth=DEPTH)
    if found is None or found.deleted_at is not None:
        return "the post cannot be had"
    activity = inbound.activity
    visibility = audience.visibility_of(activity.to, activity.cc, inbound.actor.followers)
    request = ReceiveReaction(activity.id, "announce", inbound.actor.id, found.id, activity.published, visibility)
    return await inbound.perform(receive_reaction, request)


async def _group(inbound: Inbound) -> str:
    """A group passes on an activity (FEP-1b12). Its object is fetched from where it lives, for who follows the group."""
    embedded = inbound.activity.embedded or {}
    kinds = set(reader.types(embedded))
    iri = reader.iri(embedded.get("object"))
    if not kinds & {"Create", "Update"} or iri is None:
        return "a group's bookkeeping"
    followed = await inbound.read(lambda tx: follows.local_follower_ids(tx, inbound.actor.id))
    if not followed:
        return "concerns nobody here"
    found = await inbound.resolver.post(iri, depth=DEPTH)
    if found is None:
        return "the post cannot be had"
    if found.in_reply_to_iri is not None:
        return "an answer in a group, kept with its thread"
    request = ReceiveReaction(inbound.activity.id, "announce", inbound.actor.id, found.id, inbound.activity.published)
    return await inbound.perform(receive_reaction, request)
