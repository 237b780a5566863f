"""What an uploaded file is, and what it brings. A zip is LinkedIn's or ours by the files in it; all else must be JSON."""

from __future__ import annotations

from typing import IO

import msgspec

from fediprof.errors import Malformed, TooMuch
from fediprof.portability import jsonresume_reader, linkedin, ours, tables
from fediprof.portability.records import MAX_PEOPLE, Arrival
from fediprof.portability.zips import Archive, looks_zipped

PROFILE = "profile.json"
ADDRESS_BOOK = "address-book.csv"
ADDRESS_BOOK_COLUMNS = ("name", "organisation", "title", "email", "link", "since", "note")


def read(file: IO[bytes], language: str) -> Arrival:
    """`language`: of the words that are ours. Raises Malformed and TooMuch, with a sentence for who uploaded it."""
    start = file.read(4)
    file.seek(0)
    if not start:
        raise Malformed("empty", public="This file is empty")
    if looks_zipped(start):
        return _zipped(Archive(file), language)
    data = file.read(jsonresume_reader.MAX_BYTES + 1)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) and not data.startswith(
        (b"\xff\xfe", b"\xfe\xff")
    ):
        raise Malformed("neither", public="Neither a zip nor a JSON file")
    return jsonresume_reader.read(data, language)


def _zipped(archive: Archive, language: str) -> Arrival:
    if PROFILE in archive.names:
        return _ours(archive)
    if linkedin.is_one(archive.names):
        return linkedin.read(archive, language)
    resumes = [name for name in archive.names if name.lower().endswith(".json") and "/" not in name]
    if len(resumes) == 1:
        return jsonresume_reader.read(archive.read(resumes[0]), language)
    raise Malformed("unknown zip", public="This zip holds none of the files we know how to read")


def _ours(archive: Archive) -> Arrival:
    try:
        found = msgspec.json.decode(archive.read(PROFILE))
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Malformed("profile.json", public="A file in this zip is damaged") from None
    if not isinstance(found, dict) or found.get("format") != ours.FORMAT:
        raise Malformed("another profile.json", public="This zip holds none of the files we know how to read")
    if found.get("version") != ours.VERSION:
        raise TooMuch("a later version", public="This archive was made by a newer fediprof than this one")
    people = None
    if ADDRESS_BOOK in archive.names:
        columns = {name: frozenset({name}) for name in ADDRESS_BOOK_COLUMNS}
        people = tables.read(archive.read(ADDRESS_BOOK), columns, most=MAX_PEOPLE)
    return ours.read(found, [_freed(row) for row in people.rows] if people else [])


def _freed(row: dict[str, str]) -> dict[str, str]:
    """Without the apostrophe that kept a value from being a formula."""
    return {name: tables.freed(value) for name, value in row.items()}
