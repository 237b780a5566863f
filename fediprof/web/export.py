"""Everything of a member's in one zip: actor.json, outbox.json (an OrderedCollection of Create activities), likes.json,
following.csv, followers.csv, blocks.csv in the columns other servers import, and the files of their pictures."""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec
from starlette.responses import Response, StreamingResponse

from fediprof import keystore
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT
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
_CHUNK = 256 * 1024


async def archive(page: Page) -> Response:
    """The zip as a download: made in a file without a name, which is gone when it is sent or the server ends."""
    actor = page.me.actor
    file = await asyncio.to_thread(_scratch, page.services.settings.data)
    try:
        await _packed(page, actor, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    response = StreamingResponse(_sent(file), media_type="application/zip", headers={"Content-Length": str(size)})
    settle(response, page.t.language)
    response.headers["Content-Disposition"] = f'attachment; filename="{actor.username}-{page.here.now:%Y-%m-%d}.zip"'
    return response


def _scratch(folder: Path) -> IO[bytes]:
    """Beside the server's own files, not in /tmp: that is memory on many machines."""
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


async def _packed(page: Page, actor: Actor, file: IO[bytes]) -> None:
    """Read part by part and packed in a thread: no part is held whole but lists of names."""
    storage = page.services.storage
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for name, data in (await page.read(lambda tx: _documents(tx, actor, page.here))).items():
            await asyncio.to_thread(packed.writestr, name, data)
        with packed.open("outbox.json", "w", force_zip64=True) as outbox:
            await _outbox(page, actor, outbox)
        for name in await page.read(lambda tx: _pictures(tx, actor)):
            await asyncio.to_thread(_add_picture, packed, name, storage)


async def _outbox(page: Page, actor: Actor, out: IO[bytes]) -> None:
    """An OrderedCollection, an activity a line; how many they are is known, and said, at its end."""
    head = build.collection("outbox.json", None, context=ACTIVITY_CONTEXT)
    await asyncio.to_thread(out.write, msgspec.json.encode(head)[:-1] + b',"orderedItems":[')
    count = 0
    last: int | None = None
    while True:
        last, lines = await page.read(partial(_own_posts, actor=actor, here=page.here, before=last))
        if not lines:
            break
        await asyncio.to_thread(out.write, (b",\n" if count else b"\n") + b",\n".join(lines))
        count += len(lines)
    await asyncio.to_thread(out.write, b'\n],"totalItems":%d}\n' % count)


def _own_posts(tx: Tx, *, actor: Actor, here: Here, before: int | None) -> tuple[int | None, list[bytes]]:
    """The Creates of a batch of posts older than `before`, newest first; the id of the last."""
    batch = posts.of_actor(tx, actor.id, actor.id, limit=_BATCH, max_id=before)
    made = (build.embedded(post_wire.create(each, here)) for each in views.shown(tx, batch, actor.id))
    return batch[-1] if batch else None, [msgspec.json.encode(each) for each in made]


def _documents(tx: Tx, actor: Actor, here: Here) -> dict[str, bytes]:
    following, followers = _people(tx, actor, "following"), _people(tx, actor, "followers")
    return {
        "actor.json": _json(actor_wire.document(actor, keystore.public_material(tx, actor.id), here)),
        "likes.json": _json(build.collection("likes.json", None, items=interactions.liked_iris(tx, actor.id))),
        "following.csv": _csv(["Account address", "Show boosts"], [[handle, "true"] for handle in following]),
        "followers.csv": _csv(["Account address"], [[handle] for handle in followers]),
        "blocks.csv": _csv(["Account address"], [[each.handle] for each in moderation.blocked_by(tx, actor.id)]),
    }


def _people(tx: Tx, actor: Actor, side: str) -> list[str]:
    handles: list[str] = []
    last: int | None = None
    pages, whom = (
        (follows.following_ids, follows.followed_of)
        if side == "following"
        else (follows.follower_ids, follows.followers_of)
    )
    while batch := pages(tx, actor.id, limit=_BATCH, max_id=last):
        handles += (each.handle for each in whom(tx, batch))
        last = batch[-1]
    return handles


def _pictures(tx: Tx, actor: Actor) -> list[str]:
    names = [each.file for each in uploads.of_actor(tx, actor.id)]
    return list(dict.fromkeys([*names, *(name for name in (actor.icon, actor.header) if name)]))


def _add_picture(packed: zipfile.ZipFile, name: str, storage: DirectoryStorage) -> None:
    try:
        packed.write(storage.path(name), f"media/{name}", zipfile.ZIP_STORED)
    except Exception as error:  # a file lost from the disk must not keep a person from the rest
        packed.writestr(f"media/{name}.missing.txt", type(error).__name__)


def _json(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _csv(head: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()
