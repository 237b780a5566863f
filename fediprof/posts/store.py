"""All SQL on posts, their mentions, tags and pins, and on what was deleted. What one viewer may see: `posts.views`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from fediprof.db.among import among
from fediprof.db.changes import change_row, insert_record, step_counters
from fediprof.db.database import Tx
from fediprof.db.paging import keyset
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.moderation import limits
from fediprof.posts.records import Post, Tag
from fediprof.schema.actors import actor, follow
from fediprof.schema.groups import group_post
from fediprof.schema.moderation import block, sanction
from fediprof.schema.posts import deleted_object, idempotency, mention, pin, post, post_tag

_BY_ID = select(post).where(post.c.id == bindparam("id"))
_BY_IRI = select(post).where(post.c.iri == bindparam("iri"))
_BY_IDS = Prepared(select(post).where(among(post.c.id, "ids")))
_MENTIONS = Prepared(
    select(mention.c.post_id, mention.c.actor_id, mention.c.silent).where(among(mention.c.post_id, "ids"))
)
_TAGS = Prepared(
    select(post_tag.c.post_id, post_tag.c.name, post_tag.c.written).where(among(post_tag.c.post_id, "ids"))
)
_STANDING = Prepared(
    select(
        exists().where(post.c.iri == bindparam("iri")),
        select(deleted_object.c.actor_iri).where(deleted_object.c.iri == bindparam("iri")).scalar_subquery(),
        exists().where(post.c.in_reply_to_iri == bindparam("iri"), post.c.in_reply_to_id.is_(None)),
    )
)
_BURIED = select(deleted_object).where(deleted_object.c.iri == bindparam("iri"))
_INSERT_MENTION = Prepared(insert(mention), mention.c.keys())
_INSERT_TAG = Prepared(insert(post_tag), post_tag.c.keys())
_ORPHANS = (
    update(post)
    .where(post.c.in_reply_to_iri == bindparam("parent_iri"), post.c.in_reply_to_id.is_(None))
    .values(in_reply_to_id=bindparam("parent"), in_reply_to_actor_id=bindparam("parent_actor"))
)


def by_id(tx: Tx, post_id: int) -> Post | None:
    """The post, deleted ones included: a Tombstone is an answer too."""
    row = tx.execute(_BY_ID, {"id": post_id}).first()
    return None if row is None else Post(*row)


def by_iri(tx: Tx, iri: str) -> Post | None:
    row = tx.execute(_BY_IRI, {"iri": iri}).first()
    return None if row is None else Post(*row)


def by_ids(tx: Tx, post_ids: Iterable[int]) -> dict[int, Post]:
    wanted = list(set(post_ids))
    return {row[0]: Post(*row) for row in _BY_IDS.all(tx, {"ids": wanted})} if wanted else {}


def insert_post(tx: Tx, new: Post, mentions: Iterable[tuple[int, bool]], tags: Iterable[Tag]) -> None:
    """`mentions`: (actor id, silent)."""
    insert_record(tx, post, new)
    set_mentions(tx, new.id, mentions, fresh=True)
    set_tags(tx, new.id, tags, fresh=True)


def standing(tx: Tx, iri: str) -> tuple[bool, str | None, bool]:
    """What we have of a post that arrives, in one statement, for most are new: (the post itself, who deleted it,
    answers that came before it)."""
    ((known, buried_by, awaited),) = _STANDING.all(tx, {"iri": iri})
    return known, buried_by, awaited


def adopt(tx: Tx, parent: Post) -> None:
    """Answers that arrived before a post find their parent."""
    tx.execute(_ORPHANS, {"parent_iri": parent.iri, "parent": parent.id, "parent_actor": parent.actor_id})


def change(tx: Tx, post_id: int, values: Mapping[str, Any]) -> None:
    change_row(tx, post, post_id, values)


def count(tx: Tx, post_id: int, *, replies: int = 0, likes: int = 0, announces: int = 0) -> None:
    step_counters(tx, post, post_id, replies_count=replies, likes_count=likes, announces_count=announces)


def set_mentions(tx: Tx, post_id: int, mentions: Iterable[tuple[int, bool]], *, fresh: bool = False) -> None:
    if not fresh:
        tx.execute(delete(mention).where(mention.c.post_id == post_id))
    rows = [
        {"post_id": post_id, "actor_id": actor_id, "silent": silent} for actor_id, silent in dict(mentions).items()
    ]
    if rows:
        _INSERT_MENTION.run_all(tx, rows)


def set_tags(tx: Tx, post_id: int, tags: Iterable[Tag], *, fresh: bool = False) -> None:
    if not fresh:
        tx.execute(delete(post_tag).where(post_tag.c.post_id == post_id))
    rows = [{"post_id": post_id, **asdict(tag)} for tag in {tag.name: tag for tag in tags}.values()]
    if rows:
        _INSERT_TAG.run_all(tx, rows)


def mentions_of(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[tuple[int, bool]]]:
    """{post id: [(actor id, silent)]}"""
    found: dict[int, list[tuple[int, bool]]] = {}
    for post_id, actor_id, silent in _MENTIONS.all(tx, {"ids": list(post_ids)}):
        found.setdefault(post_id, []).append((actor_id, silent))
    return found


def tags_of(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[Tag]]:
    found: dict[int, list[Tag]] = {}
    for post_id, name, written in _TAGS.all(tx, {"ids": list(post_ids)}):
        found.setdefault(post_id, []).append(Tag(name, written))
    return found


# --- who may see what, as SQL; `rules.visible_to` is the same decision on one record

_OPEN = or_(post.c.visibility == "public", post.c.visibility == "quiet")
_THERE = and_(
    post.c.deleted_at.is_(None),
    ~exists().where(sanction.c.actor_id == post.c.actor_id, sanction.c.kind == "suspend"),
)


def visible(viewer: int | None) -> ColumnElement[bool]:
    """Posts a local actor (or, with None, anybody at all) may see. The rule itself is told in `posts.rules`."""
    return _VISIBLE_TO_ALL if viewer is None else visible_to(literal(viewer, BigInteger))


def visible_to(viewer: ColumnElement[int]) -> ColumnElement[bool]:
    """The same for a viewer named by a parameter, so that a statement can be put together once."""
    there = _THERE
    follows = exists().where(
        follow.c.follower_id == viewer, follow.c.target_id == post.c.actor_id, follow.c.state == "accepted"
    )
    named = exists().where(mention.c.post_id == post.c.id, mention.c.actor_id == viewer)
    in_group = exists().where(
        follow.c.follower_id == viewer, follow.c.target_id == post.c.group_id, follow.c.state == "accepted"
    )
    blocked = exists().where(
        or_(
            and_(block.c.actor_id == post.c.actor_id, block.c.target_id == viewer),
            and_(block.c.actor_id == viewer, block.c.target_id == post.c.actor_id),
        )
    )
    return and_(
        there,
        or_(
            post.c.actor_id == viewer,
            and_(
                ~blocked,
                or_(
                    _OPEN,
                    and_(post.c.visibility != "group", named),
                    and_(post.c.visibility == "followers", follows),
                    and_(post.c.visibility == "group", in_group),
                ),
            ),
        ),
    )


def visible_in(group: ColumnElement[int]) -> ColumnElement[bool]:
    """Posts that somebody may see of whom nothing is known but that they are in a group."""
    return and_(_THERE, or_(_OPEN, and_(post.c.visibility == "group", post.c.group_id == group)))


_VISIBLE_TO_ALL = and_(_THERE, _OPEN)
VIEWER = bindparam("viewer", type_=BigInteger)
_IS_PUBLIC = select(post.c.id).where(post.c.id == bindparam("id"), _VISIBLE_TO_ALL)
_IS_VISIBLE = select(post.c.id).where(post.c.id == bindparam("id"), visible_to(VIEWER))
_SEEN_BY_ALL = Prepared(select(post).where(among(post.c.id, "ids"), _VISIBLE_TO_ALL))
_SEEN = Prepared(select(post).where(among(post.c.id, "ids"), visible_to(VIEWER)))


def is_visible(tx: Tx, post_id: int, viewer: int | None) -> bool:
    if viewer is None:
        return tx.execute(_IS_PUBLIC, {"id": post_id}).first() is not None
    return tx.execute(_IS_VISIBLE, {"id": post_id, "viewer": viewer}).first() is not None


def visible_of(tx: Tx, post_ids: Iterable[int], viewer: int | None) -> dict[int, Post]:
    """Those of the posts that the viewer may see."""
    ids = list(set(post_ids))
    if viewer is None:
        rows = _SEEN_BY_ALL.all(tx, {"ids": ids})
    else:
        rows = _SEEN.all(tx, {"ids": ids, "viewer": viewer})
    return {row[0]: Post(*row) for row in rows}


# --- lists


def not_withheld(viewer: int | ColumnElement[int] | None) -> ColumnElement[bool]:
    """Of a thread in a group without what its moderators took out, or have not let in: their authors see that."""
    inside = or_(group_post.c.state == "sent", group_post.c.state == "shown")
    out = exists().where(group_post.c.post_id == post.c.id, ~inside)
    return ~out if viewer is None else or_(~out, post.c.actor_id == viewer)


def of_actor(
    tx: Tx,
    actor_id: int,
    viewer: int | None,
    *,
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
    since_id: int | None = None,
    replies: bool = True,
    entries: bool = True,
    only_media: bool = False,
    tag: str | None = None,
    newest_first: bool = True,
) -> list[int]:
    """Ids of an actor's own posts that `viewer` may see, newest first; `min_id` gives the page right above it. `entries`:
    also those that are an entry's public side."""
    query = select(post.c.id).where(post.c.actor_id == actor_id, visible(viewer), not_withheld(viewer))
    if not entries:
        query = query.where(post.c.entry.is_(None))
    if not replies:
        query = query.where(or_(post.c.in_reply_to_iri.is_(None), post.c.in_reply_to_actor_id == actor_id))
    if only_media:
        query = query.where(post.c.attachments != literal([], post.c.attachments.type))
    if tag is not None:
        query = query.where(exists().where(post_tag.c.post_id == post.c.id, post_tag.c.name == tag))
    return keyset(tx, query, post.c.id, limit=limit, max_id=max_id, min_id=min_id, since_id=since_id)


