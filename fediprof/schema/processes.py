"""What processes of one server say to each other where the database has no means of its own for that (`db.messages`)."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from fediprof.schema.columns import Serial, metadata

process_message = Table(
    "process_message",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("origin", String(16), nullable=False),  # which process said it
    Column("body", Text, nullable=False),
)
"""Only ever filled on SQLite, and only with the last `db.messages.KEPT`."""
