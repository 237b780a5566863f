"""Lists of servers as files: what Mastodon exports and imports, and plain lists of names. Pure: text in, lines out.

Columns: `#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate`. Severities there are suspend, silence
and noop, which are block, limit and none here. A file without that header is read as one name a line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from fediprof.errors import Invalid, Malformed, TooMuch
from fediprof.here import Here
from fediprof.i18n.catalog import N_
from fediprof.moderation.domains import MOST_AT_ONCE, Line, cleaned
from fediprof.moderation.policies import EVERYONE_ELSE, Policy, Severity

LARGEST_FILE = 5 * 1024 * 1024
COLUMNS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")
_READ: dict[str, Severity] = {
    "suspend": "block",
    "block": "block",
    "silence": "limit",
    "limit": "limit",
    "noop": "none",
    "none": "none",
    "": "block",
}
_WRITTEN: dict[str, str] = {"block": "suspend", "limit": "silence", "none": "noop"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
"""A spreadsheet takes a cell that begins so for something to be worked out."""

UNREADABLE = N_("its name is kept unreadable")
NO_SERVER = N_("not the name of another server")
UNKNOWN = N_("a severity that is not known")
TWICE = N_("named before; the first line counts")


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is left out. `number`: from 1, as an editor counts. `why`: for the catalogue."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


def read(data: bytes, here: Here) -> Read:
    """Raises TooMuch beyond 5 MB or 20000 lines, Malformed for what is no text, Invalid for a file that names nobody."""
    if len(data) > LARGEST_FILE:
        raise TooMuch(f"{len(data)} bytes")
    text = _text(data)
    rows = list(_rows(text))
    if len(rows) > MOST_AT_ONCE:
        raise TooMuch(f"{len(rows)} lines")
    names, start = _header(rows)
    lines: dict[str, Line] = {}
    faults: list[Fault] = []
    for number, row in rows[start:]:
        cells = {name: _unguarded(cell) for name, cell in zip(names, row, strict=False)}
        written = cells.get("domain", "").strip()
        if not written or written.startswith("#"):
            continue
        severity = _READ.get(cells.get("severity", "").strip().lower())
        try:
            domain = cleaned(written, here)
        except Invalid:
            faults.append(Fault(number, written[:100], UNREADABLE if "*" in written else NO_SERVER))
            continue
        if severity is None:
            faults.append(Fault(number, written[:100], UNKNOWN))
        elif domain in lines:
            faults.append(Fault(number, written[:100], TWICE))
        else:
            lines[domain] = Line(
                domain,
                severity,
                reject_media=_yes(cells.get("reject_media", "")),
                reject_reports=_yes(cells.get("reject_reports", "")),
                obfuscate=_yes(cells.get("obfuscate", "")),
                public_comment=" ".join(cells.get("public_comment", "").replace("\x00", "").split())[:500],
                whole=False,
            )
    if not lines and not faults:
        raise Invalid("No server is named in this file", field="file")
    return Read(tuple(lines.values()), tuple(faults))


def written(policies: Iterable[Policy]) -> str:
    """The same columns; what a spreadsheet would work out is made plain text by an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in policies:
        if each.domain == EVERYONE_ELSE:
            continue
        flags = (each.reject_media, each.reject_reports)
        cells = [each.domain, _WRITTEN[each.severity], *map(str, flags), each.public_comment, str(each.obfuscate)]
        writer.writerow([_guarded(cell) for cell in cells])
    return out.getvalue()


def _text(data: bytes) -> str:
    """UTF-8 with or without a byte order mark; UTF-16 with one, as some spreadsheets write."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("not text", public="This file is not text in UTF-8") from None


def _rows(text: str) -> Iterable[tuple[int, list[str]]]:
    """(line number, cells)"""
    first = text.partition("\n")[0]
    between = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    before = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Malformed(f"line {reader.line_num}: {error}", public="This file is not text in UTF-8") from None
        number, before = before + 1, reader.line_num
        if any(cell.strip() for cell in row):
            yield number, row


def _header(rows: list[tuple[int, list[str]]]) -> tuple[list[str], int]:
    """(names of the columns, where the lines begin)"""
    if rows:
        names = [cell.strip().lstrip("#").strip().lower() for cell in rows[0][1]]
        if "domain" in names:
            return names, 1
    return ["domain", "severity"] if rows and len(rows[0][1]) > 1 else ["domain"], 0


def _yes(cell: str) -> bool:
    return cell.strip().lower() in ("true", "t", "1", "yes")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
