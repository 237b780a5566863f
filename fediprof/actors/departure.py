"""What goes when an actor is gone, somebody elsewhere or a member who left: all they did and had here. The row stays,
with its key: the Delete that said so can still be believed, and the name is given to nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, case, delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from fediprof.actors import store
from fediprof.actors.records import Actor
from fediprof.campaigns import store as campaigns
from fediprof.db.database import Tx
from fediprof.introductions import store as introductions
from fediprof.profiles import store as profiles
from fediprof.schema.actors import actor, follow
from fediprof.schema.interactions import interaction
from fediprof.schema.media import upload
from fediprof.schema.posts import EMPTIED, mention, pin, post, post_tag
from fediprof.schema.timelines import home_item, notification

_COUNTED_AS = {"like": post.c.likes_count, "announce": post.c.announces_count}
_BLANK: dict[str, Any] = {
    "name": "",
    "summary": "",
    "summary_source": None,
    "icon": None,
    "header": None,
    "fields": [],
    "followers_count": 0,
    "following_count": 0,
    "posts_count": 0,
}


def forget_actor(tx: Tx, gone: Actor, now: datetime) -> None:
    """Empty everything an actor has here, but for the row itself; what others have stays counted right."""
    _take_back_reactions(tx, gone.id)
    _bury_posts(tx, gone.id, now)
    _end_follows(tx, gone.id)
    profiles.forget(tx, gone.id)
    introductions.forget(tx, gone.id)
    campaigns.forget(tx, gone.id)
    tx.execute(delete(notification).where((notification.c.from_actor_id == gone.id) | _of(notification, gone.id)))
    tx.execute(delete(home_item).where(_of(home_item, gone.id)))
    store.change(tx, gone.id, {**_BLANK, "gone_at": now})


def _take_back_reactions(tx: Tx, gone_id: int) -> None:
    theirs = select(interaction.c.id).where(_of(interaction, gone_id))
    of_posts = select(interaction.c.post_id).where(_of(interaction, gone_id))  # for its index
    laid = home_item.c.post_id.in_(of_posts), home_item.c.announce_id.in_(theirs)
    tx.execute(delete(home_item).where(*laid))
    for kind, counter in _COUNTED_AS.items():
        touched = select(interaction.c.post_id).where(_of(interaction, gone_id), interaction.c.kind == kind)
        tx.execute(update(post).where(post.c.id.in_(touched)).values({counter: _less(counter, 1)}))
    tx.execute(delete(interaction).where(_of(interaction, gone_id)))


def _bury_posts(tx: Tx, gone_id: int, now: datetime) -> None:
    """As a deleted post each: a Tombstone is left, the answered have one answer less."""
    answer = post.alias()
    still_there = answer.c.actor_id == gone_id, answer.c.deleted_at.is_(None)
    answers = select(func.count()).where(answer.c.in_reply_to_id == post.c.id, *still_there).scalar_subquery()
    answered = select(answer.c.in_reply_to_id).where(answer.c.in_reply_to_id.is_not(None), *still_there)
    lessened = {post.c.replies_count: _less(post.c.replies_count, answers)}
    tx.execute(update(post).where(post.c.id.in_(answered)).values(lessened))
    theirs = select(post.c.id).where(_of(post, gone_id))
    for table in (home_item, mention, post_tag):
        tx.execute(delete(table).where(table.c.post_id.in_(theirs)))
    tx.execute(delete(pin).where(_of(pin, gone_id)))
    tx.execute(update(upload).where(_of(upload, gone_id)).values(post_id=None))  # swept, as nobody takes them
    emptied = update(post).where(_of(post, gone_id), post.c.deleted_at.is_(None))
    tx.execute(emptied.values(**EMPTIED, entry=None, deleted_at=now))


def _end_follows(tx: Tx, gone_id: int) -> None:
    for mine, other, counter in (
        (follow.c.follower_id, follow.c.target_id, actor.c.followers_count),
        (follow.c.target_id, follow.c.follower_id, actor.c.following_count),
    ):
        others = select(other).where(mine == gone_id, follow.c.state == "accepted")
        tx.execute(update(actor).where(actor.c.id.in_(others)).values({counter: _less(counter, 1)}))
    tx.execute(delete(follow).where((follow.c.follower_id == gone_id) | (follow.c.target_id == gone_id)))


def _of(table: Any, actor_id: int) -> ColumnElement[bool]:
    found: ColumnElement[bool] = table.c.actor_id == actor_id
    return found


def _less(counter: Column[int], by: Any) -> ColumnElement[int]:
    """A counter made smaller; never under zero, whatever it was."""
    return case((counter < by, 0), else_=counter - by)
