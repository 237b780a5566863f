"""`fediprof restore`: put a backup into an empty instance.

The archive is not trusted: only the names `backup` writes are unpacked, plain files only, into a folder of our own
beside the data; every checksum is compared; then, and only then, is anything of the instance touched.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
from sqlalchemy import MetaData, func, select

from fediprof.backups import rows
from fediprof.backups.archive import DATABASE, FORMAT, MANIFEST, Summed
from fediprof.cli.progress import bar
from fediprof.cli.run import missing_file, settings_of
from fediprof.db import migrate
from fediprof.db.database import Tx
from fediprof.db.opening import open_database
from fediprof.errors import Conflict, Malformed, Misconfigured
from fediprof.schema.accounts import account
from fediprof.settings import Settings

_NAMES = re.compile(
    r"manifest\.json|database\.sqlite3|tables/[a-z_]{1,63}\.jsonl|keys/(seal|cookie)\.key"
    r"|uploads/[0-9a-f]{2}/[0-9a-f]{2}/[A-Za-z0-9][A-Za-z0-9._-]{0,199}",
    re.ASCII,
)
_SPARE = 64 * 1024**2
"""Bytes of disk left free, whatever an archive claims to hold."""


@dataclass(frozen=True, slots=True)
class Sum:
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last file of an archive."""

    format: int
    fediprof: str
    made_at: str
    origin: str
    domain: str
    engine: str
    revision: str
    keys: bool
    files: dict[str, Sum]


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Replace what this instance holds.")
@click.pass_context
def restore(ctx: click.Context, file: Path, force: bool) -> None:
    """Put FILE, made by `fediprof backup`, into an empty instance."""
    settings = settings_of(ctx)
    _must_be_stopped(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data, prefix=".restore-") as folder:
        manifest = unpacked(file, Path(folder))
        _must_fit(settings, manifest)
        asyncio.run(_put(settings, manifest, Path(folder), force=force))
    click.echo(f"{settings.origin} is as it was at {manifest.made_at}. Next: fediprof doctor, then start it.")


def unpacked(file: Path, folder: Path) -> Manifest:
    """Unpack into `folder`, an empty one. Raises Malformed for an archive that is broken, or not `backup`'s."""
    found: dict[str, Sum] = {}
    try:
        with tarfile.open(file, "r:gz") as archive, bar("unpack") as step:
            for entry in archive:
                if not entry.isreg() or not _NAMES.fullmatch(entry.name) or entry.name in found:
                    raise Malformed(
                        f"{file}: {entry.name[:100]!r} does not belong into a backup; nothing was restored"
                    )
                if shutil.disk_usage(folder).free - entry.size < _SPARE:
                    raise Misconfigured(f"data: there is no room on the disk for {entry.name}")
                content = archive.extractfile(entry)
                if content is None:
                    raise Malformed(f"{file}: {entry.name} cannot be read")
                target = folder / entry.name
                target.parent.mkdir(parents=True, exist_ok=True)
                reader = Summed(content)  # type: ignore[arg-type]
                with target.open("xb") as copy:
                    shutil.copyfileobj(reader, copy, 1024 * 1024)
                found[entry.name] = Sum(entry.size, reader.sum.hexdigest())
                step(1)
    except (tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError, ValueError) as error:
        raise Malformed(f"{file} is broken, or not made by `fediprof backup`: {error}") from None
    return _checked(file, folder, found)


def _checked(file: Path, folder: Path, found: dict[str, Sum]) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise Malformed(f"{file} has no list of its files, so it was not written to its end: {error}") from None
    if manifest.format != FORMAT:
        raise Malformed(f"{file} is of format {manifest.format}; this version reads {FORMAT}")
    del found[MANIFEST]
    wrong = sorted(name for name in manifest.files.keys() | found if manifest.files.get(name) != found.get(name))
    if wrong:
        raise Malformed(f"{file}: {wrong[0]} is not what was backed up; nothing was restored")
    if (manifest.engine == "sqlite") != (DATABASE in found):
        raise Malformed(f"{file} has no database")
    return manifest


def _must_be_stopped(settings: Settings) -> None:
    address, _, port = settings.listen.rpartition(":")
    try:
        with socket.create_connection((address.strip("[]"), int(port)), 0.5):
            pass
    except OSError:
        return
    raise Conflict("running", public=f"Something answers at {settings.listen}: stop the server first")


def _must_fit(settings: Settings, manifest: Manifest) -> None:
    if manifest.origin != settings.origin:
        raise Misconfigured(
            f"host: the backup is of {manifest.origin}, the settings say {settings.origin}; a server keeps its name"
        )
    if manifest.engine == "sqlite" and not settings.database_url.startswith("sqlite:///"):
        raise Misconfigured("database: this is a backup of SQLite's file; for PostgreSQL make one with --portable")
    if manifest.revision not in migrate.revisions():
        raise Misconfigured(f"The backup was made by a newer fediprof ({manifest.fediprof}): install that first")


async def _put(settings: Settings, manifest: Manifest, folder: Path, *, force: bool) -> None:
    """Check everything that can refuse, then write."""
    await _must_be_empty(settings, manifest, folder, force=force)
    if manifest.engine == "sqlite":
        _replace_file(Path(settings.database_url.removeprefix("sqlite:///")), folder / DATABASE)
    else:
        await _fill(settings, manifest, folder)
    uploads = settings.data / "uploads"
    if uploads.exists():
        shutil.rmtree(uploads)
    if (folder / "uploads").exists():
        (folder / "uploads").rename(uploads)
    if manifest.keys:
        settings.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (folder / "keys").iterdir():
            shutil.copyfile(path, settings.keys / path.name)
            (settings.keys / path.name).chmod(0o600)


async def _must_be_empty(settings: Settings, manifest: Manifest, folder: Path, *, force: bool) -> None:
    seal = settings.keys / "seal.key"
    if not manifest.keys and not seal.exists():
        raise Misconfigured(
            f"keys: the backup has no keys, and there are none in {settings.keys}: first put back your copy of that folder"
        )
    if force:
        return
    if await _members(settings):
        raise Conflict("not empty", public="This instance has members already; --force replaces everything it holds")
    if any((settings.data / "uploads").glob("*/*/*")):
        raise Conflict("not empty", public=f"{settings.data / 'uploads'} holds pictures; --force replaces them")
    if manifest.keys and seal.exists() and seal.read_bytes() != (folder / "keys" / "seal.key").read_bytes():
        raise Conflict("other keys", public=f"{settings.keys} holds other keys; --force replaces them")


async def _members(settings: Settings) -> int:
    if missing_file(settings):
        return 0
    database = await open_database(settings.database_url)
    try:
        if await database.read(migrate.revision) is None:
            return 0
        return await database.read(lambda tx: int(tx.execute(select(func.count()).select_from(account)).scalar_one()))
    finally:
        await database.close()


def _replace_file(target: Path, source: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    beside = target.with_name(target.name + ".restored")
    shutil.move(source, beside)  # the data folder may be on another disk
    beside.chmod(0o600)
    os.replace(beside, target)


async def _fill(settings: Settings, manifest: Manifest, folder: Path) -> None:
    """Empty tables of the backup's own revision, its rows, then what has changed since: one transaction."""

    def unit(tx: Tx) -> None:
        everything = MetaData()
        everything.reflect(tx)
        everything.drop_all(tx)
        migrate.upgrade(tx, manifest.revision)
        with bar("rows") as step:
            rows.load(tx, folder / "tables", step)
        migrate.upgrade(tx, "head")

    database = await open_database(settings.database_url)
    try:
        await database.write(unit)
    finally:
        await database.close()
