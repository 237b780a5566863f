"""What members upload. Copies of other servers' pictures are files of the cache, not rows."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

from fediprof.schema.columns import Id, Instant, metadata

upload = Table(
    "upload",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False, index=True),
    Column("post_id", Id, index=True),  # null until a post carries it
    Column("kind", String(16), nullable=False),  # image, video, audio
    Column("media_type", String(64), nullable=False),
    Column("file", Text, nullable=False),  # name in the storage
    Column("preview", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("preview_width", Integer),
    Column("preview_height", Integer),
    Column("focal_x", Float),
    Column("focal_y", Float),
    Column("blurhash", String(64)),
    Column("description", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
