"""What the console counts: read-only, across tables. No text that somebody wrote is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, text

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.groups.contests import Contest
from fediprof.groups.records import Event
from fediprof.moderation.store import Report
from fediprof.schema.accounts import account
from fediprof.schema.actors import actor, follow
from fediprof.schema.delivery import delivery, outgoing, peer
from fediprof.schema.groups import contest, group_actor, group_moderator, group_post, moderation_event
from fediprof.schema.inbox import inbox_activity
from fediprof.schema.media import upload
from fediprof.schema.moderation import report
from fediprof.schema.posts import post

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody has to look at."""

    reports: int
    held: int
    contests: int
    failing: int
    dead: int


@dataclass(frozen=True, slots=True)
class GroupLine:
    actor: Actor
    membership: str
    closed_at: datetime | None
    members: int
    held: int
    moderators: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """What one server sent within a day."""

    host: str
    activities: int
    bytes: int
    refused: int


def waiting(tx: Tx) -> Waiting:
    def count(query: Any) -> int:
        return int(tx.execute(query).scalar_one())

    return Waiting(
        reports=count(select(func.count()).select_from(report).where(report.c.state == "open")),
        held=count(
            select(func.count())
            .select_from(group_post.join(group_actor, group_actor.c.actor_id == group_post.c.group_id))
            .where(group_post.c.state == "held", group_actor.c.local)
        ),
        contests=len(open_contests(tx)),
        failing=count(select(func.count()).select_from(peer).where(peer.c.failures > 0, peer.c.dead_at.is_(None))),
        dead=count(select(func.count()).select_from(peer).where(peer.c.dead_at.is_not(None))),
    )


def open_contests(tx: Tx) -> list[tuple[Contest, Event]]:
    """Of the server's own decisions; those of a group are for its moderators."""
    query = (
        select(contest, moderation_event)
        .join(moderation_event, moderation_event.c.id == contest.c.event_id)
        .where(contest.c.state == "open", moderation_event.c.group_id.is_(None))
        .order_by(contest.c.id)
        .limit(100)
    )
    split = len(contest.c)
    return [(Contest(*row[:split]), Event(*row[split:])) for row in tx.execute(query)]


def report_by_id(tx: Tx, number: int) -> Report | None:
    row = tx.execute(select(report).where(report.c.id == number)).first()
    return None if row is None else Report(*row)


def reports(tx: Tx, *, state: str | None = None, target_id: int | None = None, limit: int = PAGE) -> list[Report]:
    """Newest first."""
    query = select(report).order_by(report.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(report.c.state == state)
    if target_id is not None:
        query = query.where(report.c.target_id == target_id)
    return [Report(*row) for row in tx.execute(query)]


def events_about(tx: Tx, actor_id: int, limit: int = PAGE) -> list[Event]:
    """Decisions about somebody, of the server and of its groups, newest first."""
    query = select(moderation_event).where(moderation_event.c.subject_id == actor_id)
    return [Event(*row) for row in tx.execute(query.order_by(moderation_event.c.id.desc()).limit(limit))]


def people(
    tx: Tx, *, words: str = "", local: bool = True, max_id: int | None = None, limit: int = PAGE
) -> list[Actor]:
    """Members, or people of other servers as far as known; newest first. `words`: of the handle or the name."""
    query = select(actor).where(actor.c.local if local else ~actor.c.local, actor.c.type != "Group")
    if local:
        query = query.join(account, account.c.actor_id == actor.c.id)
    if words:
        like = "%" + words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        handle = func.lower(actor.c.username + "@" + actor.c.domain)
        query = query.where(or_(handle.like(like, escape="\\"), func.lower(actor.c.name).like(like, escape="\\")))
    if max_id is not None:
        query = query.where(actor.c.id < max_id)
    return [Actor(*row) for row in tx.execute(query.order_by(actor.c.id.desc()).limit(limit))]


def groups(tx: Tx) -> list[GroupLine]:
    """The groups that live here."""
    split = len(actor.c)

    def counted(table: Any, *where: Any) -> Any:
        return select(func.count()).select_from(table).where(*where).scalar_subquery()

    query = (
        select(
            actor,
            group_actor.c.membership,
            group_actor.c.closed_at,
            counted(follow, follow.c.target_id == actor.c.id, follow.c.state == "accepted"),
            counted(group_post, group_post.c.group_id == actor.c.id, group_post.c.state == "held"),
            counted(group_moderator, group_moderator.c.group_id == actor.c.id),
        )
        .join(group_actor, group_actor.c.actor_id == actor.c.id)
        .where(group_actor.c.local)
        .order_by(actor.c.username)
    )
    return [GroupLine(Actor(*row[:split]), *row[split:]) for row in tx.execute(query)]


def inbound(tx: Tx, since: datetime, limit: int = 20) -> list[Inbound]:
    """The servers that sent most."""
    query = (
        select(
            inbox_activity.c.actor_iri,
            func.count(),
            func.sum(func.length(inbox_activity.c.body)),
            func.count().filter(inbox_activity.c.state.in_(("refused", "dead"))),
        )
        .where(inbox_activity.c.received_at > since)
        .group_by(inbox_activity.c.actor_iri)
    )
    found: dict[str, Inbound] = {}
    for iri, count, size, refused in tx.execute(query):
        host = iri.partition("//")[2].partition("/")[0]
        known = found.get(host, Inbound(host, 0, 0, 0))
        found[host] = Inbound(
            host, known.activities + int(count), known.bytes + int(size or 0), known.refused + int(refused or 0)
        )
    return sorted(found.values(), key=lambda each: (-each.activities, each.host))[:limit]


def rows(tx: Tx) -> list[tuple[str, int]]:
    """(table, rows) of those that grow, the largest first."""
    tables = (post, actor, delivery, outgoing, inbox_activity, follow, upload)
    counted = [(each.name, int(tx.execute(select(func.count()).select_from(each)).scalar_one())) for each in tables]
    return sorted(counted, key=lambda each: -each[1])


def database_bytes(tx: Tx) -> int:
    if tx.dialect.name == "postgresql":
        return int(tx.execute(text("select pg_database_size(current_database())")).scalar_one())
    pages, size = (int(tx.execute(text(f"pragma {name}")).scalar_one()) for name in ("page_count", "page_size"))
    return pages * size
