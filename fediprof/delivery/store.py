"""All SQL on deliveries: what is due at a host, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, and_, bindparam, delete, exists, false, func, literal_column, select, update
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.schema.delivery import delivery, outgoing
from fediprof.schema.posts import post


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery due. `actor_id`: whose key signs."""

    id: int
    outgoing_id: int
    inbox: str
    object_iri: str
    attempts: int
    actor_id: int
    created_at: datetime
    for_followers: bool = False  # a new post that only followers may see


@dataclass(frozen=True, slots=True)
class Sent:
    """An activity that went out, or waits to."""

    actor_id: int
    object_iri: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """`next_at`: None when it is over. `state`: waiting, sent, failed."""

    id: int
    state: str
    status: int | None
    error: str | None
    next_at: datetime | None


def _unindexed(column: Column[Any]) -> UnaryExpression[Any]:
    """`+column`: the same value, which no index is taken for."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


# A Delete must not overtake its Create: what waits for a later time holds back what follows it. That is little, and looked for
# once, or each that waits would go through all that waits.
_put_off = (
    select(delivery.c.object_iri, delivery.c.inbox, func.min(delivery.c.id).label("id"))
    .where(
        delivery.c.host == bindparam("name"),
        delivery.c.state == literal_column("'waiting'"),
        delivery.c.next_at > bindparam("now"),
    )
    .group_by(delivery.c.object_iri, delivery.c.inbox)
    .cte("put_off")
    .prefix_with("MATERIALIZED")
)
_held_back = exists().where(
    _put_off.c.object_iri == delivery.c.object_iri,
    _put_off.c.inbox == delivery.c.inbox,
    _put_off.c.id < delivery.c.id,
)
# A host at a time, along an index of what waits, in its order, up to so many: by the time, all that waits would be read and
# sorted.
_DUE = Prepared(
    select(
        delivery.c.id,
        delivery.c.outgoing_id,
        delivery.c.inbox,
        delivery.c.object_iri,
        delivery.c.attempts,
        outgoing.c.actor_id,
        outgoing.c.created_at,
        func.coalesce(and_(outgoing.c.type == "Create", post.c.visibility == "followers"), false()),
    )
    .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
    .outerjoin(post, post.c.id == outgoing.c.post_id)
    .where(
        delivery.c.host == bindparam("name"),
        delivery.c.state == literal_column("'waiting'"),
        _unindexed(delivery.c.next_at) <= bindparam("now"),
        ~_held_back,
    )
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
_SENT = Prepared(
    select(outgoing.c.actor_id, outgoing.c.object_iri, outgoing.c.body).where(
        outgoing.c.activity_iri == bindparam("iri")
    )
)
_BODIES = Prepared(select(outgoing.c.id, outgoing.c.body).where(among(outgoing.c.id, "ids")))
_MARK = Prepared(
    update(delivery)
    .where(delivery.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        attempts=delivery.c.attempts + 1,
        last_status=bindparam("status"),
        last_error=bindparam("error"),
        next_at=bindparam("again_at"),
        done_at=bindparam("over_at"),
    )
)


def due(tx: Tx, hosts: Sequence[str], now: datetime, most: int) -> dict[str, list[Row]]:
    """{host: its oldest deliveries due}, `most` of each."""
    return {host: [Row(*row) for row in _DUE.all(tx, {"name": host, "now": now, "most": most})] for host in hosts}


def bodies(tx: Tx, outgoing_ids: Sequence[int]) -> dict[int, bytes]:
    return {row[0]: row[1] for row in _BODIES.all(tx, {"ids": list(outgoing_ids)})} if outgoing_ids else {}


def activity(tx: Tx, iri: str) -> Sent | None:
    """What went out under an id."""
    row = _SENT.first(tx, {"iri": iri})
    return None if row is None else Sent(*row)


def mark(tx: Tx, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of a batch, in one statement."""
    _MARK.run_all(
        tx,
        [
            {
                "row": each.id,
                "new_state": each.state,
                "status": each.status,
                "error": each.error[:300] if each.error else None,
                "again_at": each.next_at or now,
                "over_at": None if each.next_at else now,
            }
            for each in outcomes
        ],
    )


def give_up(tx: Tx, before: datetime, now: datetime) -> int:
    """Deliveries older than that, to hosts that never came back, are over."""
    old = select(outgoing.c.id).where(outgoing.c.created_at < before)
    values = {"state": "failed", "last_error": "given up after 7 days", "done_at": now}
    return tx.execute(
        update(delivery).where(delivery.c.state == "waiting", delivery.c.outgoing_id.in_(old)).values(**values)
    ).rowcount


def sweep(tx: Tx, before: datetime) -> int:
    """Forget what is long over; a post's report then says no more than that."""
    waits = exists().where(delivery.c.outgoing_id == outgoing.c.id, delivery.c.state == "waiting")
    done = delete(outgoing).where(outgoing.c.created_at < before, ~waits)
    return tx.execute(done).rowcount


def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """(deliveries waiting, when the oldest was made)"""
    query = (
        select(func.count(), func.min(outgoing.c.created_at))
        .select_from(delivery)
        .join(outgoing, outgoing.c.id == delivery.c.outgoing_id)
        .where(delivery.c.state == "waiting")
    )
    row = tx.execute(query).one()
    return int(row[0]), row[1]
