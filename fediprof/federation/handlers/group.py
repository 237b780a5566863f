"""What handlers ask about groups: which of ours something is for, and the activity as it is passed on."""

from __future__ import annotations

from fediprof.as2 import model as as2
from fediprof.errors import FediprofError
from fediprof.federation.inbound import Inbound
from fediprof.groups import addressing
from fediprof.groups.intake import Carried
from fediprof.posts import store as posts

ANCESTORS = 10


async def of(inbound: Inbound, written: as2.Post) -> int | None:
    """The group of ours a post is for. An answer to what we do not hold yet has that fetched first: the thread may be in
    a group (groups rule 21)."""
    found = await inbound.read(lambda tx: addressing.group_here(tx, written))
    parent = written.in_reply_to
    if found is None or parent is None or await inbound.read(lambda tx: posts.by_iri(tx, parent)) is not None:
        return found
    try:
        await inbound.resolver.post(parent, depth=ANCESTORS)
    except FediprofError:
        return found  # taken as far as it is known
    return found


def carried(inbound: Inbound) -> Carried:
    return Carried(inbound.activity.document or {}, inbound.body)
