"""All SQL on reports about posts in groups. Those about members are in `moderation.store`; the rows are the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from fediprof.db.database import Tx
from fediprof.moderation.store import Report
from fediprof.schema.moderation import report


def by_id(tx: Tx, report_id: int) -> Report | None:
    row = tx.execute(select(report).where(report.c.id == report_id)).first()
    return None if row is None else Report(*row)


def of_group(tx: Tx, group_id: int, state: str = "open", limit: int = 100) -> list[Report]:
    """The newest first. `state`: open or closed."""
    query = select(report).where(report.c.group_id == group_id, report.c.state == state)
    return [Report(*row) for row in tx.execute(query.order_by(report.c.id.desc()).limit(limit))]


def count_open(tx: Tx, group_id: int) -> int:
    query = select(func.count()).where(report.c.group_id == group_id, report.c.state == "open")
    return int(tx.execute(query).scalar_one())


def decide(tx: Tx, report_id: int, decision: str, by_iri: str, now: datetime) -> bool:
    """False when somebody did before."""
    values = {"state": "closed", "decision": decision, "decided_by": by_iri, "decided_at": now}
    query = update(report).where(report.c.id == report_id, report.c.state == "open").values(values)
    return tx.execute(query).rowcount > 0
