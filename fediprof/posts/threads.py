"""What stands above and below a post, as one viewer may see it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from fediprof.db.database import Tx
from fediprof.moderation import limits
from fediprof.posts import store
from fediprof.posts.records import Post
from fediprof.schema.posts import post

MOST = 10_000
"""Posts of a thread that are looked at."""

STRETCH = 30
"""Answers on one page: what a member reads, with all that may be done to each, stays under 100 KB with its sheets."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of what stands below a post: (id, how deep) in reading order. `earlier`, `later`: after which answer the stretch
    before and the one behind begin; 0: from the first; None: there is none."""

    answers: list[tuple[int, int]]
    earlier: int | None = None
    later: int | None = None


def ancestors(tx: Tx, of: Post, viewer: int | None) -> list[int]:
    """Ids from the first known post down to the parent."""
    above, below = _thread(tx, of, viewer), []
    current = above.get(of.id, (of.in_reply_to_id,))[0]
    seen = {of.id}
    while current is not None and current in above and current not in seen:
        seen.add(current)
        below.append(current)
        current = above[current][0]
    return list(reversed(below))


def stretch(tx: Tx, of: Post, viewer: int | None, after: int | None = None) -> Stretch:
    """As many answers as fit on a page, behind the one named; from the first where that is not there any more."""
    found = descendants(tx, of, viewer)
    places = {each: place for place, (each, _) in enumerate(found, start=1)}
    start = places.get(after or 0, 0)
    before, end = max(0, start - STRETCH), start + STRETCH
    earlier = (found[before - 1][0] if before else 0) if start else None
    return Stretch(found[start:end], earlier, found[end - 1][0] if len(found) > end else None)


def descendants(tx: Tx, of: Post, viewer: int | None) -> list[tuple[int, int]]:
    """(id, how deep) of all answers, each behind what it answers; the author's own first, then by time."""
    children: defaultdict[int, list[tuple[bool, int]]] = defaultdict(list)
    for post_id, (parent, author) in _thread(tx, of, viewer).items():
        if parent is not None:
            children[parent].append((author != of.actor_id, post_id))
    ordered: list[tuple[int, int]] = []
    waiting = [(of.id, 0)]
    seen = {of.id}
    while waiting:
        current, depth = waiting.pop()
        if depth:
            ordered.append((current, depth))
        for _, child in sorted(children[current], reverse=True):
            if child not in seen:
                seen.add(child)
                waiting.append((child, depth + 1))
    return ordered


def _thread(tx: Tx, of: Post, viewer: int | None) -> dict[int, tuple[int | None, int]]:
    """{post id: (parent id, author id)} of all that the viewer may see of the thread."""
    query = select(post.c.id, post.c.in_reply_to_id, post.c.actor_id).where(
        post.c.conversation_id == of.conversation_id, store.visible(viewer), store.not_withheld(viewer)
    )
    rows = tx.execute(query.order_by(post.c.id).limit(MOST)).all()
    out = limits.unheard(tx, viewer, (row[2] for row in rows)) - {of.actor_id}
    return {row[0]: (row[1], row[2]) for row in rows if row[2] not in out}
