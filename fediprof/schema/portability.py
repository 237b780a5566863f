"""What imports bring besides entries: people a member knows, for their eyes alone, and uploads waiting for the word to
go on."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from fediprof.schema.columns import Id, Instant, Json, metadata


def _of_account() -> Column[int]:
    return Column("account_id", Id, ForeignKey("account.id", ondelete="cascade"), primary_key=True)


address_book = Table(
    "address_book",
    metadata,
    _of_account(),
    Column("key", String(64), primary_key=True),  # what a second import knows a person by
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("since", String(10), nullable=False),  # a shortened ISO date
    Column("note", Text, nullable=False),
)

pending_import = Table(
    "pending_import",
    metadata,
    _of_account(),
    Column("made_at", Instant, nullable=False),
    Column("arrival", Json, nullable=False),  # `portability.records.Arrival`: what was read, not the file
)
