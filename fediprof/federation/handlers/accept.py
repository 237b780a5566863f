"""Accept and Reject: the answer to a member's Follow. Reject also ends a follow accepted before."""

from __future__ import annotations

from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveAnswer, receive_answer


async def follow(inbound: Inbound) -> str:
    return await _answer(inbound, accepted=True)


async def rejected_follow(inbound: Inbound) -> str:
    return await _answer(inbound, accepted=False)


async def _answer(inbound: Inbound, *, accepted: bool) -> str:
    """Matched by the Follow's id; by its two sides where a server made up another id."""
    iri, kind, actor, target = inbound.inner()
    if kind not in (None, "Follow") or (target is not None and target != inbound.actor.iri):
        return "answers nothing we asked"
    request = ReceiveAnswer(accepted, inbound.actor.id, iri, actor)
    return await inbound.perform(receive_answer, request)
