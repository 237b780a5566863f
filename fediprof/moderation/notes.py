"""What the server remembers of itself, by name: its last backup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from fediprof.db.database import Tx
from fediprof.schema.moderation import server_note


def keep(tx: Tx, name: str, value: Mapping[str, Any], now: datetime) -> None:
    tx.execute(delete(server_note).where(server_note.c.name == name))
    tx.execute(insert(server_note), {"name": name, "value": dict(value), "at": now})


def of(tx: Tx, name: str) -> tuple[Mapping[str, Any], datetime] | None:
    """(what was noted, when)"""
    row = tx.execute(select(server_note.c.value, server_note.c.at).where(server_note.c.name == name)).first()
    return None if row is None else (row[0], row[1])
