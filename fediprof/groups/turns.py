"""Whose turn it is in a group of ours: so many posts a minute are let in of one author, and of all together. What is beyond waits
for its turn, in the order it came, and others' posts go by; nothing is dropped (groups rules 21, 31; §9).

Posts are counted, threads and answers; changes, ends and votes are held in check by what one server may send
(`federation.pacing`). Moderators' own posts wait for no turn of their author's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Enqueue
from fediprof.groups import store, turn_store
from fediprof.groups.records import Group, GroupPost, Hosted
from fediprof.groups.rules import Decided

WINDOW: Final = timedelta(minutes=1)
LOOKS_EVERY: Final = timedelta(seconds=5)
"""How often it is looked at, while anything waits, whose turn came."""
CHORE: Final = "group_turns"


@dataclass(frozen=True, slots=True)
class Line:
    """What waits of one author. `post_id`: the first; `next_at`: about when that is let in."""

    author: Actor
    count: int
    post_id: int
    next_at: datetime


def in_turn(
    tx: Tx, hosted: Hosted, decided: Decided, author: Actor, answered: GroupPost | None, now: datetime
) -> Decided:
    """What is to be shown, or waits for its turn. `answered`: the post of the group it answers. The caller has the group to
    itself (`store.queue_at`)."""
    if decided.state != "shown":
        return decided
    if answered is not None and answered.state == "waiting":
        return Decided("waiting")
    group = hosted.group
    if not (group.author_pace or group.pace):
        return decided
    let_in, waiting = _let_in(tx, group, now), turn_store.waiting(tx, hosted.id)
    own = _paced(tx, group, author) and (author.id in waiting or let_in[author.id] >= group.author_pace)
    if own or (group.pace and (let_in.total() >= group.pace or _somebody_s(tx, group, waiting, let_in))):
        return Decided("waiting")
    return decided


def _somebody_s(tx: Tx, group: Group, waiting: Iterable[int], let_in: Counter[int]) -> bool:
    """Whether something waits for a turn of the group's alone: who comes now stands behind it."""
    return any(let_in[each] < group.author_pace or not _paced_id(tx, group, each) for each in waiting)


def whose(tx: Tx, hosted: Hosted, now: datetime) -> GroupPost | None:
    """The post whose turn it is now: of those who may, the one of whom least was let in lately."""
    group = hosted.group
    let_in = _let_in(tx, group, now)
    if group.pace and let_in.total() >= group.pace:
        return None
    may = [
        each
        for each in turn_store.waiting(tx, hosted.id)
        if let_in[each] < group.author_pace or not _paced_id(tx, group, each)
    ]
    return turn_store.first(tx, hosted.id, min(may, key=lambda each: let_in[each])) if may else None


def any_waits(tx: Tx, group_id: int) -> bool:
    return bool(turn_store.waiting(tx, group_id))


def lines(tx: Tx, hosted: Hosted, now: datetime) -> list[Line]:
    """What waits, for moderators: by author, who waits longest first."""
    found = []
    for author_id, count in turn_store.waiting(tx, hosted.id).items():
        author, first = actors.by_id(tx, author_id), turn_store.first(tx, hosted.id, author_id)
        if author is not None and first is not None:
            behind = store.count_of(tx, hosted.id, author_id, "waiting")
            found.append(Line(author, max(count, behind), first.post_id, _due(tx, hosted, author, 0, now)))
    return found


def expected(tx: Tx, hosted: Hosted, placed: GroupPost, author: Actor, now: datetime) -> datetime:
    """About when a post that waits is let in."""
    return _due(tx, hosted, author, store.count_of(tx, hosted.id, author.id, "waiting", before=placed), now)


def chore(group_id: int) -> Enqueue:
    return Enqueue(CHORE, str(group_id), {"group": str(group_id)}, delay=LOOKS_EVERY)


def _due(tx: Tx, hosted: Hosted, author: Actor, ahead: int, now: datetime) -> datetime:
    group = hosted.group
    rows = turn_store.let_in(tx, hosted.id, now - WINDOW)
    at = now
    if _paced(tx, group, author):
        at = turn([row[1] for row in rows if row[0] == author.id], ahead, group.author_pace, now)
    if group.pace:
        at = max(at, turn([row[1] for row in rows], 0, group.pace, now))
    return at


def turn(let_in: Iterable[datetime], ahead: int, pace: int, now: datetime) -> datetime:
    """When the post with `ahead` others before it is let in, where `pace` are in any minute. `let_in`: those of the last
    minute, in order."""
    times = list(let_in)[-pace:]
    for _ in range(ahead + 1):
        times.append(now if len(times) < pace else max(now, times[-pace] + WINDOW))
    return times[-1]


def _paced(tx: Tx, group: Group, author: Actor) -> bool:
    return bool(group.author_pace) and not store.moderates(tx, group.actor_id, author.iri)


def _paced_id(tx: Tx, group: Group, author_id: int) -> bool:
    author = actors.by_id(tx, author_id) if group.author_pace else None
    return author is not None and _paced(tx, group, author)


def _let_in(tx: Tx, group: Group, now: datetime) -> Counter[int]:
    """Author → how many of theirs were let in within the last minute."""
    return Counter(author for author, _ in turn_store.let_in(tx, group.actor_id, now - WINDOW))
