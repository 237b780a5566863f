"""One proven activity on its way through a handler, and what handlers share: gather from the database and the network
here, then one command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fediprof import clock
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import origin, reader
from fediprof.db.database import Tx
from fediprof.errors import NotAllowed
from fediprof.federation import inbox
from fediprof.federation.resolve import NetworkResolver
from fediprof.perform import Command, Performer
from fediprof.signatures import integrity

Value = TypeVar("Value")
Request = TypeVar("Request")


@dataclass(slots=True)
class Inbound:
    """`actor` is who acts; that was proven when it came in. `row_id` is finished in the command's own transaction, so
    that an activity is never applied and then applied again."""

    activity: as2.Activity
    actor: Actor
    body: bytes
    row_id: int
    attempts: int
    perform_command: Performer
    resolver: NetworkResolver
    finished: bool = False

    async def read(self, unit: Callable[[Tx], Value]) -> Value:
        return await self.perform_command.database.read(unit)

    async def perform(self, command: Command[Request, Value], request: Request) -> Value:
        """Apply; the row is done in the same commit."""

        def also(tx: Tx, value: object) -> None:
            words = value if isinstance(value, str) else getattr(value, "outcome", "applied")
            inbox.finish(tx, self.row_id, "done", words, clock.now())

        value = await self.perform_command(command, request, also=also)
        self.finished = True
        return value

    @property
    def object_id(self) -> str:
        """The object's IRI. Raises NotAllowed where there is none."""
        if self.activity.object_id is None:
            raise NotAllowed(f"{self.activity.type} without an object")
        return self.activity.object_id

    @property
    def host(self) -> str:
        return origin.host_of(self.actor.iri)

    @property
    def forwardable(self) -> bytes | None:
        """The bytes as received, when others can believe them without us."""
        document = self.activity.document
        if document is None:
            return None
        return self.body if integrity.proof_of(document) is not None or "signature" in document else None

    def inner(self) -> tuple[str, str | None, str | None, str | None]:
        """Of an activity about an activity: (its id, type, actor, object id), as far as told."""
        embedded = self.activity.embedded
        if embedded is None:
            return self.object_id, None, None, None
        kinds = reader.types(embedded)
        return (
            reader.iri(embedded.get("id")) or "",
            kinds[0] if kinds else None,
            reader.iri(embedded.get("actor")),
            reader.iri(embedded.get("object")),
        )
