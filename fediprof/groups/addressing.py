"""Which group something is for: by its addresses, or by the thread it answers in (groups §4)."""

from __future__ import annotations

from fediprof.as2 import model as as2
from fediprof.db.database import Tx
from fediprof.groups import store
from fediprof.posts import store as posts


def addressees(written: as2.Post) -> tuple[str, ...]:
    """Every actor a post is addressed to or names; a group may be any of them."""
    named = (mention.href for mention in written.mentions)
    return tuple(dict.fromkeys((*written.audience, *written.to, *written.cc, *named)))


def group_here(tx: Tx, written: as2.Post) -> int | None:
    """The group of ours a post is for: the one it names, else the one whose thread it answers in. Of several groups the
    first it names, for a post is in one group."""
    if found := store.hosted_among(tx, addressees(written)):
        return found[0]
    parent = posts.by_iri(tx, written.in_reply_to) if written.in_reply_to else None
    if parent is None or parent.group_id is None:
        return None
    known = store.by_id(tx, parent.group_id)
    return known.actor_id if known is not None and known.local else None
