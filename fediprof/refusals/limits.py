"""How much one reader may read: so many pages a minute, so many different people an hour, and for a while nothing at all
after the trap. Counted in memory and bounded; the clock is given, nothing is read or written.

The budget is of *different people*: who reads one person's page all day spends one, and people already looked at within
the hour stay open when it is spent. So an office behind one address is not shut out by its size.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

HOUR = 3600.0
BLOCK_SECONDS = 3600.0
MOST_READERS = 4096

Kind = Literal["pace", "people", "trap"]


@dataclass(frozen=True, slots=True)
class Refused:
    """`retry_after`: whole seconds until the same would be let through."""

    kind: Kind
    retry_after: int


@dataclass(slots=True)
class _Reader:
    """`tokens` at the moment `since`; `people`: hash of a name → when first looked at within the hour, oldest first."""

    tokens: float
    since: float
    people: dict[int, float] = field(default_factory=dict)


class Limits:
    """`people_per_hour` and `pages_per_minute`: 0 is no limit. Forgets the reader who has been quiet longest."""

    def __init__(self, *, people_per_hour: int, pages_per_minute: int, readers: int = MOST_READERS) -> None:
        self._people, self._pages, self._most = people_per_hour, float(pages_per_minute), readers
        self._readers: OrderedDict[str, _Reader] = OrderedDict()
        self._blocked: OrderedDict[str, float] = OrderedDict()

    def look(self, reader: str, person: str | None, now: float, *, paced: bool = True) -> Refused | None:
        """One page, of `person` where it is somebody's. `reader`: a prefix, a known person or a host, told apart by how
        they are written. `now`: seconds of any clock that only goes forward. `paced`: not counted as a page before."""
        if self._blocked and (until := self._blocked.get(reader)) is not None:
            if now < until:
                return Refused("trap", math.ceil(until - now))
            del self._blocked[reader]
        known = self._readers.get(reader)
        if known is None:
            known = self._readers[reader] = _Reader(self._pages, now)
            if len(self._readers) > self._most:
                self._readers.popitem(last=False)
        else:
            self._readers.move_to_end(reader)
        refused = self._paced(known, now) if paced else None
        return refused or (None if person is None else self._met(known, hash(person), now))

    def _paced(self, reader: _Reader, now: float) -> Refused | None:
        if not self._pages:
            return None
        tokens = min(self._pages, reader.tokens + (now - reader.since) * self._pages / 60)
        reader.since = now
        if tokens < 1:
            reader.tokens = tokens
            return Refused("pace", math.ceil((1 - tokens) * 60 / self._pages))
        reader.tokens = tokens - 1
        return None

    def _met(self, reader: _Reader, person: int, now: float) -> Refused | None:
        if not self._people:
            return None
        people = reader.people
        while people:
            first = next(iter(people))
            if now - people[first] < HOUR:
                break
            del people[first]
        if person in people:
            return None
        if len(people) >= self._people:
            return Refused("people", math.ceil(HOUR - (now - people[next(iter(people))])))
        people[person] = now
        return None

    def block(self, reader: str, now: float) -> None:
        """Nothing more for a while: it went where only machines go."""
        self._blocked[reader] = now + BLOCK_SECONDS
        self._blocked.move_to_end(reader)
        if len(self._blocked) > self._most:
            self._blocked.popitem(last=False)
