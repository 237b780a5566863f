"""What a member finds on arriving: the home timeline and notifications, materialised when things happen."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint, text

from fediprof.schema.columns import Id, Instant, metadata

home_item = Table(
    "home_item",
    metadata,
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),  # whose home
    Column("id", Id, primary_key=True, autoincrement=False),  # the post's id, or the announce's
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), nullable=False),
    Column("announce_id", Id),
    Index("ix_home_item_post", "post_id"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),  # who is told
    Column("kind", String(32), nullable=False),
    Column("from_actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade")),
    Column("subject", Id, nullable=False),  # the post's id, or 0: one notification per subject
    Column("created_at", Instant, nullable=False),
    Column("unopened", Boolean, nullable=False),  # a private message whose conversation was not opened since
    UniqueConstraint("actor_id", "kind", "from_actor_id", "subject"),
    Index("ix_notification_actor", "actor_id", "id"),
    Index(
        "ix_notification_unopened", "actor_id", sqlite_where=text("unopened = 1"), postgresql_where=text("unopened")
    ),
)