def conversation(tx: Tx, conversation_id: int, viewer: int | None, limit: int = 500) -> list[int]:
    """Ids of a thread's posts that `viewer` may see, oldest first."""
    query = select(post.c.id).where(post.c.conversation_id == conversation_id, visible(viewer), not_withheld(viewer))
    return limits.heard_posts(tx, viewer, list(tx.execute(query.order_by(post.c.id).limit(limit)).scalars()))


def private_talk(tx: Tx, conversation_id: int, viewer: int, *, limit: int, before: int | None = None) -> list[int]:
    """Ids of a thread's private posts that `viewer` may see, the newest first; `before`: the id a page began with."""
    where = [post.c.conversation_id == conversation_id, post.c.visibility == "direct", visible(viewer)]
    if before is not None:
        where.append(post.c.id < before)
    query = select(post.c.id).where(*where, not_withheld(viewer)).order_by(post.c.id.desc()).limit(limit)
    return limits.heard_posts(tx, viewer, list(tx.execute(query).scalars()))


def direct_replies(
    tx: Tx, post_id: int, viewer: int | None, *, limit: int, after: int | None = None, public_only: bool = False
) -> list[int]:
    """Ids of answers to one post, oldest first, from behind `after`."""
    query = select(post.c.id).where(post.c.in_reply_to_id == post_id, visible(viewer), not_withheld(viewer))
    if public_only:
        query = query.where(_OPEN)
    if after is not None:
        query = query.where(post.c.id > after)
    return limits.heard_posts(tx, viewer, list(tx.execute(query.order_by(post.c.id).limit(limit)).scalars()))


