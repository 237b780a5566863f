"""Like, EmojiReact and Dislike: on a post we hold. An emoji reaction counts as a like, and shows its emoji; a Dislike counts
in groups alone."""

from __future__ import annotations

from fediprof.errors import TryLater
from fediprof.federation.inbound import Inbound
from fediprof.groups import voting
from fediprof.groups.voting import ReceiveVote
from fediprof.interactions.commands import ReceiveReaction
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
    value = -1 if inbound.activity.type == "Dislike" else 1
    return await inbound.perform(voting.receive_vote, ReceiveVote(request, value, inbound.activity.document or {}))
