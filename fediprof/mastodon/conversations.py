"""Private conversations, by their last message."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.conversations import store
from fediprof.conversations.commands import OpenConversation, open_conversation
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import conversation
from fediprof.mastodon.errors import json
from fediprof.mastodon.paging import Cursor

_MOST = 500  # looked through for the page right above an old one


def page(tx: Tx, call: Call) -> Response:
    """Newest first; the cursors are ids of last messages."""
    cursor = Cursor.of(call.params, default=20, most=40)
    me = call.caller.me
    above = cursor.min_id if cursor.min_id is not None else cursor.since_id
    threads = store.threads(
        tx,
        me.actor_id,
        limit=cursor.limit if cursor.min_id is None else _MOST,
        max_id=cursor.max_id,
    )
    threads = [each for each in threads if above is None or each.last.post.id > above]
    if cursor.min_id is not None:
        threads = threads[-cursor.limit :]
    answer = call.answer()
    links = call.links(threads[0].last.post.id, threads[-1].last.post.id) if threads else {}
    return json([conversation.render(each, answer) for each in threads], headers=links)


async def read(call: Call) -> Response:
    """Mark one as read; the answer is the conversation as it is then."""
    number = call.id()
    await call.perform(open_conversation, OpenConversation(call.by, number))
    found = await call.read(lambda tx: store.threads(tx, call.by.actor_id, only=number))
    if not found:
        raise NotFound("no such conversation")
    return json(conversation.render(found[0], call.answer()))
