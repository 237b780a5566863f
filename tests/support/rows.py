"""What is kept, as a value to compare: a refusal leaves it as it was."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from fediprof.db.database import Tx
from fediprof.schema import metadata
from fediprof.services import Services

LEARNT = ("actor", "public_key", "peer")
"""What may change when somebody's public document was asked for again."""
PASSING = ("process_message", "refusal")
"""Words between processes, and what was refused in the meantime: no state of anything."""


async def counted(services: Services) -> dict[str, int]:
    """Rows of every table."""

    def unit(tx: Tx) -> dict[str, int]:
        return {
            table.name: int(tx.execute(select(func.count()).select_from(table)).scalar_one())
            for table in metadata.sorted_tables
            if table.name not in PASSING
        }

    return await services.read(unit)


async def kept(services: Services, *, but: tuple[str, ...] = ()) -> Mapping[str, list[str]]:
    """The rows themselves, of every table but these and what only passes by."""

    def unit(tx: Tx) -> dict[str, list[str]]:
        return {
            table.name: sorted(str(tuple(row)) for row in tx.execute(select(table)))
            for table in metadata.sorted_tables
            if table.name not in (*but, *PASSING)
        }

    return await services.read(unit)
