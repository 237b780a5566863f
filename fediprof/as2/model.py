"""What a document says, once read: frozen values with plain fields.

Texts are as the sender wrote them: HTML is not yet safe (`text.html.sanitise`). IRIs are absolute http(s) strings as
sent; compare hosts through `origin`. Times are aware UTC. Reading JSON into these is `parse`; making JSON is `build`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Document = dict[str, object]
Reference = str | Document
"""An IRI, or the object itself embedded."""


@dataclass(frozen=True, slots=True)
class Text:
    """`value`: the text as the sender put it. `by_language`: (tag, text) pairs of the map, if there is one."""

    value: str = ""
    by_language: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    media_type: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of an actor's profile table (schema.org PropertyValue). `value_html` is not yet safe."""

    name: str
    value_html: str


@dataclass(frozen=True, slots=True)
class Key:
    """`pem`: a publicKeyPem; `multibase`: a publicKeyMultibase. Neither: the key is a document of its own at `id`."""

    id: str
    owner: str
    pem: str | None = None
    multibase: str | None = None


@dataclass(frozen=True, slots=True)
class Emoji:
    """`shortcode` without colons."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True)
class Actor:
    id: str
    type: str
    username: str
    name: str
    summary: str
    url: str | None
    inbox: str
    outbox: str | None = None
    shared_inbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    featured_tags: str | None = None
    icon: Image | None = None
    image: Image | None = None
    keys: tuple[Key, ...] = ()
    manually_approves_followers: bool = False
    discoverable: bool = False
    indexable: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    fields: tuple[Field, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    webfinger: str | None = None
    suspended: bool = False
    memorial: bool = False
    emojis: tuple[Emoji, ...] = ()
    moderators: str | None = None
    """A Group's moderators collection, where it names one: `attributedTo` or `moderators`."""
    posting_restricted_to_mods: bool = False
    membership: str = ""
    """`fp:membership` of a Group: open, approval or private; "" where it does not say."""
    attribution_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """`name` as sent, usually `@user@host`; "" where absent."""

    href: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hashtag:
    """`name` without #, casefolded."""

    name: str
    href: str | None = None


AttachmentKind = Literal["image", "video", "audio", "document", "link"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """`name`: the alternative text. `focal_x`, `focal_y`: -1..1. `width`, `height`: pixels."""

    kind: AttachmentKind
    url: str
    media_type: str | None = None
    name: str = ""
    blurhash: str | None = None
    focal_x: float | None = None
    focal_y: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    votes: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    options: tuple[Option, ...]
    multiple: bool = False
    ends_at: datetime | None = None
    closed_at: datetime | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    type: str
    attributed_to: str
    content: Text = Text()
    name: Text = Text()
    summary: Text = Text()
    sensitive: bool = False
    in_reply_to: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    context: str | None = None
    conversation: str | None = None
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replies: str | None = None
    poll: Poll | None = None
    quote: str | None = None
    quote_authorization: str | None = None
    language: str | None = None
    media_type: str | None = None
    """Of `content`; None means HTML. PeerTube sends text/markdown."""
    source: tuple[str, str] | None = None
    """(text, media type), what the author typed."""
    interaction_policy: Document | None = None
    entry: Document | None = None
    """`fp:entry` of a fediprof server, as sent."""
    ask: Document | None = None
    """`fp:ask`: which entries its author would like to read more of, as sent."""
    grant: Document | None = None
    """`fp:grant`: which entries its author opened to whom it is for, as sent."""
    introduction: Document | None = None
    """`fp:introduction`: whom its author would like to introduce whom it is for to, as sent."""
    kind: str = ""
    """`fp:kind` of a thread in a group: ask, tell, offer."""


@dataclass(frozen=True, slots=True)
class PollVote:
    """One vote: a Note with a `name`, no content, that replies to a Question."""

    id: str
    attributed_to: str
    option: str
    poll: str
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """`object` is what the first object is: an IRI or the embedded document. `object_id` names it either way.

    `document` is the whole thing as received, for what only one kind of activity needs.
    """

    id: str
    type: str
    actor: str
    object: Reference | None = None
    object_id: str | None = None
    object_ids: tuple[str, ...] = ()
    object_type: str | None = None
    embedded: Document | None = None
    target: str | None = None
    origin: str | None = None
    instrument: str | None = None
    result: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    content: str = ""
    published: datetime | None = None
    emojis: tuple[Emoji, ...] = ()
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    id: str
    former_type: str | None = None
    deleted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection or one page of it. `items`: IRIs and embedded documents, in the order sent.

    `first` names the first page; where it came embedded it is `first_page` too, and may have no id.
    """

    id: str | None
    type: str
    total: int | None = None
    first: str | None = None
    next: str | None = None
    prev: str | None = None
    items: tuple[Reference, ...] = ()
    part_of: str | None = None
    first_page: Collection | None = None
    attributed_to: str | None = None
