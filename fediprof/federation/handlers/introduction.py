"""What handlers ask about introductions: whether a private reply answers one (`introductions.rules`)."""

from __future__ import annotations

from fediprof.as2 import audience
from fediprof.as2 import model as as2
from fediprof.db.database import Tx
from fediprof.errors import Conflict, NotFound
from fediprof.federation.inbound import Inbound
from fediprof.introductions import rules, store
from fediprof.introductions.commands import AnswerIntroduction, answer
from fediprof.posts import store as posts
from fediprof.posts import wire
from fediprof.text.html import plain

ANCESTORS = 10


async def answered(inbound: Inbound, written: as2.Post) -> str | None:
    """What becomes of a reply that is an answer and nothing more; None for every other post. One that says more counts too,
    and goes on to who proposed as the message it is. Only from the person asked, and only in that conversation."""
    parent = written.in_reply_to
    if parent is None or audience.visibility_of(written.to, written.cc, inbound.actor.followers) != "direct":
        return None
    number = await inbound.read(lambda tx: _asked(tx, parent, inbound.actor.id))
    if number is None:
        return None
    says, alone = rules.said_in(plain(wire.html_of(written)))
    if says is None:
        return None
    try:
        await inbound.perform(answer, AnswerIntroduction(inbound.actor.id, number, says))
        outcome = "an answer to an introduction"
    except (Conflict, NotFound):
        outcome = "an answer to an introduction, too late"
    return outcome if alone else None


def _asked(tx: Tx, iri: str, person_id: int) -> int | None:
    """The introduction that the message asked about, or one above it in the same conversation."""
    for _ in range(ANCESTORS):
        if (found := store.asked_by_note(tx, iri, person_id)) is not None:
            return found
        above = posts.by_iri(tx, iri)
        if above is None or above.in_reply_to_iri is None:
            return None
        iri = above.in_reply_to_iri
    return None
