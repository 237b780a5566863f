"""A profile as one viewer may read it: facts gathered from the database, `disclosure.disclose` decides. The only way from
stored entries to any output."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select

from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.moderation import limits, policies
from fediprof.profiles import memberships, store
from fediprof.profiles.disclosure import ANYBODY, Disclosed, Viewer, disclose
from fediprof.profiles.records import Entry
from fediprof.schema.actors import actor, follow
from fediprof.schema.moderation import block
from fediprof.schema.profiles import entry

_OWNER: ColumnElement[int] = bindparam("owner")
_LOOKER: ColumnElement[int] = bindparam("looker")


def _follows(who: ColumnElement[int], whom: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(follow.c.follower_id == who, follow.c.target_id == whom, follow.c.state == "accepted")


_KNOWN = Prepared(
    select(
        *(actor.c.iri, actor.c.domain, actor.c.host, actor.c.gone_at),
        exists().where(block.c.actor_id == _OWNER, block.c.target_id == _LOOKER),
        _follows(_LOOKER, _OWNER),
        _follows(_OWNER, _LOOKER),
    ).where(actor.c.id == _LOOKER)
)
"""What stands between a person and an owner, each part found by an index."""

_PLACE: ColumnElement[int] = bindparam("place")
_AFTER = Prepared(
    select(entry.c.id, entry.c.position)
    .where(
        entry.c.actor_id == _OWNER,
        or_(entry.c.position > _PLACE, and_(entry.c.position == _PLACE, entry.c.id < bindparam("id"))),
    )
    .order_by(entry.c.position, entry.c.id.desc())
    .limit(8)
)
"""The next few of an owner's entries."""


def viewer_of(tx: Tx, owner_id: int, looker_id: int | None, now: datetime) -> Viewer:
    """What is known of who looks (an actor here or elsewhere, proven by a door; None: nobody) towards one owner."""
    if looker_id is None:
        return ANYBODY
    known = _KNOWN.first(tx, {"owner": owner_id, "looker": looker_id})
    if known is None:
        return ANYBODY
    iri, domain, host, gone_at, blocked, follows_owner, followed_by_owner = known
    if gone_at is not None:
        return ANYBODY
    hosts = frozenset(each.partition(":")[0].casefold() for each in (domain, origin.host_of(iri)))
    if looker_id == owner_id:
        return Viewer(looker_id, hosts, owner=True)
    if blocked or policies.domain_blocked(tx, host):
        return ANYBODY
    # Both follow each other and both follows were accepted: never by one side's click alone.
    contact = follows_owner and followed_by_owner
    return Viewer(looker_id, hosts, contact=contact, groups=memberships.shared(tx, owner_id, looker_id, now))


def of_owner(tx: Tx, owner_id: int, viewer: Viewer, now: datetime) -> list[Disclosed]:
    """Everything of one profile that `viewer` may read, in its owner's order."""
    return _disclosed(tx, owner_id, store.of_actor(tx, owner_id), viewer, now)


def chosen(tx: Tx, owner_id: int, ids: Iterable[int], viewer: Viewer, now: datetime) -> list[Disclosed]:
    """The same, of some entries."""
    return _disclosed(tx, owner_id, store.by_ids(tx, owner_id, ids), viewer, now)


def one(tx: Tx, slug: str, looker_id: int | None, now: datetime) -> Disclosed | None:
    """The entry at an address; None when there is none for this person, which must look like any unknown address."""
    found = store.by_slug(tx, slug)
    # What is not there is looked for as long as what is hidden: who looks is asked in both cases.
    owner_id = found.actor_id if found else 0
    viewer = viewer_of(tx, owner_id, looker_id, now)
    shown = _disclosed(tx, owner_id, [found] if found else [], viewer, now)
    return shown[0] if shown else None


def following(tx: Tx, shown: Disclosed, viewer: Viewer, now: datetime) -> Disclosed | None:
    """The next entry that `viewer` may read, in its owner's order: asked for a few at a time."""
    number, place = shown.id, shown.position
    while ahead := _AFTER.all(tx, {"owner": shown.actor_id, "place": place, "id": number}):
        if found := chosen(tx, shown.actor_id, [row[0] for row in ahead], viewer, now):
            return found[0]
        number, place = ahead[-1]
    return None


def _disclosed(tx: Tx, owner_id: int, entries: list[Entry], viewer: Viewer, now: datetime) -> list[Disclosed]:
    if limits.suspended(tx, owner_id):
        return []
    if viewer.actor_id is None or viewer.owner:
        return disclose(entries, viewer, now)
    return disclose(
        entries,
        viewer,
        now,
        grants=store.grants_to(tx, owner_id, viewer.actor_id),
        hidden_from=store.hidden_from_of(tx, owner_id),
    )
