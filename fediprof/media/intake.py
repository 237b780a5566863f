"""A file a member sends, made ready: type told by its bytes, pictures turned and stripped of what the camera wrote,
stored under an unguessable name. The row is written by `keep_upload`."""

from __future__ import annotations

import asyncio

from fediprof import ids
from fediprof.errors import Invalid, TooMuch
from fediprof.media import processing
from fediprof.media.commands import KeepUpload
from fediprof.media.storage import DirectoryStorage
from fediprof.principal import Member

_drawing = asyncio.Semaphore(2)
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/png": "png",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "video/ogg": "ogv",
    "audio/mp4": "m4a",
    "audio/webm": "weba",
    "audio/flac": "flac",
    "audio/wav": "wav",
}


async def take_in(
    storage: DirectoryStorage, data: bytes, *, by: Member, limit: int, description: str = ""
) -> KeepUpload:
    """The request for `keep_upload`, its files stored. Raises TooMuch over `limit` bytes, Invalid (field file) for what
    is no picture, sound or film we take."""
    if len(data) > limit:
        raise TooMuch(f"{len(data)} bytes", public=f"At most {limit // (1024 * 1024)} MiB")
    found = processing.sniff(data)
    if found is None:
        raise Invalid("This kind of file is not taken", field="file")
    async with _drawing:
        if processing.kind(found) != "image":
            media_type = await asyncio.to_thread(processing.sound_or_film, data, max_bytes=limit)
            file = await asyncio.to_thread(_stored, storage, data, media_type)
            return KeepUpload(
                by, processing.kind(media_type), media_type, file, "", len(data), description=description
            )
        drawn = await asyncio.to_thread(processing.prepare_picture, data)
        file = await asyncio.to_thread(_stored, storage, drawn.data, drawn.media_type)
        preview = await asyncio.to_thread(_stored, storage, drawn.preview, drawn.preview_type)
    return KeepUpload(
        by,
        "image",
        drawn.media_type,
        file,
        preview,
        len(drawn.data) + len(drawn.preview),
        width=drawn.width,
        height=drawn.height,
        preview_width=drawn.preview_width,
        preview_height=drawn.preview_height,
        blurhash=drawn.blurhash,
        description=description,
    )


async def take_in_avatar(storage: DirectoryStorage, data: bytes, *, limit: int) -> str:
    """The stored file's name of a square portrait."""
    return await _picture(storage, data, limit, header=False)


async def take_in_header(storage: DirectoryStorage, data: bytes, *, limit: int) -> str:
    """The stored file's name of a wide picture."""
    return await _picture(storage, data, limit, header=True)


async def _picture(storage: DirectoryStorage, data: bytes, limit: int, *, header: bool) -> str:
    if len(data) > limit:
        raise TooMuch(f"{len(data)} bytes", public=f"At most {limit // (1024 * 1024)} MiB")
    async with _drawing:
        if header:
            drawn = await asyncio.to_thread(processing.cover_picture, data, 1500, 500, colours=True)
        else:
            drawn = await asyncio.to_thread(processing.avatar, data)
        return await asyncio.to_thread(_stored, storage, drawn, "image/webp")


def _stored(storage: DirectoryStorage, data: bytes, media_type: str) -> str:
    name = f"{ids.slug(20)}.{_ENDINGS.get(media_type, 'bin')}"
    storage.save(name, data)
    return name