def merge_conversations(tx: Tx, old: int, new: int) -> None:
    """Two halves of a thread turned out to be one."""
    if old != new:
        tx.execute(update(post).where(post.c.conversation_id == old).values(conversation_id=new))


# --- pins


_PINS = (
    select(post.c.id)
    .join(pin, pin.c.post_id == post.c.id)
    .where(pin.c.actor_id == bindparam("actor"))
    .order_by(pin.c.pinned_at.desc(), post.c.id.desc())
)
_PINNED = Prepared(_PINS.where(visible_to(VIEWER)))
_PINNED_FOR_ALL = Prepared(_PINS.where(_VISIBLE_TO_ALL))


def pinned(tx: Tx, actor_id: int, viewer: int | None) -> list[int]:
    """Ids of pinned posts the viewer may see, last pinned first."""
    if viewer is None:
        return [row[0] for row in _PINNED_FOR_ALL.all(tx, {"actor": actor_id})]
    return [row[0] for row in _PINNED.all(tx, {"actor": actor_id, "viewer": viewer})]


def pin_post(tx: Tx, actor_id: int, post_id: int, now: datetime) -> bool:
    """False when it was pinned already."""
    row = {"actor_id": actor_id, "post_id": post_id, "pinned_at": now}
    return insert_or_leave(tx, pin, row)


