"""Units of work on both engines: whole, isolated, undone alone, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import text

from fediprof.db.database import Database, Tx
from fediprof.db.migrate import migrate, newest, revision
from fediprof.db.opening import open_database
from fediprof.db.sqlite import ReadAtOnce, TookLong

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    await opened.write(lambda tx: tx.execute(text("create table note (id integer primary key, said text)")))
    try:
        yield opened
    finally:
        await opened.close()


def _say(number: int, said: str):  # type: ignore[no-untyped-def]
    return lambda tx: tx.execute(text("insert into note values (:n, :s)"), {"n": number, "s": said})


def _count(tx: Tx) -> int:
    return int(tx.execute(text("select count(*) from note")).scalar_one())


async def test_what_is_written_is_there_for_the_next_reader(database: Database) -> None:
    await database.write(_say(1, "hello"))
    assert await database.read(_count) == 1


async def test_a_unit_that_raises_leaves_nothing_behind(database: Database) -> None:
    def half(tx: Tx) -> None:
        _say(1, "half")(tx)
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await database.write(half)
    assert await database.read(_count) == 0


async def test_units_that_wait_together_stand_or_fall_alone(database: Database) -> None:
    """Group commit must not make one unit's mistake another's."""
    units = [database.write(_say(n % 40, "x")) for n in range(80)]
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    assert sum(isinstance(each, Exception) for each in outcomes) == 40
    assert await database.read(_count) == 40


async def test_a_reader_cannot_write(database: Database) -> None:
    if database.dialect == "postgresql":
        await database.read(_say(1, "never committed"))
    else:
        with pytest.raises(Exception, match="readonly"):
            await database.read(_say(1, "refused"))
    assert await database.read(_count) == 0


LONG = """with recursive counted(n) as (select 1 union all select n + 1 from counted where n < :rows)
select n from counted order by -n limit 3"""


async def test_a_long_reading_unit_is_whole_and_does_not_hold_the_others(database: Database) -> None:
    """Thousands of rows sorted: far beyond what the event loop may wait for."""
    await database.write(_say(1, "here"))
    turns: list[float] = []

    async def ticking() -> None:
        while True:
            turns.append(perf_counter())
            await asyncio.sleep(0.001)

    ticker = asyncio.ensure_future(ticking())
    rows = 2_000_000
    found = await database.read(lambda tx: ([*tx.execute(text(LONG), {"rows": rows}).scalars()], _count(tx)))
    ticker.cancel()
    assert found == ([rows, rows - 1, rows - 2], 1)
    if database.dialect == "sqlite":  # PostgreSQL computes in its own process
        assert turns[-1] - turns[0] > 0.2, "the unit was not long"
        assert len(turns) > 20, "nobody else had a turn"


async def test_an_interrupted_reading_unit_leaves_the_connection_fit_for_the_next(database: Database) -> None:
    def interrupted(tx: Tx) -> int:
        rows = tx.execute(text("select n from (" + LONG.replace("limit 3", "") + ")"), {"rows": 300_000})
        return sum(1 for _ in rows)

    for number in range(3):
        assert await database.read(interrupted) == 300_000
        await database.write(_say(number, "x"))
        assert await database.read(_count) == number + 1


def test_an_interrupted_end_leaves_the_connection_fit_for_the_next(tmp_path: Path) -> None:
    """The time may be over at the very end of a unit: what ends its transaction is then what is interrupted."""
    at_once = ReadAtOnce(tmp_path / "test.sqlite3")
    at_once._raw.set_progress_handler(at_once._too_long, 1)

    def late(tx: Tx) -> None:
        at_once._until = 0.0

    with pytest.raises(TookLong):
        at_once.run(late)
    assert at_once.run(lambda tx: tx.execute(text("select 1")).scalar()) == 1
    at_once.close()


async def test_a_cancelled_caller_does_not_lose_the_others(database: Database) -> None:
    gone = asyncio.ensure_future(database.write(_say(1, "gone")))
    kept = asyncio.ensure_future(database.write(_say(2, "kept")))
    await asyncio.sleep(0)
    gone.cancel()
    await kept
    assert await database.read(_count) in (1, 2)
    await database.write(_say(3, "after"))


async def test_closing_finishes_the_units_in_hand(database_url: str) -> None:
    first = await open_database(database_url)
    await first.write(lambda tx: tx.execute(text("create table note (id integer primary key, said text)")))
    pending = [asyncio.ensure_future(first.write(_say(n, "x"))) for n in range(50)]
    await asyncio.sleep(0)
    await asyncio.gather(*pending)
    await first.close()
    again = await open_database(database_url)
    assert await again.read(_count) == 50
    await again.close()


async def test_migrating_twice_changes_nothing_and_the_schema_is_the_code_s(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from fediprof.schema import metadata

    database = await open_database(database_url)
    await migrate(database)
    await migrate(database)
    assert await database.read(revision) == newest()

    def differences(tx: Tx) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(tx), metadata))

    assert await database.read(differences) == []
    await database.close()


def test_records_have_the_columns_order() -> None:
    from dataclasses import fields

    from fediprof.accounts.records import Account, Session
    from fediprof.actors.records import Actor, Follow
    from fediprof.interactions.store import Interaction
    from fediprof.media.records import Upload
    from fediprof.moderation.store import Block, Report
    from fediprof.posts.records import Post
    from fediprof.schema import accounts, actors, interactions, media, moderation, posts

    for record, table in (
        (Actor, actors.actor),
        (Follow, actors.follow),
        (Post, posts.post),
        (Account, accounts.account),
        (Session, accounts.session),
        (Interaction, interactions.interaction),
        (Upload, media.upload),
        (Block, moderation.block),
        (Report, moderation.report),
    ):
        assert [field.name for field in fields(record)] == table.c.keys(), record
