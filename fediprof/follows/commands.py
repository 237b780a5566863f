"""Following: asked, accepted, rejected, ended; by members and by others."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor, Follow
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Enqueue, Notify
from fediprof.errors import Conflict, NotAllowed, NotFound
from fediprof.follows import store, wire
from fediprof.here import Here
from fediprof.moderation import limits
from fediprof.moderation import store as moderation
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.principal import Member
from fediprof.timelines import store as timelines


@dataclass(frozen=True, slots=True)
class RequestFollow:
    by: Member
    target_id: int


@dataclass(frozen=True, slots=True)
class Unfollow:
    by: Member
    target_id: int


@dataclass(frozen=True, slots=True)
class AnswerFollower:
    """Accept, reject or remove one's follower."""

    by: Member
    follower_id: int


@dataclass(frozen=True, slots=True)
class ReceiveFollow:
    iri: str
    follower_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class ReceiveAnswer:
    """An Accept or Reject by `target_id` of our member's Follow, named by IRI or by its two sides."""

    accepted: bool
    target_id: int
    follow_iri: str
    follower_iri: str | None = None


@dataclass(frozen=True, slots=True)
class MatchFollowers:
    """`listed`: the IRIs an actor's own server names as its followers on ours."""

    target_id: int
    listed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceiveUnfollow:
    follower_id: int
    follow_iri: str
    target_iri: str | None = None


def request_follow(tx: Tx, request: RequestFollow, here: Here) -> Done[Follow]:
    """Follow someone. Pending until the other side answers; a member here who is not locked accepts at once."""
    follower, target = _pair(tx, request.by.actor_id, request.target_id)
    if follower.id == target.id:
        raise NotAllowed("following oneself", public="You cannot follow yourself")
    gone = target.gone_at is not None or limits.suspended(tx, target.id)
    if gone or moderation.blocks(tx, target.id, follower.id):
        raise NotFound("no such person to follow")
    if target.moved_to is not None:
        raise Conflict("moved away", public="This person has moved; follow the new address")
    before = store.between(tx, follower.id, target.id)
    if before is not None and before.state != "rejected":
        return Done(before)
    if before is not None:
        store.remove(tx, before.id)
    state = "accepted" if target.local and not target.locked else "pending"
    made = Follow(ids.new_id(), here.new_activity(), follower.id, target.id, state, here.now)
    store.insert_follow(tx, made)
    if target.local:
        effects: list[Effect] = [
            Notify(target.id, "follow" if state == "accepted" else "follow_request", follower.id)
        ]
        if state == "accepted":
            _counted(tx, made, 1)
            timelines.fill(tx, follower.id, target.id)
        return Done(made, tuple(effects))
    send = Deliver(follower.id, wire.follow(made, follower, target), Audience(actor_ids=(target.id,)), made.iri)
    return Done(made, (send, Enqueue("backfill", target.iri, {"actor": target.iri})))


def unfollow(tx: Tx, request: Unfollow, here: Here) -> Done[None]:
    """End following, or take back the request."""
    follower, target = _pair(tx, request.by.actor_id, request.target_id)
    made = store.between(tx, follower.id, target.id)
    if made is None:
        return Done(None)
    _ended(tx, made)
    if target.local:
        return Done(None)
    undo = wire.undo(made, follower, target, here)
    return Done(None, (Deliver(follower.id, undo, Audience(actor_ids=(target.id,)), made.iri),))


def accept_follower(tx: Tx, request: AnswerFollower, here: Here) -> Done[Follow]:
    return accept(tx, request.follower_id, request.by.actor_id, here)


def accept(tx: Tx, follower_id: int, target_id: int, here: Here) -> Done[Follow]:
    """In the name of who is followed: a member, or a group its moderators speak for."""
    made, follower, target = _asked(tx, follower_id, target_id)
    if made.state == "accepted":
        return Done(made)
    store.set_state(tx, made.id, "accepted")
    _counted(tx, made, 1)
    notifications.remove(tx, actor_id=target.id, kind="follow_request", from_actor_id=follower.id)
    effects: list[Effect] = [Notify(target.id, "follow", follower.id)]
    if follower.local:
        timelines.fill(tx, follower.id, target.id)
    else:
        effects.append(answer_to("Accept", made, follower, target, here))
    return Done(made, tuple(effects))


def reject_follower(tx: Tx, request: AnswerFollower, here: Here) -> Done[None]:
    """Say no to a request, or end an accepted follow: the other side is told with a Reject either way."""
    return reject(tx, request.follower_id, request.by.actor_id, here)


def reject(tx: Tx, follower_id: int, target_id: int, here: Here) -> Done[None]:
    made, follower, target = _asked(tx, follower_id, target_id)
    _ended(tx, made)
    if follower.local:
        return Done(None)
    return Done(None, (answer_to("Reject", made, follower, target, here),))


remove_follower = reject_follower


