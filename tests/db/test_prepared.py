"""Statements by way of the driver say what they say by way of Core, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, bindparam, insert, select, update

from fediprof.db.database import Database, Tx
from fediprof.db.opening import open_database
from fediprof.db.prepared import Prepared
from fediprof.schema.columns import Instant, Json

pytestmark = pytest.mark.anyio

kept = Table(
    "kept",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text),
    Column("good", Boolean, nullable=False),
    Column("at", Instant),
    Column("told", Json),
    Column("body", LargeBinary, nullable=False),
)
ROW = {
    "id": 1,
    "name": "é",
    "good": True,
    "at": datetime(2026, 2, 3, 4, 5, 6, 789000, UTC),
    "told": [1, {"a": None}],
    "body": b"\x00\xff",
}
BARE = {"id": 2, "name": None, "good": False, "at": None, "told": None, "body": b""}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)

    def make(tx: Tx) -> None:
        kept.create(tx)
        Prepared(insert(kept), kept.c.keys()).run_all(tx, [ROW, BARE])

    await opened.write(make)
    try:
        yield opened
    finally:
        await opened.close()


async def test_every_type_comes_back_as_it_went_in(database: Database) -> None:
    every = Prepared(select(kept).order_by(kept.c.id))
    rows = await database.read(lambda tx: every.all(tx, {}))
    assert [tuple(row) for row in rows] == [tuple(ROW.values()), tuple(BARE.values())]
    through_core = await database.read(lambda tx: tx.execute(select(kept).order_by(kept.c.id)).all())
    assert [tuple(row) for row in rows] == [tuple(row) for row in through_core]


async def test_parameters_are_put_where_they_belong_beside_fixed_values(database: Database) -> None:
    """The statement's own constants are parameters too; a name may stand in it twice."""
    asked = Prepared(
        select(kept.c.name, kept.c.at).where(
            kept.c.good, kept.c.at >= bindparam("since"), kept.c.at <= bindparam("since"), kept.c.body == b"\x00\xff"
        )
    )
    found = await database.read(lambda tx: asked.first(tx, {"since": ROW["at"]}))
    assert found is not None
    assert tuple(found) == ("é", ROW["at"])
    assert await database.read(lambda tx: asked.first(tx, {"since": datetime(2030, 1, 1, tzinfo=UTC)})) is None


async def test_a_change_tells_how_many_rows_it_met(database: Database) -> None:
    change = Prepared(update(kept).where(kept.c.id == bindparam("row")).values(told=bindparam("new"), name=None))
    assert await database.write(lambda tx: change.run(tx, {"row": 1, "new": {"b": 2}})) == 1
    assert await database.write(lambda tx: change.run(tx, {"row": 9, "new": None})) == 0
    row = await database.read(lambda tx: Prepared(select(kept.c.name, kept.c.told).order_by(kept.c.id)).all(tx, {}))
    assert [tuple(each) for each in row] == [(None, {"b": 2}), (None, None)]


async def test_a_statement_of_changing_length_and_a_parameter_left_out_are_refused(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    listed = Prepared(select(kept.c.id).where(kept.c.id.in_(bindparam("ids", expanding=True))))
    one = Prepared(select(kept.c.id).where(kept.c.id == bindparam("id")))
    try:
        await database.write(kept.create)
        with pytest.raises(TypeError, match="differs"):
            await database.read(lambda tx: listed.all(tx, {"ids": [1, 2]}))
        with pytest.raises(KeyError):
            await database.read(lambda tx: one.all(tx, {}))
    finally:
        await database.close()
