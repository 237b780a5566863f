"""A backup is asked for from the console; a job makes it. Where it fails, the console says so: nobody reads logs."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fediprof import clock
from fediprof.backups import archive, folder
from fediprof.db.database import Database, Tx
from fediprof.effects import Done, Enqueue
from fediprof.errors import Conflict
from fediprof.here import Here
from fediprof.moderation import figures, notes
from fediprof.principal import Member, must_run_server
from fediprof.settings import Settings

log = logging.getLogger(__name__)

CHORE: Final = "backup"
RUN: Final = "backup_run"
"""Name of the note on the last one asked for: `state` is asked, made or failed; `why` of the last: room, error."""
GIVEN_UP_AFTER: Final = timedelta(hours=6)
_SPARE = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class AskForBackup:
    by: Member


def ask_for_backup(tx: Tx, request: AskForBackup, here: Here) -> Done[None]:
    """Raises NotAllowed, Conflict while one is being made."""
    must_run_server(request.by)
    before = notes.of(tx, RUN)
    if before is not None and before[0]["state"] == "asked" and here.now - before[1] < GIVEN_UP_AFTER:
        raise Conflict("one is being made", public="A backup is being made already")
    notes.keep(tx, RUN, {"state": "asked"}, here.now)
    return Done(None, (Enqueue(CHORE, CHORE),))


class BackupChore:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    async def make(self, arguments: Mapping[str, Any]) -> None:
        """Without the keys: who reads this file must not open what is sealed with them."""
        try:
            place = await asyncio.to_thread(folder.opened, self._settings)
            if not await self._room():
                await self._note({"state": "failed", "why": "room"})
                return
            await archive.make(self._database, self._settings, place / folder.name(clock.now()))
        except Exception:
            log.exception("backup.failed")
            await self._note({"state": "failed", "why": "error"})
        else:
            await self._note({"state": "made"})

    async def _note(self, said: Mapping[str, Any]) -> None:
        await self._database.write(lambda tx: notes.keep(tx, RUN, said, clock.now()))

    async def _room(self) -> bool:
        """Room for a copy of the database and the archive, were nothing in it to shrink."""
        size = await self._database.read(figures.database_bytes)

        def look() -> bool:
            uploads = (self._settings.data / "uploads").rglob("*")
            needed = 2 * size + sum(path.stat().st_size for path in uploads if path.is_file()) + _SPARE
            return shutil.disk_usage(self._settings.data).free > needed

        return await asyncio.to_thread(look)
