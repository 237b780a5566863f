"""Insert unless it is there: the one statement in which the engines' dialects are chosen for writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from fediprof.db.database import Tx


def insert_or_leave(tx: Tx, table: Any, row: Mapping[str, Any]) -> bool:
    """Insert unless a unique value is taken. True when the row is new."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    return bool(tx.execute(dialect.insert(table).values(dict(row)).on_conflict_do_nothing()).rowcount)


def insert_all_or_leave(tx: Tx, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for many rows of the same columns."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    if rows:
        tx.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
