"""Commands on uploads: keep one, describe one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.media import store
from fediprof.media.records import Upload
from fediprof.principal import Member


@dataclass(frozen=True, slots=True)
class KeepUpload:
    """A file already prepared (`media.intake`) and stored under `file` and `preview`."""

    by: Member
    kind: str
    media_type: str
    file: str
    preview: str
    bytes: int
    width: int | None = None
    height: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None
    blurhash: str | None = None
    description: str = ""
    focal_x: float | None = None
    focal_y: float | None = None


@dataclass(frozen=True, slots=True)
class DescribeUpload:
    """`focal`: (x, y), each -1..1."""

    by: Member
    upload_id: int
    description: str | None = None
    focal: tuple[float, float] | None = None


def keep_upload(tx: Tx, request: KeepUpload, here: Here) -> Done[Upload]:
    new = Upload(
        id=ids.new_id(),
        actor_id=request.by.actor_id,
        post_id=None,
        kind=request.kind,
        media_type=request.media_type,
        file=request.file,
        preview=request.preview,
        bytes=request.bytes,
        width=request.width,
        height=request.height,
        preview_width=request.preview_width,
        preview_height=request.preview_height,
        focal_x=request.focal_x,
        focal_y=request.focal_y,
        blurhash=request.blurhash,
        description=request.description[:1500],
        created_at=here.now,
    )
    store.insert_upload(tx, new)
    return Done(new)


def describe_upload(tx: Tx, request: DescribeUpload, here: Here) -> Done[Upload]:
    found = store.by_id(tx, request.upload_id, request.by.actor_id)
    if found is None:
        raise NotFound("no such upload of yours")
    store.describe(tx, found.id, request.by.actor_id, request.description, request.focal)
    if request.description is not None:
        found = replace(found, description=request.description[:1500])
    if request.focal is not None:
        found = replace(found, focal_x=request.focal[0], focal_y=request.focal[1])
    return Done(found)
