"""When an entry took place, as its owner gave it: `2019`, `2019-03`, `2019-03-14`, or a span `2019/2021`, `2019-03/`
(to now). The notation is ISO 8601's, with the day and the month left out where they are not said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from fediprof.errors import Invalid

_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Span:
    """`start`, `end`: as written, shortened ISO dates. `end` None: one moment; "" : not over."""

    start: str
    end: str | None = None

    @property
    def going_on(self) -> bool:
        return self.end == ""

    def __str__(self) -> str:
        return self.start if self.end is None else f"{self.start}/{self.end}"


def read(text: str) -> Span:
    """Raises Invalid for what is no date, or ends before it begins."""
    start, slash, end = text.strip().partition("/")
    begun = _point(start)
    if not slash:
        return Span(begun)
    if not end.strip():
        return Span(begun, "")
    ended = _point(end)
    if ended[: len(begun)] < begun[: len(ended)]:
        raise Invalid("This ends before it begins", field="dates")
    return Span(begun, ended)


def _point(text: str) -> str:
    text = text.strip()
    found = _POINT.fullmatch(text)
    if found is None or not 1900 <= int(found[1]) <= 2100:
        raise Invalid("Write dates as 2019, 2019-03 or 2019-03/2021-06", field="dates")
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise Invalid("There is no such day", field="dates") from None
    return text
