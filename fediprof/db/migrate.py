"""Bring the schema up to date. Alembic, forward only, the same steps on both engines."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fediprof.db.database import Database

_LOCK = 0x66656469  # any number, the same for all processes of one database


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(tx: Connection, to: str = "head") -> None:
    """Bring the schema to a revision; never back."""
    if tx.dialect.name == "postgresql":  # two processes may start at once
        tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(_config(tx), to)


async def migrate(database: Database) -> None:
    """Upgrade to the newest revision; nothing happens where it is there already."""
    if await database.read(revision) != newest():
        await database.write(upgrade)


def revision(tx: Connection) -> str | None:
    """The revision a database is at, or None when it is empty."""
    return MigrationContext.configure(tx).get_current_revision()


def newest() -> str | None:
    """The revision this version of fediprof needs."""
    return _scripts().get_current_head()


def revisions() -> frozenset[str]:
    """Every revision this version knows."""
    return frozenset(each.revision for each in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)
