"""Likes and announces of posts."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from fediprof.schema.columns import Id, Instant, metadata

interaction = Table(
    "interaction",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # like, announce
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), nullable=False),
    Column("emoji", Text),
    Column("visibility", String(16), nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("post_id", "kind", "actor_id"),
    Index("ix_interaction_actor", "actor_id", "kind", "id"),
)
