"""PostgreSQL: the same units of work on a pool of asyncpg connections.

`run_sync` runs the unit as a plain function; no `await` of ours can stand inside it here either. A unit that loses a
race (serialisation, deadlock) is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fediprof.db.database import Tx
from fediprof.errors import Misconfigured
from fediprof.observability import metrics

Result = TypeVar("Result")

_RETRY = {"40001", "40P01", "23505"}
"""serialization_failure, deadlock_detected, and unique_violation: when two units insert the same at once, the one that
is run again finds the other's row."""


class PostgresDatabase:
    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str, *, size: int = 10) -> PostgresDatabase:
        try:
            engine = create_async_engine(
                url.replace("postgresql://", "postgresql+asyncpg://", 1),
                pool_size=size,
                max_overflow=0,
                pool_pre_ping=False,
                connect_args={"command_timeout": 30, "server_settings": {"timezone": "UTC"}},
            )
        except ModuleNotFoundError as missing:
            raise Misconfigured(
                f"database: PostgreSQL needs the extra `postgres` ({missing.name} is missing)"
            ) from None
        return cls(engine)

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        with metrics.unit("read"):
            async with self._engine.connect() as connection:
                return await connection.run_sync(unit)

    async def write(self, unit: Callable[[Tx], Result]) -> Result:
        for attempt in range(4):
            try:
                with metrics.unit("write"):
                    async with self._engine.begin() as connection:
                        return await connection.run_sync(unit)
            except DBAPIError as error:
                if attempt == 3 or getattr(error.orig, "sqlstate", None) not in _RETRY:
                    raise
        raise AssertionError("unreachable")

    def connect(self) -> AsyncConnection:
        """A connection of the pool for as long as the block runs, outside any unit of work."""
        return self._engine.connect()

    async def close(self) -> None:
        await self._engine.dispose()
