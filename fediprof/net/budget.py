"""How many fetches a host must bear from us: a token bucket each, in memory.

For work nobody is waiting for (backfill of threads and profiles), so that a long thread is not a burst of requests at a
small server. What a person asked for is not counted here; `fetcher.py` limits its parallelism.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class HostBudget:
    """`per_minute` fetches a minute and host, at most as many at once. Forgets the least recently asked host."""

    def __init__(self, per_minute: int, *, hosts: int = 1024, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._hosts = hosts
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, host: str) -> bool:
        """Spend one fetch at `host`; False when none is left now."""
        now = self._clock()
        left, since = self._buckets.pop(host.lower(), (self._size, now))
        left = min(self._size, left + (now - since) * self._size / 60)
        granted = left >= 1
        self._buckets[host.lower()] = (left - 1 if granted else left, now)
        if len(self._buckets) > self._hosts:
            self._buckets.popitem(last=False)
        return granted
