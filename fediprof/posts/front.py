"""An author's public page in two prepared statements: which posts stand on it, and when each was last changed.

What is shown of a post changes only with these, so a door may keep what it made of it. Members' views are `posts.views`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select

from fediprof.db.database import Tx
from fediprof.posts import store
from fediprof.schema.posts import pin, post

_HIGHEST = 2**63 - 1
_ALL = (
    select(post.c.id, post.c.edited_at)
    .where(
        post.c.actor_id == bindparam("actor"),
        post.c.id < bindparam("before"),
        store.visible(None),
        store.not_withheld(None),
    )
    .order_by(post.c.id.desc())
    .limit(bindparam("most"))
)
_PAGE = _ALL.where(
    or_(post.c.in_reply_to_iri.is_(None), post.c.in_reply_to_actor_id == bindparam("actor")), post.c.entry.is_(None)
)
_PINNED = (
    select(post.c.id, post.c.edited_at)
    .join(pin, pin.c.post_id == post.c.id)
    .where(pin.c.actor_id == bindparam("actor"), store.visible(None))
    .order_by(pin.c.pinned_at.desc(), post.c.id.desc())
)


def page(
    tx: Tx, actor_id: int, *, limit: int, max_id: int | None = None, answers: bool = False
) -> list[tuple[int, datetime | None]]:
    """(post id, when it was changed) of public posts, newest first; `answers`: with answers to others, and those that are
    an entry's public side, which a page shows as the entry."""
    values = {"actor": actor_id, "before": max_id or _HIGHEST, "most": limit}
    return [(row[0], row[1]) for row in tx.execute(_ALL if answers else _PAGE, values)]


def pinned(tx: Tx, actor_id: int) -> list[tuple[int, datetime | None]]:
    """The same of pinned posts, last pinned first."""
    return [(row[0], row[1]) for row in tx.execute(_PINNED, {"actor": actor_id})]
