"""Favourites and boosts. Each answers the status as it stands afterwards."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.errors import Invalid, NotFound
from fediprof.groups import voting
from fediprof.interactions.commands import (
    Announce,
    React,
    announce_post,
    unannounce_post,
)
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import status
from fediprof.mastodon.entities.visibility import ours
from fediprof.mastodon.errors import json
from fediprof.mastodon.statuses import seen, shown_again
from fediprof.posts import views


async def favourite(call: Call) -> Response:
    post_id = await _post_id(call)
    await call.perform(voting.like, React(call.by, post_id))
    return await shown_again(call, post_id)


async def unfavourite(call: Call) -> Response:
    post_id = await _post_id(call)
    await call.perform(voting.unlike, React(call.by, post_id))
    return await shown_again(call, post_id)


async def reblog(call: Call) -> Response:
    """The boost, with the post inside. Boosting twice is boosting once."""
    post_id = await _post_id(call)
    visibility = ours(call.params.text("visibility") or "public")
    if visibility == "direct":
        raise Invalid("A boost is for everyone or for followers", field="visibility")
    announce = await call.perform(announce_post, Announce(call.by, post_id, visibility))
    found = await call.read(lambda tx: views.items(tx, [(post_id, announce.id)], call.viewer))
    if not found:
        raise NotFound("the post went away")
    return json(status.render(found[0], call.answer()))


async def unreblog(call: Call) -> Response:
    post_id = await _post_id(call)
    await call.perform(unannounce_post, React(call.by, post_id))
    return await shown_again(call, post_id)


async def _post_id(call: Call) -> int:
    """The post meant, also where an app names a boost of it. Raises NotFound for what this member may not see."""
    shown = await call.read(lambda tx: seen(tx, call.id(), call.viewer))
    return shown.post.id
