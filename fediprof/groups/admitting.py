"""Posts that waited for their turn are let in: asked again whether the group takes them, for much may have happened since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Notify
from fediprof.groups import announcing, intake, locks, measures, rules, store, turns
from fediprof.groups.records import GroupPost, Hosted
from fediprof.groups.rules import Decided
from fediprof.here import Here
from fediprof.moderation import policies
from fediprof.posts import store as posts

AT_ONCE: Final = 20
"""In one transaction."""


@dataclass(frozen=True, slots=True)
class LetInDue:
    group_id: int


def let_in_due(tx: Tx, request: LetInDue, here: Here) -> Done[timedelta | None]:
    """Let in those whose turn it is. Gives when to look again; None where nothing waits."""
    store.queue_at(tx, request.group_id)
    hosted = store.hosted(tx, request.group_id)
    effects: list[Effect] = []
    for _ in range(AT_ONCE):
        placed = turns.whose(tx, hosted, here.now) if hosted is not None else None
        if hosted is None or placed is None:
            break
        effects += _taken(tx, hosted, placed, here)
    else:
        return Done(timedelta(), tuple(effects))
    waits = hosted is not None and turns.any_waits(tx, hosted.id)
    return Done(turns.LOOKS_EVERY if waits else None, tuple(effects))


def _taken(tx: Tx, hosted: Hosted, placed: GroupPost, here: Here) -> list[Effect]:
    post = posts.by_id(tx, placed.post_id)
    author = actors.by_id(tx, post.actor_id) if post is not None else None
    inner = measures.create_of(tx, placed, post, author, here) if post is not None and author is not None else None
    gone = author is None or (not author.local and policies.domain_blocked(tx, author.host))
    if post is None or author is None or inner is None or gone:
        store.change_post(tx, placed.post_id, {"state": "removed"})
        return []
    thread = locks.thread_of(tx, placed) if not placed.starts_thread else None
    writer = intake.writer_of(tx, hosted, author, here)
    decided = rules.admitted(hosted.group, writer, post.visibility, thread, here.now)
    decided = decided or Decided("refused", "this was not written for the readers of the group")
    if decided.state == "shown":
        return intake.let_in(tx, hosted, placed, post, author, inner, here)
    store.change_post(tx, post.id, {"state": decided.state, "reason": decided.reason})
    if decided.state == "held":
        return intake.tell_moderators(tx, hosted, "group.held", author, post.id)
    if author.local:
        return [Notify(author.id, "group.refused", hosted.id, post.id)]
    return announcing.refusal(hosted, author, placed.activity_iri or post.iri, decided.reason, here)
