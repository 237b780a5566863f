"""A group here that its last moderator left: who runs the server is told, and names another."""

from __future__ import annotations

from collections.abc import Iterable

from fediprof.accounts import store as accounts
from fediprof.db.database import Tx
from fediprof.effects import Effect, Notify
from fediprof.groups import store
from fediprof.notifications import store as notifications


def told(tx: Tx, group_ids: Iterable[int], *, but: int = 0) -> list[Effect]:
    """Of those groups that nobody decides in any more. `but`: who is leaving, and is not told of it."""
    keepers = [each for each in accounts.keepers(tx) if each != but]
    effects: list[Effect] = []
    for group_id in store.unmoderated(tx, group_ids):
        notifications.remove(tx, kind="group.unmoderated", from_actor_id=group_id)  # told before: this is newer
        effects += [Notify(each, "group.unmoderated", group_id) for each in keepers]
    return effects
