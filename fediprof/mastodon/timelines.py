"""The home timeline."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import status
from fediprof.mastodon.errors import json
from fediprof.mastodon.paging import Cursor
from fediprof.posts import views
from fediprof.timelines import store


def home(tx: Tx, call: Call) -> Response:
    """Newest first. The cursors are those of the page as it was laid: what has become invisible leaves no gap in them."""
    cursor = Cursor.of(call.params, default=20, most=40)
    pairs = store.home(
        tx,
        call.caller.me.actor_id,
        limit=cursor.limit,
        max_id=cursor.max_id,
        min_id=cursor.min_id,
        since_id=cursor.since_id,
    )
    found = views.items(tx, pairs, call.viewer)
    ids = [announce_id or post_id for post_id, announce_id in pairs]
    links = call.links(ids[0], ids[-1]) if ids else {}
    return json(status.render_all(found, call.answer()), headers=links)
