"""Pages by key, as the client API and the collections page: max_id, since_id, min_id."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.elements import ColumnElement

from fediprof.db.database import Tx


def keyset(
    tx: Tx,
    query: Any,
    column: ColumnElement[int],
    *,
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
    since_id: int | None = None,
) -> list[int]:
    """One page of ids, newest first. Any number is a valid cursor, also one of a row that is gone."""
    if max_id is not None:
        query = query.where(column < max_id)
    if since_id is not None:
        query = query.where(column > since_id)
    if min_id is not None:
        rows = tx.execute(query.where(column > min_id).order_by(column.asc()).limit(limit)).scalars().all()
        return list(reversed(rows))
    return list(tx.execute(query.order_by(column.desc()).limit(limit)).scalars())
