"""Live updates: who has a stream open is told of what was just committed, here or by another process of this server.
Nothing is kept for those who were away: they read the timeline.

What is done in this process is published once it is committed. Other processes are sent the same few numbers in the
transaction itself, and read the rows anew; they listen only while a stream is open (`db.messages`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from fediprof.db.database import Tx
from fediprof.db.messages import Messages
from fediprof.effects import Stream

log = logging.getLogger(__name__)

MOST_WAITING = 200
_TOGETHER = 90
"""Events in one message: two numbers and a word each, within `messages.LONGEST`."""
_WORDS = msgspec.json.Decoder(list[tuple[int, str, int]])


class Streams:
    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._open: defaultdict[int, set[asyncio.Queue[Stream]]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def publish(self, events: Sequence[Stream]) -> None:
        """Tell those connected to this process. Never blocks: a reader too slow to keep up loses the oldest."""
        for event in events:
            for queue in self._open.get(event.actor_id, ()):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(event)

    def send(self, tx: Tx, events: Sequence[Stream]) -> None:
        """Tell the other processes, once `tx` is committed."""
        for start in range(0, len(events), _TOGETHER):
            words = [(each.actor_id, each.event, each.subject) for each in events[start : start + _TOGETHER]]
            self._messages.send(tx, msgspec.json.encode(words).decode())

    @asynccontextmanager
    async def subscribed(self, actor_id: int) -> AsyncIterator[asyncio.Queue[Stream]]:
        """A queue of what happens to one member, for as long as the block runs."""
        queue: asyncio.Queue[Stream] = asyncio.Queue(MOST_WAITING)
        self._open[actor_id].add(queue)
        try:
            if self._listener is None:
                self._listening.clear()
                self._listener = asyncio.create_task(self._listen())
            await self._listening.wait()
            yield queue
        finally:
            self._open[actor_id].discard(queue)
            if not self._open[actor_id]:
                del self._open[actor_id]
            if not self._open:
                await self.close()

    async def close(self) -> None:
        """Listen no more to other processes."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    async def _listen(self) -> None:
        while True:
            try:
                async with self._messages.heard() as words:
                    self._listening.set()
                    async for each in words:
                        self.publish([Stream(*event) for event in _WORDS.decode(each)])
            except Exception as error:
                log.warning("streams.deaf", extra={"why": str(error)[:300]})
            self._listening.set()  # a stream of what happens in this process is better than none
            await asyncio.sleep(1)
