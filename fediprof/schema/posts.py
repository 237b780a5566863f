"""Posts of this server and of others: text, audience, mentions, tags, attachments, what was deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata

post = Table(
    "post",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("type", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),  # safe HTML
    Column("content_map", Json),  # {language: safe HTML} when there is more than one
    Column("source", Text),  # what a member wrote
    Column("source_map", Json),  # {language: what was written} where there is a content_map of ours
    Column("warning", Text, nullable=False),  # plain text; the wire's summary
    Column("sensitive", Boolean, nullable=False),
    Column("language", String(35)),
    Column("visibility", String(16), nullable=False),
    Column("in_reply_to_iri", Text),
    Column("in_reply_to_id", Id, index=True),  # null while the parent is unknown
    Column("in_reply_to_actor_id", Id),
    Column("conversation_id", Id, nullable=False),  # id of the first post known of the thread
    Column("context", Text),
    Column("replies", Text),  # a remote post's collection of answers
    Column("poll", Json),  # {options: [[name, votes], …], multiple, ends_at, closed, voters}
    Column("emojis", Json, nullable=False),
    Column("attachments", Json, nullable=False),  # records of `posts.records.Attachment`
    Column("group_id", Id),  # the group it is in, or was sent to
    Column("entry", Json),  # of a profile's public entry: what stands as fp:entry, see `posts.projection`
    Column("published_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("replies_count", Integer, nullable=False),
    Column("likes_count", Integer, nullable=False),
    Column("announces_count", Integer, nullable=False),
    Index("ix_post_actor", "actor_id", "id"),
    Index("ix_post_conversation", "conversation_id", "id"),
    Index("ix_post_parent_iri", "in_reply_to_iri"),
    Index("ix_post_group", "group_id"),
)

EMPTIED: dict[str, Any] = {
    "content": "",
    "content_map": None,
    "source": None,
    "source_map": None,
    "title": "",
    "warning": "",
    "poll": None,
    "attachments": [],
    "emojis": [],
}
"""A post's columns once it is deleted; what is left is for its Tombstone."""

mention = Table(
    "mention",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("silent", Boolean, nullable=False),  # addressed without being named in a tag
    Index("ix_mention_actor", "actor_id", "post_id"),
)

post_tag = Table(
    "post_tag",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True),
    Column("name", Text, primary_key=True),  # casefolded
    Column("written", Text, nullable=False),
    Index("ix_post_tag_name", "name", "post_id"),
)

pin = Table(
    "pin",
    metadata,
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True),
    Column("pinned_at", Instant, nullable=False),
)

deleted_object = Table(
    "deleted_object",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("actor_iri", Text, nullable=False),  # who may have said so
    Column("former_type", String(32), nullable=False),
    Column("deleted_at", Instant, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("post_id", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
)
