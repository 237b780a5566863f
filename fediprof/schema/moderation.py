"""Blocks between people, what is decided about servers and accounts, reports, erasures."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

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

policy_list = Table(
    "policy_list",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False, unique=True),
    Column("priority", Integer, nullable=False),  # of two lists that name a domain, the smaller number decides
    Column("automatic_below", Integer),  # applied on its own when it cuts fewer follows; null: never
    Column("etag", Text),
    Column("modified", Text),  # Last-Modified, as it came
    Column("read_at", Instant),  # last read whole
    Column("asked_at", Instant),
    Column("error", Text),  # of the last time it was asked for
    Column("created_at", Instant, nullable=False),
)

domain_policy = Table(
    "domain_policy",
    metadata,
    Column("domain", Text, primary_key=True),  # "*": every server that is not named
    Column("severity", String(16), nullable=False),  # block, limit, none
    Column("reject_media", Boolean, nullable=False),
    Column("reject_reports", Boolean, nullable=False),
    Column("obfuscate", Boolean, nullable=False),
    Column("comment", Text, nullable=False),
    Column("public_comment", Text, nullable=False),
    Column("list_id", Id, ForeignKey("policy_list.id", ondelete="set null")),  # null: decided by hand
    Column("largest", Integer),  # bytes of one activity
    Column("per_minute", Integer),  # activities
    Column("created_at", Instant, nullable=False),
)

policy_line = Table(
    "policy_line",
    metadata,
    Column("list_id", Id, ForeignKey("policy_list.id", ondelete="cascade"), primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("reject_media", Boolean, nullable=False),
    Column("reject_reports", Boolean, nullable=False),
    Column("obfuscate", Boolean, nullable=False),
    Column("public_comment", Text, nullable=False),
    Column("put_aside", Boolean, nullable=False),  # not wanted here: not proposed again
)
"""What the lists we read say. Nothing of it holds until it is a `domain_policy`."""

sanction = Table(
    "sanction",
    metadata,
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("kind", String(16), nullable=False),  # limit, suspend
    Column("reason", Text, nullable=False),
    Column("event_id", Id),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant),  # of a member suspended without end: when the account is erased
    Column("erases", Boolean, nullable=False),
)

erasure = Table(
    "erasure",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("username", Text),  # for thirty days
    Column("activity_iri", Text),  # the Delete, as long
    Column("erased_at", Instant, nullable=False),
    Column("sent", Integer, nullable=False),  # counted when the rest is forgotten
    Column("failed", Integer, nullable=False),
)

server_note = Table(
    "server_note",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("at", Instant, nullable=False),
)
"""What the server remembers of itself: its last backup."""

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
