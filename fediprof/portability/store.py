"""The private address book, and uploads that wait between preview and word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from fediprof.db.database import Tx
from fediprof.portability.records import Arrival, Person
from fediprof.schema.portability import address_book, pending_import

KEPT = timedelta(hours=1)
"""How long a preview waits."""
_OF_PERSON = [each for each in address_book.c if each.name != "account_id"]


def hold(tx: Tx, account_id: int, arrival: Arrival, now: datetime) -> None:
    """Instead of what waited before."""
    drop(tx, account_id)
    held = msgspec.to_builtins(arrival)
    tx.execute(insert(pending_import).values(account_id=account_id, made_at=now, arrival=held))


def held(tx: Tx, account_id: int, now: datetime) -> Arrival | None:
    found = tx.execute(select(pending_import.c.arrival).where(*_waiting(account_id, now))).scalar()
    return None if found is None else msgspec.convert(found, Arrival)


def is_held(tx: Tx, account_id: int, now: datetime) -> bool:
    return tx.execute(select(pending_import.c.account_id).where(*_waiting(account_id, now))).first() is not None


def _waiting(account_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return pending_import.c.account_id == account_id, pending_import.c.made_at > now - KEPT


def drop(tx: Tx, account_id: int) -> None:
    tx.execute(delete(pending_import).where(pending_import.c.account_id == account_id))


def sweep(tx: Tx, before: datetime) -> None:
    """Forget uploads nobody came back for."""
    tx.execute(delete(pending_import).where(pending_import.c.made_at < before))


# --- people


def people(tx: Tx, account_id: int, *, limit: int | None = None, offset: int = 0) -> list[Person]:
    """By name."""
    rows = tx.execute(
        select(*_OF_PERSON)
        .where(address_book.c.account_id == account_id)
        .order_by(func.lower(address_book.c.name), address_book.c.key)
        .limit(limit)
        .offset(offset)
    )
    return [Person(**row) for row in rows.mappings()]


def count_people(tx: Tx, account_id: int) -> int:
    return int(tx.execute(select(func.count()).where(address_book.c.account_id == account_id)).scalar_one())


def put_people(tx: Tx, account_id: int, brought: Iterable[Person]) -> tuple[int, int]:
    """(new, changed). What the owner noted of a person stays theirs."""
    known = {each.key: each for each in people(tx, account_id)}
    new: list[Mapping[str, Any]] = []
    changed: list[Mapping[str, Any]] = []
    for each in brought:
        values = asdict(each)
        before = known.get(each.key)
        if before is None:
            new.append({"account_id": account_id, **values})
            known[each.key] = each
            continue
        values["note"] = before.note or each.note
        if Person(**values) != before:
            changed.append({f"new_{name}": value for name, value in values.items()} | {"of": account_id})
    if new:
        tx.execute(insert(address_book), new)
    if changed:
        tx.execute(_CHANGE, changed)
    return len(new), len(changed)


def forget_people(tx: Tx, account_id: int, key: str | None = None) -> int:
    """One, or all. How many they were."""
    doing = delete(address_book).where(address_book.c.account_id == account_id)
    return tx.execute(doing if key is None else doing.where(address_book.c.key == key)).rowcount


_CHANGE = (
    update(address_book)
    .where(address_book.c.account_id == bindparam("of"), address_book.c.key == bindparam("new_key"))
    .values({each.name: bindparam(f"new_{each.name}") for each in _OF_PERSON if each.name != "key"})
)
