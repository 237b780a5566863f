"""Statements that run at every activity or page: on SQLite handed to the driver as they were compiled once.

SQLite needs some 5 µs for a row by its key; to put the parameters in and take the row out, Core needs 20 more at each
execution. What Core adds is kept: names, types both ways, one statement for both engines. PostgreSQL, where the way to
the server costs more than all this, gets the statement by way of Core.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

from fediprof.db.database import Tx

Values = Mapping[str, Any]


class Prepared:
    """A statement whose text is always the same: without expanding parameters. `columns`: those an Insert gives."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._statement, self._columns = statement, columns
        self._compiled: _Compiled | None = None

    def all(self, tx: Tx, values: Values) -> Sequence[Sequence[Any]]:
        """The rows of a Select, or those an Insert returns (as the driver gives them)."""
        raw = tx.connection.dbapi_connection
        if not isinstance(raw, sqlite3.Connection):
            return tx.execute(self._statement, values).all()
        compiled = self._on(tx.dialect)
        rows = raw.execute(compiled.text, compiled.arguments(values)).fetchall()
        return [compiled.read(row) for row in rows] if compiled.reads else rows

    def first(self, tx: Tx, values: Values) -> Sequence[Any] | None:
        """The only row of a Select, or None."""
        found = self.all(tx, values)
        return found[0] if found else None

    def run(self, tx: Tx, values: Values) -> int:
        """Insert or change; how many rows."""
        raw = tx.connection.dbapi_connection
        if not isinstance(raw, sqlite3.Connection):
            return tx.execute(self._statement, values).rowcount
        compiled = self._on(tx.dialect)
        return raw.execute(compiled.text, compiled.arguments(values)).rowcount

    def run_all(self, tx: Tx, rows: Sequence[Values]) -> None:
        """Insert or change for each."""
        raw = tx.connection.dbapi_connection
        if not isinstance(raw, sqlite3.Connection):
            tx.execute(self._statement, rows)
            return
        compiled = self._on(tx.dialect)
        for row in rows:
            raw.execute(compiled.text, compiled.arguments(row))

    def _on(self, dialect: Dialect) -> _Compiled:
        if self._compiled is None:
            self._compiled = _Compiled(self._statement, self._columns, dialect)
        return self._compiled


class _Compiled:
    """Text, how each parameter is written, and how each column is read."""

    def __init__(self, statement: Any, columns: Sequence[str] | None, dialect: Dialect) -> None:
        made: SQLCompiler = statement.compile(dialect=dialect, column_keys=columns)
        self.text = made.string
        if "POSTCOMPILE" in self.text:
            raise TypeError(f"its text differs from one execution to the next: {self.text}")
        self._parameters = [_parameter(made, name, dialect) for name in made.positiontup or ()]
        selected = getattr(statement, "selected_columns", ())
        readers = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in selected]
        self.reads = [(n, read) for n, read in enumerate(readers) if read is not None]

    def arguments(self, values: Values) -> list[Any]:
        return [
            fixed if name is None else values[name] if write is None else write(values[name])
            for name, write, fixed in self._parameters
        ]

    def read(self, row: tuple[Any, ...]) -> list[Any]:
        told = list(row)
        for n, read in self.reads:
            if told[n] is not None:
                told[n] = read(told[n])
        return told


def _parameter(made: SQLCompiler, name: str, dialect: Dialect) -> tuple[str | None, Callable[[Any], Any] | None, Any]:
    """(its name, how its value is written, None) or (None, None, its value)."""
    bound = made.binds[name]
    write = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if bound.required:
        return name, write, None
    return None, None, bound.value if write is None else write(bound.value)
