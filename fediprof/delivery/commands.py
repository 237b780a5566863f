"""What whoever runs the server can ask of deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from fediprof.db.database import Tx
from fediprof.delivery import hosts
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.schema.delivery import peer


@dataclass(frozen=True, slots=True)
class RetryDeliveries:
    """`host`: that one only. `dead`: only servers given up on. Neither: every server for which something waits."""

    host: str | None = None
    dead: bool = False


def retry_deliveries(tx: Tx, request: RetryDeliveries, here: Here) -> Done[int]:
    """Make what waits due now. The value: how many servers have something waiting."""
    chosen: list[str] | None = None if request.host is None else [request.host.lower()]
    if request.dead:
        query = select(peer.c.host).where(peer.c.dead_at.is_not(None))
        chosen = [host for host in tx.execute(query).scalars() if chosen is None or host in chosen]
    return Done(hosts.revive(tx, chosen, here.now))
