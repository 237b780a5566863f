"""All SQL on contested decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from fediprof.db.database import Tx
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.groups import contest, moderation_event


@dataclass(frozen=True, slots=True)
class Contest:
    """Column order of `schema.groups.contest`. `state`: open, upheld, overturned."""

    id: int
    event_id: int
    by_id: int
    words: str
    state: str
    answer: str
    created_at: datetime
    decided_at: datetime | None


def insert(tx: Tx, new: Contest) -> bool:
    """False when the decision was contested before."""
    return insert_or_leave(tx, contest, {name: getattr(new, name) for name in contest.c.keys()})


def by_id(tx: Tx, contest_id: int) -> Contest | None:
    row = tx.execute(select(contest).where(contest.c.id == contest_id)).first()
    return None if row is None else Contest(*row)


def of_events(tx: Tx, event_ids: Iterable[int]) -> dict[int, Contest]:
    """{event id: contest}, of those that were contested."""
    rows = tx.execute(select(contest).where(contest.c.event_id.in_(list(event_ids))))
    return {row[1]: Contest(*row) for row in rows}


def open_in(tx: Tx, group_id: int, limit: int = 100) -> list[Contest]:
    """What waits for an answer in a group, the oldest first."""
    query = (
        select(contest)
        .join(moderation_event, moderation_event.c.id == contest.c.event_id)
        .where(moderation_event.c.group_id == group_id, contest.c.state == "open")
    )
    return [Contest(*row) for row in tx.execute(query.order_by(contest.c.id).limit(limit))]


def decide(tx: Tx, contest_id: int, state: str, answer: str, now: datetime) -> None:
    values = {"state": state, "answer": answer, "decided_at": now}
    tx.execute(update(contest).where(contest.c.id == contest_id).values(values))
