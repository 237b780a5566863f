"""Posts that are the public side of something else: an entry of a profile. They are written by that thing's commands
from what anybody may read of it, so that outbox, homes, feeds and apps, which know only posts, hold nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.posts import sending, store
from fediprof.posts.commands import DeletePost, delete_post
from fediprof.posts.records import Post, Tag
from fediprof.principal import Member


@dataclass(frozen=True, slots=True)
class Projection:
    """`url`: the page it is read at. `html`, `by_language`: safe HTML. `entry`: what stands as `fp:entry`, with at
    least `name`, its headline."""

    url: str
    html: str
    by_language: Mapping[str, str] | None
    language: str | None
    tags: tuple[str, ...]
    entry: Mapping[str, Any]

    def columns(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "content": self.html,
            "content_map": dict(self.by_language) if self.by_language else None,
            "language": self.language,
            "entry": dict(self.entry),
        }


def put_out(tx: Tx, by: Member, projection: Projection, here: Here) -> Done[Post]:
    """A new public post, delivered to its author's followers."""
    author = sending.author_of(tx, by)
    post = replace(Post.ours(here, author, "public"), **projection.columns())
    effects = sending.send_new(tx, author, post, (), _tags(projection), None, here)
    return Done(post, tuple(effects))


def renew(tx: Tx, by: Member, post_id: int, projection: Projection, here: Here) -> Done[Post]:
    """Change what the post says, where it really differs. Those who got it get an Update."""
    before = store.by_id(tx, post_id)
    if before is None or before.deleted_at is not None:
        raise NotFound("the post went away")
    columns = projection.columns()
    tags = {tag.name for tag in store.tags_of(tx, [post_id]).get(post_id, ())}
    same = all(getattr(before, name) == value for name, value in columns.items())
    if same and tags == {tag.name for tag in _tags(projection)}:
        return Done(before)
    author = sending.author_of(tx, by)
    store.change(tx, post_id, {**columns, "edited_at": here.now})
    store.set_tags(tx, post_id, _tags(projection))
    after = store.by_id(tx, post_id)
    if after is None:
        raise NotFound("the post went away")
    return Done(after, tuple(sending.send_change(tx, author, post_id, here)))


def take_back(tx: Tx, by: Member, post_id: int, here: Here) -> Done[Post]:
    """Delete it: a Tombstone stays, and every server that got it is told."""
    return delete_post(tx, DeletePost(by, post_id), here)


def _tags(projection: Projection) -> tuple[Tag, ...]:
    return tuple({tag.casefold(): Tag(tag.casefold(), tag) for tag in projection.tags}.values())
