"""Private conversations of a member: threads of direct posts, read from the posts themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.schema.posts import mention, post


@dataclass(frozen=True, slots=True)
class Thread:
    """`people`: everybody in it but the member. `unread`: something came that the member was told of, and it was not opened since."""

    conversation_id: int
    last: Shown
    people: tuple[Actor, ...]
    unread: bool


def threads(
    tx: Tx, actor_id: int, *, limit: int = 1, max_id: int | None = None, only: int | None = None
) -> list[Thread]:
    """Newest first; paged by the id of each thread's last post. `only`: that one conversation."""
    named = select(mention.c.post_id).where(mention.c.actor_id == actor_id)
    last = func.max(post.c.id).label("last")
    query = (
        select(post.c.conversation_id, last)
        .where(
            post.c.visibility == "direct",
            or_(post.c.actor_id == actor_id, post.c.id.in_(named)),
            posts.visible(actor_id),
        )
        .group_by(post.c.conversation_id)
        .order_by(last.desc())
        .limit(limit)
    )
    if max_id is not None:
        query = query.having(last < max_id)
    if only is not None:
        query = query.where(post.c.conversation_id == only)
    rows = tx.execute(query).all()
    newest = {each.post.id: each for each in views.shown(tx, [row.last for row in rows], actor_id)}
    people = _people(tx, [row.conversation_id for row in rows], actor_id)
    known = actors.by_ids(tx, {person for each in people.values() for person in each})
    unread = notifications.unopened(tx, actor_id)
    return [
        Thread(
            row.conversation_id,
            newest[row.last],
            tuple(known[person] for person in sorted(people.get(row.conversation_id, ())) if person != actor_id),
            row.conversation_id in unread,
        )
        for row in rows
        if row.last in newest
    ]


def _people(tx: Tx, conversation_ids: list[int], actor_id: int) -> dict[int, set[int]]:
    """Who is in the messages the member may see; a thread can hold others, between others."""
    found: dict[int, set[int]] = {}
    own = select(mention.c.post_id).where(mention.c.actor_id == actor_id)
    direct = (
        post.c.conversation_id.in_(conversation_ids),
        post.c.visibility == "direct",
        post.c.deleted_at.is_(None),
        or_(post.c.actor_id == actor_id, post.c.id.in_(own)),
    )
    for row in tx.execute(select(post.c.conversation_id, post.c.actor_id).where(*direct).distinct()):
        found.setdefault(row.conversation_id, set()).add(row.actor_id)
    named = select(post.c.conversation_id, mention.c.actor_id).join(mention, mention.c.post_id == post.c.id)
    for row in tx.execute(named.where(*direct).distinct()):
        found.setdefault(row.conversation_id, set()).add(row.actor_id)
    return found
