"""When to try again: pure functions, tested without a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

DAY = timedelta(days=1)
GIVE_UP = timedelta(days=7)


def delay(attempts: int, waited: timedelta, *, chance: Callable[[], float]) -> timedelta | None:
    """How long to wait after the `attempts`-th failure (1 for the first), or None to give up.

    15 s, then three times as much each time up to 12 hours, a third of it left to chance so that a host that comes
    back is not met by everybody at once; for 7 days in all. `chance`: a number in [0, 1).
    """
    if waited >= GIVE_UP:
        return None
    base = min(15 * 3.0 ** min(attempts - 1, 9), 12 * 3600)
    return timedelta(seconds=base * (0.83 + chance() / 3))
