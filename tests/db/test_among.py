"""Many values as one parameter: found by the index, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Text, column, insert, select, table, text

from fediprof.db.among import among
from fediprof.db.database import Database, Tx
from fediprof.db.opening import open_database
from fediprof.db.prepared import Prepared
from fediprof.schema.posts import post

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(ready_url: str) -> AsyncIterator[Database]:
    opened = await open_database(ready_url)
    try:
        yield opened
    finally:
        await opened.write(lambda tx: tx.execute(text("drop table if exists word")))
        await opened.close()


@pytest.mark.parametrize(("names", "found"), [([], []), (["b"], ["b"]), (["a", "c", "x"], ["a", "c"])])
async def test_those_among_the_values_are_found(database: Database, names: list[str], found: list[str]) -> None:
    await database.write(lambda tx: tx.execute(text("create table word (name text primary key)")) and None)
    word = table("word", column("name", Text))
    await database.write(
        lambda tx: tx.execute(insert(word), [{"name": each} for each in ("a", "b", "c", "l’été, {}")]) and None
    )
    wanted = Prepared(select(word.c.name).where(among(word.c.name, "names")).order_by(word.c.name))
    rows = await database.read(lambda tx: wanted.all(tx, {"names": names}))
    assert [row[0] for row in rows] == found
    odd = await database.read(lambda tx: wanted.all(tx, {"names": ["l’été, {}", '"', "\\"]}))
    assert [row[0] for row in odd] == ["l’été, {}"]


async def test_the_index_is_used(database: Database) -> None:
    """Compared with a truth value (`… = 1`), the condition would make SQLite read the whole table."""
    if database.dialect != "sqlite":
        return

    def plan(tx: Tx) -> list[str]:
        statement = select(post.c.id, post.c.content).where(among(post.c.id, "ids"), post.c.deleted_at.is_(None))
        written = str(statement.compile(dialect=tx.dialect))
        assert "= 1" not in written
        return [row[3] for row in tx.exec_driver_sql(f"explain query plan {written}", ("[1]",)).all()]

    assert any(step.startswith("SEARCH post USING INDEX") for step in await database.read(plan))
