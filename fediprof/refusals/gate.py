"""The gate: who reads pages and documents about people here, how much of it, and who is turned away.

Each door asks it once it knows who reads: a member or a visitor by handle, another server by host, everybody else by the
prefix of the address. Inboxes never ask. Counters are this process's own; what was refused is counted for the admin.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from fediprof import clock
from fediprof.db.database import Database
from fediprof.errors import TooMuch
from fediprof.i18n.catalog import N_
from fediprof.refusals import store
from fediprof.refusals.agents import Agents
from fediprof.refusals.limits import Limits, Refused
from fediprof.refusals.prefixes import prefix_of
from fediprof.refusals.tally import Tally
from fediprof.settings import Settings

log = logging.getLogger(__name__)

WRITTEN_AFTER = 5.0
"""Seconds that a count waits for more of its kind before it is written down."""

WORDS = {
    "pace": N_("Too many pages within a minute. Wait a little, then go on."),
    "people": N_(
        "Very many different people were looked up from your address within an hour. Those already opened stay open. "
        "For others, come back later or log in: then only what you open yourself is counted."
    ),
    "trap": N_(
        "Something at your address opened a page that only machines find. For an hour, pages about people stay closed "
        "to those who are not logged in."
    ),
}


class Gate:
    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.monotonic) -> None:
        self.limits = Limits(
            people_per_hour=settings.profiles_per_hour, pages_per_minute=settings.profile_pages_per_minute
        )
        self.agents = Agents(settings.data / "agents.txt")
        self.tally = Tally()
        self._now = now
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def machine(self, user_agent: str) -> str | None:
        """The name by which a machine on the list gives itself away."""
        return self.agents.named(user_agent, self._now())

    def fell(self, address: str) -> None:
        """Somebody followed the link that only machines see."""
        prefix = prefix_of(address)
        self.tally.add("trap", prefix or "private")
        if prefix is not None:
            self.limits.block(prefix, self._now())

    def check(self, reader: str | None, person: str | None, *, paced: bool = True) -> Refused | None:
        """`reader`: see `Limits.look`; None is somebody of whom nothing is known, not even a network."""
        return None if reader is None else self.limits.look(reader, person, self._now(), paced=paced)

    def look(self, reader: str | None, person: str | None, *, paced: bool = True) -> None:
        """Let one page be read. Raises TooMuch with the seconds to wait."""
        refused = self.check(reader, person, paced=paced)
        if refused is not None and reader is not None:
            raise self.refusal(refused, reader)

    def refusal(self, refused: Refused, reader: str) -> TooMuch:
        """The error to raise; it is counted by this."""
        self.tally.add("blocked" if refused.kind == "trap" else refused.kind, reader)
        return TooMuch(f"{reader}: {refused.kind}", public=WORDS[refused.kind], retry_after=refused.retry_after)

    # --- writing down

    def write_soon(self, database: Database) -> None:
        """To be called where there is something to write; does it a little later, once for all there is by then."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WRITTEN_AFTER, self._begin, database)

    def _begin(self, database: Database) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._written(database))

    async def _written(self, database: Database) -> None:
        try:
            await self.write(database)
        except Exception:
            log.exception("refusals.not_written")

    async def write(self, database: Database, now: datetime | None = None) -> None:
        """Write down what was counted; nothing of it is lost if that fails."""
        taken, day = self.tally.take(), (now or clock.now()).date().isoformat()
        if not taken:
            return
        try:
            await database.write(lambda tx: store.add(tx, day, taken))
        except BaseException:
            for kind, who, count in taken:
                self.tally.add(kind, who, count)
            raise

    async def close(self, database: Database) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None and not self._writing.done():
            await self._writing
        await self._written(database)
