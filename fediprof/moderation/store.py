"""All SQL on blocks between people, and on reports. What is decided about servers: `policies`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.schema.actors import actor
from fediprof.schema.moderation import block, report


@dataclass(frozen=True, slots=True)
class Block:
    """Column order of `schema.moderation.block`."""

    id: int
    iri: str
    actor_id: int
    target_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Column order of `schema.moderation.report`."""

    id: int
    iri: str
    reporter_iri: str
    target_id: int
    post_iris: list[str]
    comment: str
    state: str
    created_at: datetime
    group_id: int | None = None
    decision: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = None


_BLOCKS = Prepared(
    select(block.c.id).where(block.c.actor_id == bindparam("actor"), block.c.target_id == bindparam("target"))
)


def blocks(tx: Tx, actor_id: int, target_id: int) -> bool:
    """Whether `actor_id` blocks `target_id`."""
    return _BLOCKS.first(tx, {"actor": actor_id, "target": target_id}) is not None


def between(tx: Tx, actor_id: int, target_id: int) -> Block | None:
    row = tx.execute(select(block).where(block.c.actor_id == actor_id, block.c.target_id == target_id)).first()
    return None if row is None else Block(*row)


def by_iri(tx: Tx, iri: str) -> Block | None:
    row = tx.execute(select(block).where(block.c.iri == iri)).first()
    return None if row is None else Block(*row)


def insert_block(tx: Tx, new: Block) -> bool:
    return insert_or_leave(tx, block, {name: getattr(new, name) for name in block.c.keys()})


def remove_block(tx: Tx, block_id: int) -> None:
    tx.execute(delete(block).where(block.c.id == block_id))


def blocked_by(tx: Tx, actor_id: int) -> list[Actor]:
    """Whom a member blocks, the last first."""
    query = select(actor).join(block, block.c.target_id == actor.c.id).where(block.c.actor_id == actor_id)
    return [Actor(*row) for row in tx.execute(query.order_by(block.c.id.desc()))]


def insert_report(tx: Tx, new: Report) -> bool:
    return insert_or_leave(tx, report, {name: getattr(new, name) for name in report.c.keys()})


def reports(tx: Tx, state: str = "open") -> list[Report]:
    return [
        Report(*row) for row in tx.execute(select(report).where(report.c.state == state).order_by(report.c.id.desc()))
    ]
