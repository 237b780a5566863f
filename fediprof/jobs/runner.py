"""Runs queued jobs, a few at a time, and what is due by the clock. A job that fails is put off, and given up after a week."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fediprof import clock
from fediprof.db.database import Database
from fediprof.jobs import queue, retry
from fediprof.jobs.queue import Job

log = logging.getLogger(__name__)

AT_ONCE = 4
LOOKS_EVERY = 2.0

Work = Callable[[Mapping[str, Any]], Awaitable[timedelta | None]]
"""What a job does. What it gives is when it is to be done again, for what is asked from time to time."""


class JobRunner:
    """`kinds`: what each kind of job does, given its arguments. `periodic`: (every, what), run at the start too."""

    def __init__(
        self,
        database: Database,
        bell: asyncio.Event,
        kinds: Mapping[str, Work],
        periodic: tuple[tuple[timedelta, Callable[[], Awaitable[None]]], ...] = (),
    ) -> None:
        self._database, self._bell, self._kinds = database, bell, kinds
        self._held: set[int] = set()
        self._periodic = [(every, what, datetime.min.replace(tzinfo=clock.now().tzinfo)) for every, what in periodic]

    async def run(self) -> None:
        """Until cancelled. A job under way is left to its lease: it is run again."""
        while True:
            self._bell.clear()
            await self._by_the_clock()
            if await self.drain() == 0:
                try:
                    await asyncio.wait_for(self._bell.wait(), LOOKS_EVERY)
                except TimeoutError:
                    continue

    async def hold(self) -> None:
        """Renew the leases of what is being run."""
        if held := list(self._held):
            await self._database.write(lambda tx: queue.hold(tx, held, clock.now()))

    async def drain(self) -> int:
        """Run what is due now. Returns how many."""
        total = 0
        while True:
            now = clock.now()
            jobs = await self._database.write(lambda tx, now=now: queue.claim(tx, now, AT_ONCE))  # type: ignore[misc]
            if not jobs:
                return total
            total += len(jobs)
            self._held = {job.id for job in jobs}
            try:
                await asyncio.gather(*(self._one(job) for job in jobs))
            finally:
                self._held.clear()

    async def _by_the_clock(self) -> None:
        for index, (every, what, last) in enumerate(self._periodic):
            now = clock.now()
            if now - last < every:
                continue
            self._periodic[index] = (every, what, now)
            try:
                await what()
            except Exception:
                log.exception("periodic.failed", extra={"what": getattr(what, "__name__", "?")})

    async def _one(self, job: Job) -> None:
        work = self._kinds.get(job.kind)
        again: timedelta | None = None
        try:
            if work is None:
                log.error("job.unknown", extra={"kind": job.kind})
            else:
                again = await work(job.arguments)
        except Exception as error:
            log.info("job.put_off", extra={"kind": job.kind, "key": job.key, "why": str(error)[:200]})
            now = clock.now()
            delay = retry.delay(job.attempts + 1, timedelta(days=job.attempts / 2), chance=random.random)
            if delay is not None:
                next_at, why = now + delay, str(error)
                await self._database.write(lambda tx: queue.put_off(tx, job.id, next_at, why))
                return
        if again is not None:
            due = clock.now() + again
            await self._database.write(lambda tx: queue.keep(tx, job, due))
            return
        await self._database.write(lambda tx: queue.finish(tx, job))
