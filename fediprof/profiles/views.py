"""A profile as one viewer may read it: facts gathered from the database, `disclosure.disclose` decides. The only way from
stored entries to any output."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.moderation import store as moderation
from fediprof.profiles import store
from fediprof.profiles.disclosure import ANYBODY, Disclosed, Viewer, disclose
from fediprof.profiles.records import Entry


def viewer_of(tx: Tx, owner_id: int, looker_id: int | None) -> Viewer:
    """What is known of who looks (an actor here or elsewhere, proven by a door; None: nobody) towards one owner."""
    if looker_id is None:
        return ANYBODY
    looker = actors.by_id(tx, looker_id)
    if looker is None or looker.gone_at is not None:
        return ANYBODY
    if looker_id == owner_id:
        return Viewer(looker_id, hosts_of(looker), owner=True)
    if moderation.blocks(tx, owner_id, looker_id) or moderation.domain_blocked(tx, looker.host):
        return ANYBODY
    return Viewer(looker_id, hosts_of(looker), contact=_contact(tx, owner_id, looker_id))


def hosts_of(actor: Actor) -> frozenset[str]:
    """The names a hide-from list may know a person's server by: of the handle, and of the actor's address."""
    return frozenset(
        {actor.domain.partition(":")[0].casefold(), origin.host_of(actor.iri).partition(":")[0].casefold()}
    )


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
    viewer = viewer_of(tx, owner_id, looker_id)
    shown = _disclosed(tx, owner_id, [found] if found else [], viewer, now)
    return shown[0] if shown else None


def _disclosed(tx: Tx, owner_id: int, entries: list[Entry], viewer: Viewer, now: datetime) -> list[Disclosed]:
    if viewer.actor_id is None or viewer.owner:
        return disclose(entries, viewer, now)
    return disclose(
        entries,
        viewer,
        now,
        grants=store.grants_to(tx, owner_id, viewer.actor_id),
        hidden_from=store.hidden_from_of(tx, owner_id),
    )


def _contact(tx: Tx, owner_id: int, looker_id: int) -> bool:
    """Both follow each other and both follows were accepted: never by one side's click alone."""
    theirs, ours = follows.between(tx, looker_id, owner_id), follows.between(tx, owner_id, looker_id)
    return theirs is not None and theirs.state == "accepted" and ours is not None and ours.state == "accepted"
