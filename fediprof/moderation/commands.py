"""Blocks and reports; by members and by others. What is decided about servers: `domains`, about accounts: `sanctions`."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import build, origin
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done
from fediprof.errors import NotAllowed, NotFound
from fediprof.follows.commands import end_between
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.moderation import policies, store
from fediprof.moderation.store import Block, Report
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.principal import Member
from fediprof.timelines import store as timelines


@dataclass(frozen=True, slots=True)
class BlockActor:
    by: Member
    target_id: int


@dataclass(frozen=True, slots=True)
class ReportActor:
    """`forward`: also tell the server the person is on, in this server's name, not the member's."""

    by: Member
    target_id: int
    post_ids: tuple[int, ...] = ()
    comment: str = ""
    forward: bool = True


@dataclass(frozen=True, slots=True)
class ReceiveBlock:
    iri: str
    actor_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class ReceiveUnblock:
    actor_id: int
    iri: str
    target_iri: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiveFlag:
    iri: str
    reporter_iri: str
    object_iris: tuple[str, ...]
    comment: str


def block_actor(tx: Tx, request: BlockActor, here: Here) -> Done[None]:
    """Neither sees the other any more; following ends both ways. The other server is told, so that it holds there."""
    by, target = _pair(tx, request)
    if by.id == target.id:
        raise NotAllowed("blocking oneself", public="You cannot block yourself")
    made = Block(ids.new_id(), here.new_activity(), by.id, target.id, here.now)
    if not store.insert_block(tx, made):
        return Done(None)
    end_between(tx, by.id, target.id)
    notifications.remove(tx, actor_id=by.id, from_actor_id=target.id)
    timelines.forget(tx, by.id, target.id)
    activity = build.activity("Block", made.iri, by.iri, target.iri, to=(target.iri,))
    return Done(None, (Deliver(by.id, activity, Audience(actor_ids=(target.id,)), target.iri),))


def unblock_actor(tx: Tx, request: BlockActor, here: Here) -> Done[None]:
    by, target = _pair(tx, request)
    made = store.between(tx, by.id, target.id)
    if made is None:
        return Done(None)
    store.remove_block(tx, made.id)
    inner = build.activity("Block", made.iri, by.iri, target.iri, to=(target.iri,), context=None)
    undo = build.activity("Undo", here.new_activity(), by.iri, inner, to=(target.iri,), published=here.now)
    return Done(None, (Deliver(by.id, undo, Audience(actor_ids=(target.id,)), target.iri),))


def receive_block(tx: Tx, request: ReceiveBlock, here: Here) -> Done[str]:
    """Somebody elsewhere blocks a member: following ends both ways, and the member's posts are not shown to them."""
    made = Block(ids.new_id(), request.iri, request.actor_id, request.target_id, here.now)
    if not store.insert_block(tx, made):
        return Done("blocked before")
    end_between(tx, request.actor_id, request.target_id)
    return Done("blocked")


def receive_unblock(tx: Tx, request: ReceiveUnblock, here: Here) -> Done[str]:
    made = store.by_iri(tx, request.iri)
    if made is None and request.target_iri is not None:
        target = actors.by_iri(tx, request.target_iri)
        made = store.between(tx, request.actor_id, target.id) if target is not None else None
    if made is None or made.actor_id != request.actor_id:
        return Done("nothing to take back")
    store.remove_block(tx, made.id)
    return Done("taken back")


def report_actor(tx: Tx, request: ReportActor, here: Here) -> Done[Report]:
    """Tell whoever runs this server, and if wished the server of the person reported."""
    by, target = _pair(tx, request)
    found = [post for post in posts.by_ids(tx, request.post_ids).values() if post.actor_id == target.id]
    iris = [post.iri for post in found]
    made = Report(
        ids.new_id(), here.new_activity(), by.iri, target.id, iris, request.comment[:3000], "open", here.now
    )
    store.insert_report(tx, made)
    if target.local or not request.forward:
        return Done(made)
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    if server is None:
        raise NotFound("the server's own actor is missing")
    flag = build.activity("Flag", made.iri, server.iri, [target.iri, *iris], content=request.comment[:3000] or None)
    return Done(made, (Deliver(server.id, flag, Audience(actor_ids=(target.id,)), made.iri),))


def receive_flag(tx: Tx, request: ReceiveFlag, here: Here) -> Done[str]:
    """A report from another server about a member here. What it names that is not ours is left out."""
    decided = policies.flags_of(tx, origin.host_of(request.reporter_iri))
    if decided is not None and decided.reject_reports:
        return Done("reports of its server are not taken")
    known = actors.by_iris(tx, request.object_iris)
    target = next((found for found in known.values() if found.local), None)
    written = [post for iri in request.object_iris if (post := posts.by_iri(tx, iri)) is not None and post.local]
    if target is None and written:
        target = actors.by_id(tx, written[0].actor_id)
    if target is None:
        return Done("concerns nobody here")
    iris = [post.iri for post in written if post.actor_id == target.id][:50]
    comment = request.comment[:3000]
    new = Report(ids.new_id(), request.iri, request.reporter_iri, target.id, iris, comment, "open", here.now)
    return Done("kept" if store.insert_report(tx, new) else "known already")


def _pair(tx: Tx, request: BlockActor | ReportActor) -> tuple[Actor, Actor]:
    found = actors.by_ids(tx, (request.by.actor_id, request.target_id))
    if request.target_id not in found:
        raise NotFound("no such person")
    return found[request.by.actor_id], found[request.target_id]
