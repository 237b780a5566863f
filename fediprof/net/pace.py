"""How often one host is asked for what nobody waits for: each waits for its turn, in memory."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

HOSTS = 1024


class HostPace:
    """`every`: seconds between two turns at one host. Hosts do not wait for each other."""

    def __init__(
        self,
        every: float = 0.5,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.every = every
        self._clock, self._sleep = clock, sleep
        self._next: OrderedDict[str, float] = OrderedDict()

    async def wait(self, host: str) -> None:
        now = self._clock()
        turn = max(now, self._next.pop(host.lower(), now))
        self._next[host.lower()] = turn + self.every
        if len(self._next) > HOSTS:
            self._next.popitem(last=False)
        if turn > now:
            await self._sleep(turn - now)
