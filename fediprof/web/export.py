"""A member's archive (`portability.archive`) as a download: made in a file without a name, sent in pieces."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from starlette.responses import Response, StreamingResponse

from fediprof.actors.records import Actor
from fediprof.portability.archive import pack
from fediprof.web.view import Page, settle

_CHUNK = 256 * 1024


async def archive(page: Page) -> Response:
    return await archive_of(page, page.me.actor, page.me.account.id)


async def archive_of(page: Page, actor: Actor, account_id: int) -> Response:
    """The zip as a download: made in a file without a name, which is gone when it is sent or the server ends."""
    file = await asyncio.to_thread(_scratch, page.services.settings.data)
    try:
        await pack(page.read, page.services.storage, actor, account_id, page.here, file)
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
