"""A word from one process to the others that have the same database open: nothing is kept for those who do not listen.

A word is sent in the transaction of what it tells of: it is heard after COMMIT, and never of what was undone. PostgreSQL
has LISTEN and NOTIFY (`db.notify`); on SQLite a word is a row, and who listens looks for new ones. Not here: what the
words say (`timelines.streams`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from sqlalchemy import delete, func, insert, select

from fediprof.db.database import Database, Tx
from fediprof.db.prepared import Prepared
from fediprof.schema.processes import process_message

LONGEST: Final = 7000
"""Bytes of one word; PostgreSQL takes 8000 with what is around it."""

KEPT: Final = 2000
"""Rows; who looks every `LOOKS_EVERY` misses none."""

LOOKS_EVERY: Final = 0.5
"""Seconds, and only while somebody listens."""


class Messages(Protocol):
    def send(self, tx: Tx, body: str) -> None:
        """Tell every other process, once `tx` is committed. At most `LONGEST` bytes."""
        ...

    def heard(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """What other processes send after the block is entered. The iterator raises when the connection is lost."""
        ...


class SqliteMessages:
    def __init__(self, database: Database) -> None:
        self._database, self._origin = database, secrets.token_hex(8)

    def send(self, tx: Tx, body: str) -> None:
        [[number]] = _INSERT.all(tx, {"origin": self._origin, "body": body})
        if number % KEPT == 0:
            tx.execute(delete(process_message).where(process_message.c.id <= number - KEPT))

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[AsyncIterator[str]]:
        yield self._looked_for(await self._database.read(_newest))

    async def _looked_for(self, last: int) -> AsyncIterator[str]:
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            for number, origin, body in await self._database.read(lambda tx, after=last: _since(tx, after)):  # type: ignore[misc]
                last = number
                if origin != self._origin:
                    yield body


_INSERT: Final = Prepared(insert(process_message).returning(process_message.c.id), ["origin", "body"])


def _newest(tx: Tx) -> int:
    return int(tx.execute(select(func.coalesce(func.max(process_message.c.id), 0))).scalar_one())


def _since(tx: Tx, last: int) -> list[tuple[int, str, str]]:
    rows = select(process_message).where(process_message.c.id > last).order_by(process_message.c.id)
    return [(row.id, row.origin, row.body) for row in tx.execute(rows)]
