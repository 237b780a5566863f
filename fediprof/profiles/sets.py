"""Saved sets: parts of one's profile under a name, to open them again without ticking each ("CV for production jobs")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import Invalid, NotFound
from fediprof.here import Here
from fediprof.principal import Member
from fediprof.profiles import grant_store, store
from fediprof.profiles.disclosure import Disclosed, Viewer, disclose
from fediprof.profiles.grant_store import PartSet
from fediprof.profiles.records import FieldName, Grant

MAX_NAME = 100
MAX_SETS = 50


@dataclass(frozen=True, slots=True)
class SaveSet:
    """`parts`: entry id → fields. A set of the same name is replaced."""

    by: Member
    name: str
    parts: Mapping[int, frozenset[FieldName]]


@dataclass(frozen=True, slots=True)
class RemoveSet:
    by: Member
    set_id: int


def save_set(tx: Tx, request: SaveSet, here: Here) -> Done[PartSet]:
    name = " ".join(request.name.split())
    if not name or len(name) > MAX_NAME:
        raise Invalid(f"A name of at most {MAX_NAME} characters", field="set")
    mine = {each.id for each in store.by_ids(tx, request.by.actor_id, request.parts)}
    if not mine:
        raise Invalid("Tick at least one part", field="parts")
    known = {each.name for each in grant_store.sets_of(tx, request.by.actor_id)}
    if len(known) >= MAX_SETS and name not in known:
        raise Invalid(f"At most {MAX_SETS} sets", field="set")
    kept = {entry_id: fields for entry_id, fields in request.parts.items() if entry_id in mine}
    made = PartSet(ids.new_id(), request.by.actor_id, name, kept)
    grant_store.put_set(tx, made)
    return Done(made)


def opened_by(tx: Tx, given: PartSet, now: datetime) -> list[Disclosed]:
    """What somebody reads to whom this set is opened, and to whom nothing else ever was."""
    somebody = Viewer(actor_id=0)
    grant = Grant(0, given.actor_id, 0, "show", given.parts, now, now + timedelta(days=1))
    return disclose(store.by_ids(tx, given.actor_id, given.parts), somebody, now, grants=(grant,))


def remove_set(tx: Tx, request: RemoveSet, here: Here) -> Done[None]:
    """What was opened by it stays open until its own end."""
    if grant_store.set_by_id(tx, request.by.actor_id, request.set_id) is None:
        raise NotFound("no such set of yours")
    grant_store.remove_set(tx, request.by.actor_id, request.set_id)
    return Done(None)
