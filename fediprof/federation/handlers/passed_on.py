"""An activity that a group elsewhere passed on (FEP-1b12): unwrapped once, and done as far as the group may say so. Posts are
asked for at their source unless they carry their author's proof (groups rules 12 to 15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import names, origin, parse, reader
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.errors import Malformed, NotAllowed, TryLater, Unreachable
from fediprof.federation.group_reading import GroupReader
from fediprof.federation.inbound import Inbound
from fediprof.groups import receive, store, verdicts
from fediprof.groups.records import Event
from fediprof.groups.returns import ReceiveReturnedPost, receive_return
from fediprof.groups.verdicts import Verdict
from fediprof.posts import store as posts
from fediprof.posts import wire
from fediprof.posts.receive import Arrival, ReceiveReturn
from fediprof.text.html import plain

WAITS = 2
"""How often a vote is put off because its post may still be on the way."""

Handler = Callable[[Inbound, as2.Activity], Awaitable[str]]


async def activity(inbound: Inbound) -> str:
    """What is inside an Announce. Only of groups members are in, or asked to be in, or of what is ours."""
    inner = parse.activity(inbound.activity.embedded or {})
    if inner.type == "Announce":
        return "an announce of an announce"
    if inbound.actor.type != "Group":
        return "passed on by somebody who is no group"
    object_iri = inner.object_id or ""
    ours = bool(object_iri) and not inbound.resolver.is_elsewhere(object_iri)
    if not ours and not await inbound.read(lambda tx: store.asked_here(tx, inbound.actor.id)):
        return "concerns nobody here"
    if await inbound.read(lambda tx: store.by_id(tx, inbound.actor.id)) is None:
        await inbound.resolver.actor(inbound.actor.iri, fresh=True)  # known from before we kept groups
    handler = HANDLERS.get(inner.type)
    return await handler(inbound, inner) if handler is not None else "a group's bookkeeping"


async def _post(inbound: Inbound, inner: as2.Activity) -> str:
    iri = inner.object_id
    kinds = set(reader.types(inner.embedded)) if inner.embedded is not None else set()
    if iri is None:
        return "an activity about nothing"
    if kinds & names.ACTOR_TYPES or iri == inbound.actor.iri:
        return await _itself(inbound, iri)
    if not inbound.resolver.is_elsewhere(iri):
        echo = receive.ReceiveEcho(inbound.actor.id, iri, inbound.activity.id)
        return await inbound.perform(receive.receive_echo, echo)
    if not inbound.resolver.is_elsewhere(inner.actor):
        return "our own, about what is elsewhere"
    readings = GroupReader(inbound.perform_command, inbound.resolver, inbound.actor)
    document = await readings.believed(inner)
    if document is None:
        return "the post cannot be had"
    try:
        arrival = await readings.take(
            document,
            announce_iri=inbound.activity.id,
            activity_iri=inner.id,
            announced_at=inbound.activity.published,
            revision=inner.type == "Update",
            also=partial(_finished, inbound),
        )
    except NotAllowed:
        return "not where its author lives"
    return arrival.outcome


async def _finished(inbound: Inbound, request: receive.ReceivePassedPost) -> Arrival:
    return await inbound.perform(receive.receive_post, request)


async def _itself(inbound: Inbound, iri: str) -> str:
    """The group's document has changed: asked for at its address."""
    if iri != inbound.actor.iri:
        return "somebody's profile, which they tell us themselves"
    if not inbound.resolver.budget.take(origin.host_of(iri)):
        return "asked for too often"
    after = await inbound.resolver.actor(iri, fresh=True)
    return "refreshed" if after is not None else "nothing at its address"


async def _vote(inbound: Inbound, inner: as2.Activity) -> str:
    return await _counted(inbound, inner, -1 if inner.type == "Dislike" else 1)


async def _counted(inbound: Inbound, vote: as2.Activity, value: int) -> str:
    if not inbound.resolver.is_elsewhere(vote.actor):
        return "a member's, counted here"
    if not origin.same_origin(vote.id, vote.actor) or vote.object_id is None:
        return "not a vote of its actor's"
    iri = vote.object_id
    if await inbound.read(lambda tx: posts.by_iri(tx, iri)) is None:
        if inbound.attempts < WAITS and value and inbound.resolver.is_elsewhere(iri):
            raise TryLater("a vote that came before its post")
        return "a post we do not hold"
    request = receive.ReceivePassedVote(inbound.actor.id, vote.actor, vote.id, iri, value)
    return await inbound.perform(receive.receive_vote, request)


