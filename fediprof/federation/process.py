"""Inbox rows become effects: claim, read again, dispatch, finish. At least once, in order for each actor, many actors
side by side; a row that cannot be done now is put off, one that never can is kept as refused with its reason."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from datetime import datetime, timedelta

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import parse, reader
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Forbidden, NotFound, Refused, TryLater, Unreachable
from fediprof.federation import inbox
from fediprof.federation.dispatch import handler_for
from fediprof.federation.inbound import Inbound
from fediprof.federation.inbox import Row
from fediprof.federation.resolve import NetworkResolver
from fediprof.jobs import retry
from fediprof.observability import metrics
from fediprof.perform import Performer

log = logging.getLogger(__name__)

LOOKS_EVERY = 1.0
"""Seconds between looks for rows that another process kept, or that were put off."""

GATHERS_FOR = 0.02
"""Seconds to let rows gather after the first: a batch is claimed in one statement."""


class InboxWorker:
    def __init__(self, perform: Performer, resolver: NetworkResolver, *, at_once: int) -> None:
        self._perform, self._resolver, self._at_once = perform, resolver, at_once
        self._lanes: dict[str, deque[Row]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: dict[str, Actor] = {}
        self._stopping = False

    async def run(self) -> None:
        """Until cancelled; then rows begun are finished and the others given back."""
        bell = self._perform.bells.inbox
        self._stopping = False
        try:
            while True:
                bell.clear()
                if await self._claim() == 0:
                    try:
                        await asyncio.wait_for(bell.wait(), LOOKS_EVERY)
                    except TimeoutError:
                        continue
                    await asyncio.sleep(GATHERS_FOR)
        finally:
            self._stopping = True
            left = [row.id for lane in self._lanes.values() for row in list(lane)[1:]]
            for lane in self._lanes.values():
                while len(lane) > 1:
                    lane.pop()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._perform.database.write(lambda tx: inbox.release(tx, left))

    async def hold(self) -> None:
        """Renew the leases of what waits here."""
        rows = [row.id for lane in self._lanes.values() for row in lane]
        if rows:
            await self._perform.database.write(lambda tx: inbox.hold(tx, rows, clock.now()))

    async def drain(self) -> int:
        """Do all that is due now. Returns how many rows. For tests and the command line."""
        total = 0
        while claimed := await self._claim():
            total += claimed
            await asyncio.gather(*self._tasks)
        return total

    async def _claim(self) -> int:
        """Take in as many rows as there is room for; each goes behind the earlier ones of its actor."""
        waiting = sum(len(lane) for lane in self._lanes.values())
        room = self._at_once * 8 - waiting
        if room <= 0:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return 1
        now = clock.now()

        def take(tx: Tx) -> tuple[list[Row], dict[str, Actor]]:
            rows = inbox.claim(tx, now, room)
            return rows, actors.by_iris(tx, (row.actor_iri for row in rows))

        rows, self._known = await self._perform.database.write(take)
        for row in rows:
            lane = self._lanes.get(row.actor_iri)
            if lane is not None:
                lane.append(row)
                continue
            self._lanes[row.actor_iri] = deque([row])
            task = asyncio.create_task(self._walk(row.actor_iri))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(rows)

    async def _walk(self, actor_iri: str) -> None:
        """One actor's rows, one after the other."""
        lane = self._lanes[actor_iri]
        try:
            while lane:
                await self._one(lane[0])
                lane.popleft()
        finally:
            del self._lanes[actor_iri]

    async def _one(self, row: Row) -> None:
        try:
            state, outcome = await self._handled(row)
        except (TryLater, Unreachable) as error:
            await self._put_off(row, error)
            return
        except Exception as error:  # a row must not stop the worker; it is tried again, and seen
            log.exception("inbox.failed", extra={"row": row.id, "type": row.type, "actor": row.actor_iri})
            await self._put_off(row, error)
            return
        metrics.inbox(row.type, state)
        log.info("inbox.%s", state, extra={"type": row.type, "actor": row.actor_iri, "outcome": outcome})

    async def _handled(self, row: Row) -> tuple[str, str]:
        """Apply one row; returns (state, outcome). The row is finished in the same commit as its effects."""
        inbound: Inbound | None = None
        try:
            activity = parse.activity(reader.load(row.body))
            actor = self._known.get(row.actor_iri)
            if actor is None:
                actor = await self._resolver.actor(row.actor_iri)
            if actor is None:
                raise NotFound("its actor cannot be had")
            inbound = Inbound(activity, actor, row.body, row.id, row.attempts, self._perform, self._resolver)
            handler = handler_for(activity)
            state = "done" if handler is not None else "refused"
            outcome = await handler(inbound) if handler is not None else f"{activity.type} is not understood here"
        except FediprofError as error:
            if isinstance(error, TryLater | Unreachable) and not _is_final(error):
                raise
            state, outcome = "refused", str(error)
        if inbound is None or not inbound.finished:
            now = clock.now()
            await self._perform.database.write(lambda tx: inbox.finish(tx, row.id, state, outcome, now))
        return state, outcome

    async def _put_off(self, row: Row, error: Exception) -> None:
        now = clock.now()
        next_at = later(row, now) if isinstance(error, FediprofError) or row.attempts < 5 else None
        metrics.inbox(row.type, "put off" if next_at else "dead")
        log.info("inbox.put_off", extra={"type": row.type, "actor": row.actor_iri, "why": str(error)[:200]})
        await self._perform.database.write(lambda tx: inbox.put_off(tx, row.id, next_at, str(error), now))


def _is_final(error: FediprofError) -> bool:
    """Whether asking another server again is of no use: our guard forbids it, or it has refused us."""
    if isinstance(error, Refused):
        return 400 <= error.code < 500 and error.code not in (408, 425, 429)
    return isinstance(error, Forbidden)


def later(row: Row, now: datetime) -> datetime | None:
    """When to try a row again: as deliveries, but given up after two days."""
    waited = now - row.received_at
    if waited > timedelta(days=2):
        return None
    delay = retry.delay(row.attempts + 1, waited, chance=random.random)
    return None if delay is None else now + delay
