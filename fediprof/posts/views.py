"""Posts as one viewer is shown them: everything a presenter needs, in a fixed number of statements for any number of
posts. Doors get `Shown`s here; they never see a post its viewer may not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, exists, literal, or_, select

from fediprof.actors import store as actors
from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.posts import store
from fediprof.posts.records import Announced, Post, Shown
from fediprof.schema.groups import group_post
from fediprof.schema.interactions import interaction
from fediprof.schema.moderation import sanction
from fediprof.schema.posts import pin

_PINS = select(pin.c.post_id, literal("pin", Text).label("kind")).where(among(pin.c.post_id, "ids"))
_PINNED = Prepared(_PINS)
_MARKED = Prepared(
    _PINS.union_all(
        select(interaction.c.post_id, interaction.c.kind).where(
            interaction.c.actor_id == bindparam("viewer"), among(interaction.c.post_id, "ids")
        )
    )
)
"""Pinned, and what the viewer did with it."""

_THREAD = group_post.alias()
_LOCKED = Prepared(
    select(group_post.c.post_id)
    .join(_THREAD, _THREAD.c.post_id == group_post.c.thread_id)
    .where(
        among(group_post.c.post_id, "ids"), or_(_THREAD.c.locked_at.is_not(None), group_post.c.locked_at.is_not(None))
    )
)

_ANNOUNCES = select(interaction).where(
    among(interaction.c.id, "ids"),
    ~exists().where(sanction.c.actor_id == interaction.c.actor_id, sanction.c.kind == "suspend"),
)


def shown(tx: Tx, post_ids: Sequence[int], viewer: int | None) -> list[Shown]:
    """The posts in the order asked, without those the viewer (a local actor's id, or None) may not see."""
    return items(tx, [(post_id, None) for post_id in post_ids], viewer)


def one(tx: Tx, post_id: int, viewer: int | None) -> Shown | None:
    found = shown(tx, [post_id], viewer)
    return found[0] if found else None


def items(tx: Tx, pairs: Sequence[tuple[int, int | None]], viewer: int | None) -> list[Shown]:
    """Timeline items, as (post id, announce id or None), in the order given; what may not be seen is left out."""
    if not pairs:
        return []
    found = store.visible_of(tx, (post_id for post_id, _ in pairs), viewer)
    announce_ids = [a for _, a in pairs if a is not None]
    announces = {row.id: row for row in tx.execute(_ANNOUNCES, {"ids": announce_ids})} if announce_ids else {}
    by = actors.by_ids(tx, (row.actor_id for row in announces.values()))
    chosen: list[tuple[Post, Announced | None]] = []
    for post_id, announce_id in pairs:
        if post_id not in found:
            continue
        if announce_id is None:
            chosen.append((found[post_id], None))
        elif announce_id in announces:
            row = announces[announce_id]
            chosen.append(
                (found[post_id], Announced(row.id, row.iri, by[row.actor_id], row.published_at, row.visibility))
            )
    return _complete(tx, chosen, viewer)


def _complete(tx: Tx, chosen: Sequence[tuple[Post, Announced | None]], viewer: int | None) -> list[Shown]:
    posts = {each.id: each for each, _ in chosen}
    if not posts:
        return []
    ids = list(posts)
    mentions = store.mentions_of(tx, ids)
    tags = store.tags_of(tx, ids)
    marked = _PINNED.all(tx, {"ids": ids}) if viewer is None else _MARKED.all(tx, {"viewer": viewer, "ids": ids})
    marks = {(row[0], row[1]) for row in marked}
    wanted = {each.actor_id for each in posts.values()}
    wanted |= {each.in_reply_to_actor_id for each in posts.values() if each.in_reply_to_actor_id is not None}
    wanted |= {each.group_id for each in posts.values() if each.group_id is not None}
    wanted |= {actor_id for named in mentions.values() for actor_id, silent in named if not silent}
    people = actors.by_ids(tx, wanted)
    in_groups = [each.id for each in posts.values() if each.group_id is not None]
    locked = {row[0] for row in _LOCKED.all(tx, {"ids": in_groups})} if in_groups else set()
    return [
        Shown(
            post=each,
            author=people[each.actor_id],
            mentions=tuple(people[a] for a, silent in mentions.get(each.id, ()) if not silent and a in people),
            tags=tuple(tags.get(each.id, ())),
            announced=announced,
            liked=(each.id, "like") in marks,
            announced_by_viewer=(each.id, "announce") in marks,
            pinned=(each.id, "pin") in marks,
            parent_author=people.get(each.in_reply_to_actor_id) if each.in_reply_to_actor_id else None,
            group=people.get(each.group_id) if each.group_id else None,
            locked=each.id in locked,
        )
        for each, announced in chosen
    ]
