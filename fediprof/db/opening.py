"""Which engine an address names, opened."""

from __future__ import annotations

from pathlib import Path

from fediprof.db.database import Database
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
