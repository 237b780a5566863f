"""Buckets of tokens by address, for the doors anybody can knock on without being known: registering apps, asking for
access tokens. In memory, per process: a limit on flooding, not a count kept for ever."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from fediprof.errors import TooMuch

_MOST_ADDRESSES = 10_000


class Throttle:
    """`burst` knocks at once, then one more every `seconds`."""

    def __init__(self, burst: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.seconds, self._clock = burst, seconds, clock
        self._full_at: dict[str, float] = {}  # address → when its bucket is full again

    def knock(self, address: str) -> None:
        """Take one token. Raises TooMuch with the seconds to wait."""
        now, key = self._clock(), _network(address)
        full_at = max(self._full_at.get(key, now), now) + self.seconds
        over = (full_at - now) - self.burst * self.seconds
        if over > 1e-9:
            raise TooMuch(f"{address} knocks too often", public="Too many requests", retry_after=math.ceil(over))
        if len(self._full_at) >= _MOST_ADDRESSES:
            self._full_at = {each: at for each, at in self._full_at.items() if at > now}
            if len(self._full_at) >= _MOST_ADDRESSES:  # a flood from everywhere: forget those nearest to full
                kept = sorted(self._full_at.items(), key=lambda pair: pair[1])[_MOST_ADDRESSES // 2 :]
                self._full_at = dict(kept)
        self._full_at[key] = full_at


def _network(address: str) -> str:
    """One house is one address in IPv4, a /64 in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(parsed) >> 64 << 64)) if isinstance(parsed, IPv6Address) else address
