"""Outbox, followers, following, featured, tags, replies, context: paged, each showing only what who asks may see.

Who follows whom is told as a number only, but to the servers concerned: FEP-8fcf gives each the followers it has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT, POST_CONTEXT
from fediprof.as2.model import Document, Reference
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.here import Here
from fediprof.interactions import store as interactions
from fediprof.interactions import wire as interaction_wire
from fediprof.posts import front, store, views, wire
from fediprof.posts.records import Post

PAGE = 20


def outbox(tx: Tx, actor: Actor, here: Here, max_id: int | None, page: bool) -> Document:
    """Public posts as Create and public announces as Announce, newest first."""
    base = actor.outbox or ""
    if not page:
        return build.collection(base, actor.posts_count, f"{base}?page=true")
    own = front.page(tx, actor.id, limit=PAGE, max_id=max_id, answers=True)
    passed_on = interactions.announces_by(tx, actor.id, limit=PAGE, max_id=max_id)
    newest = sorted([number for number, _ in own] + [number for number, _ in passed_on], reverse=True)[:PAGE]
    found = _creates(tx, own, here) | _announces(tx, passed_on, actor)
    items = [found[number] for number in newest if number in found]
    own_id = f"{base}?page=true" + (f"&max_id={max_id}" if max_id is not None else "")
    following = f"{base}?page=true&max_id={newest[-1]}" if len(newest) == PAGE else None
    return build.collection_page(own_id, base, items, following, context=ACTIVITY_CONTEXT)  # type: ignore[arg-type]


_written: OrderedDict[tuple[str, int, datetime | None], msgspec.Raw] = OrderedDict()
"""Creates of public posts as JSON: a post says the same until it is changed, and pages of them are asked for often."""
MOST_WRITTEN = 2000


def _creates(tx: Tx, own: Sequence[tuple[int, datetime | None]], here: Here) -> dict[int, msgspec.Raw]:
    keys = {post_id: (here.origin, post_id, changed) for post_id, changed in own}
    missing = [post_id for post_id, key in keys.items() if key not in _written]
    for shown in views.shown(tx, missing, None):
        _written[keys[shown.post.id]] = msgspec.Raw(msgspec.json.encode(wire.create(shown, here, context=None)))
    while len(_written) > MOST_WRITTEN:
        _written.popitem(last=False)
    return {post_id: _written[key] for post_id, key in keys.items() if key in _written}


def _announces(tx: Tx, passed_on: Sequence[tuple[int, int]], actor: Actor) -> dict[int, Document]:
    """Of posts that everybody may still see."""
    found: dict[int, Document] = {}
    for shown in views.items(tx, [(post_id, announce_id) for announce_id, post_id in passed_on], None):
        if shown.announced is not None and (made := interactions.by_id(tx, shown.announced.id)) is not None:
            found[made.id] = interaction_wire.announce(made, actor, shown.post, shown.author, inside=True)
    return found


def followers(actor: Actor) -> Document:
    return build.collection(actor.followers or "", actor.followers_count)


def following(actor: Actor) -> Document:
    return build.collection(actor.following or "", actor.following_count)


def followers_on(tx: Tx, actor: Actor, host: str) -> Document:
    """FEP-8fcf: the followers a server has, for that server."""
    iris = follows.iris_on_host(tx, actor.id, host)
    return build.collection(f"{actor.followers}/synchronization", len(iris), items=iris)


def featured(tx: Tx, actor: Actor, here: Here) -> Document:
    """Pinned public posts, embedded."""
    shown = views.shown(tx, store.pinned(tx, actor.id, None), None)
    items: list[Reference] = [wire.note(each, here, context=False) for each in shown]
    return build.collection(actor.featured or "", len(items), items=items, context=POST_CONTEXT)


def featured_tags(tx: Tx, actor: Actor, here: Here) -> Document:
    """The tags an actor writes about most."""
    items: list[Reference] = [
        {"type": "Hashtag", "name": f"#{name}", "href": here.tag(name)}
        for name, _ in store.tags_by_use(tx, actor.id, 8)
    ]
    return build.collection(f"{actor.iri}/tags", len(items), items=items, context=POST_CONTEXT)


def replies(tx: Tx, post: Post, after: int | None, page: bool) -> Document:
    """Public answers to a post, as IRIs, oldest first."""
    base = f"{post.iri}/replies"
    if not page:
        return build.collection(base, post.replies_count, f"{base}?page=true", ordered=False)
    ids = store.direct_replies(tx, post.id, None, limit=PAGE, after=after, public_only=True)
    found = store.by_ids(tx, ids)
    following = f"{base}?page=true&after={ids[-1]}" if len(ids) == PAGE else None
    own_id = f"{base}?page=true" + (f"&after={after}" if after is not None else "")
    return build.collection_page(own_id, base, [found[i].iri for i in ids], following, ordered=False)


def context(tx: Tx, post: Post) -> Document:
    """FEP-7888: every public post of the thread that a post of ours began, oldest first."""
    ids = store.conversation(tx, post.conversation_id, None)
    found = store.by_ids(tx, ids)
    iri = f"{post.iri}/context"
    return build.collection(iri, len(ids), items=[found[i].iri for i in ids], attributedTo=_author(tx, post))


def _author(tx: Tx, post: Post) -> str | None:
    found = actors.by_id(tx, post.actor_id)
    return found.iri if found else None


def counted(iri: str, total: int) -> Document:
    """Likes and shares: how many, not who."""
    return build.collection(iri, total)
