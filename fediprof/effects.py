"""What a command returns: the value, and what should follow. `perform` records the effects in the same commit.

Commands are plain functions `command(tx, request, here) -> Done`. A request that needs the network first has
`async def gathered(self, resolver) -> Self`; that runs before the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from fediprof.actors.records import Actor
    from fediprof.posts.records import Post

Value = TypeVar("Value", covariant=True)


Form: TypeAlias = Literal["any", "wrapped", "boost", "vote"]
"""What a receiver must understand: anything; an Announce of an activity (FEP-1b12); an Announce of a post; votes."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a delivery goes to: all accepted followers of an actor, and named remote actors. Local ones get no mail."""

    followers_of: int | None = None
    actor_ids: tuple[int, ...] = ()
    inboxes: tuple[str, ...] = ()  # known only by address: relays of a forwarded activity, an actor just deleted
    but_host: str = ""  # where a forwarded activity came from
    form: Form = "any"  # of what a group passes on: see `delivery.software`
    parting: bool = False  # also to a server that was just blocked: it is told that following ended


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send `activity` (complete but for its proof) to an audience, signed by `actor_id`.

    `object_iri`: deliveries about one object reach a host in the order they were made. `post_id`: whose delivery
    report this belongs to. `body`: bytes to pass on unchanged instead (inbox forwarding).
    """

    actor_id: int
    activity: Mapping[str, Any]
    audience: Audience
    object_iri: str
    post_id: int | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell a local actor. Kinds: mention, reblog, favourite, follow, follow_request, status, poll, update, move."""

    actor_id: int
    kind: str
    from_actor_id: int
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """Something to show at once to those who have a stream open: `event` is update, status.update, delete,
    notification; `subject` the id of the home item, post or notification."""

    actor_id: int
    event: str
    subject: int


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Background work. One waiting job per (kind, key)."""

    kind: str
    key: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    delay: timedelta = timedelta()


Effect: TypeAlias = Deliver | Notify | Stream | Enqueue


@dataclass(frozen=True, slots=True)
class Done(Generic[Value]):
    """The outcome of a command."""

    value: Value
    effects: tuple[Effect, ...] = ()


class Resolver(Protocol):
    """IRI or handle → local record, fetching what is not known. Implemented by `federation.resolve`.

    Each returns None when the thing cannot be had for good, and raises Unreachable when trying later may help.
    """

    async def actor(self, iri: str) -> Actor | None: ...

    async def handle(self, handle: str) -> Actor | None: ...

    async def group(self, handle: str) -> Actor | None: ...

    async def post(self, iri: str) -> Post | None: ...