async def _delete(inbound: Inbound, inner: as2.Activity) -> str:
    iri = inner.object_id
    if iri is None:
        return "a deletion of nothing"
    gone = await _is_gone(inbound, inner, iri)
    request = verdicts.ReceiveRemoval(_verdict(inbound, inner, iri), gone=gone)
    return await inbound.perform(verdicts.receive_removal, request)


async def _is_gone(inbound: Inbound, inner: as2.Activity, iri: str) -> bool:
    """Whether the author took it back. A reason is a moderator's to give (Lemmy); else its own server is asked."""
    if inner.document is not None and inner.document.get("summary"):
        return False
    if not inbound.resolver.is_elsewhere(iri) or not origin.same_origin(inner.actor, iri):
        return False
    if await inbound.read(lambda tx: posts.by_iri(tx, iri)) is None:
        return False  # nobody needs to be asked
    readings = GroupReader(inbound.perform_command, inbound.resolver, inbound.actor)
    if await readings.proven(inner):
        return True
    try:
        document = await readings.document(iri)
    except Unreachable:
        if origin.same_origin(iri, inbound.actor.iri):
            return True
        raise
    return document is None or names.TOMBSTONE in reader.types(document)


async def _lock(inbound: Inbound, inner: as2.Activity) -> str:
    iri = inner.object_id or ""
    return await inbound.perform(verdicts.receive_lock, verdicts.ReceiveLock(_verdict(inbound, inner, iri), True))


async def _listed(inbound: Inbound, inner: as2.Activity) -> str:
    verdict = _verdict(inbound, inner, inner.object_id or "")
    request = verdicts.ReceiveListed(verdict, inner.target or "", inner.type == "Add")
    return await inbound.perform(verdicts.receive_listed, request)


async def _ban(inbound: Inbound, inner: as2.Activity) -> str:
    return await _banned(inbound, inner, lifted=False)


async def _banned(inbound: Inbound, block: as2.Activity, *, lifted: bool, by: str = "") -> str:
    """Of a whole server (`target` is not the group) we take no word from a group."""
    if block.target != inbound.actor.iri:
        return "not a ban from this group"
    return await inbound.perform(verdicts.receive_ban, ban(inbound.actor.id, block, lifted=lifted, by=by))


def ban(group_id: int, block: as2.Activity, *, lifted: bool = False, by: str = "") -> verdicts.ReceiveBan:
    document = block.document or {}
    return verdicts.ReceiveBan(
        Verdict(group_id, by or block.actor, block.object_id or "", block.id, reason(document)),
        ends_at=reader.instant(document.get("endTime")) or reader.instant(document.get("expires")),
        lifted=lifted,
        hides=reader.boolean(document.get("removeData")),
    )


async def told_directly(inbound: Inbound, group_iri: str) -> Actor | None:
    """The group elsewhere whose own server tells us something about it, without an Announce around it."""
    found = await inbound.read(lambda tx: actors.by_iri(tx, group_iri))
    if found is None or found.local or found.type != "Group":
        return None
    return found if origin.same_origin(inbound.actor.iri, found.iri) else None


async def told_of_post(inbound: Inbound, iri: str) -> Actor | None:
    """The same, of the group that somebody else's post is in."""

    def find(tx: Tx) -> str | None:
        post = posts.by_iri(tx, iri)
        placed = store.post(tx, post.id) if post is not None and post.actor_id != inbound.actor.id else None
        home = actors.by_id(tx, placed.group_id) if placed is not None else None
        return home.iri if home is not None else None

    named = await inbound.read(find)
    return await told_directly(inbound, named) if named is not None else None


async def taken_out(inbound: Inbound, iri: str) -> str | None:
    """A group's own server deletes somebody else's post in it. None: it is another kind of Delete."""
    home = await told_of_post(inbound, iri)
    if home is None:
        return None
    return await inbound.perform(verdicts.receive_removal, verdicts.ReceiveRemoval(_told(inbound, home, iri)))


async def locked(inbound: Inbound, iri: str) -> str | None:
    """A group's own server locks a post in it. None: it is in no such group."""
    home = await told_of_post(inbound, iri)
    if home is None:
        return None
    return await inbound.perform(verdicts.receive_lock, verdicts.ReceiveLock(_told(inbound, home, iri), True))


