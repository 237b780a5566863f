"""`fediprof backup`: everything that cannot be made again, in one tar.gz (`backups.archive`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from fediprof.backups import archive
from fediprof.backups.archive import Made
from fediprof.cli.progress import bar
from fediprof.cli.run import missing_file, settings_of
from fediprof.db.opening import open_database
from fediprof.errors import Misconfigured
from fediprof.settings import Settings


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
    if missing := missing_file(settings):
        raise Misconfigured(f"database: there is none at {missing}")
    made = asyncio.run(_made(settings, file, with_keys=with_keys, portable=portable))
    click.echo(f"{file}: {made.files} files, {made.bytes / 1024**2:.1f} MiB")
    if not with_keys:
        click.echo(f"Keep a copy of {settings.keys.absolute()} in another place: a restore needs it.", err=True)


async def _made(settings: Settings, file: Path, *, with_keys: bool, portable: bool) -> Made:
    database = await open_database(settings.database_url)
    try:
        return await archive.make(database, settings, file, with_keys=with_keys, portable=portable, progress=bar)
    finally:
        await database.close()
