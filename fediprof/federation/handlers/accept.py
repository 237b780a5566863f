"""Accept and Reject: the answer to a member's Follow, and a group's no to a member's post. Reject also ends a follow accepted
before."""

from __future__ import annotations

from fediprof.federation.handlers import passed_on
from fediprof.federation.inbound import Inbound
from fediprof.follows.commands import ReceiveAnswer
from fediprof.groups import membership, verdicts
from fediprof.groups.verdicts import ReceiveRefusal, Verdict


async def follow(inbound: Inbound) -> str:
    return await _answer(inbound, accepted=True)


async def rejected_follow(inbound: Inbound) -> str:
    """Of a group also of what a member sent it (FEP-1b12: a group MAY answer with Reject)."""
    iri, kind, _, target = inbound.inner()
    if inbound.actor.type == "Group" and kind in (None, "Create", "Article", "Page", "Note"):
        group_id = inbound.actor.id
        about = target if kind == "Create" and target is not None else iri
        if await inbound.read(lambda tx: verdicts.was_sent(tx, group_id, about) is not None):
            why = passed_on.reason(inbound.activity.document or {})
            verdict = Verdict(inbound.actor.id, inbound.actor.iri, about, inbound.activity.id, why)
            return await inbound.perform(verdicts.receive_refusal, ReceiveRefusal(verdict))
    return await _answer(inbound, accepted=False)


async def _answer(inbound: Inbound, *, accepted: bool) -> str:
    """Matched by the Follow's id; by its two sides where a server made up another id."""
    iri, kind, actor, target = inbound.inner()
    if kind not in (None, "Follow", "Join") or (target is not None and target != inbound.actor.iri):
        return "answers nothing we asked"
    request = ReceiveAnswer(accepted, inbound.actor.id, iri, actor)
    return await inbound.perform(membership.receive_answer, request)
