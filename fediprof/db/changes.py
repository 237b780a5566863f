"""Changes of one row by its id, as statements built once: putting one together costs more than running it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table, Update, bindparam, case, insert, update

from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared


def insert_record(tx: Tx, table: Table, record: object) -> None:
    """Insert a dataclass whose fields are the table's columns."""
    _insert(table).run(tx, {name: getattr(record, name) for name in table.c.keys()})


def change_row(tx: Tx, table: Table, row_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of the row with that `id`."""
    tx.execute(_update(table), {"row_id": row_id, **values})


def step_counters(tx: Tx, table: Table, row_id: int, **steps: int) -> None:
    """Add to counters of the row with that `id`; they never go under zero. Steps of 0 are left out."""
    chosen = {name: step for name, step in steps.items() if step}
    if chosen:
        by = {f"by_{name}": step for name, step in chosen.items()}
        _steps(table, tuple(chosen)).run(tx, {"row_id": row_id, **by})


@cache
def _insert(table: Table) -> Prepared:
    return Prepared(insert(table), table.c.keys())


@cache
def _update(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("row_id"))


@cache
def _steps(table: Table, names: tuple[str, ...]) -> Prepared:
    values = {}
    for name in names:
        stepped = table.c[name] + bindparam(f"by_{name}", type_=table.c[name].type)
        values[name] = case((stepped < 0, 0), else_=stepped)
    return Prepared(update(table).where(table.c.id == bindparam("row_id")).values(values))
