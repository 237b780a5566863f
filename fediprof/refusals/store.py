"""All SQL of what was refused: a count for each day, kind and whom, kept thirty days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from fediprof.db.database import Tx
from fediprof.db.upsert import insert_or_leave
from fediprof.refusals.tally import OTHERS
from fediprof.schema.delivery import peer
from fediprof.schema.refusals import refusal

MOST_ROWS_A_DAY = 2000
"""A flood from everywhere is told as one line more, not as a line each."""
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Column order of `schema.refusals.refusal`. `day`: ISO date."""

    day: str
    kind: str
    who: str
    count: int


def add(tx: Tx, day: str, counts: Iterable[tuple[str, str, int]]) -> None:
    """Add (kind, who, count) to a day's."""
    room = MOST_ROWS_A_DAY - tx.execute(select(func.count()).where(refusal.c.day == day)).scalar_one()
    for kind, who, count in counts:
        if _step(tx, day, kind, who, count):
            continue
        who = who if room > 0 else OTHERS
        room -= 1
        row = {"day": day, "kind": kind, "who": who, "count": count}
        if not insert_or_leave(tx, refusal, row):
            _step(tx, day, kind, who, count)


def _step(tx: Tx, day: str, kind: str, who: str, count: int) -> bool:
    found = (refusal.c.day == day, refusal.c.kind == kind, refusal.c.who == who)
    return tx.execute(update(refusal).where(*found).values(count=refusal.c.count + count)).rowcount > 0


def newest(tx: Tx, limit: int = MOST_SHOWN) -> list[Refusal]:
    """The last days first, in each what was most."""
    query = select(refusal).order_by(refusal.c.day.desc(), refusal.c.count.desc(), refusal.c.kind, refusal.c.who)
    return [Refusal(*row) for row in tx.execute(query.limit(limit))]


def sweep(tx: Tx, before: str) -> None:
    """Forget days before an ISO date."""
    tx.execute(delete(refusal).where(refusal.c.day < before))


def sent_to(tx: Tx, host: str) -> bool:
    """Whether something of ours was ever taken by a server: it needs our members' keys to believe it."""
    query = select(peer.c.host).where(peer.c.host == host, peer.c.last_success_at.is_not(None))
    return tx.execute(query).first() is not None
