"""Create: a post comes in. One that carries the code of a visitor who waits for it is none (`visitors.codes`), and so is a
reply that answers an introduction and says nothing more."""

from __future__ import annotations

from fediprof.as2 import audience, origin, parse, reader
from fediprof.as2 import model as as2
from fediprof.as2.model import Document
from fediprof.errors import Malformed, NotAllowed
from fediprof.federation.handlers import group, introduction
from fediprof.federation.inbound import Inbound
from fediprof.groups import intake
from fediprof.groups.intake import ReceiveGroupPost
from fediprof.posts import wire
from fediprof.posts.receive import ReceivePost
from fediprof.profiles import messages
from fediprof.text.html import plain
from fediprof.visitors import codes
from fediprof.visitors.codes import ProveByCode


async def post(inbound: Inbound) -> str:
    """The embedded object is believed when it is on its author's host; a bare IRI is fetched from there."""
    document = await brought(inbound)
    return await taken(inbound, document) if document is not None else "nothing at its address"


async def brought(inbound: Inbound) -> Document | None:
    """What an activity is about: as it stands in it, or as its actor's server gives it."""
    if inbound.activity.embedded is not None:
        return inbound.activity.embedded
    origin.must_share_origin(inbound.object_id, inbound.actor.iri)
    found = await inbound.resolver.documents.fetch(inbound.object_id)
    return found.document if found is not None else None


async def taken(inbound: Inbound, document: Document) -> str:
    if parse.is_poll_vote(document):
        return "a vote in no poll of ours"
    written = must_be_theirs(inbound, document)
    if (outcome := await _of_a_visitor(inbound, written)) is not None:
        return outcome
    if (outcome := await introduction.answered(inbound, written)) is not None:
        return outcome
    request = ReceivePost(
        written,
        inbound.actor,
        wire.html_of(written),
        forwardable=inbound.forwardable,
        activity_iri=inbound.activity.id,
        sender_host=inbound.host,
    )
    if (group_id := await group.of(inbound, written)) is not None:
        for_group = ReceiveGroupPost(request, group_id, group.carried(inbound))
        return (await inbound.perform(intake.receive_post, for_group)).outcome
    return (await inbound.perform(messages.receive_message, request)).outcome


async def _of_a_visitor(inbound: Inbound, written: as2.Post) -> str | None:
    """What becomes of a private message with a code in it; None for every other post."""
    if audience.visibility_of(written.to, written.cc, inbound.actor.followers) != "direct":
        return None
    found = codes.written_in(plain(wire.html_of(written)))
    if not found or not await inbound.read(lambda tx: codes.is_one(tx, found)):
        return None
    return await inbound.perform(codes.prove_by_code, ProveByCode(found, inbound.actor.id))


def must_be_theirs(inbound: Inbound, document: Document) -> as2.Post:
    """Read an embedded post; its author is who acts, and it lives on the author's host. Raises NotAllowed, Malformed."""
    if reader.iri(document.get("id")) is None:
        raise Malformed("the object has no id")
    written = parse.post(document)
    if not written.attributed_to:
        raise NotAllowed("a post of nobody's")
    origin.must_own(written.id, written.attributed_to, inbound.actor.iri)
    return written
