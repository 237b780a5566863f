"""Who follows whom, and how the member stands to others."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor, Relationship
from fediprof.db.database import Tx
from fediprof.follows import store
from fediprof.follows.commands import (
    AnswerFollower,
    RequestFollow,
    Unfollow,
    accept_follower,
    reject_follower,
)
from fediprof.follows.commands import unfollow as stop_following
from fediprof.groups import membership
from fediprof.mastodon.accounts import of_id
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import account, relationship
from fediprof.mastodon.errors import json
from fediprof.mastodon.paging import Cursor


def relationships(tx: Tx, call: Call) -> Response:
    """In the order asked; unknown ids are left out, and those of suspended people, unless `with_suspended`."""
    out = frozenset() if call.params.flag("with_suspended") else call.suspended
    ids = [each for each in dict.fromkeys(call.params.numbers("id")) if each not in out][:80]
    known = actors.by_ids(tx, ids)
    held = store.relationships(tx, call.caller.me.actor_id, list(known))
    return json([relationship.render(held[each]) for each in ids if each in known])


def followers(tx: Tx, call: Call) -> Response:
    """Told to the person alone, as everywhere here: others see how many, not who. The cursors are ids of the follows,
    newest first; only the Link header carries them."""
    target = of_id(tx, call.id())
    if target.id != call.viewer:
        return json([])
    cursor = Cursor.of(call.params, default=40, most=80)
    ids = store.follower_ids(tx, target.id, limit=cursor.limit, max_id=cursor.max_id, min_id=_above(cursor))
    return _people(call, ids, store.followers_of(tx, ids))


def following(tx: Tx, call: Call) -> Response:
    target = of_id(tx, call.id())
    if target.id != call.viewer:
        return json([])
    cursor = Cursor.of(call.params, default=40, most=80)
    ids = store.following_ids(tx, target.id, limit=cursor.limit, max_id=cursor.max_id, min_id=_above(cursor))
    return _people(call, ids, store.followed_of(tx, ids))


def requests(tx: Tx, call: Call) -> Response:
    """Those who wait to be let in."""
    cursor = Cursor.of(call.params, default=40, most=80)
    ids = store.follower_ids(
        tx,
        call.caller.me.actor_id,
        state="pending",
        limit=cursor.limit,
        max_id=cursor.max_id,
        min_id=_above(cursor),
    )
    return _people(call, ids, store.followers_of(tx, ids))


async def follow(call: Call) -> Response:
    """Following twice is following once. `reblogs`, `notify` and `languages` are not kept."""
    target_id = call.id()
    await call.read(lambda tx: of_id(tx, target_id))
    await call.perform(membership.join, RequestFollow(call.by, target_id))
    return await _standing(call, target_id)


async def unfollow(call: Call) -> Response:
    target_id = call.id()
    await call.read(lambda tx: of_id(tx, target_id))
    await call.perform(stop_following, Unfollow(call.by, target_id))
    return await _standing(call, target_id)


async def authorize(call: Call) -> Response:
    follower_id = call.id()
    await call.perform(accept_follower, AnswerFollower(call.by, follower_id))
    return await _standing(call, follower_id)


async def reject(call: Call) -> Response:
    follower_id = call.id()
    await call.perform(reject_follower, AnswerFollower(call.by, follower_id))
    return await _standing(call, follower_id)


async def _standing(call: Call, target_id: int) -> Response:
    held = await call.read(lambda tx: store.relationships(tx, call.by.actor_id, [target_id]))
    return json(relationship.render(held.get(target_id, Relationship(target_id))))


def _people(call: Call, ids: list[int], people: list[Actor]) -> Response:
    answer = call.answer()
    links = call.links(ids[0], ids[-1]) if ids else {}
    return json([account.render(person, answer) for person in people], headers=links)


def _above(cursor: Cursor) -> int | None:
    return cursor.min_id if cursor.min_id is not None else cursor.since_id
