"""A zip from a stranger: members are read by name into memory, a few and small ones; nothing is ever unpacked to a disk.

Refused whole: more entries than any archive we know has, names that lead out of a folder, links, passwords. A member is
read no further than its cap, whatever size it claims; one that grows a thousandfold is a bomb. A zip in a zip is a file
we do not look into.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from typing import IO

from fediprof.errors import Malformed, TooMuch

MAX_ENTRIES = 20_000
MAX_MEMBER = 24 * 1024 * 1024
MAX_ALL = 64 * 1024 * 1024
MAX_RATIO = 200
_ENTRY = b"PK\x01\x02"
_CHUNK = 64 * 1024


class Archive:
    """The members of a zip by their path. Raises Malformed and TooMuch, at opening or reading."""

    def __init__(self, file: IO[bytes]) -> None:
        _must_be_small(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError) as error:
            raise Malformed(str(error), public="This zip cannot be opened; it may be cut off") from None
        self._members: dict[str, zipfile.ZipInfo] = {}
        for each in self._zip.infolist():
            _must_be_tame(each)
            if not each.is_dir():
                self._members.setdefault(each.filename, each)
        self._left = MAX_ALL

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes:
        member = self._members[name]
        if member.flag_bits & 0x1:
            raise Malformed(f"{name} is encrypted", public="This zip is locked with a password")
        data = io.BytesIO()
        try:
            with self._zip.open(member) as opened:
                while chunk := opened.read(_CHUNK):
                    data.write(chunk)
                    self._left -= len(chunk)
                    if data.tell() > MAX_MEMBER or self._left < 0:
                        raise TooMuch(f"{name} is too large", public="A file in this zip is too large to be read")
                    if data.tell() > 1024 * 1024 and data.tell() > MAX_RATIO * max(member.compress_size, 1):
                        raise TooMuch(f"{name} is a bomb", public="A file in this zip is too large to be read")
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise Malformed(f"{name}: {error}", public="A file in this zip is damaged") from None
        return data.getvalue()


def looks_zipped(start: bytes) -> bool:
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _must_be_small(file: IO[bytes]) -> None:
    """Before a list of its entries is made of it: count them as bytes."""
    count, before = 0, b""
    file.seek(0)
    while chunk := file.read(1024 * 1024):
        count += (before + chunk).count(_ENTRY)
        if count > MAX_ENTRIES:
            raise TooMuch("entries", public="There are too many files in this zip")
        before = chunk[-len(_ENTRY) + 1 :]
    file.seek(0)


def _must_be_tame(each: zipfile.ZipInfo) -> None:
    name = each.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\x00" in each.orig_filename or parts[0].endswith(":"):
        raise Malformed(f"path {name!r}", public="A file in this zip has a name that leads out of it")
    if stat.S_ISLNK(each.external_attr >> 16):
        raise Malformed(f"link {name!r}", public="This zip holds links to other files")
