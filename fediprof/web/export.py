"""Everything of a member's in one zip: actor.json, outbox.json (an OrderedCollection of Create activities), likes.json,
following.csv, followers.csv, blocks.csv in the columns other servers import, and the files of their pictures."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from typing import Any

import msgspec
from starlette.responses import Response

from fediprof import keystore
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.here import Here
from fediprof.interactions import store as interactions
from fediprof.media import store as uploads
from fediprof.media.storage import DirectoryStorage
from fediprof.moderation import store as moderation
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts import wire as post_wire
from fediprof.web.view import Page, settle

_BATCH = 200


async def archive(page: Page) -> Response:
    """The zip as a download. Read in one unit, so that its parts agree; packed in a thread."""
    actor = page.me.actor
    files = await page.read(lambda tx: _documents(tx, actor, page.here))
    names = await page.read(lambda tx: _pictures(tx, actor))
    data = await asyncio.to_thread(_packed, files, names, page.services.storage)
    response = Response(data, media_type="application/zip")
    settle(response, page.t.language)
    response.headers["Content-Disposition"] = f'attachment; filename="{actor.username}-{page.here.now:%Y-%m-%d}.zip"'
    return response


def _documents(tx: Tx, actor: Actor, here: Here) -> dict[str, bytes]:
    activities = [post_wire.create(each, here) for each in _own_posts(tx, actor)]
    following = [each.handle for each in _people(tx, actor, "following")]
    followers = [each.handle for each in _people(tx, actor, "followers")]
    return {
        "actor.json": _json(actor_wire.document(actor, keystore.public_material(tx, actor.id), here)),
        "outbox.json": _json(build.collection("outbox.json", len(activities), items=map(build.embedded, activities))),
        "likes.json": _json(build.collection("likes.json", None, items=interactions.liked_iris(tx, actor.id))),
        "following.csv": _csv(["Account address", "Show boosts"], [[handle, "true"] for handle in following]),
        "followers.csv": _csv(["Account address"], [[handle] for handle in followers]),
        "blocks.csv": _csv(["Account address"], [[each.handle] for each in moderation.blocked_by(tx, actor.id)]),
    }


def _own_posts(tx: Tx, actor: Actor) -> list[Any]:
    found: list[Any] = []
    last: int | None = None
    while batch := posts.of_actor(tx, actor.id, actor.id, limit=_BATCH, max_id=last):
        found += views.shown(tx, batch, actor.id)
        last = batch[-1]
    return found


def _people(tx: Tx, actor: Actor, side: str) -> list[Actor]:
    people: list[Actor] = []
    last: int | None = None
    pages, whom = (
        (follows.following_ids, follows.followed_of)
        if side == "following"
        else (follows.follower_ids, follows.followers_of)
    )
    while batch := pages(tx, actor.id, limit=_BATCH, max_id=last):
        people += whom(tx, batch)
        last = batch[-1]
    return people


def _pictures(tx: Tx, actor: Actor) -> list[str]:
    names = [each.file for each in uploads.of_actor(tx, actor.id)]
    return [*names, *(name for name in (actor.icon, actor.header) if name)]


def _packed(files: dict[str, bytes], pictures: list[str], storage: DirectoryStorage) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
        for name in dict.fromkeys(pictures):
            try:
                packed.writestr(f"media/{name}", storage.open(name), zipfile.ZIP_STORED)
            except Exception as error:  # a file lost from the disk must not keep a person from the rest
                packed.writestr(f"media/{name}.missing.txt", type(error).__name__)
    return out.getvalue()


def _json(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _csv(head: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()
