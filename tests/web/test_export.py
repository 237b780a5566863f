"""The export of an account: whole, and made without holding it in memory."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from fediprof.actors import store as actors
from fediprof.media import store as uploads
from fediprof.portability import archive
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.principal import Member
from fediprof.services import Services
from fediprof.web import export
from tests.web.test_writing import picture

pytestmark = pytest.mark.anyio
MB = 1024 * 1024


async def page_of(services: Services, marie: Member) -> Any:
    """As much of a page as the export asks."""
    actor = await services.read(lambda tx: actors.by_id(tx, marie.actor_id))
    return SimpleNamespace(
        me=SimpleNamespace(actor=actor, account=SimpleNamespace(id=marie.account_id)), services=services, read=services.read, here=services.here(),
        t=SimpleNamespace(language="en"),
    )  # fmt: skip


async def test_an_outbox_of_many_batches_is_whole_and_in_order(
    services: Services, marie: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_BATCH", 5)
    made = [await services.perform(publish_post, PublishPost(marie, f"Number {n} «é»")) for n in range(13)]
    response = await export.archive(await page_of(services, marie))
    assert isinstance(response, StreamingResponse)
    data = b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type]
    assert response.headers["content-length"] == str(len(data))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        outbox = json.loads(packed.read("outbox.json"))
    assert outbox["totalItems"] == 13
    assert [each["object"]["id"] for each in outbox["orderedItems"]] == [each.iri for each in reversed(made)]


async def test_an_account_without_a_post_has_an_empty_outbox(services: Services, marie: Member) -> None:
    response = await export.archive(await page_of(services, marie))
    assert isinstance(response, StreamingResponse)
    data = b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        outbox = json.loads(packed.read("outbox.json"))
    assert (outbox["totalItems"], outbox["orderedItems"]) == (0, [])


async def test_a_large_account_is_never_held_in_memory_and_leaves_no_file(services, marie, member) -> None:  # type: ignore[no-untyped-def]
    # Given a member whose one picture is 40 MB large
    await member.open("/write")
    await member.press("/write", text="See", files={"file-1": picture()}, alt__new__1="x")
    [upload] = await services.read(lambda tx: uploads.of_actor(tx, marie.actor_id))
    path: Path = services.storage.path(upload.file)
    with path.open("wb") as large:
        for _ in range(40):
            large.write(os.urandom(MB))
    before = sorted(services.settings.data.rglob("*"))
    page = await page_of(services, marie)
    # When it is made and sent
    tracemalloc.start()
    try:
        response = await export.archive(page)
        size = 0
        async for chunk in response.body_iterator:
            size += len(chunk)
            assert len(chunk) <= MB
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Then all of it was sent, of which a little was in memory at a time, and nothing is left
    assert size > 40 * MB
    assert peak < 10 * MB, peak
    assert sorted(services.settings.data.rglob("*")) == before


async def test_who_hangs_up_leaves_no_file(services, marie, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    opened = []
    scratch = export._scratch
    monkeypatch.setattr(export, "_scratch", lambda folder: opened.append(scratch(folder)) or opened[-1])
    monkeypatch.setattr(export, "_CHUNK", 100)
    response = await export.archive(await page_of(services, marie))
    assert len(await anext(response.body_iterator)) == 100
    await response.body_iterator.aclose()
    assert opened[0].closed


async def test_a_picture_lost_from_the_disk_does_not_keep_the_rest(services, marie, member) -> None:  # type: ignore[no-untyped-def]
    await member.open("/write")
    await member.press("/write", text="See", files={"file-1": picture()}, alt__new__1="x")
    [upload] = await services.read(lambda tx: uploads.of_actor(tx, marie.actor_id))
    services.storage.delete(upload.file)
    response = await export.archive(await page_of(services, marie))
    data = b"".join([bytes(chunk) async for chunk in response.body_iterator])
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.read(f"media/{upload.file}.missing.txt") == b"NotFound"
        assert json.loads(packed.read("outbox.json"))["totalItems"] == 1
