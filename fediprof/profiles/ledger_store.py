"""The ledger's rows. They are written once: there is a statement that adds one, and one that lets go of what is older
than a year; none changes a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import and_, delete, exists, insert, select

from fediprof.db.database import Tx
from fediprof.profiles import store
from fediprof.profiles.records import FieldName, Grant
from fediprof.schema.profiles import disclosure_grant, ledger

What: TypeAlias = Literal["granted", "opened", "sent", "fetched", "expired", "revoked", "asked"]
Parts: TypeAlias = Mapping[int, frozenset[FieldName]]


@dataclass(frozen=True, slots=True)
class Row:
    """Column order of `schema.profiles.ledger`. `with_handle`: as it was then, without the first @. `detail`: the name of
    a server (`sent`, `fetched`), or the message (`asked`: a post's id)."""

    number: int
    actor_id: int
    at: datetime
    what: What
    with_id: int | None
    with_handle: str
    grant_id: int | None
    parts: Parts
    detail: str

    @property
    def post_id(self) -> int | None:
        """The message that asked."""
        return int(self.detail) if self.what == "asked" and self.detail.isdigit() else None


def append(
    tx: Tx,
    actor_id: int,
    at: datetime,
    what: What,
    *,
    with_id: int,
    with_handle: str,
    grant_id: int | None = None,
    parts: Parts | None = None,
    detail: str = "",
) -> None:
    tx.execute(
        insert(ledger).values(
            actor_id=actor_id,
            at=at,
            what=what,
            with_id=with_id,
            with_handle=with_handle,
            grant_id=grant_id,
            parts=store.parts_written(parts or {}),
            detail=detail,
        )
    )


def of_owner(tx: Tx, actor_id: int, *, limit: int | None = None, before: int | None = None) -> list[Row]:
    """An owner's rows, the newest first; paged by `number`."""
    query = select(ledger).where(ledger.c.actor_id == actor_id).order_by(ledger.c.number.desc())
    if before is not None:
        query = query.where(ledger.c.number < before)
    return [_row(row) for row in tx.execute(query if limit is None else query.limit(limit))]


def since(tx: Tx, actor_id: int, what: What, with_id: int, at: datetime) -> list[Row]:
    """What was noted of one person from a moment on."""
    query = select(ledger).where(
        ledger.c.actor_id == actor_id, ledger.c.what == what, ledger.c.with_id == with_id, ledger.c.at >= at
    )
    return [_row(row) for row in tx.execute(query)]


def of_grants(tx: Tx, actor_id: int, grant_ids: Iterable[int], what: What) -> list[Row]:
    """The oldest first."""
    query = select(ledger).where(
        ledger.c.actor_id == actor_id, ledger.c.what == what, ledger.c.grant_id.in_(list(grant_ids))
    )
    return [_row(row) for row in tx.execute(query.order_by(ledger.c.number))]


def asked_in(tx: Tx, actor_id: int, post_ids: Iterable[int]) -> dict[int, Parts]:
    """Which of some messages ask their owner for something, and for what."""
    query = select(ledger).where(
        ledger.c.actor_id == actor_id,
        ledger.c.what == "asked",
        ledger.c.detail.in_([str(each) for each in post_ids]),
    )
    found: dict[int, dict[int, frozenset[FieldName]]] = {}
    for row in map(_row, tx.execute(query)):
        if row.post_id is not None:
            found.setdefault(row.post_id, {}).update(row.parts)
    return dict(found)


def ended_unnoted(tx: Tx, after: datetime, until: datetime) -> list[Grant]:
    """Grants that ran out in a stretch of time without a row that says so."""
    noted = exists().where(and_(ledger.c.grant_id == disclosure_grant.c.id, ledger.c.what == "expired"))
    query = select(disclosure_grant).where(
        disclosure_grant.c.mode == "show",
        disclosure_grant.c.revoked_at.is_(None),
        disclosure_grant.c.ends_at > after,
        disclosure_grant.c.ends_at <= until,
        ~noted,
    )
    return [store.grant_of(row) for row in tx.execute(query)]


def prune(tx: Tx, before: datetime) -> None:
    tx.execute(delete(ledger).where(ledger.c.at < before))


def _row(row: Sequence[Any]) -> Row:
    number, actor_id, at, what, with_id, with_handle, grant_id, parts, detail = row
    return Row(number, actor_id, at, what, with_id, with_handle, grant_id, store.parts_of(parts), detail)
