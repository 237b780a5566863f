"""Which engine an address names, opened; and what goes with it between processes."""

from __future__ import annotations

from pathlib import Path

from fediprof.db.database import Database
from fediprof.db.messages import Messages, SqliteMessages
from fediprof.db.sqlite import SqliteDatabase
from fediprof.errors import Misconfigured


async def open_database(url: str, *, full_sync: bool = False) -> Database:
    """`sqlite:///path` or `postgresql://…`. The schema is not touched: see `fediprof.db.migrate`."""
    if url.startswith("sqlite:///"):
        return await SqliteDatabase.open(Path(url.removeprefix("sqlite:///")), full_sync=full_sync)
    if url.startswith("postgresql://"):
        # Here, not above: who keeps SQLite need not have the extra `postgres`, nor wait for it.
        from fediprof.db.postgres import PostgresDatabase

        return await PostgresDatabase.open(url)
    raise Misconfigured("database: must start with postgresql:// or sqlite:///")


def open_messages(database: Database) -> Messages:
    """The way to the other processes that have this database open."""
    if isinstance(database, SqliteDatabase):
        return SqliteMessages(database)
    from fediprof.db.notify import PostgresMessages
    from fediprof.db.postgres import PostgresDatabase

    if not isinstance(database, PostgresDatabase):
        raise TypeError(f"no messages on {database.dialect}")
    return PostgresMessages(database)
