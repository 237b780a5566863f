"""An author's page in two prepared statements: which posts stand on it, and when each was last changed.

What is shown of a public post changes only with these, so a door may keep what it made of it. What a member is shown of each is
made by `posts.views`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, bindparam, or_, select

from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.posts import store
from fediprof.schema.posts import pin, post

_HIGHEST = 2**63 - 1
_ANY = (
    select(post.c.id, post.c.edited_at)
    .where(post.c.actor_id == bindparam("actor"), post.c.id < bindparam("before"))
    .order_by(post.c.id.desc())
    .limit(bindparam("most"))
)
_OWN = (
    or_(post.c.in_reply_to_iri.is_(None), post.c.in_reply_to_actor_id == bindparam("actor")),
    post.c.entry.is_(None),
)
_PUBLIC = store.visible(None), store.not_withheld(None)
_ALL = Prepared(_ANY.where(*_PUBLIC))
_PAGE = Prepared(_ANY.where(*_PUBLIC, *_OWN))
_MEMBERS = Prepared(_ANY.where(store.visible_to(store.VIEWER), store.not_withheld(store.VIEWER), *_OWN))
_CIRCLES = Prepared(
    _ANY.where(store.visible_in(bindparam("circle", type_=BigInteger)), store.not_withheld(None), *_OWN)
)
_PINNED = Prepared(
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
    return [(row[0], row[1]) for row in (_ALL if answers else _PAGE).all(tx, values)]


def page_for(tx: Tx, actor_id: int, viewer: int | None, *, limit: int, max_id: int | None = None) -> list[int]:
    """Ids of what stands on the page as a member sees it; None: as anybody does."""
    if viewer is None:
        return [number for number, _ in page(tx, actor_id, limit=limit, max_id=max_id)]
    values = {"actor": actor_id, "viewer": viewer, "before": max_id or _HIGHEST, "most": limit}
    return [row[0] for row in _MEMBERS.all(tx, values)]


def page_in(tx: Tx, actor_id: int, group_id: int, *, limit: int, max_id: int | None = None) -> list[int]:
    """The same as any member of a group sees it."""
    values = {"actor": actor_id, "circle": group_id, "before": max_id or _HIGHEST, "most": limit}
    return [row[0] for row in _CIRCLES.all(tx, values)]


def pinned(tx: Tx, actor_id: int) -> list[tuple[int, datetime | None]]:
    """The same of pinned posts, last pinned first."""
    return [(row[0], row[1]) for row in _PINNED.all(tx, {"actor": actor_id})]
