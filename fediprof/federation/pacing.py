"""How much one server may send: bytes of an activity, activities a minute. Beyond its budget it is told to come again (503),
so that what it has waits at its side; nothing is dropped.

Counted once a signature proved who sends: else anybody could use up the budget of somebody else.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from fediprof.db.database import Database
from fediprof.errors import TooMuch, TryLater
from fediprof.moderation import policies

LARGEST = 1_048_576
READ_EVERY = 10.0
"""Seconds that the limits of single servers are remembered."""
HOSTS_KEPT = 4096

Figures = Mapping[str, tuple[int | None, int | None]]


class Pacing:
    """`per_minute`: of a server that has no limit of its own; 0: none. As many may come at once."""

    def __init__(self, database: Database, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._per_minute, self._clock = database, per_minute, clock
        self._known: Figures = {}
        self._read_at: float | None = None
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def must_fit(self, host: str, size: int) -> None:
        """Raises TooMuch (413)."""
        largest = (await self._of(host))[0]
        if size > min(largest or LARGEST, LARGEST):
            raise TooMuch(f"{size} bytes of {host}")

    async def take(self, host: str) -> None:
        """Spend one of a server's activities. Raises TryLater (503) with the seconds to wait."""
        per_minute = (await self._of(host))[1] or self._per_minute
        if not per_minute:
            return
        now = self._clock()
        left, since = self._buckets.pop(host, (float(per_minute), now))
        left = min(float(per_minute), left + (now - since) * per_minute / 60)
        granted = left >= 1
        self._buckets[host] = (left - 1 if granted else left, now)
        if len(self._buckets) > HOSTS_KEPT:
            self._buckets.popitem(last=False)
        if not granted:
            wait = max(1, round((1 - left) * 60 / per_minute))
            raise TryLater(f"{host}: more than {per_minute} a minute", retry_after=wait)

    async def _of(self, host: str) -> tuple[int | None, int | None]:
        now = self._clock()
        if self._read_at is None or now - self._read_at > READ_EVERY:
            self._known, self._read_at = await self._database.read(policies.limits), now
        if not self._known:
            return None, None
        name = max((each for each in policies.over(host) if each in self._known), key=len, default="")
        return self._known.get(name, (None, None))
