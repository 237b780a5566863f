"""Uploads as values. Field order is the column order of `schema.media.upload`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof.posts.records import Attachment


@dataclass(frozen=True, slots=True)
class Upload:
    id: int
    actor_id: int
    post_id: int | None
    kind: str
    media_type: str
    file: str
    preview: str
    bytes: int
    width: int | None
    height: int | None
    preview_width: int | None
    preview_height: int | None
    focal_x: float | None
    focal_y: float | None
    blurhash: str | None
    description: str
    created_at: datetime

    def as_attachment(self) -> Attachment:
        return Attachment(
            kind=self.kind,
            url=self.file,
            media_type=self.media_type,
            description=self.description,
            blurhash=self.blurhash,
            width=self.width,
            height=self.height,
            focal_x=self.focal_x,
            focal_y=self.focal_y,
            local=True,
            preview=self.preview,
            upload_id=self.id,
            preview_width=self.preview_width,
            preview_height=self.preview_height,
        )
