"""The home timeline: rows laid when a post or announce arrives, read by keyset."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, exists, or_, select, union_all

from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_all_or_leave
from fediprof.schema.actors import actor, follow
from fediprof.schema.columns import Id
from fediprof.schema.interactions import interaction
from fediprof.schema.posts import post
from fediprof.schema.timelines import home_item

_AUTHOR = bindparam("author", type_=BigInteger)
_PARENT = bindparam("parent", type_=BigInteger)
_also = follow.alias("also")
# From the author's followers, not from our members: there may be many of either, but the first are whom it is about.
_FOLLOWERS_HERE = (
    select(actor.c.id)
    .join(follow, follow.c.follower_id == actor.c.id)
    .where(follow.c.target_id == _AUTHOR, follow.c.state == "accepted", actor.c.local)
)
_THE_AUTHOR = select(actor.c.id).where(actor.c.id == _AUTHOR, actor.c.local)
_FOLLOWS_PARENT = exists().where(
    _also.c.follower_id == actor.c.id, _also.c.target_id == _PARENT, _also.c.state == "accepted"
)
_READERS = Prepared(union_all(_FOLLOWERS_HERE, _THE_AUTHOR))
_READERS_OF_BOTH = Prepared(
    union_all(_FOLLOWERS_HERE.where(or_(actor.c.id == _PARENT, _FOLLOWS_PARENT)), _THE_AUTHOR)
)


def lay(
    tx: Tx,
    *,
    author_id: int,
    item_id: int,
    post_id: int,
    announce_id: int | None = None,
    parent_author_id: int | None = None,
) -> list[int]:
    """Put an item into the homes of its readers (`readers`). Returns whose."""
    whose = readers(tx, author_id, parent_author_id)
    lay_for(tx, whose, item_id=item_id, post_id=post_id, announce_id=announce_id)
    return whose


def readers(tx: Tx, author_id: int, parent_author_id: int | None = None) -> list[int]:
    """Members in whose home a post of this author is to be found: the author's followers here, and the author if here.

    An answer to somebody else (`parent_author_id`) is only for those who follow that person too, or are that person:
    half a conversation is noise.
    """
    if parent_author_id is None or parent_author_id == author_id:
        return [each[0] for each in _READERS.all(tx, {"author": author_id})]
    return [each[0] for each in _READERS_OF_BOTH.all(tx, {"author": author_id, "parent": parent_author_id})]


def lacking(tx: Tx, whose: list[int], post_id: int) -> list[int]:
    """Those of `whose` homes that do not have the post itself."""
    laid = select(home_item.c.actor_id).where(home_item.c.post_id == post_id, home_item.c.announce_id.is_(None))
    have = set(tx.execute(laid).scalars())
    return [reader for reader in whose if reader not in have]


def lay_for(tx: Tx, whose: list[int], *, item_id: int, post_id: int, announce_id: int | None = None) -> None:
    rows = [{"actor_id": r, "id": item_id, "post_id": post_id, "announce_id": announce_id} for r in whose]
    insert_all_or_leave(tx, home_item, rows)


def lift(tx: Tx, *, post_id: int | None = None, announce_id: int | None = None) -> None:
    """Take a post, or one announce, out of every home."""
    where = home_item.c.post_id == post_id if announce_id is None else home_item.c.announce_id == announce_id
    tx.execute(delete(home_item).where(where))


def forget(tx: Tx, reader_id: int, author_id: int) -> None:
    """After an unfollow or a block: that author's posts and announces leave this home."""
    theirs = select(post.c.id).where(post.c.actor_id == author_id)
    announced = select(interaction.c.id).where(interaction.c.actor_id == author_id)
    tx.execute(
        delete(home_item).where(
            home_item.c.actor_id == reader_id,
            or_(
                and_(home_item.c.announce_id.is_(None), home_item.c.post_id.in_(theirs)),
                home_item.c.announce_id.in_(announced),
            ),
        )
    )


def fill(tx: Tx, reader_id: int, author_id: int, limit: int = 20) -> None:
    """After a follow was accepted: the author's last posts that followers may see, so that home is not empty."""
    rows = tx.execute(
        select(post.c.id)
        .where(
            post.c.actor_id == author_id,
            post.c.deleted_at.is_(None),
            post.c.in_reply_to_iri.is_(None),
            post.c.visibility.in_(("public", "quiet", "followers")),
        )
        .order_by(post.c.id.desc())
        .limit(limit)
    ).scalars()
    items = [{"actor_id": reader_id, "id": i, "post_id": i, "announce_id": None} for i in rows]
    insert_all_or_leave(tx, home_item, items)


@lru_cache(maxsize=8)
def _home(below: bool, above: bool, upwards: bool) -> Prepared:
    """One page's statement, put together once for each way to ask: from `max`, above `since`, up from `min`."""
    query = select(home_item.c.post_id, home_item.c.announce_id).where(home_item.c.actor_id == bindparam("reader"))
    if below:
        query = query.where(home_item.c.id < bindparam("max", type_=Id))
    if above:
        query = query.where(home_item.c.id > bindparam("since", type_=Id))
    if upwards:
        query = query.where(home_item.c.id > bindparam("min", type_=Id))
    query = query.order_by(home_item.c.id if upwards else home_item.c.id.desc())
    return Prepared(query.limit(bindparam("most", type_=Integer)))


def home(
    tx: Tx,
    reader_id: int,
    *,
    limit: int,
    max_id: int | None = None,
    min_id: int | None = None,
    since_id: int | None = None,
) -> list[tuple[int, int | None]]:
    """(post id, announce id or None) of one page of a home, newest first: the argument of `posts.views.items`."""
    values = {"reader": reader_id, "most": limit, "max": max_id, "since": since_id, "min": min_id}
    query = _home(max_id is not None, since_id is not None, min_id is not None)
    rows = query.all(tx, {name: value for name, value in values.items() if value is not None})
    pairs = [(row[0], row[1]) for row in rows]
    return pairs[::-1] if min_id is not None else pairs
