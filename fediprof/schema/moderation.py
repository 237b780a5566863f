"""Blocks between people, blocked servers, reports."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from fediprof.schema.columns import Id, Instant, Json, metadata

block = Table(
    "block",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("target_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("actor_id", "target_id"),
    Index("ix_block_target", "target_id"),
)

domain_block = Table(
    "domain_block",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("reporter_iri", Text, nullable=False),
    Column("target_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("post_iris", Json, nullable=False),
    Column("comment", Text, nullable=False),
    Column("state", String(16), nullable=False),  # open, closed
    Column("created_at", Instant, nullable=False),
    Column("group_id", Id, index=True),  # of a post in a group: for its moderators
    Column("decision", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Instant),
)
