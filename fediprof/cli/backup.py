"""`fediprof backup`: everything that cannot be made again, in one tar.gz, while the server runs.

In it: `database.sqlite3` (copied by SQLite's own online backup) or `tables/*.jsonl` (PostgreSQL, and SQLite when it is
to move there: every row of one snapshot), `uploads/…`, with --with-keys `keys/…`, and last `manifest.json` with a
checksum of each. Left out: copies of other servers' pictures, and the settings file.
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
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from fediprof import __version__, clock
from fediprof.cli.progress import bar
from fediprof.cli.run import missing_file, settings_of
from fediprof.db import migrate
from fediprof.db.opening import open_database
from fediprof.errors import Misconfigured
from fediprof.moderation import notes
from fediprof.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-keys", is_flag=True, help="The secrets too. Then this file is as secret as they are.")
@click.option("--portable", is_flag=True, help="Rows instead of SQLite's file: for moving to PostgreSQL.")
@click.option("--force", is_flag=True, help="Replace FILE.")
@click.pass_context
def backup(ctx: click.Context, file: Path, with_keys: bool, portable: bool, force: bool) -> None:
    """Write everything that cannot be made again into FILE (tar.gz). The server may keep running."""
    settings = settings_of(ctx)
    if file.exists() and not force:
        raise Misconfigured(f"{file} exists; --force replaces it")
    partial = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as folder:
            gathered = asyncio.run(_gathered(settings, Path(folder), portable=portable))
            written = _write(settings, gathered, partial, with_keys=with_keys)
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    asyncio.run(_noted(settings, file.stat().st_size, with_keys=with_keys))
    click.echo(f"{file}: {written} files, {file.stat().st_size / 1024**2:.1f} MiB")
    if not with_keys:
        click.echo(f"Keep a copy of {settings.keys.absolute()} in another place: a restore needs it.", err=True)


async def _noted(settings: Settings, size: int, *, with_keys: bool) -> None:
    """The console tells when the last one was made, and how large it is; not where it lies."""
    database = await open_database(settings.database_url)
    try:
        said = {"bytes": size, "keys": with_keys}
        await database.write(lambda tx: notes.keep(tx, "backup", said, clock.now()))
    finally:
        await database.close()


class Gathered:
    """What was taken out of the database, as files of a temporary folder."""

    def __init__(self, folder: Path, engine: str, revision: str) -> None:
        self.folder, self.engine, self.revision = folder, engine, revision

    def files(self) -> Iterator[tuple[str, Path]]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), path


async def _gathered(settings: Settings, folder: Path, *, portable: bool) -> Gathered:
    """Raises Misconfigured for a database that is not there or not fediprof's."""
    sqlite = settings.database_url.startswith("sqlite:///")
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    if missing := missing_file(settings):
        raise Misconfigured(f"database: there is none at {missing}")
    database = await open_database(settings.database_url)
    try:
        revision = await database.read(migrate.revision)
        if revision is None:
            raise Misconfigured("database: it is empty, there is nothing to back up")
        if sqlite and not portable:
            await asyncio.to_thread(_copied, path, folder / DATABASE)
            return Gathered(folder, "sqlite", revision)
        from fediprof.cli import rows

        with bar("rows") as step:
            await database.read(lambda tx: rows.dump(tx, folder / "tables", step))
        return Gathered(folder, "rows", revision)
    finally:
        await database.close()


def _copied(source: Path, target: Path) -> None:
    """SQLite's online backup: one state of the database, whoever writes meanwhile."""
    with bar("database") as step:
        before, copy = sqlite3.connect(source), sqlite3.connect(target)
        try:
            done = 0

            def progress(status: int, remaining: int, total: int) -> None:
                nonlocal done
                step(total - remaining - done)
                done = total - remaining

            before.backup(copy, pages=2048, progress=progress)
            copy.execute("pragma journal_mode = delete")  # one file, no -wal beside it
        finally:
            before.close()
            copy.close()


def _write(settings: Settings, gathered: Gathered, target: Path, *, with_keys: bool) -> int:
    """The archive. A picture deleted while we read is left out: nothing in the database needs it any more."""
    sums: dict[str, dict[str, object]] = {}
    parts = [*gathered.files(), *_uploads(settings)]
    if with_keys:
        parts += [(f"keys/{path.name}", path) for path in sorted(settings.keys.glob("*.key"))]
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(handle, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive,
        bar("files", len(parts)) as step,
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
