"""The one place that opens a domain write transaction: gather → apply → record the effects → commit → wake.

Every door calls `perform(command, request)`: web form, client API, inbox handler, command line. A door translates its
input into a request and the outcome into its own answer; it never decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fediprof import clock
from fediprof.db.database import Database, Tx
from fediprof.delivery import outbox
from fediprof.effects import Deliver, Done, Enqueue, Notify, Resolver, Stream
from fediprof.here import Here
from fediprof.jobs import queue
from fediprof.keystore import KeyStore
from fediprof.notifications import store as notifications
from fediprof.settings import Settings
from fediprof.timelines.streams import Streams

Value = TypeVar("Value")
Request = TypeVar("Request")
Command = Callable[[Tx, Request, Here], Done[Value]]


@dataclass(slots=True)
class Bells:
    """Rung after a commit that left work; workers in this process wait for them (and look from time to time: work may
    come from another process)."""

    delivery: asyncio.Event = field(default_factory=asyncio.Event)
    inbox: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: asyncio.Event = field(default_factory=asyncio.Event)


class Performer:
    """Holds what recording effects needs. `resolver` is handed in by `services` once it exists."""

    def __init__(
        self, settings: Settings, database: Database, keystore: KeyStore, streams: Streams, bells: Bells
    ) -> None:
        self.settings, self.database, self.keystore = settings, database, keystore
        self.streams, self.bells = streams, bells
        self.resolver: Resolver | None = None

    def here(self) -> Here:
        return Here(self.settings.origin, self.settings.domain, clock.now())

    async def __call__(
        self,
        command: Command[Request, Value],
        request: Request,
        *,
        also: Callable[[Tx, Value], None] | None = None,
    ) -> Value:
        """Run a command and all it causes in one transaction. Raises what the command raises; then nothing was done.

        `also`: bookkeeping of the caller's that must stand or fall with it, given the command's value.
        """
        gathered = getattr(request, "gathered", None)
        if gathered is not None:
            request = await gathered(self.resolver)
        done, streams = await self.database.write(lambda tx: self._apply(tx, command, request, also))
        self.streams.publish(streams)
        for effect in done.effects:
            if isinstance(effect, Deliver):
                self.bells.delivery.set()
            elif isinstance(effect, Enqueue):
                self.bells.jobs.set()
        return done.value

    def _apply(
        self,
        tx: Tx,
        command: Command[Request, Value],
        request: Request,
        also: Callable[[Tx, Value], None] | None,
    ) -> tuple[Done[Value], list[Stream]]:
        here = self.here()
        done = command(tx, request, here)
        if also is not None:
            also(tx, done.value)
        return done, self.record(tx, done, here)

    def record(self, tx: Tx, done: Done[object], here: Here) -> list[Stream]:
        """Write a command's effects; what is to be streamed once they are committed."""
        streams = []
        for effect in done.effects:
            match effect:
                case Deliver():
                    outbox.record(tx, self.keystore, effect, here)
                case Notify(actor_id, kind, from_actor_id, post_id):
                    if actor_id == from_actor_id:
                        continue
                    told = notifications.add(tx, actor_id, kind, from_actor_id, post_id, here.now)
                    if told is not None:
                        streams.append(Stream(actor_id, "notification", told))
                case Stream():
                    streams.append(effect)
                case Enqueue(kind, key, arguments, delay):
                    queue.add(tx, kind, key, arguments, now=here.now, delay=delay)
        self.streams.send(tx, streams)
        return streams
