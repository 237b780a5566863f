"""The database as the rest of the server sees it: `read(fn)` and `write(fn)`.

A unit of work is a plain function of `tx` (a SQLAlchemy Core connection inside a transaction). It is run whole: no
`await`, hence no network, can stand inside a transaction. `write` returns only after its COMMIT; units waiting at the
same time may share one. An exception raised by a unit undoes that unit alone and reaches its caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

Result = TypeVar("Result")
Tx = Connection
"""A unit's view of the database. Its dialect is asked only where the engines really differ."""


class Database(Protocol):
    """Two engines, one contract; the whole test suite runs on both."""

    dialect: str

    async def read(self, unit: Callable[[Tx], Result]) -> Result:
        """Run `unit` on a connection that must not write."""
        ...

    async def write(self, unit: Callable[[Tx], Result]) -> Result:
        """Run `unit` in a transaction; what it returned, once that is committed."""
        ...

    async def close(self) -> None:
        """Finish the units in hand, then close every connection."""
        ...
