"""So many in so many seconds per address, counted in this process: for what a visitor without account can make us do."""

from __future__ import annotations

import time
from collections import OrderedDict

from fediprof.errors import TooMuch

_KEPT = 10_000


class Throttle:
    """`limit` passes per key and `seconds`; the window starts with the first."""

    def __init__(self, *, limit: int, seconds: int) -> None:
        self.limit, self.seconds = limit, seconds
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def must_pass(self, key: str) -> None:
        """Raises TooMuch with the seconds to wait."""
        now = time.monotonic()
        since, count = self._seen.get(key, (now, 0))
        if now - since > self.seconds:
            since, count = now, 0
        if count >= self.limit:
            raise TooMuch(f"{key}: {count} in {self.seconds} s", retry_after=int(since + self.seconds - now) + 1)
        self._seen[key] = (since, count + 1)
        self._seen.move_to_end(key)
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