async def taken_back(inbound: Inbound, kind: str | None, iri: str | None) -> str | None:
    """A group's own server undoes a Delete, a Lock or a Block in it; whoever of its moderators did it, as when it is passed on.
    None: it is an Undo of something else."""
    if kind == "Block" and iri is not None:
        where = reader.iri((inbound.activity.embedded or {}).get("target"))
        home = await told_directly(inbound, where) if where is not None else None
        if home is None:
            return None
        lifted = verdicts.ReceiveBan(_told(inbound, home, iri), lifted=True)
        return await inbound.perform(verdicts.receive_ban, lifted)
    if kind not in ("Delete", "Lock") or iri is None:
        return None
    home = await told_of_post(inbound, iri)
    if home is None:
        return None
    verdict = _told(inbound, home, iri)
    if kind == "Lock":
        return await inbound.perform(verdicts.receive_lock, verdicts.ReceiveLock(verdict, False))
    return await inbound.perform(verdicts.receive_removal, verdicts.ReceiveRemoval(verdict, restored=True))


async def taken_back_by_id(inbound: Inbound, event: Event) -> str | None:
    """The same, where the Undo names what it undoes by its address alone."""
    group_id = event.group_id or 0
    home = await inbound.read(lambda tx: actors.by_id(tx, group_id))
    if home is None or await told_directly(inbound, home.iri) is None:
        return None
    verdict = _told(inbound, home, event.subject_iri)
    match event.action:
        case "remove":
            return await inbound.perform(verdicts.receive_removal, verdicts.ReceiveRemoval(verdict, restored=True))
        case "lock":
            return await inbound.perform(verdicts.receive_lock, verdicts.ReceiveLock(verdict, False))
        case "ban":
            return await inbound.perform(verdicts.receive_ban, verdicts.ReceiveBan(verdict, lifted=True))
    return None


def _told(inbound: Inbound, home: Actor, iri: str) -> Verdict:
    why = reason(inbound.activity.document or {})
    return Verdict(home.id, inbound.actor.iri, iri, inbound.activity.id, why)


async def _undo(inbound: Inbound, inner: as2.Activity) -> str:
    """By who did it; of what moderators decide, by any of them."""
    try:
        undone = parse.activity(inner.embedded or {})
    except Malformed:
        return "an Undo of we know not what"
    if undone.type in ("Like", "Dislike", "EmojiReact"):
        if undone.actor != inner.actor:
            raise NotAllowed("an Undo of what somebody else did")
        return await _counted(inbound, undone, 0)
    iri = undone.object_id or ""
    verdict = Verdict(inbound.actor.id, inner.actor, iri, inner.id, reason(inner.document or {}))
    if undone.type == "Delete":
        if (outcome := await _returned(inbound, inner, iri)) is not None:
            return outcome
        request = verdicts.ReceiveRemoval(verdict, restored=True)
        return await inbound.perform(verdicts.receive_removal, request)
    if undone.type == "Lock":
        return await inbound.perform(verdicts.receive_lock, verdicts.ReceiveLock(verdict, False))
    if undone.type == "Block":
        return await _banned(inbound, undone, lifted=True, by=inner.actor)
    return f"an Undo of {undone.type}, which has no effect here"


async def _returned(inbound: Inbound, inner: as2.Activity, iri: str) -> str | None:
    """A post that its author had deleted is back where its own server gives it again. None: nothing its author deleted."""

    def find(tx: Tx) -> Actor | None:
        post = posts.by_iri(tx, iri)
        placed = store.post(tx, post.id) if post is not None and post.deleted_at is not None else None
        here = post is not None and placed is not None and placed.group_id == inbound.actor.id and not post.local
        return actors.by_id(tx, post.actor_id) if post is not None and here else None

    author = await inbound.read(find)
    if author is None or not origin.same_origin(inner.actor, author.iri):
        return None
    document = await GroupReader(inbound.perform_command, inbound.resolver, inbound.actor).document(iri)
    if document is None or names.TOMBSTONE in reader.types(document):
        return "its author brought it back, and it is not at its address"
    try:
        written = parse.post(document)
        origin.must_own(written.id, written.attributed_to, author.iri)
    except (Malformed, NotAllowed):
        return "its author brought it back, and something else is at its address"
    request = ReceiveReturnedPost(ReceiveReturn(written, author, wire.html_of(written)), document)
    return (await inbound.perform(receive_return, request)).outcome


def _verdict(inbound: Inbound, inner: as2.Activity, iri: str) -> Verdict:
    return Verdict(inbound.actor.id, inner.actor, iri, inner.id, reason(inner.document or {}))


def reason(document: Document) -> str:
    """Lemmy says why in `summary`, others in `content`."""
    for name in ("summary", "content"):
        if words := plain(reader.text(document, name).value).strip():
            return words
    return ""


HANDLERS: Final[dict[str, Handler]] = {
    "Create": _post,
    "Update": _post,
    "Like": _vote,
    "EmojiReact": _vote,
    "Dislike": _vote,
    "Delete": _delete,
    "Lock": _lock,
    "Add": _listed,
    "Remove": _listed,
    "Block": _ban,
    "Undo": _undo,
}