def unpin_post(tx: Tx, actor_id: int, post_id: int) -> bool:
    done = tx.execute(delete(pin).where(pin.c.actor_id == actor_id, pin.c.post_id == post_id))
    return done.rowcount > 0


# --- what was deleted


def bury(tx: Tx, iri: str, actor_iri: str, former_type: str, now: datetime) -> None:
    """Remember a Delete, so that a Create that comes after it stays without effect."""
    row = {"iri": iri, "actor_iri": actor_iri, "former_type": former_type, "deleted_at": now}
    insert_or_leave(tx, deleted_object, row)


def unbury(tx: Tx, iri: str, actor_iri: str) -> bool:
    """Forget a Delete that its actor took back. False when there is none of theirs."""
    where = (deleted_object.c.iri == iri, deleted_object.c.actor_iri == actor_iri)
    return tx.execute(delete(deleted_object).where(*where)).rowcount > 0


def buried(tx: Tx, iri: str) -> tuple[str, str, datetime] | None:
    """(who deleted it, former type, when)"""
    row = tx.execute(_BURIED, {"iri": iri}).first()
    return None if row is None else (row.actor_iri, row.former_type, row.deleted_at)


# --- featured tags


_USES = func.count().label("uses")
_TAGS_BY_USE = Prepared(
    select(func.max(post_tag.c.written), _USES)
    .join(post, post.c.id == post_tag.c.post_id)
    .where(post.c.actor_id == bindparam("actor"), _VISIBLE_TO_ALL)
    .group_by(post_tag.c.name)
    .order_by(_USES.desc(), post_tag.c.name)
    .limit(bindparam("most"))
)


def tags_by_use(tx: Tx, actor_id: int, limit: int) -> list[tuple[str, int]]:
    """(name as written, public posts with it) of an actor's most used tags."""
    return [(row[0], row[1]) for row in _TAGS_BY_USE.all(tx, {"actor": actor_id, "most": limit})]


def with_tag(tx: Tx, tag: str, viewer: int | None, *, limit: int, max_id: int | None = None) -> list[int]:
    """Ids of public posts of members with a hashtag, newest first."""
    query = (
        select(post.c.id)
        .join(actor, actor.c.id == post.c.actor_id)
        .where(
            exists().where(post_tag.c.post_id == post.c.id, post_tag.c.name == tag.casefold()),
            post.c.visibility == "public",
            actor.c.local,
            visible(viewer),
            not_withheld(viewer),
            ~exists().where(sanction.c.actor_id == post.c.actor_id),
        )
    )
    return keyset(tx, query, post.c.id, limit=limit, max_id=max_id)


# --- sent twice by a bad network


def earlier_with_key(tx: Tx, account_id: int, key: str, since: datetime) -> int | None:
    """The post an Idempotency-Key made already, within its hour."""
    query = select(idempotency.c.post_id).where(
        idempotency.c.account_id == account_id, idempotency.c.key == key, idempotency.c.created_at > since
    )
    found: int | None = tx.execute(query).scalar()
    return found


def keep_key(tx: Tx, account_id: int, key: str, post_id: int, now: datetime, since: datetime) -> None:
    """A key kept since `since` stays: of two that come at once, the second fails here, and is run again to find it."""
    old = delete(idempotency).where(idempotency.c.account_id == account_id, idempotency.c.created_at <= since)
    tx.execute(old)
    row = {"account_id": account_id, "key": key, "post_id": post_id, "created_at": now}
    tx.execute(insert(idempotency), row)
