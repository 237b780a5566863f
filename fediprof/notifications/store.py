"""All SQL on notifications."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.db.paging import keyset
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.moderation import limits
from fediprof.moderation import store as moderation
from fediprof.notifications.records import Notification
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.schema.accounts import account
from fediprof.schema.posts import post
from fediprof.schema.timelines import notification

_DIRECT = select(post.c.id).where(post.c.id == bindparam("post"), post.c.visibility == "direct")
_UNSEEN = Prepared(
    select(func.count()).select_from(
        select(notification.c.id)
        .join(account, account.c.actor_id == notification.c.actor_id)
        .where(account.c.id == bindparam("account"), notification.c.id > account.c.notifications_seen_id)
        .limit(99)
        .subquery()
    )
)
_UNOPENED = Prepared(
    select(post.c.conversation_id)
    .join(notification, notification.c.post_id == post.c.id)
    .where(notification.c.actor_id == posts.VIEWER, notification.c.unopened, posts.visible_to(posts.VIEWER))
    .distinct()
    .limit(99)
)
_OPEN = (
    update(notification)
    .where(
        notification.c.actor_id == bindparam("actor"),
        notification.c.unopened,
        notification.c.post_id.in_(select(post.c.id).where(post.c.conversation_id == bindparam("conversation"))),
    )
    .values(unopened=False)
)


def add(tx: Tx, actor_id: int, kind: str, from_actor_id: int, post_id: int | None, now: datetime) -> int | None:
    """The new notification's id; None when it was told already, or comes from someone the member blocked, or from
    somebody limited whom they do not follow."""
    if moderation.blocks(tx, actor_id, from_actor_id) or limits.unheard(tx, actor_id, [from_actor_id]):
        return None
    row = {
        "id": ids.new_id(),
        "actor_id": actor_id,
        "kind": kind,
        "from_actor_id": from_actor_id,
        "post_id": post_id,
        "subject": post_id or 0,
        "created_at": now,
        "unopened": kind == "mention" and tx.execute(_DIRECT, {"post": post_id}).first() is not None,
    }
    return row["id"] if insert_or_leave(tx, notification, row) else None  # type: ignore[return-value]


def page(
    tx: Tx,
    actor_id: int,
    *,
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
    since_id: int | None = None,
    kinds: Iterable[str] = (),
    without: Iterable[str] = (),
    only: int | None = None,
) -> list[Notification]:
    """A member's notifications, newest first. `only`: that one id."""
    query = select(notification.c.id).where(notification.c.actor_id == actor_id)
    if kinds := list(kinds):
        query = query.where(notification.c.kind.in_(kinds))
    if without := list(without):
        query = query.where(notification.c.kind.not_in(without))
    if only is not None:
        query = query.where(notification.c.id == only)
    chosen = keyset(tx, query, notification.c.id, limit=limit, max_id=max_id, min_id=min_id, since_id=since_id)
    if not chosen:
        return []
    rows = tx.execute(
        select(notification).where(notification.c.id.in_(chosen)).order_by(notification.c.id.desc())
    ).all()
    posts = {each.post.id: each for each in views.shown(tx, [r.post_id for r in rows if r.post_id], actor_id)}
    people = actors.by_ids(tx, (row.from_actor_id for row in rows))
    return [
        Notification(row.id, row.kind, row.created_at, people[row.from_actor_id], posts.get(row.post_id))
        for row in rows
        if row.post_id is None or row.post_id in posts
    ]


def unseen(tx: Tx, account_id: int) -> int:
    """How many notifications came after the last look, at most 99."""
    ((count,),) = _UNSEEN.all(tx, {"account": account_id})
    return int(count)


def unopened(tx: Tx, actor_id: int) -> set[int]:
    """The private conversations, at most 99, with a message that came after the member last opened them."""
    return {int(row[0]) for row in _UNOPENED.all(tx, {"viewer": actor_id})}


def opened(tx: Tx, actor_id: int, conversation_id: int) -> None:
    tx.execute(_OPEN, {"actor": actor_id, "conversation": conversation_id})


def remove(
    tx: Tx,
    *,
    actor_id: int | None = None,
    kind: str | None = None,
    from_actor_id: int | None = None,
    post_id: int | None = None,
) -> None:
    """Take back what no longer holds: an undone like, a withdrawn request, a deleted post."""
    query = delete(notification)
    for column, value in (
        ("actor_id", actor_id),
        ("kind", kind),
        ("from_actor_id", from_actor_id),
        ("post_id", post_id),
    ):
        if value is not None:
            query = query.where(notification.c[column] == value)
    tx.execute(query)
