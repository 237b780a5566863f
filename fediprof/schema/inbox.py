"""What came in and is not yet done, and other background work. A row is committed before the sender is told 202."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from fediprof.schema.columns import Instant, Json, Serial, metadata

inbox_activity = Table(
    "inbox_activity",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("actor_iri", Text, nullable=False),
    Column("activity_iri", Text, nullable=False),
    Column("type", String(64), nullable=False),
    Column("object_iri", Text),
    Column("proven_by", Text, nullable=False),  # key id
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, done, refused, dead
    Column("outcome", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("done_at", Instant),
    UniqueConstraint("actor_iri", "activity_iri"),
    Index("ix_inbox_activity_due", "state", "next_at"),
    Index("ix_inbox_activity_done", "done_at"),
)

job = Table(
    "job",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", Text, nullable=False),  # one waiting job per kind and key
    Column("arguments", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False, index=True),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    UniqueConstraint("kind", "key"),
)
