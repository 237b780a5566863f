"""What was refused, a count for each day, kind and whom. No address is in it."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from fediprof.schema.columns import metadata

refusal = Table(
    "refusal",
    metadata,
    Column("day", String(10), primary_key=True),  # ISO date, UTC
    Column("kind", String(16), primary_key=True),
    Column("who", Text, primary_key=True),  # prefix, host, handle, or an agent's name on the list
    Column("count", Integer, nullable=False),
)
