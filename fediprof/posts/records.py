"""Posts as values, and as one viewer is shown them. A *post* is ours, a Note is the wire's, a status the client API's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from fediprof import ids
from fediprof.actors.records import Actor
from fediprof.here import Here

Visibility: TypeAlias = Literal["public", "quiet", "followers", "direct", "group"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "quiet", "followers", "direct")
"""What an author chooses among; "group" comes with a private group: for its members alone."""

MAX_CHARACTERS = 5000
MAX_ATTACHMENTS = 4
MAX_PINS = 5


@dataclass(frozen=True, slots=True)
class Attachment:
    """`url`: remote address, or the name of an upload (`local`). `kind`: image, video, audio, document."""

    kind: str
    url: str
    media_type: str
    description: str = ""
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    focal_x: float | None = None
    focal_y: float | None = None
    local: bool = False
    preview: str = ""
    upload_id: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """Column order of `schema.posts.post` (a test holds it)."""

    id: int
    iri: str
    url: str
    actor_id: int
    local: bool
    type: str
    title: str
    content: str
    content_map: dict[str, str] | None
    source: str | None
    source_map: dict[str, str] | None
    warning: str
    sensitive: bool
    language: str | None
    visibility: Visibility
    in_reply_to_iri: str | None
    in_reply_to_id: int | None
    in_reply_to_actor_id: int | None
    conversation_id: int
    context: str | None
    replies: str | None
    poll: dict[str, Any] | None
    emojis: list[list[str]]
    attachments: list[dict[str, Any]]
    group_id: int | None
    entry: dict[str, Any] | None
    published_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    received_at: datetime
    replies_count: int
    likes_count: int
    announces_count: int

    @classmethod
    def ours(cls, here: Here, author: Actor, visibility: Visibility) -> Post:
        """A post of somebody who lives here, at an address of its own, that begins a thread and says nothing yet."""
        post_id = ids.new_id()
        iri, url = here.new_post(author.username)
        return cls(
            id=post_id,
            iri=iri,
            url=url,
            actor_id=author.id,
            local=True,
            type="Note",
            title="",
            content="",
            content_map=None,
            source=None,
            source_map=None,
            warning="",
            sensitive=False,
            language=None,
            visibility=visibility,
            in_reply_to_iri=None,
            in_reply_to_id=None,
            in_reply_to_actor_id=None,
            conversation_id=post_id,
            context=f"{iri}/context",
            replies=None,
            poll=None,
            emojis=[],
            attachments=[],
            group_id=None,
            entry=None,
            published_at=here.now,
            edited_at=None,
            deleted_at=None,
            received_at=here.now,
            replies_count=0,
            likes_count=0,
            announces_count=0,
        )

    @property
    def media(self) -> tuple[Attachment, ...]:
        return tuple(Attachment(**each) for each in self.attachments)


@dataclass(frozen=True, slots=True)
class Tag:
    """`name`: casefolded, for looking up; `written`: as the author spelled it."""

    name: str
    written: str


@dataclass(frozen=True, slots=True)
class Announced:
    """An announce as an item of a timeline."""

    id: int
    iri: str
    by: Actor
    at: datetime
    visibility: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A post with all that presenters need of it, for one viewer. Loaded in batches by `posts.views`."""

    post: Post
    author: Actor
    mentions: tuple[Actor, ...] = ()
    tags: tuple[Tag, ...] = ()
    announced: Announced | None = None
    liked: bool = False
    announced_by_viewer: bool = False
    pinned: bool = False
    parent_author: Actor | None = None
    group: Actor | None = None
    locked: bool = False
    """Its thread in the group takes no answers."""

    @property
    def item_id(self) -> int:
        """The id a timeline pages by: the announce's where there is one, else the post's."""
        return self.announced.id if self.announced else self.post.id
