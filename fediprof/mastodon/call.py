"""One request to the client API: what was sent, who sent it, and how to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.mastodon import paging
from fediprof.mastodon.auth import NOBODY, Caller
from fediprof.mastodon.entities.answer import Answer
from fediprof.mastodon.params import Params
from fediprof.perform import Command
from fediprof.principal import Member
from fediprof.refusals.prefixes import prefix_of
from fediprof.services import Services

Result = TypeVar("Result")
Value = TypeVar("Value")
Asked = TypeVar("Asked")


@dataclass(slots=True)
class Call:
    """`caller` is set by the door, which has checked that it reaches to the endpoint; `suspended`: of whom nothing is told."""

    request: Request
    services: Services
    here: Here
    path: Mapping[str, str]
    params: Params
    caller: Caller = field(default=NOBODY)
    suspended: frozenset[int] = frozenset()

    @property
    def viewer(self) -> int | None:
        return self.caller.viewer

    @property
    def by(self) -> Member:
        return self.caller.member

    def id(self, name: str = "id") -> int:
        """An id in the path. Raises NotFound: what is no number is nothing of ours."""
        text = self.path[name]
        if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
            raise NotFound(f"{name} is no id")
        return int(text)

    @property
    def network(self) -> str | None:
        """Where the request comes from, as the gate counts it."""
        return prefix_of(self.request.client.host) if self.request.client else None

    def look_at(self, tx: Tx, actor: Actor) -> Actor:
        """Count a person that is looked up, by the same name as on the pages. Raises TooMuch. For members only people
        here are counted: what they read of other servers is theirs to choose."""
        if actor.id == self.viewer or (self.viewer is not None and not actor.local):
            return actor
        me = None if self.viewer is None else actors.by_id(tx, self.viewer)
        reader = self.network if me is None else f"@{me.username}"
        person = actor.username.lower() if actor.local else str(actor.id)
        self.services.gate.look(reader, person, paced=me is not None)
        return actor

    def answer(self) -> Answer:
        return Answer(self.here, self.services.pictures, self.viewer, self.suspended)

    def links(self, first: int | None, last: int | None) -> dict[str, str]:
        """The Link header of a page from its first to its last cursor."""
        return paging.links(self.here.origin, self.request.url.path, self.request.query_params, first, last)

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        return await self.services.read(unit)

    async def perform(self, command: Command[Asked, Value], asked: Asked) -> Value:
        return await self.services.perform(command, asked)
