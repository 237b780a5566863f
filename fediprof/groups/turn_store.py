"""What waits for its turn in a group, and what was let in lately: the statements behind `turns`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select

from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.groups.records import GroupPost
from fediprof.schema.groups import group_post
from fediprof.schema.posts import post

_parent, _asked = group_post.alias("parent"), post.alias("asked")
_waits = (group_post.c.group_id == bindparam("group"), group_post.c.state == "waiting", post.c.deleted_at.is_(None))
_behind = exists().where(
    _parent.c.post_id == post.c.in_reply_to_id,
    _parent.c.state == "waiting",
    _asked.c.id == _parent.c.post_id,
    _asked.c.deleted_at.is_(None),
)
"""What answers something that waits waits with it, and is in nobody's way."""
_LET_IN = Prepared(
    select(post.c.actor_id, group_post.c.let_in_at)
    .join(post, post.c.id == group_post.c.post_id)
    .where(group_post.c.group_id == bindparam("group"), group_post.c.let_in_at > bindparam("since"))
    .order_by(group_post.c.let_in_at)
)
_WAITING = Prepared(
    select(post.c.actor_id, func.count())
    .join(group_post, group_post.c.post_id == post.c.id)
    .where(*_waits, ~_behind)
    .group_by(post.c.actor_id)
    .order_by(func.min(group_post.c.created_at), post.c.actor_id)
)
_NEXT = Prepared(
    select(group_post)
    .join(post, post.c.id == group_post.c.post_id)
    .where(*_waits, ~_behind, post.c.actor_id == bindparam("author"))
    .order_by(group_post.c.created_at, group_post.c.post_id)
    .limit(1)
)


def let_in(tx: Tx, group_id: int, since: datetime) -> list[tuple[int, datetime]]:
    """(author, when) of the posts let in after an instant, in order."""
    return [(row[0], row[1]) for row in _LET_IN.all(tx, {"group": group_id, "since": since})]


def waiting(tx: Tx, group_id: int) -> dict[int, int]:
    """Author → how many of theirs wait for a turn; who waits longest first."""
    return {row[0]: int(row[1]) for row in _WAITING.all(tx, {"group": group_id})}


def first(tx: Tx, group_id: int, author_id: int) -> GroupPost | None:
    row = _NEXT.first(tx, {"group": group_id, "author": author_id})
    return None if row is None else GroupPost(*row)
