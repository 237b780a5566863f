"""Bring the schema up to date. Alembic, forward only, the same steps on both engines.

Alembic itself is loaded only where there is something to do: nearly every start finds the schema as it needs it. A step's
file is named by its revision, `0001_what_it_does.py`, and revisions follow each other in that order.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fediprof.db.database import Database
from fediprof.errors import Misconfigured

_LOCK = 0x66656469  # any number, the same for all processes of one database
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(tx: Connection, to: str = "head") -> None:
    """Bring the schema to a revision; never back."""
    from alembic import command
    from alembic.config import Config

    if tx.dialect.name == "postgresql":  # two processes may start at once
        tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = tx
    command.upgrade(config, to)


async def migrate(database: Database) -> None:
    """Upgrade to the newest revision; nothing happens where it is there already. Raises Misconfigured for a database
    that a newer version has changed: this one does not know what it would break."""
    at = await database.read(revision)
    if at == newest():
        return
    if at is not None and at not in revisions():
        raise Misconfigured(f"database: a newer fediprof brought it to revision {at}; this one knows {newest()}")
    await database.write(upgrade)


def revision(tx: Connection) -> str | None:
    """The revision a database is at, or None when it is empty."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    found: str | None = tx.execute(text("select version_num from alembic_version")).scalar()
    return found


def newest() -> str:
    """The revision this version of fediprof needs."""
    return max(revisions())


def revisions() -> frozenset[str]:
    """Every revision this version knows."""
    return frozenset(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*_*.py"))
