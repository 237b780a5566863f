"""Who counts as a member of a group when a profile names the group as its readers: whose follow it accepted, who is not banned
from it, while it is there. Nobody tells this server who is in a group elsewhere but for its own members, so of those groups
it knows these alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.schema.actors import actor, follow
from fediprof.schema.columns import Instant
from fediprof.schema.groups import group_standing
from fediprof.schema.moderation import sanction
from fediprof.schema.profiles import entry, entry_reader


@dataclass(frozen=True, slots=True)
class Circle:
    """A group as readers. `left`: its owner is in it no more, or it is gone, so that nobody reads by it."""

    actor: Actor
    left: bool = False


_OWNER: ColumnElement[int] = bindparam("owner")
_LOOKER: ColumnElement[int] = bindparam("looker")
_NOW: ColumnElement[datetime] = bindparam("now", type_=Instant())

_person = actor.alias()


def _is_in(who: ColumnElement[int]) -> ColumnElement[bool]:
    """Membership of the group that stands in `actor`."""
    banned = exists().where(
        group_standing.c.group_id == actor.c.id,
        group_standing.c.actor_id == who,
        group_standing.c.banned_at.is_not(None),
        or_(group_standing.c.ban_ends_at.is_(None), group_standing.c.ban_ends_at > _NOW),
    )
    asked = follow.alias()
    let_in = exists().where(asked.c.follower_id == who, asked.c.target_id == actor.c.id, asked.c.state == "accepted")
    return and_(let_in, ~banned)


_THERE = and_(
    actor.c.type == "Group",
    actor.c.gone_at.is_(None),
    ~exists().where(sanction.c.actor_id == actor.c.id, sanction.c.kind == "suspend"),
)
_OF = Prepared(
    select(actor)
    .join(follow, and_(follow.c.target_id == actor.c.id, follow.c.follower_id == _OWNER))
    .where(_THERE, _is_in(_OWNER))
    .order_by(func.lower(actor.c.username), actor.c.id)
)
_SHARED = Prepared(
    select(actor.c.id)
    .distinct()
    .join(entry_reader, entry_reader.c.reader_id == actor.c.id)
    .join(entry, entry.c.id == entry_reader.c.entry_id)
    .where(
        entry.c.actor_id == _OWNER,
        _THERE,
        _is_in(_OWNER),
        _is_in(_LOOKER),
        or_(actor.c.local, exists().where(_person.c.id == _LOOKER, _person.c.local)),
    )
)
"""Begins with what the owner's rules name: mostly nothing."""
_NAMED = Prepared(
    select(actor)
    .where(
        actor.c.id.in_(
            select(entry_reader.c.reader_id)
            .join(entry, entry.c.id == entry_reader.c.entry_id)
            .where(entry.c.actor_id == _OWNER)
        ),
        actor.c.type == "Group",
    )
    .order_by(func.lower(actor.c.username), actor.c.id)
)


def of_member(tx: Tx, actor_id: int, now: datetime) -> list[Actor]:
    """The groups a member is in, here or elsewhere, by name."""
    return [Actor(*row) for row in _OF.all(tx, {"owner": actor_id, "now": now})]


def shared(tx: Tx, owner_id: int, looker_id: int, now: datetime) -> frozenset[int]:
    """Those of the groups named in an owner's rules that both are members of. An owner who left one opens nothing by it."""
    rows = _SHARED.all(tx, {"owner": owner_id, "looker": looker_id, "now": now})
    return frozenset(int(row[0]) for row in rows)


def circles(tx: Tx, actor_id: int, now: datetime) -> list[Circle]:
    """The groups a member may name, and behind them those that an entry of theirs names still."""
    there, named = of_member(tx, actor_id, now), _named_by(tx, actor_id)
    inside = {each.id for each in there}
    return [Circle(each) for each in there] + [Circle(each, left=True) for each in named if each.id not in inside]


def named_circles(tx: Tx, actor_id: int, now: datetime) -> list[Circle]:
    """The groups that a member's entries name, by name."""
    named = _named_by(tx, actor_id)
    inside = {each.id for each in of_member(tx, actor_id, now)} if named else set()
    return [Circle(each, left=each.id not in inside) for each in named]


def _named_by(tx: Tx, owner_id: int) -> list[Actor]:
    return [Actor(*row) for row in _NAMED.all(tx, {"owner": owner_id})]
