"""Jobs as rows: one of a kind and key, leased while it runs, tried again when it fails, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from fediprof import clock
from fediprof.jobs import queue
from fediprof.jobs.runner import JobRunner
from fediprof.schema.inbox import job

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_ONCE = timedelta()


@pytest.fixture
def at():  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


class Work:
    """Notes what it was asked to do, and fails as often as told."""

    def __init__(self, failures: int = 0, seconds: float = 0) -> None:
        self.done: list[object] = []
        self.failures, self.seconds = failures, seconds
        self.running = self.most_running = 0

    async def __call__(self, arguments: Mapping[str, object]) -> None:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self.seconds)
            self.done.append(arguments.get("n"))
            if self.failures:
                self.failures -= 1
                raise RuntimeError("not now")
        finally:
            self.running -= 1


def runner(services, work: Work) -> JobRunner:  # type: ignore[no-untyped-def]
    return JobRunner(services.database, asyncio.Event(), {"count": work})


async def add(services, key: str, n: int = 0, *, kind: str = "count", delay: timedelta = AT_ONCE) -> None:  # type: ignore[no-untyped-def]
    await services.database.write(lambda tx: queue.add(tx, kind, key, {"n": n}, now=clock.now(), delay=delay))


async def rows(services) -> list[tuple[str, int, str | None]]:  # type: ignore[no-untyped-def]
    query = select(job.c.key, job.c.attempts, job.c.last_error).order_by(job.c.id)
    return [tuple(row) for row in await services.read(lambda tx: tx.execute(query).all())]


async def test_one_job_of_a_kind_and_key_waits_and_it_is_the_first(at, services) -> None:
    work = Work()
    for n in (1, 2, 3):
        await add(services, "same", n)
    await add(services, "other", 4)
    assert await runner(services, work).drain() == 2
    assert sorted(work.done) == [1, 4]  # type: ignore[type-var]
    assert await rows(services) == []
    # Done, it may be asked for again
    await add(services, "same", 5)
    await runner(services, work).drain()
    assert work.done[-1] == 5


async def test_a_job_put_off_is_not_run_before_its_time(at, services) -> None:
    work = Work()
    await add(services, "later", delay=timedelta(minutes=10))
    at.shift(timedelta(minutes=9))
    assert await runner(services, work).drain() == 0
    at.shift(timedelta(minutes=2))
    assert await runner(services, work).drain() == 1


async def test_a_job_that_fails_is_tried_again_later_and_each_time_later(at, services) -> None:
    work = Work(failures=3)
    await add(services, "flaky")
    run = runner(services, work)
    waits: list[timedelta] = []
    while await rows(services):
        due = await services.read(queue.next_due)
        at.move_to(max(due, clock.now()), tick=False)
        begun = clock.now()
        assert await run.drain() == 1
        if found := await rows(services):
            assert found == [("flaky", len(waits) + 1, "not now")]
            waits.append((await services.read(queue.next_due)) - begun)
    assert len(work.done) == 4
    assert timedelta(seconds=12) < waits[0] < waits[1] < waits[2] < timedelta(minutes=4)


async def test_a_job_that_never_works_is_given_up(at, services) -> None:
    work = Work(failures=10_000)
    await add(services, "hopeless")
    run = runner(services, work)
    for _ in range(40):
        if not await rows(services):
            break
        at.move_to(await services.read(queue.next_due), tick=False)
        await run.drain()
    assert await rows(services) == []
    assert 10 <= len(work.done) <= 30


async def test_a_job_nobody_knows_is_dropped_and_stops_nothing(at, services) -> None:
    work = Work()
    await add(services, "x", kind="of an older version")
    await add(services, "y", 1)
    await runner(services, work).drain()
    assert work.done == [1]
    assert await rows(services) == []


async def test_a_job_is_run_by_one_runner_and_a_few_at_a_time(at, services) -> None:
    work = Work(seconds=0.01)
    for n in range(20):
        await add(services, f"job {n}", n)
    await asyncio.gather(*(runner(services, work).drain() for _ in range(3)))
    assert sorted(work.done) == list(range(20))  # type: ignore[type-var]
    assert work.most_running <= 12


@pytest.mark.parametrize("again", [None, timedelta(hours=1)])
async def test_what_is_asked_for_while_it_runs_is_run_once_more(again: timedelta | None, at, services) -> None:
    """It may have looked before what it is asked for now was there."""
    done: list[object] = []

    async def work(arguments: Mapping[str, object]) -> timedelta | None:
        done.append(arguments["n"])
        if len(done) == 1:
            at.shift(timedelta(seconds=1))
            await add(services, "same", 2)
            await add(services, "same", 3)
        return again

    running = JobRunner(services.database, asyncio.Event(), {"count": work})
    await add(services, "same", 1)
    assert await running.drain() == 2
    assert done == [1, 3]
    assert [each[0] for each in await rows(services)] == ([] if again is None else ["same"])


async def test_what_a_dead_process_had_begun_is_begun_again(at, services) -> None:
    work = Work()
    await add(services, "interrupted", 7)
    taken = await services.database.write(lambda tx: queue.claim(tx, clock.now(), 10))
    assert [each.key for each in taken] == ["interrupted"]
    assert await runner(services, work).drain() == 0
    at.shift(queue.LEASE + timedelta(seconds=1))
    assert await runner(services, work).drain() == 1
    assert work.done == [7]
