"""Accounts: one's own, another's, and what they posted."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.follows import store as follows
from fediprof.interactions import store as interactions
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import account, status
from fediprof.mastodon.entities.visibility import word
from fediprof.mastodon.errors import json
from fediprof.mastodon.paging import Cursor
from fediprof.posts import store as posts
from fediprof.posts import views


def verify_credentials(tx: Tx, call: Call) -> Response:
    me = call.caller.me
    actor = of_id(tx, me.actor_id)
    waiting = len(follows.follower_ids(tx, actor.id, state="pending", limit=99)) if actor.locked else 0
    return json(account.render_credentials(actor, me, waiting, call.answer()))


def preferences(tx: Tx, call: Call) -> Response:
    me = call.caller.me
    return json(
        {
            "posting:default:visibility": word(me.default_visibility),
            "posting:default:sensitive": False,
            "posting:default:language": me.language,
            "posting:default:quote_policy": "nobody",
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
    )


def show(tx: Tx, call: Call) -> Response:
    actor = call.look_at(tx, of_id(tx, call.id()))
    moved_to = actor.moved_to if actor.id not in call.suspended else None
    target = actors.by_iri(tx, moved_to) if moved_to else None
    return json(account.render_moved(actor, target, call.answer()))


def lookup(tx: Tx, call: Call) -> Response:
    """By handle, among those known: nothing is fetched, so nobody needs to be logged in."""
    found = by_handle(tx, call.params.text("acct"), call.here.domain)
    if found is None or found.gone_at is not None:
        raise NotFound("no such account")
    return json(account.render(call.look_at(tx, found), call.answer()))


def statuses(tx: Tx, call: Call) -> Response:
    """What an account posted and boosted, as far as this viewer may see it. For remote accounts: what is known here; of a
    suspended one nothing."""
    actor = call.look_at(tx, of_id(tx, call.id()))
    if actor.id in call.suspended:
        return json([])
    if call.params.flag("pinned"):
        pinned = posts.pinned(tx, actor.id, call.viewer)
        return json(status.render_all(views.shown(tx, pinned, call.viewer), call.answer()))
    cursor = Cursor.of(call.params, default=20, most=40)
    tag = call.params.text("tagged").casefold() or None
    own = posts.of_actor(
        tx,
        actor.id,
        call.viewer,
        limit=cursor.limit,
        max_id=cursor.max_id,
        min_id=cursor.min_id,
        since_id=cursor.since_id,
        replies=not call.params.flag("exclude_replies"),
        only_media=call.params.flag("only_media"),
        tag=tag,
    )
    announced: dict[int, int] = {}
    if not (call.params.flag("exclude_reblogs") or call.params.flag("only_media") or tag):
        announced = dict(
            interactions.announces_by(
                tx,
                actor.id,
                limit=cursor.limit,
                max_id=cursor.max_id,
                min_id=cursor.min_id,
                since_id=cursor.since_id,
            )
        )
    page = cursor.window([*own, *announced])
    pairs = [(announced[each], each) if each in announced else (each, None) for each in page]
    found = views.items(tx, pairs, call.viewer)
    links = call.links(page[0], page[-1]) if page else {}
    return json(status.render_all(found, call.answer()), headers=links)


def of_id(tx: Tx, actor_id: int) -> Actor:
    """Raises NotFound, also for those who are gone from this server."""
    actor = actors.by_id(tx, actor_id)
    if actor is None or (actor.local and actor.gone_at is not None):
        raise NotFound("no such account")
    return actor


def by_handle(tx: Tx, handle: str, domain: str) -> Actor | None:
    """`name`, `@name`, `name@domain`: exact but for case; a name alone is a member's."""
    username, _, host = handle.strip().lstrip("@").partition("@")
    if not host or host.lower() == domain.lower():
        return actors.local_by_username(tx, username)
    return actors.by_handle(tx, username, host.lower())
