"""Sends what waits: leases due hosts, delivers to each at most 6 at a time with the order kept per object, writes down
each answer. At least once: an answer that is lost with the process means the delivery is sent again, and its receiver
knows the activity's id."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.delivery import hosts, send, store
from fediprof.delivery.hosts import Peer
from fediprof.delivery.send import Answer
from fediprof.delivery.store import Outcome, Row
from fediprof.errors import Misconfigured
from fediprof.follows import store as follows
from fediprof.follows import synchronization
from fediprof.jobs import retry
from fediprof.keystore import KeyPair
from fediprof.net.fetcher import Fetcher
from fediprof.observability import metrics
from fediprof.perform import Performer
from fediprof.signatures.verify import Scheme

log = logging.getLogger(__name__)

PER_HOST = 6
BATCH = 60
LEASED_AT_ONCE = 8
"""Hosts in one unit: few enough that another worker, of the same server, gets its share of those that are due."""
LOOKS_EVERY = 1.0
WRITTEN_DOWN_EVERY = 1.0
"""Seconds of sending to one host before it is written down: what a killed process may send once more."""


@dataclass(frozen=True, slots=True)
class Work:
    """`rows`: what is due, by host. `bodies`: by outgoing id. `keys`: by actor id."""

    rows: dict[str, list[Row]]
    bodies: dict[int, bytes]
    keys: dict[int, KeyPair]
    synchronization: dict[tuple[int, str], str]
    """FEP-8fcf, by (actor id, host): for deliveries of posts that only followers may see."""


class DeliveryWorker:
    def __init__(self, perform: Performer, fetcher: Fetcher, *, hosts_at_once: int) -> None:
        self._perform, self._database, self._fetcher = perform, perform.database, fetcher
        self._hosts_at_once = hosts_at_once
        self._who = secrets.token_hex(8)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self) -> None:
        """Until cancelled; requests under way are finished and written down first."""
        bell = self._perform.bells.delivery
        self._stopping = False
        try:
            while True:
                bell.clear()
                if await self._lease() == 0:
                    waits = {asyncio.create_task(bell.wait()), *self._tasks}
                    _, pending = await asyncio.wait(waits, timeout=LOOKS_EVERY, return_when=asyncio.FIRST_COMPLETED)
                    for each in pending - self._tasks:
                        each.cancel()
        finally:
            self._stopping = True
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._database.write(lambda tx: hosts.release_all(tx, self._who))

    async def hold(self) -> None:
        """Renew the leases of the hosts we are at."""
        if self._tasks:
            await self._database.write(lambda tx: hosts.hold(tx, self._who, clock.now()))

    async def drain(self) -> int:
        """Send all that is due now. Returns how many hosts were visited."""
        visited = 0
        while leased := await self._lease():
            visited += leased
            await asyncio.gather(*self._tasks)
        return visited

    async def _lease(self) -> int:
        """Take on as many hosts as there is room for, with what is due at them, in one unit."""
        room = self._hosts_at_once - len(self._tasks)
        if room <= self._hosts_at_once // 8 and self._tasks:
            return 0  # a few at a time: a unit for each host that finishes would cost more than it brings
        now = clock.now()

        def take(tx: Tx) -> tuple[list[Peer], Work]:
            leased = hosts.lease(tx, self._who, now, min(room, LEASED_AT_ONCE))
            return leased, self._load(tx, [peer.host for peer in leased], now)

        leased, work = await self._database.write(take)
        for peer in leased:
            task = asyncio.create_task(self._visit(peer, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(leased)

    async def _visit(self, peer: Peer, work: Work) -> None:
        """Deliver to one host until nothing is due there, it fails, or we stop."""
        try:
            while rows := work.rows.get(peer.host, []):
                outcomes, answers = await self._batch(peer, rows, work)
                work = await self._settle(peer, outcomes, answers)
                if not work.rows:
                    return  # given back with the answers
        except Exception:
            log.exception("delivery.failed", extra={"host": peer.host})
        await self._database.write(lambda tx: hosts.release(tx, peer.host, self._who, clock.now()))

    async def _settle(self, peer: Peer, outcomes: list[Outcome], answers: list[Answer]) -> Work:
        """Write down what became of a batch. The next one with it, or, where there is none, the host given back."""
        now = clock.now()
        failed = any(answer.host_failed for answer in answers)

        def unit(tx: Tx) -> Work:
            self._write_down(tx, peer.host, outcomes, answers, now)
            if not failed and not self._stopping and hosts.renew(tx, peer.host, self._who, now):
                work = self._load(tx, [peer.host], now)
                if work.rows[peer.host]:
                    return work
            hosts.release(tx, peer.host, self._who, now)
            return Work({}, {}, {}, {})

        work = await self._database.write(unit)
        for answer in answers:
            if answer.verdict != "sent":
                fields = {"host": peer.host, "status": answer.status, "why": answer.error}
                log.info("delivery.put_off" if answer.verdict == "again" else "delivery.refused", extra=fields)
        return work

    def _load(self, tx: Tx, names: list[str], now: datetime) -> Work:
        """What is due at these hosts, its bodies and its authors' keys."""
        if not names:
            return Work({}, {}, {}, {})
        rows = store.due(tx, names, now, BATCH)
        all_rows = [row for each in rows.values() for row in each]
        keys: dict[int, KeyPair] = {}
        for actor_id in {row.actor_id for row in all_rows}:
            try:
                keys[actor_id] = self._perform.keystore.pair(tx, actor_id)
            except (KeyError, Misconfigured):
                log.error("delivery.no_key", extra={"actor": actor_id})
        stated = {
            (row.actor_id, host): self._stated(tx, row.actor_id, host)
            for host, each in rows.items()
            for row in each
            if row.for_followers
        }
        return Work(rows, store.bodies(tx, list({row.outgoing_id for row in all_rows})), keys, stated)

    def _stated(self, tx: Tx, actor_id: int, host: str) -> str:
        actor = actors.by_id(tx, actor_id)
        return "" if actor is None else synchronization.header(actor, follows.iris_on_host(tx, actor_id, host))

    async def _batch(self, peer: Peer, rows: list[Row], work: Work) -> tuple[list[Outcome], list[Answer]]:
        """Send rows, at most `PER_HOST` at a time, those about one object one after the other, until the host fails, or what
        was sent is to be written down."""
        lanes: dict[tuple[str, str], deque[Row]] = defaultdict(deque)
        for row in rows:
            lanes[row.object_iri, row.inbox].append(row)
        ready = deque(lanes.values())
        outcomes: list[Outcome] = []
        answers: list[Answer] = []
        failed = asyncio.Event()
        until = time.monotonic() + WRITTEN_DOWN_EVERY

        def goes_on() -> bool:
            return not failed.is_set() and not self._stopping and time.monotonic() < until

        scheme: Scheme = "rfc9421" if peer.scheme == "rfc9421" else "cavage"
        at_once = 1 if peer.failures else min(PER_HOST, len(ready))  # one knock shows whether it is back

        async def sender() -> None:
            while ready and goes_on():
                lane = ready.popleft()
                while lane and goes_on():
                    row = lane.popleft()
                    pair = work.keys.get(row.actor_id)
                    if pair is None:
                        outcomes.append(Outcome(row.id, "failed", None, "its author's key is not there", None))
                        continue
                    stated = work.synchronization.get((row.actor_id, peer.host), "") if row.for_followers else ""
                    body = work.bodies[row.outgoing_id]
                    answer = await send.post(self._fetcher, row.inbox, body, pair.rsa, scheme, stated)
                    outcome = settled(row, answer, clock.now())
                    outcomes.append(outcome)
                    answers.append(answer)
                    metrics.delivered(str(answer.status or "unreachable"))
                    if answer.host_failed:
                        failed.set()
                    if outcome.state == "waiting":
                        break  # what comes after it about the same object waits with it

        await asyncio.gather(*(sender() for _ in range(at_once)))
        return outcomes, answers

    def _write_down(self, tx: Tx, host: str, outcomes: list[Outcome], answers: list[Answer], now: datetime) -> None:
        if outcomes:
            store.mark(tx, outcomes, now)
        bad = next((each for each in answers if each.host_failed), None)
        if bad is not None:
            hosts.failed(tx, host, bad.status, bad.error or "", now, wait=bad.wait)
        elif answers and answers[-1].status is not None:
            hosts.answered(tx, host, answers[-1].status, now)
        learnt = next((each.learnt for each in answers if each.learnt is not None), None)
        if learnt is not None:
            hosts.remember_scheme(tx, host, learnt)


def settled(row: Row, answer: Answer, now: datetime) -> Outcome:
    """What an answer means for a row: over, or when to try again (15 s to 12 h apart, for 7 days)."""
    if answer.verdict == "sent":
        return Outcome(row.id, "sent", answer.status, None, None)
    if answer.verdict == "never":
        return Outcome(row.id, "failed", answer.status, answer.error, None)
    delay = retry.delay(row.attempts + 1, now - row.created_at, chance=random.random)
    if delay is None:
        return Outcome(row.id, "failed", answer.status, answer.error, None)
    if answer.wait is not None:
        delay = max(delay, answer.wait)
    return Outcome(row.id, "waiting", answer.status, answer.error, now + delay)
