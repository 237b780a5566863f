"""A word to the other processes: heard after its commit by all but who sent it, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select, text

from fediprof.db import messages
from fediprof.db.database import Database, Tx
from fediprof.db.messages import Messages
from fediprof.db.opening import open_database, open_messages
from fediprof.effects import Stream
from fediprof.schema.processes import process_message
from fediprof.timelines.streams import Streams

pytestmark = pytest.mark.anyio


@pytest.fixture
async def two(ready_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """The same database, opened twice."""
    here, there = await open_database(ready_url), await open_database(ready_url)
    yield here, there
    await here.close()
    await there.close()


@asynccontextmanager
async def hearing(channel: Messages) -> AsyncIterator[asyncio.Queue[str]]:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with channel.heard() as words:

        async def listen() -> None:
            async for each in words:
                heard.put_nowait(each)

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def next_word(heard: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(heard.get(), 5)


async def test_others_hear_what_was_committed_and_nothing_else(two: tuple[Database, Database]) -> None:
    here, there = two
    ours, theirs = open_messages(here), open_messages(there)
    await here.write(lambda tx: ours.send(tx, "too early"))

    def undone(tx: Tx) -> None:
        ours.send(tx, "undone")
        raise ZeroDivisionError

    async with hearing(ours) as we, hearing(theirs) as they:
        with pytest.raises(ZeroDivisionError):
            await here.write(undone)
        await here.write(lambda tx: ours.send(tx, "é" * (messages.LONGEST // 2)))
        await here.write(lambda tx: ours.send(tx, "second"))
        assert await next_word(they) == "é" * (messages.LONGEST // 2)
        assert await next_word(they) == "second"
        await there.write(lambda tx: theirs.send(tx, "answer"))
        assert await next_word(we) == "answer"
        assert they.empty()
        assert we.empty()


async def test_only_the_last_words_are_kept(two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch) -> None:
    here, _ = two
    ours = open_messages(here)
    monkeypatch.setattr(messages, "KEPT", 5)
    for number in range(23):
        await here.write(lambda tx, n=number: ours.send(tx, str(n)))  # type: ignore[misc]
    kept = await here.read(lambda tx: tx.execute(select(func.count()).select_from(process_message)).scalar_one())
    assert kept <= 10


async def test_a_crowd_of_readers_is_told_in_words_that_are_not_too_long(two: tuple[Database, Database]) -> None:
    here, there = two
    ours, theirs = Streams(open_messages(here)), Streams(open_messages(there))
    most = 2**63 - 1
    events = [Stream(most - number, "status.update", most) for number in range(150)]
    async with theirs.subscribed(most) as first, theirs.subscribed(most - 149) as last:
        await here.write(lambda tx: ours.send(tx, events))
        assert await asyncio.wait_for(first.get(), 5) == events[0]
        assert await asyncio.wait_for(last.get(), 5) == events[149]
    assert theirs._listener is None


@pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)  # on SQLite there is no connection to be cut
async def test_who_listens_hears_again_after_its_connection_was_cut(two: tuple[Database, Database]) -> None:
    here, there = two
    ours, theirs = Streams(open_messages(here)), Streams(open_messages(there))
    listening = "from pg_stat_activity where query ilike 'listen %' and datname = current_database()"
    count, cut = text(f"select count(*) {listening}"), text(f"select pg_terminate_backend(pid) {listening}")
    async with theirs.subscribed(7) as queue:
        assert await here.read(lambda tx: tx.execute(count).scalar_one()) == 1
        await here.write(lambda tx: tx.execute(cut))
        for number in range(100):
            await here.write(lambda tx, n=number: ours.send(tx, [Stream(7, "update", n)]))  # type: ignore[misc]
            await asyncio.sleep(0.1)
            if not queue.empty():
                break
        assert (await asyncio.wait_for(queue.get(), 1)).event == "update"
    assert await here.read(lambda tx: tx.execute(count).scalar_one()) == 0
