"""Uploads: kept, looked at, described. A file is ready when it was answered, so 202 and 206 never come."""

from __future__ import annotations

import math
from dataclasses import replace

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.errors import Invalid, NotFound
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import media
from fediprof.mastodon.errors import json
from fediprof.mastodon.params import Params
from fediprof.media import store
from fediprof.media.commands import DescribeUpload, describe_upload, keep_upload
from fediprof.media.intake import take_in


async def upload(call: Call) -> Response:
    """Versions 1 and 2 alike."""
    file = call.params.file("file")
    if file is None:
        raise Invalid("file must be given", field="file")
    by = call.by
    limit = call.services.settings.upload_mb * 1024 * 1024
    focal = focus(call.params)
    description = call.params.text("description")
    asked = await take_in(call.services.storage, await file.read(), by=by, limit=limit, description=description)
    if focal is not None:
        asked = replace(asked, focal_x=focal[0], focal_y=focal[1])
    kept = await call.perform(keep_upload, asked)
    return json(media.render_upload(kept, call.answer()))


def show(tx: Tx, call: Call) -> Response:
    found = store.by_id(tx, call.id(), call.by.actor_id)
    if found is None:
        raise NotFound("no such upload of this member")
    return json(media.render_upload(found, call.answer()))


async def describe(call: Call) -> Response:
    """Alt text and focus, while the post is still being written."""
    description = call.params.text("description") if "description" in call.params else None
    asked = DescribeUpload(call.by, call.id(), description, focus(call.params))
    return json(media.render_upload(await call.perform(describe_upload, asked), call.answer()))


def focus(params: Params) -> tuple[float, float] | None:
    """`focus`, as `x,y`, each from -1 to 1: the point that must stay in sight. None when it is not given."""
    text = params.text("focus").strip()
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        x = y = math.nan
    if math.isnan(x) or math.isnan(y):
        raise Invalid("focus must be two numbers, x,y", field="focus")
    return max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y))
