"""Insert unless it is there: the one statement in which the engines' dialects are chosen for writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared


def insert_or_leave(tx: Tx, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert unless a unique value is taken. True when the row is new."""
    return bool(_statement(table, tx.dialect.name, tuple(row)).run(tx, row))


def insert_all_or_leave(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for many rows of the same columns."""
    if rows:
        _statement(table, tx.dialect.name, tuple(rows[0])).run_all(tx, rows)


@cache
def _statement(table: Table, dialect: str, columns: tuple[str, ...]) -> Prepared:
    """Built once: putting a statement together costs more than running it."""
    made = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return Prepared(made.on_conflict_do_nothing(), columns)
