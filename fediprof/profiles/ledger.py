"""Who saw what: what happened to the parts a member opened, each time with whom and when. Only added to; kept a year.

It names the people concerned and their servers, and nothing else of them: no address of a machine, no browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.profiles import grant_store, ledger_store, store, views
from fediprof.profiles.disclosure import Disclosed, disclose
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


def note_opening(tx: Tx, request: NoteOpening, here: Here) -> Done[int]:
    """Write down what they read that nothing but a grant opens to them: once an hour for each part. Returns how many rows."""
    return Done(_noted(tx, request.owner_id, request.looker_id, request.entry_ids, here.now))


def fetched(tx: Tx, request: NoteFetch, here: Here) -> Done[int]:
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


def _noted(tx: Tx, owner_id: int, looker_id: int, entry_ids: tuple[int, ...], now: datetime, host: str = "") -> int:
    looker = actors.by_id(tx, looker_id)
    if looker is None or looker_id == owner_id:
        return 0
    what: What = "fetched" if host else "opened"
    before = ledger_store.since(tx, owner_id, what, looker_id, now - NOTED_EVERY)
    rows = 0
    for grant_id, parts in _by_grant_alone(tx, owner_id, looker_id, entry_ids, now).items():
        known = [row.parts for row in before if row.grant_id == grant_id and row.at > now - NOTED_EVERY]
        fresh = {
            entry_id: fields
            for entry_id, fields in parts.items()
            if not any(entry_id in each and fields <= each[entry_id] for each in known)
        }
        if fresh:
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
    return rows


def _by_grant_alone(
    tx: Tx, owner_id: int, looker_id: int, entry_ids: tuple[int, ...], now: datetime
) -> dict[int, Parts]:
    """{grant: what it opens to this person that no rule does}."""
    viewer = views.viewer_of(tx, owner_id, looker_id)
    entries = store.by_ids(tx, owner_id, entry_ids)
    hidden = store.hidden_from_of(tx, owner_id)
    grants = grant_store.to_person(tx, owner_id, looker_id)
    without = {each.id: each for each in disclose(entries, viewer, now, hidden_from=hidden)}
    found: dict[int, dict[int, frozenset[FieldName]]] = {}
    for each in disclose(entries, viewer, now, grants=grants, hidden_from=hidden):
        bare = without.get(each.id)
        more = _named(each) - (_named(bare) if bare else frozenset())
        if each.grant_id is not None and (bare is None or more):
            found.setdefault(each.grant_id, {})[each.id] = more
    return dict(found)


def _named(shown: Disclosed) -> frozenset[FieldName]:
    return frozenset(each.name for each in shown.fields if not each.stand_in)
