"""Like and EmojiReact: on a post we hold. An emoji reaction counts as a like, and shows its emoji."""

from __future__ import annotations

from fediprof.errors import TryLater
from fediprof.federation.inbound import Inbound
from fediprof.interactions.commands import ReceiveReaction, receive_reaction
from fediprof.posts import store as posts

WAITS = 2
"""How often a like is put off because its post may still be on the way."""


async def post(inbound: Inbound) -> str:
    iri = inbound.object_id
    found = await inbound.read(lambda tx: posts.by_iri(tx, iri))
    if found is None:
        if inbound.attempts < WAITS and inbound.resolver.is_elsewhere(iri):
            raise TryLater("a like that came before its post")
        return "a post we do not hold"
    emoji = inbound.activity.content[:100] or None
    request = ReceiveReaction(
        inbound.activity.id, "like", inbound.actor.id, found.id, inbound.activity.published, emoji=emoji
    )
    return await inbound.perform(receive_reaction, request)
