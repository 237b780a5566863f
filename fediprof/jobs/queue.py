"""Background work as rows: one waiting job per kind and key, leased while it runs, retried with a growing delay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, literal, or_, select, update

from fediprof.db.database import Tx
from fediprof.db.upsert import insert_or_leave
from fediprof.jobs.lease import LEASE
from fediprof.schema.inbox import job


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    kind: str
    key: str
    arguments: Mapping[str, Any]
    attempts: int
    due_at: datetime
    """Since when, as it was claimed: another instant later on means that it was asked for again meanwhile."""


def add(tx: Tx, kind: str, key: str, arguments: Mapping[str, Any], *, now: datetime, delay: timedelta) -> None:
    """A job of the same kind and key that waits already is enough. One that runs may have looked before what this is asked
    for was there: it is run again."""
    row = {
        "kind": kind,
        "key": key,
        "arguments": dict(arguments),
        "created_at": now,
        "next_at": now + delay,
        "attempts": 0,
    }
    if not insert_or_leave(tx, job, row):
        running = (job.c.kind == kind, job.c.key == key, job.c.lease_until.is_not(None))
        again = {"arguments": dict(arguments), "next_at": now + delay, "attempts": 0}
        tx.execute(update(job).where(*running).values(again))


def claim(tx: Tx, now: datetime, limit: int) -> list[Job]:
    """Due jobs, leased to the caller for `LEASE`."""
    due = (
        select(job)
        .where(job.c.next_at <= now, or_(job.c.lease_until.is_(None), job.c.lease_until < now))
        .order_by(job.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(due).all()
    if rows:
        ids = [row.id for row in rows]
        tx.execute(update(job).where(job.c.id.in_(ids)).values(lease_until=now + LEASE))
    return [Job(row.id, row.kind, row.key, row.arguments, row.attempts, row.next_at) for row in rows]


def hold(tx: Tx, job_ids: Iterable[int], now: datetime) -> None:
    """Keep what was claimed."""
    tx.execute(update(job).where(job.c.id.in_(list(job_ids))).values(lease_until=now + LEASE))


def finish(tx: Tx, done: Job) -> None:
    """It is gone, unless it was asked for again while it ran."""
    if not tx.execute(delete(job).where(job.c.id == done.id, job.c.next_at == done.due_at)).rowcount:
        tx.execute(update(job).where(job.c.id == done.id).values(lease_until=None))


def keep(tx: Tx, done: Job, next_at: datetime) -> None:
    """Done for this time; the same job is due again later, or as soon as it was asked for while it ran."""
    when = case((job.c.next_at == done.due_at, literal(next_at, job.c.next_at.type)), else_=job.c.next_at)
    values = {"next_at": when, "lease_until": None, "attempts": 0, "last_error": None}
    tx.execute(update(job).where(job.c.id == done.id).values(values))


def put_off(tx: Tx, job_id: int, next_at: datetime, error: str) -> None:
    values = {"next_at": next_at, "lease_until": None, "attempts": job.c.attempts + 1, "last_error": error[:500]}
    tx.execute(update(job).where(job.c.id == job_id).values(values))


def next_due(tx: Tx) -> datetime | None:
    """When the next job is due, or None when nothing waits."""
    found: datetime | None = tx.execute(select(job.c.next_at).order_by(job.c.next_at).limit(1)).scalar()
    return found
