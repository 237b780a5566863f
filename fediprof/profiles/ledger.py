"""Who saw what: what happened to the parts a member opened, each time with whom and when. Only added to; kept a year.

It names the people concerned and their servers, and nothing else of them: no address of a machine, no browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.profiles import ledger_store, views
from fediprof.profiles.disclosure import Disclosed
from fediprof.profiles.ledger_store import Parts, What
from fediprof.profiles.records import FieldName

KEPT = timedelta(days=365)
NOTED_EVERY = timedelta(hours=1)
"""Somebody who looks again within it looked once."""


@dataclass(frozen=True, slots=True)
class NoteOpening:
    """`looker_id` has been shown `entry_ids` of `owner_id`'s."""

    owner_id: int
    looker_id: int
    entry_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoteFetch:
    """`host`: the server that fetched them, in the name of `looker_id`."""

    owner_id: int
    looker_id: int
    entry_ids: tuple[int, ...]
    host: str


@dataclass(frozen=True, slots=True)
class Noted:
    """`rows`: how many were written. `parts`: all that nothing but grants open of what was asked; reading the same again
    before `until` makes no row."""

    rows: int
    parts: Mapping[int, Parts]
    until: datetime


def note_opening(tx: Tx, request: NoteOpening, here: Here) -> Done[Noted]:
    """Write down what they read that nothing but a grant opens to them: once an hour for each part."""
    return Done(_noted(tx, request.owner_id, request.looker_id, request.entry_ids, here.now))


def fetched(tx: Tx, request: NoteFetch, here: Here) -> Done[Noted]:
    """The same, of a document that a server got for one of its people."""
    return Done(_noted(tx, request.owner_id, request.looker_id, request.entry_ids, here.now, request.host))


def note_ended(tx: Tx, now: datetime) -> int:
    """The clock's part: a row for each grant that ran out, dated to its end; what is a year old is let go."""
    ended = ledger_store.ended_unnoted(tx, now - KEPT, now)
    people = actors.by_ids(tx, {each.to_actor_id for each in ended})
    for each in ended:
        if each.to_actor_id in people:
            ledger_store.append(
                tx,
                each.actor_id,
                each.ends_at,
                "expired",
                with_id=each.to_actor_id,
                with_handle=people[each.to_actor_id].handle,
                grant_id=each.id,
                parts=each.parts,
            )
    ledger_store.prune(tx, now - KEPT)
    return len(ended)


def parts_by_grant(shown: Iterable[Disclosed]) -> dict[int, Parts]:
    """{grant: what it opens of these that no rule does}."""
    found: dict[int, dict[int, frozenset[FieldName]]] = {}
    for each in shown:
        if each.noted and each.grant_id is not None:
            found.setdefault(each.grant_id, {})[each.id] = each.by_grant
    return dict(found)


def _noted(tx: Tx, owner_id: int, looker_id: int, entry_ids: tuple[int, ...], now: datetime, host: str = "") -> Noted:
    what: What = "fetched" if host else "opened"
    viewer = views.viewer_of(tx, owner_id, looker_id, now)
    found = parts_by_grant(views.chosen(tx, owner_id, entry_ids, viewer, now))
    before = ledger_store.since(tx, owner_id, what, looker_id, now - NOTED_EVERY) if found else []
    looker = actors.by_id(tx, looker_id) if found else None
    rows, since = 0, now
    for grant_id, parts in found.items():
        known = [row for row in before if row.grant_id == grant_id and row.at > now - NOTED_EVERY]
        at = {entry_id: _last(known, entry_id, names) for entry_id, names in parts.items()}
        since = min([since, *(each for each in at.values() if each is not None)])
        fresh = {entry_id: parts[entry_id] for entry_id, each in at.items() if each is None}
        if fresh and looker is not None:
            ledger_store.append(
                tx,
                owner_id,
                now,
                what,
                with_id=looker_id,
                with_handle=looker.handle,
                grant_id=grant_id,
                parts=fresh,
                detail=host,
            )
            rows += 1
    return Noted(rows, found, since + NOTED_EVERY)


def _last(rows: Iterable[ledger_store.Row], entry_id: int, names: frozenset[FieldName]) -> datetime | None:
    """When a part was last written down whole."""
    return max((row.at for row in rows if entry_id in row.parts and names <= row.parts[entry_id]), default=None)
