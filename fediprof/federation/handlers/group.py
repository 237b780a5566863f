"""What handlers ask about groups: which of ours something is for, and the activity as it is passed on."""

from __future__ import annotations

from contextlib import suppress

from fediprof.actors import store as actors
from fediprof.as2 import model as as2
from fediprof.db.database import Tx
from fediprof.errors import FediprofError
from fediprof.federation.inbound import Inbound
from fediprof.groups import addressing, remote_acts, store
from fediprof.groups.intake import Carried
from fediprof.groups.records import GroupPost
from fediprof.groups.remote_acts import ReceiveAct
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


async def ours(inbound: Inbound, iri: str) -> int | None:
    """The id of the group of ours that has this address."""
    found = await inbound.read(lambda tx: store.hosted_among(tx, [iri]))
    return found[0] if found else None


async def others_post(inbound: Inbound, iri: str) -> GroupPost | None:
    """A post in a group of ours that who acts did not write."""

    def find(tx: Tx) -> GroupPost | None:
        post = posts.by_iri(tx, iri)
        placed = store.post(tx, post.id) if post is not None and post.actor_id != inbound.actor.id else None
        return placed if placed is not None and store.hosted(tx, placed.group_id) is not None else None

    return await inbound.read(find)


def act(inbound: Inbound, group_id: int, object_iri: str, *, undone: bool = False) -> ReceiveAct:
    """What a moderator does, as its activity tells it."""
    document = inbound.activity.document or {}
    return ReceiveAct(
        inbound.actor,
        group_id,
        object_iri,
        carried(inbound),
        undone,
        remote_acts.words_of(document),
        remote_acts.end_of(document),
        document.get("removeData") is True,
    )


async def known(inbound: Inbound, iri: str) -> None:
    """Somebody may be banned, or appointed, before they wrote: their account is asked for, as far as it can be had."""
    if not await inbound.read(lambda tx: actors.by_iri(tx, iri) is not None):
        with suppress(FediprofError):
            await inbound.resolver.actor(iri)