def receive_follow(tx: Tx, request: ReceiveFollow, here: Here) -> Done[str]:
    """Somebody elsewhere follows a member. Sent again, it is answered again: our answer may have been lost."""
    follower, target = _pair(tx, request.follower_id, request.target_id)
    if posts.buried(tx, request.iri) is not None:
        return Done("taken back before it came")
    if target.gone_at is not None or moderation.blocks(tx, target.id, follower.id):
        made = Follow(ids.new_id(), request.iri, follower.id, target.id, "rejected", here.now)
        return Done("rejected", (answer_to("Reject", made, follower, target, here),))
    same_id = store.by_iri(tx, request.iri)
    if same_id is not None and (same_id.follower_id, same_id.target_id) != (follower.id, target.id):
        raise Conflict(f"{request.iri} is another follow")
    before = store.between(tx, follower.id, target.id)
    if before is not None and before.iri != request.iri:
        store.set_state(tx, before.id, before.state, iri=request.iri)
        before = store.by_id(tx, before.id)
    if before is not None:
        if before.state == "accepted":
            return Done("accepted before", (answer_to("Accept", before, follower, target, here),))
        return Done("waits for the member")
    state = "pending" if target.locked or limits.limited(tx, [follower.id]) else "accepted"
    made = Follow(ids.new_id(), request.iri, follower.id, target.id, state, here.now)
    store.insert_follow(tx, made)
    if state == "pending":
        return Done("waits for the member", (Notify(target.id, "follow_request", follower.id),))
    _counted(tx, made, 1)
    return Done(
        "accepted", (answer_to("Accept", made, follower, target, here), Notify(target.id, "follow", follower.id))
    )


def receive_answer(tx: Tx, request: ReceiveAnswer, here: Here) -> Done[str]:
    """Only the one who was asked can answer, and only what a member really asked."""
    made = store.by_iri(tx, request.follow_iri)
    if made is None and request.follower_iri is not None:
        follower = actors.by_iri(tx, request.follower_iri)
        made = store.between(tx, follower.id, request.target_id) if follower is not None and follower.local else None
    if made is None or made.target_id != request.target_id:
        return Done("answers nothing we asked")
    if not request.accepted:
        _ended(tx, made)
        return Done("rejected")
    if made.state == "accepted":
        return Done("accepted before")
    store.set_state(tx, made.id, "accepted")
    _counted(tx, made, 1)
    timelines.fill(tx, made.follower_id, made.target_id)
    return Done("accepted")


def receive_unfollow(tx: Tx, request: ReceiveUnfollow, here: Here) -> Done[str]:
    made = store.by_iri(tx, request.follow_iri)
    if (made is None or made.follower_id != request.follower_id) and request.target_iri is not None:
        target = actors.by_iri(tx, request.target_iri)
        made = store.between(tx, request.follower_id, target.id) if target is not None else None
    if made is None:
        posts.bury(tx, request.follow_iri, "", "Follow", here.now)  # it may still be on its way
        return Done("nothing to end")
    if made.follower_id != request.follower_id:
        return Done("nothing of this actor's to end")
    _ended(tx, made)
    return Done("ended")


def match_followers(tx: Tx, request: MatchFollowers, here: Here) -> Done[int]:
    """Mend what differs between our follows of an actor and its own list (FEP-8fcf). A follow it does not know ends
    here; one that we do not know is taken back there. Returns how many were mended."""
    target = actors.by_id(tx, request.target_id)
    if target is None or target.local:
        return Done(0)
    listed = set(request.listed)
    ours = {person.iri: person for person in actors.by_ids(tx, store.local_follower_ids(tx, target.id)).values()}
    for iri in ours.keys() - listed:
        made = store.between(tx, ours[iri].id, target.id)
        if made is not None:
            _ended(tx, made)
    effects: list[Effect] = []
    for person in actors.by_iris(tx, sorted(listed - ours.keys())[:200]).values():
        made = store.between(tx, person.id, target.id)
        if person.local and (made is None or made.state != "pending"):
            unknown = Follow(0, here.new_activity(), person.id, target.id, "accepted", here.now)
            undo = wire.undo(unknown, person, target, here)
            effects.append(Deliver(person.id, undo, Audience(actor_ids=(target.id,)), unknown.iri))
    return Done(len(ours.keys() - listed) + len(effects), tuple(effects))


def end_between(tx: Tx, one: int, other: int) -> list[Follow]:
    """End both directions, for a block. Returns what was ended."""
    ended = [made for made in (store.between(tx, one, other), store.between(tx, other, one)) if made is not None]
    for made in ended:
        _ended(tx, made)
    return ended


def _pair(tx: Tx, follower_id: int, target_id: int) -> tuple[Actor, Actor]:
    found = actors.by_ids(tx, (follower_id, target_id))
    if follower_id not in found or target_id not in found:
        raise NotFound("no such actor")
    return found[follower_id], found[target_id]


def _asked(tx: Tx, follower_id: int, target_id: int) -> tuple[Follow, Actor, Actor]:
    follower, target = _pair(tx, follower_id, target_id)
    made = store.between(tx, follower.id, target.id)
    if made is None:
        raise NotFound("no such follower or request")
    return made, follower, target


def answer_to(type: str, made: Follow, follower: Actor, target: Actor, here: Here) -> Deliver:
    return Deliver(
        target.id, wire.answer(type, made, follower, target, here), Audience(actor_ids=(follower.id,)), made.iri
    )


def _counted(tx: Tx, made: Follow, step: int) -> None:
    actors.count(tx, made.follower_id, following=step)
    actors.count(tx, made.target_id, followers=step)


def _ended(tx: Tx, made: Follow) -> None:
    store.remove(tx, made.id)
    if made.state == "accepted":
        _counted(tx, made, -1)
    for kind in ("follow", "follow_request"):
        notifications.remove(tx, actor_id=made.target_id, kind=kind, from_actor_id=made.follower_id)
    timelines.forget(tx, made.follower_id, made.target_id)
