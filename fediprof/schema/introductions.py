"""Introductions by a third: somebody here proposes two people to each other, who each say yes or no."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from fediprof.schema.columns import Id, Instant, metadata

introduction = Table(
    "introduction",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("by_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("words", Text, nullable=False),  # to both: why
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False),  # asked, opened, ended, withdrawn
    Column("held", Boolean, nullable=False),  # nobody is asked, and it ends as one nobody answered
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("conversation_id", Id),  # of the three, once it is opened
    Index("ix_introduction_by", "by_id", "id"),
    Index("ix_introduction_state", "state", "ends_at"),
)

introduction_party = Table(
    "introduction_party",
    metadata,
    Column("introduction_id", Id, ForeignKey("introduction.id", ondelete="cascade"), primary_key=True),
    Column("person_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),
    Column("place", String(8), nullable=False),  # one, two: in the order they were named
    Column("answer", String(8), nullable=False),  # "", yes, no
    Column("answered_at", Instant),
    Column("note_iri", Text),  # of the message that asked somebody elsewhere
    Index("ix_introduction_party_person", "person_id"),
    Index("ix_introduction_party_note", "note_iri"),
)

introduction_question = Table(
    "introduction_question",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True, autoincrement=False),
    Column("ends_at", Instant, nullable=False),
)
"""Private messages of other servers that ask such a question (`fp:introduction`), until they are answered."""
