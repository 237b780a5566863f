"""Live updates: who has a stream open is told of what was just committed. In memory, per process; nothing is kept for
those who were away: they read the timeline."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fediprof.effects import Stream

MOST_WAITING = 200


class Streams:
    def __init__(self) -> None:
        self._open: defaultdict[int, set[asyncio.Queue[Stream]]] = defaultdict(set)

    def publish(self, events: list[Stream]) -> None:
        """Never blocks: a reader too slow to keep up loses the oldest."""
        for event in events:
            for queue in self._open.get(event.actor_id, ()):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(event)

    @asynccontextmanager
    async def subscribed(self, actor_id: int) -> AsyncIterator[asyncio.Queue[Stream]]:
        """A queue of what happens to one member, for as long as the block runs."""
        queue: asyncio.Queue[Stream] = asyncio.Queue(MOST_WAITING)
        self._open[actor_id].add(queue)
        try:
            yield queue
        finally:
            self._open[actor_id].discard(queue)
            if not self._open[actor_id]:
                del self._open[actor_id]
