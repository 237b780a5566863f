"""A word to other processes on PostgreSQL: LISTEN and NOTIFY, on one connection of the pool while somebody listens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import text

from fediprof.db.database import Tx
from fediprof.db.postgres import PostgresDatabase

CHANNEL: Final = "fediprof"
_NOTIFY: Final = text("select pg_notify(:channel, :body)")


class PostgresMessages:
    """See `db.messages.Messages`."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database, self._origin = database, secrets.token_hex(8)

    def send(self, tx: Tx, body: str) -> None:
        tx.execute(_NOTIFY, {"channel": CHANNEL, "body": f"{self._origin} {body}"})

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[AsyncIterator[str]]:
        incoming: asyncio.Queue[str | None] = asyncio.Queue()

        def hear(connection: Any, process: int, channel: str, payload: object) -> None:
            origin, _, body = str(payload).partition(" ")
            if origin != self._origin:
                incoming.put_nowait(body)

        async with self._database.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                raise ConnectionError("PostgreSQL is away")
            raw.add_termination_listener(lambda _: incoming.put_nowait(None))
            try:
                await raw.add_listener(CHANNEL, hear)
                yield _each(incoming)
            finally:
                await connection.invalidate()  # it would go on listening in the pool


async def _each(incoming: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    while (body := await incoming.get()) is not None:
        yield body
    raise ConnectionError("the connection that listens was lost")
