"""Actors of this server and of others, their keys, and who follows whom."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from fediprof.schema.columns import Id, Instant, Json, metadata

actor = Table(
    "actor",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("local", Boolean, nullable=False),
    Column("type", String(32), nullable=False),
    Column("username", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("summary", Text, nullable=False),  # safe HTML
    Column("summary_source", Text),  # what a member wrote
    Column("url", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text),
    Column("host", Text, nullable=False),  # of the inbox, with its port
    Column("outbox", Text),
    Column("followers", Text),
    Column("following", Text),
    Column("featured", Text),
    Column("icon", Text),  # a remote address, or the name of an upload
    Column("header", Text),
    Column("fields", Json, nullable=False),  # [[name, safe HTML, verified_at | null, source], …]
    Column("emojis", Json, nullable=False),  # [[shortcode, url], …]
    Column("also_known_as", Json, nullable=False),
    Column("moved_to", Text),
    Column("locked", Boolean, nullable=False),  # manuallyApprovesFollowers
    Column("discoverable", Boolean, nullable=False),
    Column("indexable", Boolean, nullable=False),
    Column("published_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("fetched_at", Instant),
    Column("gone_at", Instant),
    Column("backfilled_at", Instant),
    Column("followers_count", Integer, nullable=False),
    Column("following_count", Integer, nullable=False),
    Column("posts_count", Integer, nullable=False),
    Column("last_post_at", Instant),
    Index("ix_actor_handle", "username", "domain"),
    Index("ix_actor_local", "local"),
    Index("ix_actor_host", "host"),
)

public_key = Table(
    "public_key",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False, index=True),
    Column("owner", Text, nullable=False),
    Column("material", Text, nullable=False),  # PEM, or multibase
    Column("fetched_at", Instant, nullable=False),
)

private_key = Table(
    "private_key",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False, index=True),
    Column("algorithm", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("public", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)

follow = Table(
    "follow",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),  # of the Follow activity
    Column("follower_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("target_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("state", String(16), nullable=False),  # pending, accepted, rejected
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("follower_id", "target_id"),
    Index("ix_follow_target", "target_id", "state", "id"),
    Index("ix_follow_follower", "follower_id", "state", "id"),
)
