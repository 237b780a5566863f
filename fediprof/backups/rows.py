"""A database as text, a row a line, the same from either engine and for either: `{"column": value, …}`.

The tables are read from the database itself, not from today's code: so a backup is restored into the schema it was made
from, and migrated from there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, Table, func, insert, select, text

from fediprof.db.database import Tx
from fediprof.errors import Malformed

BATCH = 500
_NOT_ROWS = frozenset({"alembic_version"})


def tables(tx: Tx) -> list[Table]:
    """Every table, those others refer to first."""
    metadata = MetaData()
    metadata.reflect(tx)
    return [table for table in metadata.sorted_tables if table.name not in _NOT_ROWS]


def dump(tx: Tx, folder: Path, step: Callable[[int], None]) -> None:
    """Write `<table>.jsonl` for each table, of one snapshot."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("set transaction isolation level repeatable read, read only"))
    folder.mkdir(parents=True, exist_ok=True)  # a reading unit that lasts is begun anew (`db.sqlite`)
    for table in tables(tx):
        blobs = _blobs(table)
        with (folder / f"{table.name}.jsonl").open("wb") as file:
            for row in tx.execute(select(table).execution_options(yield_per=BATCH)).mappings():
                values = {
                    name: base64.b64encode(row[name]).decode() if name in blobs and row[name] else row[name]
                    for name in row
                }
                file.write(msgspec.json.encode(values) + b"\n")
                step(1)


def load(tx: Tx, folder: Path, step: Callable[[int], None]) -> None:
    """Fill empty tables. Raises Malformed for a line that is no row of its table."""
    for table in tables(tx):
        path = folder / f"{table.name}.jsonl"
        if not path.exists():
            raise Malformed(f"the backup has no table {table.name}")
        blobs, known = _blobs(table), set(table.c.keys())
        with path.open("rb") as file:
            for batch in _batches(_row(line, blobs, known, table.name) for line in file):
                tx.execute(insert(table), batch)
                step(len(batch))
        _count_on(tx, table)


def _row(line: bytes, blobs: set[str], known: set[str], table: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
        if set(row) != known:
            raise ValueError("other columns")
        for name in blobs:
            if row[name] is not None:
                row[name] = base64.b64decode(row[name], validate=True)
    except (ValueError, TypeError, binascii.Error) as error:
        raise Malformed(f"the backup's table {table} has a line that is no row of it: {error}") from None
    return row


def _blobs(table: Table) -> set[str]:
    return {column.name for column in table.c if isinstance(column.type, LargeBinary)}


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _count_on(tx: Tx, table: Table) -> None:
    """PostgreSQL counts in a sequence beside the table, which knows nothing of the rows just put in."""
    if tx.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        if not isinstance(column.type, BigInteger | Integer):
            continue
        sequence = tx.execute(
            text("select pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
        ).scalar()
        highest = tx.execute(select(func.max(column))).scalar()
        if sequence is not None and highest is not None:
            tx.execute(text("select setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
