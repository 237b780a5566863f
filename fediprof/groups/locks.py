"""Where nobody answers: below the beginning of a locked thread, and below a locked answer (Lemmy locks both)."""

from __future__ import annotations

from dataclasses import replace

from fediprof.db.database import Tx
from fediprof.groups import store
from fediprof.groups.records import DEEPEST, GroupPost
from fediprof.posts import store as posts


def thread_of(tx: Tx, answered: GroupPost) -> GroupPost | None:
    """The thread that an answer to `answered` comes into, as it stands there: locked, where something above is."""
    thread = store.post(tx, answered.thread_id)
    if thread is None or thread.locked_at is not None or answered.starts_thread:
        return thread
    locked = store.locked_answers(tx, thread.group_id, thread.post_id)
    post = posts.by_id(tx, answered.post_id) if locked else None
    for _ in range(DEEPEST):
        if post is None:
            break
        if post.id in locked:
            return replace(thread, locked_at=locked[post.id])
        post = posts.by_id(tx, post.in_reply_to_id) if post.in_reply_to_id is not None else None
    return thread
