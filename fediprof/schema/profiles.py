"""Entries, who may read which part, what was opened to whom, and the ledger of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from fediprof.schema.columns import Id, Instant, Json, Serial, metadata


def _of_actor(**more: object) -> Column[int]:
    return Column("actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False, **more)  # type: ignore[arg-type]


def _of_entry() -> Column[int]:
    return Column("entry_id", Id, ForeignKey("entry.id", ondelete="cascade"), primary_key=True)


entry = Table(
    "entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _of_actor(),
    Column("slug", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("words", Json, nullable=False),  # [headline, story, question], as written
    Column("language", String(35)),
    Column("translations", Json, nullable=False),  # {language: [headline, story, question]}
    Column("tags", Json, nullable=False),
    Column("link", Text, nullable=False),
    Column("readers", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("post_id", Id, index=True),  # what it is on the wire while it is public
    Column("import_key", Text),
    Column("form_key", String(64)),  # of the form it was written in, which may be sent twice
    Index("ix_entry_actor", "actor_id", "position"),
    Index("ix_entry_form", "actor_id", "form_key", unique=True),
    UniqueConstraint("actor_id", "import_key"),
)

entry_field = Table(
    "entry_field",
    metadata,
    _of_entry(),
    Column("name", String(16), primary_key=True),
    Column("value", Text, nullable=False),
    Column("readers", String(16), nullable=False),
    Column("stand_in", Text, nullable=False),
    Column("translations", Json),  # {language: [value, stand-in]}, where there are any
)

entry_reader = Table(
    "entry_reader",
    metadata,
    _of_entry(),
    Column("field", String(16), primary_key=True),  # "": the entry itself
    Column("reader_id", Id, ForeignKey("actor.id", ondelete="cascade"), primary_key=True),  # a person, or a group
    Index("ix_entry_reader_reader", "reader_id"),
)

hidden_from = Table(
    "hidden_from",
    metadata,
    _of_actor(primary_key=True),
    Column("what", String(8), primary_key=True),  # person or domain
    Column("whom", Text, primary_key=True),  # an actor's id, or a domain
    Column("since", Instant, nullable=False),
)

part_set = Table(
    "part_set",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _of_actor(),
    Column("name", Text, nullable=False),
    Column("parts", Json, nullable=False),  # {entry id: [field]}
    UniqueConstraint("actor_id", "name"),
)

disclosure_grant = Table(
    "disclosure_grant",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _of_actor(),
    Column("to_actor_id", Id, ForeignKey("actor.id", ondelete="cascade"), nullable=False),
    Column("mode", String(8), nullable=False),  # show or send
    Column("parts", Json, nullable=False),  # {entry id: [field]}
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("conversation_id", Id),
    Column("label", Text, nullable=False),
    Index("ix_disclosure_grant_actor", "actor_id", "to_actor_id"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    _of_actor(),
    Column("at", Instant, nullable=False),
    Column("what", String(16), nullable=False),
    Column("with_id", Id),  # an actor; null once they are gone from here
    Column("with_handle", Text, nullable=False),
    Column("grant_id", Id),
    Column("parts", Json, nullable=False),  # {entry id: [field]}
    Column("detail", Text, nullable=False),  # a server's name, a date, words of ours: never an address or a browser
    Index("ix_ledger_actor", "actor_id", "number"),
)

received_grant = Table(
    "received_grant",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="cascade"), primary_key=True, autoincrement=False),
    Column("entries", Json, nullable=False),  # addresses on its author's server
    Column("ends_at", Instant, nullable=False),
)

beginning = Table(
    "beginning",
    metadata,
    _of_actor(primary_key=True),
    Column("aim", String(16), nullable=False),
    Column("readers", String(16), nullable=False),  # of what they will write, until they say otherwise
    Column("step", String(16), nullable=False),  # the question to go on with
    Column("entry_id", Id),  # their first, while it is there
    Column("changed_at", Instant, nullable=False),
)
