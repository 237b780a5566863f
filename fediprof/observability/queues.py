"""How far behind the background work is, in seconds, by queue. Read by `/health/ready`, `/metrics` and `doctor`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from fediprof.db.database import Tx
from fediprof.observability import metrics
from fediprof.schema.delivery import delivery, peer
from fediprof.schema.inbox import inbox_activity, job

_WAITS = select(delivery.c.id).where(delivery.c.host == peer.c.host, delivery.c.state == "waiting").exists()
_DUE = {
    "inbox": select(func.min(inbox_activity.c.next_at)).where(inbox_activity.c.state == "waiting"),
    # A host that is dead, or left alone for a while after failures, is not our delay.
    "delivery": select(func.min(peer.c.next_at)).where(peer.c.dead_at.is_(None), _WAITS),
    "jobs": select(func.min(job.c.next_at)),
}


def behind(tx: Tx, now: datetime) -> dict[str, float]:
    """{queue: seconds the oldest row has been due}, 0 where nothing is late. Also sets the gauges of `metrics`."""
    found = {}
    for queue, query in _DUE.items():
        due: datetime | None = tx.execute(query).scalar()
        found[queue] = max((now - due).total_seconds(), 0.0) if due is not None else 0.0
        metrics.queue_age(queue, found[queue])
    return found
