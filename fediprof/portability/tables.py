"""CSV as people's exports really are: any encoding, a BOM, lines before the header, quotes that never close, short rows.

`read` gives what can be made out and counts what cannot. `written` makes CSV that a spreadsheet opens as text: a value
that would begin a formula gets an apostrophe before it (CWE-1236).
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MAX_LINE = 64 * 1024
"""Characters of a record; LinkedIn's longest texts have a few thousand."""
MAX_LINES = 200
MOST_LINES = 400_000
_PREAMBLE = 12
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: column's own name → text, columns without value left out. `broken`: lines that could not be read."""

    rows: list[dict[str, str]]
    broken: int = 0
    cut: bool = False


def read(data: bytes, columns: Mapping[str, frozenset[str]], *, most: int) -> Table | None:
    """The rows under the first line that names two of `columns` (or the only one there is). `columns`: our name → what
    headers call it, as `plain` gives them. None when no line does."""
    text = decoded(data)
    head = _head(text, columns)
    if head is None:
        return None
    delimiter, names, start = head
    rows: list[dict[str, str]] = []
    broken = 0
    for record in _records(text[start:], delimiter):
        if record is None:
            broken += 1
            continue
        row = {name: value.strip() for name, value in zip(names, record, strict=False) if name and value.strip()}
        if not row:
            continue
        if len(rows) == most:
            return Table(rows, broken, True)
        rows.append(row)
    return Table(rows, broken)


def decoded(data: bytes) -> str:
    """UTF-8, UTF-16 by its mark, else the code page of western Windows, which has a character for nearly any byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def plain(name: str) -> str:
    """A header for comparing: no case, no accents, only letters and digits between single spaces."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _head(text: str, columns: Mapping[str, frozenset[str]]) -> tuple[str, list[str], int] | None:
    """(delimiter, our name or "" of each column, where the rows begin)."""
    wanted = {called: name for name, all_called in columns.items() for called in all_called}
    start = 0
    for _ in range(_PREAMBLE):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        for delimiter in (",", ";", "\t"):
            record = _parsed(text[start : min(end, start + MAX_LINE)], delimiter) or []
            names = [wanted.get(plain(each), "") for each in record]
            if len(set(names) - {""}) >= min(2, len(columns)):
                once = [name if name not in names[:at] else "" for at, name in enumerate(names)]
                return delimiter, once, min(end + 1, len(text))
        if end == len(text):
            break
        start = end + 1
    return None


def _records(text: str, delimiter: str) -> Iterator[list[str] | None]:
    """Records, None for one that cannot be read. A quote that does not close within what a record can be belongs to its
    own line, so that it takes no other along."""
    lines = _lines(text)
    at = 0
    while at < len(lines):
        end, size, quotes = at, 0, 0
        while end < len(lines) and end - at < MAX_LINES and size <= MAX_LINE:
            size += len(lines[end])
            quotes += lines[end].count('"')
            end += 1
            if quotes % 2 == 0:
                break
        if quotes % 2 == 0 and size <= MAX_LINE:
            record = _parsed("\n".join(lines[at:end]), delimiter)
            at = end
        else:
            alone = lines[at]
            record = _parsed(alone.replace('"', ""), delimiter) if len(alone) <= MAX_LINE else None
            at += 1
        if record is None or any(each.strip() for each in record):
            yield record


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MOST_LINES)[:MOST_LINES]


def _parsed(text: str, delimiter: str) -> list[str] | None:
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return None
    return [field for record in found for field in record]


def written(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file, UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([list(head), *([_inert(value) for value in row] for row in rows)])
    return out.getvalue().encode()


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def freed(value: str) -> str:
    """A value of a file that `written` made, as it was."""
    return value[1:] if value.startswith("'") and value[1:].startswith(_FORMULA) else value
