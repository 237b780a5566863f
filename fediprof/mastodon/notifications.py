"""Notifications, one by one (version 1 of the list: see `entities.instance.API_VERSIONS`)."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import notification
from fediprof.mastodon.errors import json
from fediprof.mastodon.paging import Cursor
from fediprof.notifications import store
from fediprof.notifications.records import KINDS


def page(tx: Tx, call: Call) -> Response:
    """`types` and `exclude_types` choose. Kinds that this version of the API does not have never reach a client."""
    cursor = Cursor.of(call.params, default=40, most=80)
    wanted = call.params.texts("types")
    unwanted = set(call.params.texts("exclude_types"))
    kinds = [kind for kind in KINDS if (not wanted or kind in wanted) and kind not in unwanted]
    told = []
    if kinds:
        told = store.page(
            tx,
            call.caller.me.actor_id,
            limit=cursor.limit,
            max_id=cursor.max_id,
            min_id=cursor.min_id,
            since_id=cursor.since_id,
            kinds=kinds,
        )
    answer = call.answer()
    links = call.links(told[0].id, told[-1].id) if told else {}
    return json([notification.render(each, answer) for each in told], headers=links)
