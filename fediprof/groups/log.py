"""The log of moderation: every decision, with its reason, for those it concerns and for members to read. Lines are added and
marked undone; none is changed or taken out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from fediprof import ids
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.paging import keyset
from fediprof.groups.records import Event
from fediprof.here import Here
from fediprof.schema.groups import moderation_event


def add(
    tx: Tx,
    here: Here,
    *,
    group_id: int | None,
    by_iri: str,
    action: str,
    subject_iri: str,
    subject_id: int | None = None,
    post_id: int | None = None,
    reason: str = "",
    rule: int | None = None,
    ends_at: datetime | None = None,
    activity_iri: str | None = None,
) -> Event:
    """`group_id` None: a decision about the whole server."""
    made = Event(
        ids.new_id(),
        group_id,
        by_iri,
        action,
        subject_id,
        subject_iri,
        post_id,
        reason,
        rule,
        ends_at,
        None,
        activity_iri,
        here.now,
    )
    insert_record(tx, moderation_event, made)
    return made


def by_id(tx: Tx, event_id: int) -> Event | None:
    row = tx.execute(select(moderation_event).where(moderation_event.c.id == event_id)).first()
    return None if row is None else Event(*row)


def by_ids(tx: Tx, event_ids: Iterable[int]) -> dict[int, Event]:
    rows = tx.execute(select(moderation_event).where(moderation_event.c.id.in_(list(event_ids))))
    return {row[0]: Event(*row) for row in rows}


def page(tx: Tx, group_id: int | None, *, limit: int = 40, max_id: int | None = None) -> list[Event]:
    """A group's decisions, newest first; None: those of the server."""
    query = select(moderation_event.c.id).where(
        moderation_event.c.group_id.is_(None) if group_id is None else moderation_event.c.group_id == group_id
    )
    chosen = keyset(tx, query, moderation_event.c.id, limit=limit, max_id=max_id)
    found = by_ids(tx, chosen)
    return [found[each] for each in chosen]


def of_person(tx: Tx, person_id: int, group_id: int | None = None, *, limit: int = 40) -> list[Event]:
    """What was decided about somebody, newest first; in one group, or in all."""
    query = select(moderation_event).where(moderation_event.c.subject_id == person_id)
    if group_id is not None:
        query = query.where(moderation_event.c.group_id == group_id)
    return [Event(*row) for row in tx.execute(query.order_by(moderation_event.c.id.desc()).limit(limit))]


def by_activity(tx: Tx, iri: str) -> Event | None:
    """The decision an activity said."""
    row = tx.execute(select(moderation_event).where(moderation_event.c.activity_iri == iri).limit(1)).first()
    return None if row is None else Event(*row)


def last(tx: Tx, action: str, subject_iri: str, group_id: int | None) -> Event | None:
    """The latest of that kind about something that was not undone."""
    query = select(moderation_event).where(
        moderation_event.c.action == action,
        moderation_event.c.subject_iri == subject_iri,
        moderation_event.c.undone_at.is_(None),
        moderation_event.c.group_id.is_(None) if group_id is None else moderation_event.c.group_id == group_id,
    )
    row = tx.execute(query.order_by(moderation_event.c.id.desc()).limit(1)).first()
    return None if row is None else Event(*row)


def undone(tx: Tx, event_id: int, now: datetime) -> None:
    tx.execute(update(moderation_event).where(moderation_event.c.id == event_id).values(undone_at=now))
