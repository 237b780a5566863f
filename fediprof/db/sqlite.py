"""SQLite: one writer with group commit, WAL; short reads at once, long ones in two reading threads.

aiosqlite owns one thread per connection. Called statement by statement it pays a thread hop each; here a whole unit of
work is one call in that thread. Units that arrive while a batch runs form the next batch: each runs in a savepoint of
its own, all share one COMMIT, and no caller resumes before it.

A reading unit begins on the caller's own thread: sqlite3 gives the interpreter's lock away at every row, and under load
getting it back costs twice the reading itself. One that lasts longer than `AT_ONCE`, or finds the database locked, is
interrupted and run again, whole, by a reading thread. So a reading unit must change nothing but what it returns.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, StaticPool, create_engine
from sqlalchemy.exc import OperationalError

from fediprof.db.database import Tx
from fediprof.observability import metrics

Result = TypeVar("Result")

BATCH = 256
AT_ONCE = 0.015
"""Seconds the event loop may be held by one reading unit."""

_STEPS = 1000
"""Instructions of SQLite's machine between two looks at the clock: some 20 µs."""

_PATIENCE = 15_000
"""Milliseconds a thread waits for a lock another process holds."""


class WholeUnits(aiosqlite.Connection):
    """A connection whose thread runs whole functions. `_execute` is private to aiosqlite: its minor version is pinned
    and a test holds this use of it."""

    core: Connection

    async def run(self, function: Callable[[Connection], Result]) -> Result:
        result: Result = await self._execute(function, self.core)  # type: ignore[no-untyped-call]
        return result

    @classmethod
    async def dial(cls, path: Path, *, read_only: bool, full_sync: bool) -> WholeUnits:
        self = cls(lambda: _connected(path, read_only=read_only, full_sync=full_sync, patience=_PATIENCE), 64)
        self._thread.daemon = True
        await self
        self.core = _core(self._conn)
        return self


class ReadAtOnce:
    """A connection for the event loop's own thread: it never waits, and gives up what lasts."""

    def __init__(self, path: Path) -> None:
        self._raw = _connected(path, read_only=True, full_sync=False, patience=0)
        self._raw.set_progress_handler(self._too_long, _STEPS)
        self._core = _core(self._raw)
        self._until = float("inf")

    def _too_long(self) -> bool:
        return perf_counter() > self._until

    def run(self, unit: Callable[[Tx], Result]) -> Result:
        """What `unit` returns. `TookLong` when it must be run where waiting is allowed."""
        self._until = perf_counter() + AT_ONCE
        try:
            return _snapshot(self._core, unit)
        except (OperationalError, sqlite3.OperationalError) as error:
            if _code(error) in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
                raise TookLong from error
            raise
        finally:
            self._until = float("inf")
            if self._raw.in_transaction:  # the end of the unit was interrupted too
                self._raw.execute("rollback")

    def close(self) -> None:
        self._core.close()
        self._raw.close()


class TookLong(Exception):
    """A reading unit was interrupted."""


class SqliteDatabase:
    dialect = "sqlite"

    def __init__(self, writer: WholeUnits, at_once: ReadAtOnce, readers: list[WholeUnits]) -> None:
        self._writer, self._at_once, self._readers = writer, at_once, readers
        self._free: asyncio.LifoQueue[WholeUnits] = asyncio.LifoQueue()
        for reader in readers:
            self._free.put_nowait(reader)
        self._waiting: list[tuple[Callable[[Tx], Any], asyncio.Future[Any]]] = []
        self._pump: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, full_sync: bool = False) -> SqliteDatabase:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = await WholeUnits.dial(path, read_only=False, full_sync=full_sync)
        readers = [await WholeUnits.dial(path, read_only=True, full_sync=full_sync) for _ in range(2)]
        return cls(writer, ReadAtOnce(path), readers)

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        with metrics.unit("read"):
            await asyncio.sleep(0)  # whoever reads page after page lets the others have their turn
            with suppress(TookLong):
                return self._at_once.run(unit)
            reader = await self._free.get()
            try:
                return await reader.run(lambda core: _snapshot(core, unit))
            finally:
                self._free.put_nowait(reader)

    async def write(self, unit: Callable[[Tx], Result]) -> Result:
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, done))
        if self._pump is None:
            self._pump = asyncio.create_task(self._commit_waiting())
        with metrics.unit("write"):
            return await done

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                outcomes = await self._writer.run(lambda core, units=[u for u, _ in batch]: _run_batch(core, units))  # type: ignore[misc]
                for (_, done), (error, value) in zip(batch, outcomes, strict=True):
                    if done.done():  # its caller was cancelled; the unit is committed all the same
                        continue
                    if error is None:
                        done.set_result(value)
                    else:
                        done.set_exception(error)
        finally:
            self._pump = None

    async def close(self) -> None:
        if self._pump is not None:
            await self._pump
        self._at_once.close()
        for connection in (*self._readers, self._writer):
            await connection.run(lambda core: core.close())
            await connection.close()


def _connected(path: Path, *, read_only: bool, full_sync: bool, patience: int) -> sqlite3.Connection:
    raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    raw.execute("pragma foreign_keys = on")
    raw.execute("pragma temp_store = memory")
    raw.execute("pragma journal_mode = wal")
    raw.execute(f"pragma synchronous = {'full' if full_sync else 'normal'}")
    if read_only:
        raw.execute("pragma query_only = on")
    raw.execute(f"pragma busy_timeout = {patience}")  # last: opening may wait for another process that opens
    return raw


def _core(raw: sqlite3.Connection) -> Connection:
    engine: Engine = create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )
    core = engine.connect()
    core.begin()  # for SQLAlchemy always inside a transaction: its frame is ours, see _run_batch
    return core


def _code(error: OperationalError | sqlite3.OperationalError) -> int | None:
    """SQLite's primary result code."""
    found = error.orig if isinstance(error, OperationalError) else error
    return found.sqlite_errorcode & 0xFF if isinstance(found, sqlite3.Error) else None


def _snapshot(core: Connection, unit: Callable[[Tx], Result]) -> Result:
    """Run a reading unit against one state of the database."""
    raw = _raw(core)
    raw.execute("begin")
    try:
        return unit(core)
    finally:
        raw.execute("rollback")


def _raw(core: Connection) -> sqlite3.Connection:
    """The driver's own connection, for the transaction's frame: a tenth of the cost of passing through Core."""
    found = core.connection.dbapi_connection
    if not isinstance(found, sqlite3.Connection):
        raise TypeError("not a SQLite connection")
    return found


def _run_batch(core: Connection, units: list[Callable[[Tx], Any]]) -> list[tuple[Exception | None, Any]]:
    """One transaction for all; a unit that raises is undone alone. A failed COMMIT fails every unit."""
    outcomes: list[tuple[Exception | None, Any]] = []
    raw = _raw(core)
    try:
        raw.execute("begin immediate")
        for unit in units:
            raw.execute("savepoint unit")
            try:
                outcomes.append((None, unit(core)))
            except Exception as error:
                raw.execute("rollback to unit")
                outcomes.append((error, None))
            raw.execute("release unit")
        raw.execute("commit")
    except Exception as error:
        if raw.in_transaction:
            raw.execute("rollback")
        return [(error, None)] * len(units)
    return outcomes
