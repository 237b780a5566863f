"""Many votes at once, passed on to many servers, one slow and one that never answers, and the process killed in the middle:
in order, nothing lost, little twice. The same at full size, with what it costs: `make bench B=groups`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.groups import staged
from fediprof.delivery.worker import BATCH
from tests.conftest import ENGINES

VOTES, HOSTS = 60, 20

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    from tests.support.postgres import fresh_database

    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.mark.timeout(240)
@pytest.mark.parametrize("database", ENGINES, indirect=True)
async def test_votes_go_out_in_order_and_a_kill_loses_none(database: str, tmp_path: Path) -> None:
    """On PostgreSQL two workers share the work, and one of them is killed."""
    workers = 2 if database else 0
    async with staged(tmp_path, hosts=HOSTS, voters=VOTES, database=database, workers=workers) as stage:
        ran = await stage.run(VOTES, kill=True)
        assert len(ran.order) == len(set(ran.order)) == VOTES
        assert ran.missing() == 0
        assert ran.disordered() == []
        twice = ran.twice()
        assert max(twice.values()) <= BATCH  # what was under way at the kill
        assert sum(twice.values()) < VOTES * HOSTS * 3 / 4  # a second's worth, which may be much of so little
        if workers:
            shares = [ran.by_process.get(each.process.pid, 0) for each in stage.processes[1:]]
            # Of so little one may get hold of all; how they share more of it is what the benchmark shows.
            assert max(shares) > 0, shares
