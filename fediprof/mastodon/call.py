"""One request to the client API: what was sent, who sent it, and how to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.mastodon import paging
from fediprof.mastodon.auth import NOBODY, Caller
from fediprof.mastodon.entities.answer import Answer
from fediprof.mastodon.params import Params
from fediprof.perform import Command
from fediprof.principal import Member
from fediprof.services import Services

Result = TypeVar("Result")
Value = TypeVar("Value")
Asked = TypeVar("Asked")


@dataclass(slots=True)
class Call:
    """`caller` is set by the door, which has checked that it reaches to the endpoint."""

    request: Request
    services: Services
    here: Here
    path: Mapping[str, str]
    params: Params
    caller: Caller = field(default=NOBODY)

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

    def answer(self) -> Answer:
        return Answer(self.here, self.services.pictures, self.viewer)

    def links(self, first: int | None, last: int | None) -> dict[str, str]:
        """The Link header of a page from its first to its last cursor."""
        return paging.links(self.here.origin, self.request.url.path, self.request.query_params, first, last)

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        return await self.services.read(unit)

    async def perform(self, command: Command[Asked, Value], asked: Asked) -> Value:
        return await self.services.perform(command, asked)
