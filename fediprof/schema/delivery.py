"""What is on its way to other servers: the rendered activity once, a row per inbox, a row per host."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text

from fediprof.schema.columns import Id, Instant, Json, Serial, metadata

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),  # whose key signs
    Column("activity_iri", Text, nullable=False, unique=True),
    Column("type", String(32), nullable=False),
    Column("object_iri", Text, nullable=False, index=True),  # order is kept per object
    Column("post_id", Id, index=True),  # for the author's report
    Column("body", LargeBinary, nullable=False),  # canonical bytes, proof attached
    Column("created_at", Instant, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("outgoing_id", Serial, ForeignKey("outgoing.id", ondelete="cascade"), nullable=False),
    Column("host", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("object_iri", Text, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, sent, failed
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("done_at", Instant),
    UniqueConstraint("outgoing_id", "inbox"),
    Index("ix_delivery_due", "host", "state", "next_at"),
    Index("ix_delivery_done", "done_at"),
    Index(
        "ix_delivery_waiting",
        "host",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

peer = Table(
    "peer",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_at", Instant),  # when this host may be tried again; null: nothing waits
    Column("lease_until", Instant),
    Column("lease_by", String(32)),
    Column("failures", Integer, nullable=False),  # in a row
    Column("failing_days", Json, nullable=False),  # distinct days without a success, ISO dates
    Column("dead_at", Instant),
    Column("scheme", String(16)),  # the signature scheme it was seen to need
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("last_success_at", Instant),
    Column("software", Text),
    Index("ix_peer_due", "next_at"),
)
