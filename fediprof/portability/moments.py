"""Dates as other places write them: `Mar 2019`, `mars 2019`, `12 janv. 2023`, `Jan 12, 2023`, `03/15/24, 09:12 AM`, `2019-03`.
They become shortened ISO dates (`profiles.dates`); what of a date is not sure is left out of it."""

from __future__ import annotations

import re

from fediprof.errors import Invalid
from fediprof.portability.tables import plain
from fediprof.profiles import dates

_MONTHS = (
    ("jan", "january", "janv", "janvier"),
    ("feb", "february", "fev", "fevr", "fevrier"),
    ("mar", "march", "mars"),
    ("apr", "april", "avr", "avril"),
    ("may", "mai"),
    ("jun", "june", "juin"),
    ("jul", "july", "juil", "juillet"),
    ("aug", "august", "aou", "aout"),
    ("sep", "sept", "september", "septembre"),
    ("oct", "october", "octobre"),
    ("nov", "november", "novembre"),
    ("dec", "december", "decembre"),
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_NOW = frozenset({"present", "today", "now", "aujourd hui", "a ce jour", "en cours", "current"})
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ].*)?")
_SLASHED = re.compile(r"(\d{1,2})/(?:(\d{1,2})/)?(\d{4}|\d{2})(?:\D.*)?")


def moment(text: str) -> str:
    """`2019`, `2019-03` or `2019-03-14`; "" for what is no date, or says that it goes on."""
    text = text.strip()[:60]
    year, month, day = _read(text)
    if not year:
        return ""
    for found in (f"{year}-{month:02}-{day:02}", f"{year}-{month:02}", f"{year}"):
        try:
            return str(dates.read(found))
        except Invalid:
            continue
    return ""


def span(start: str, end: str, *, open_ended: bool = True) -> str:
    """Two dates as a span. `open_ended`: a start without an end goes on. An end that comes before its start is left out
    rather than believed."""
    begun, ended = moment(start), moment(end)
    if not begun:
        return ended
    if not ended:
        return f"{begun}/" if open_ended or plain(end) in _NOW else begun
    try:
        return str(dates.read(f"{begun}/{ended}"))
    except Invalid:
        return begun


def _read(text: str) -> tuple[int, int, int]:
    """Year, month, day; 0 for what is not said."""
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found := _SLASHED.fullmatch(text):
        return _slashed(int(found[1]), int(found[2] or 0), found[3])
    words = plain(text).split()
    month = next((_MONTH[word] for word in words if word in _MONTH), 0)
    numbers = [int(word) for word in words if word.isdigit() and len(word) < 5]
    year = next((number for number in numbers if number > 1000), 0)
    day = next((number for number in numbers if 0 < number < 32), 0) if month else 0
    return year, month, day


def _slashed(first: int, second: int, last: str) -> tuple[int, int, int]:
    """`3/2019`; `15/03/2019` and `03/15/2019`, where one number can only be the day. Else nobody knows which is which."""
    year = int(last) if len(last) == 4 else 2000 + int(last)
    if not second:
        return (year, first, 0) if len(last) == 4 else (0, 0, 0)
    if first > 12:
        return year, second, first
    if second > 12 or first == second:
        return year, first, second
    return year, 0, 0
