"""What was refused, counted until it is written down: by kind and by whom, never by address."""

from __future__ import annotations

from collections import Counter

MOST = 500
OTHERS = "…"
"""Stands for the many, where naming each would fill memory or disk."""

KINDS = ("agent", "trap", "pace", "people", "blocked", "unsigned", "server")


class Tally:
    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def __bool__(self) -> bool:
        return bool(self._counts)

    def add(self, kind: str, who: str, count: int = 1) -> None:
        """`kind`: one of KINDS. `who`: a prefix, a host, a handle, or the name an agent has on the list."""
        if (kind, who) not in self._counts and len(self._counts) >= MOST:
            who = OTHERS
        self._counts[kind, who] += count

    def take(self) -> list[tuple[str, str, int]]:
        """(kind, who, count) since the last taking."""
        taken, self._counts = self._counts, Counter()
        return [(kind, who, count) for (kind, who), count in taken.items()]
