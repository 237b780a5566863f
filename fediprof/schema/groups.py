"""Groups (FEP-1b12): their rules, their moderators, who stands how in them, which posts are in them, what was decided."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata

group_actor = Table(
    "group_actor",
    metadata,
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("local", Boolean, nullable=False),
    Column("membership", String(16), nullable=False),  # open, approval, private
    Column("posting", String(16), nullable=False),  # everyone, members, moderators
    Column("rules", Json, nullable=False),  # [plain text, …], numbered from 1 wherever they are named
    Column("hold_newcomers", Boolean, nullable=False),  # first posts wait for a moderator
    Column("votes", Boolean, nullable=False),
    Column("language", String(35)),
    Column("moderators", Text),  # the collection's IRI
    Column("founder_id", Id),
    Column("closed_at", Instant),
    Column("closing_words", Text, nullable=False),
    Column("fetched_at", Instant),  # a remote group's moderators, and its latest threads
    Column("created_at", Instant, nullable=False),
    Column("author_pace", Integer, nullable=False),  # posts a minute that are let in of one author; 0: any number
    Column("pace", Integer, nullable=False),  # of all
    Column("offers_a_month", Integer, nullable=False),  # of one person; 0: any number
    Column("offers_name_pay", Boolean, nullable=False),  # one that does not is sent back
    Column("offers_name_contact", Boolean, nullable=False),
    Column("group_followers", Boolean, nullable=False),  # groups elsewhere may follow this one
)

group_moderator = Table(
    "group_moderator",
    metadata,
    Column("group_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("iri", Text, primary_key=True),  # of the moderator, here or elsewhere
    Column("appointed_by", Text, nullable=False),
    Column("appointed_at", Instant, nullable=False),
    Index("ix_group_moderator_iri", "iri"),
)

group_standing = Table(
    "group_standing",
    metadata,
    Column("group_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("vetted", Boolean, nullable=False),  # a first post of theirs was let in
    Column("listed", Boolean, nullable=False),  # chose to be named among the members
    Column("role", String(16), nullable=False),  # what they say they are there as: "", recruiter
    Column("ban_iri", Text),  # of the Block
    Column("ban_reason", Text, nullable=False),
    Column("banned_at", Instant),
    Column("ban_ends_at", Instant),  # null beside banned_at: without end
    Index("ix_group_standing_actor", "actor_id"),
)

group_post = Table(
    "group_post",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True),
    Column("group_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("thread_id", Id, nullable=False),  # the post that began the thread
    Column("kind", String(16), nullable=False),  # of a thread: ask, tell, offer; else ""
    Column("state", String(16), nullable=False),  # records.State
    Column("reason", Text, nullable=False),
    Column("locked_at", Instant),
    Column("pinned_at", Instant),
    Column("ups", Integer, nullable=False),
    Column("downs", Integer, nullable=False),
    Column("active_at", Instant, nullable=False),  # of a thread: its last answer
    Column("answers", Integer, nullable=False),  # of a thread, by others than who began it
    Column("activity_iri", Text),  # of the Create that brought it
    Column("received", LargeBinary),  # that Create as it came, to be passed on unchanged; null: one of ours
    Column("announce_iri", Text),
    Column("created_at", Instant, nullable=False),
    Column("let_in_at", Instant),
    Index("ix_group_post_let_in", "group_id", "let_in_at"),
    Index("ix_group_post_thread", "group_id", "thread_id"),
    Index("ix_group_post_state", "group_id", "state"),
    Index("ix_group_post_active", "group_id", "active_at"),
)

announced_vote = Table(
    "announced_vote",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True),
    Column("voter_iri", Text, primary_key=True),
    Column("iri", Text, nullable=False, index=True),
    Column("value", Integer, nullable=False),  # 1, -1
)
"""Votes a group elsewhere passed on: of people we need not know."""

moderation_event = Table(
    "moderation_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("group_id", Id, ForeignKey("actor.id", ondelete="cascade")),  # null: of the whole server
    Column("by_iri", Text, nullable=False),
    Column("action", String(24), nullable=False),
    Column("subject_id", Id, ForeignKey("actor.id", ondelete="set null")),  # whom it concerns
    Column("subject_iri", Text, nullable=False),  # a person, post, group or domain
    Column("post_id", Id, ForeignKey("post.id", ondelete="set null")),
    Column("reason", Text, nullable=False),
    Column("rule", Integer),  # number of the group's rule it rests on
    Column("ends_at", Instant),
    Column("undone_at", Instant),
    Column("activity_iri", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_moderation_event_group", "group_id", "id"),
    Index("ix_moderation_event_subject", "subject_id", "id"),
)
"""Every decision, for those it concerns and for members to read. Rows are added, and marked undone; never changed."""

contest = Table(
    "contest",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("event_id", Id, ForeignKey("moderation_event.id", ondelete="cascade"), nullable=False, unique=True),
    Column("by_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("words", Text, nullable=False),
    Column("state", String(16), nullable=False),  # open, upheld, overturned
    Column("answer", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Index("ix_contest_state", "state"),
)
