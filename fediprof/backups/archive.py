"""A backup: everything that cannot be made again, in one tar.gz, while the server runs.

In it: `database.sqlite3` (copied by SQLite's own online backup) or `tables/*.jsonl` (PostgreSQL, and SQLite when it is
to move there: every row of one snapshot), `uploads/…`, on demand `keys/…`, and last `manifest.json` with a checksum of
each. Left out: copies of other servers' pictures, and the settings file.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fediprof import __version__, clock
from fediprof.backups import rows
from fediprof.db import migrate
from fediprof.db.database import Database
from fediprof.errors import Misconfigured
from fediprof.moderation import notes
from fediprof.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"

Progress: TypeAlias = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""(of what, how many; None: nobody knows) → what is called with each step."""


def silent(what: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
    return nullcontext(lambda count: None)


@dataclass(frozen=True, slots=True)
class Made:
    files: int
    bytes: int


async def make(
    database: Database,
    settings: Settings,
    target: Path,
    *,
    with_keys: bool = False,
    portable: bool = False,
    progress: Progress = silent,
) -> Made:
    """Write `target`, whole or not at all, for its owner alone to read; the console tells when it was made and how large it
    is. `portable`: rows instead of SQLite's file. Raises Misconfigured for a database that is not fediprof's."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        gathered = await _gathered(database, settings, Path(name), portable, progress)
        made = await asyncio.to_thread(_written, settings, gathered, target, with_keys, progress)
    said = {"bytes": made.bytes, "keys": with_keys}
    await database.write(lambda tx: notes.keep(tx, "backup", said, clock.now()))
    return made


class Gathered:
    """What was taken out of the database, as files of a temporary folder."""

    def __init__(self, folder: Path, engine: str, revision: str) -> None:
        self.folder, self.engine, self.revision = folder, engine, revision

    def files(self) -> Iterator[tuple[str, Path]]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), path


async def _gathered(
    database: Database, settings: Settings, folder: Path, portable: bool, progress: Progress
) -> Gathered:
    revision = await database.read(migrate.revision)
    if revision is None:
        raise Misconfigured("database: it is empty, there is nothing to back up")
    if settings.database_url.startswith("sqlite:///") and not portable:
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        await asyncio.to_thread(_copied, path, folder / DATABASE, progress)
        return Gathered(folder, "sqlite", revision)
    with progress("rows", None) as step:
        await database.read(lambda tx: rows.dump(tx, folder / "tables", step))
    return Gathered(folder, "rows", revision)


def _copied(source: Path, target: Path, progress: Progress) -> None:
    """SQLite's online backup: one state of the database, whoever writes meanwhile."""
    with progress("database", None) as step:
        before, copy = sqlite3.connect(source), sqlite3.connect(target)
        try:
            done = 0

            def stepped(status: int, remaining: int, total: int) -> None:
                nonlocal done
                step(total - remaining - done)
                done = total - remaining

            before.backup(copy, pages=2048, progress=stepped)
            copy.execute("pragma journal_mode = delete")  # one file, no -wal beside it
        finally:
            before.close()
            copy.close()


def _written(settings: Settings, gathered: Gathered, target: Path, with_keys: bool, progress: Progress) -> Made:
    partial = target.with_name(target.name + ".part")
    try:
        files = _write(settings, gathered, partial, with_keys, progress)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return Made(files, target.stat().st_size)


def _write(settings: Settings, gathered: Gathered, target: Path, with_keys: bool, progress: Progress) -> int:
    """The archive. A picture deleted while we read is left out: nothing in the database needs it any more."""
    sums: dict[str, dict[str, object]] = {}
    parts = [*gathered.files(), *_uploads(settings)]
    if with_keys:
        parts += [(f"keys/{path.name}", path) for path in sorted(settings.keys.glob("*.key"))]
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(handle, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive,
        progress("files", len(parts)) as step,
    ):
        for name, path in parts:
            try:
                with path.open("rb") as content:
                    sums[name] = _added(archive, name, content)
            except FileNotFoundError:
                if not name.startswith("uploads/"):
                    raise
            step(1)
        manifest = {
            "format": FORMAT,
            "fediprof": __version__,
            "made_at": clock.rfc3339(clock.now()),
            "origin": settings.origin,
            "domain": settings.domain,
            "engine": gathered.engine,
            "revision": gathered.revision,
            "keys": with_keys,
            "files": sums,
        }
        _added(archive, MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()))
    return len(sums)


def _uploads(settings: Settings) -> list[tuple[str, Path]]:
    root = settings.data / "uploads"
    return [
        (f"uploads/{path.relative_to(root).as_posix()}", path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.endswith(".part")
    ]


def _added(archive: tarfile.TarFile, name: str, content: BinaryIO) -> dict[str, object]:
    """Add one file; its size and checksum, of what was read for the archive and not of a second look."""
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, io.SEEK_END)
    entry.mode, entry.mtime = 0o600, int(time.time())
    content.seek(0)
    reader = Summed(content)
    archive.addfile(entry, reader)
    return {"bytes": entry.size, "sha256": reader.sum.hexdigest()}


class Summed(io.RawIOBase):
    """Reads through, and sums what is read."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner, self.sum = inner, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size)
        self.sum.update(data)
        return data
