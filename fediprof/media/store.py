"""All SQL on uploads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.media.records import Upload
from fediprof.schema.media import upload


def insert_upload(tx: Tx, new: Upload) -> None:
    insert_record(tx, upload, new)


def by_id(tx: Tx, upload_id: int, actor_id: int) -> Upload | None:
    """An upload of this member's; another's is not found."""
    row = tx.execute(select(upload).where(upload.c.id == upload_id, upload.c.actor_id == actor_id)).first()
    return None if row is None else Upload(*row)


def of_actor(tx: Tx, actor_id: int, upload_ids: Iterable[int] | None = None) -> list[Upload]:
    query = select(upload).where(upload.c.actor_id == actor_id)
    if upload_ids is not None:
        query = query.where(upload.c.id.in_(list(upload_ids)))
    return [Upload(*row) for row in tx.execute(query.order_by(upload.c.id))]


def describe(
    tx: Tx, upload_id: int, actor_id: int, text: str | None, focal: tuple[float, float] | None = None
) -> None:
    values: dict[str, Any] = {}
    if text is not None:
        values["description"] = text[:1500]
    if focal is not None:
        values |= {"focal_x": focal[0], "focal_y": focal[1]}
    if values:
        tx.execute(update(upload).where(upload.c.id == upload_id, upload.c.actor_id == actor_id).values(values))


def attach(tx: Tx, upload_ids: Iterable[int], post_id: int) -> None:
    """These, and only these, belong to the post; what it drops is free again."""
    kept = list(upload_ids)
    tx.execute(update(upload).where(upload.c.post_id == post_id, upload.c.id.not_in(kept)).values(post_id=None))
    if kept:
        tx.execute(update(upload).where(upload.c.id.in_(kept)).values(post_id=post_id))


def release(tx: Tx, post_id: int) -> None:
    """A deleted post's uploads: free for a redraft, swept when nobody takes them."""
    tx.execute(update(upload).where(upload.c.post_id == post_id).values(post_id=None))


def unused_since(tx: Tx, before: datetime, limit: int = 100) -> list[Upload]:
    query = select(upload).where(upload.c.post_id.is_(None), upload.c.created_at < before).limit(limit)
    return [Upload(*row) for row in tx.execute(query)]


def remove(tx: Tx, upload_ids: Iterable[int]) -> None:
    tx.execute(delete(upload).where(upload.c.id.in_(list(upload_ids))))


def file_known(tx: Tx, file: str) -> str | None:
    """The media type of an upload's file or preview, or None: only known files are served."""
    found: str | None = tx.execute(select(upload.c.media_type).where(upload.c.file == file)).scalar()
    return found
