"""Three servers that run for all the tests of a worker, and whatever a test starts itself. Logs are shown on failure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.support.internet import Internet
from tests.interop.support.member import Member
from tests.interop.support.server import Server
from tests.support.postgres import fresh_database

NAMES = ("ada.example", "bob.example", "cyd.example")
MORE = (
    "home.example",
    "old.example",
    "slow.example",
    "split.example",
    "www.split.example",
    "fedify.example",
    "cavage.example",
)
"""Names that tests start servers for; known to everybody from the beginning."""
BRIEF = ("slow.example", "www.split.example")
"""Servers of one test and one member."""


@pytest.fixture(scope="session")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Internet:
    made = Internet(tmp_path_factory.mktemp("internet"))
    for name in (*NAMES, *(name for name in MORE if not name.endswith("split.example"))):
        made.give(name)
    made.give("www.split.example", "split.example")
    return made


@pytest.fixture(scope="session")
def trio(
    internet: Internet, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server, Server]]:
    """ada.example and cyd.example on SQLite, bob.example on PostgreSQL: each engine meets itself and the other."""
    folder = tmp_path_factory.mktemp("trio")
    with fresh_database(postgres) as url:
        servers = [Server(internet, name, folder / name, url if name == "bob.example" else "") for name in NAMES]
        try:
            for server in servers:
                server.spawn()
            for server in servers:
                server.wait_ready()
            yield tuple(servers)  # type: ignore[misc]
        finally:
            for server in servers:
                server.stop()


@pytest.fixture
def running() -> Iterator[list[Server]]:
    """Servers a test started for itself end with it."""
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def invited() -> dict[Path, list[tuple[str, str]]]:
    """{folder of a server: (username, login link) of accounts nobody has used yet}"""
    return {}


@pytest.fixture
def join(invited: dict[Path, list[tuple[str, str]]]) -> Iterator[Callable[[Server], Member]]:
    """A member whom no other test knows; servers are shared among tests, people are not."""
    joined: list[Member] = []

    def make(server: Server) -> Member:
        waiting = invited.setdefault(server.folder, [])
        if not waiting:
            names = [f"{server.host[:3]}_{secrets.token_hex(3)}" for _ in range(1 if server.host in BRIEF else 8)]
            waiting += zip(names, server.add_members(*names), strict=True)
        joined.append(Member.arrive(server, *waiting.pop()))
        return joined[-1]

    yield make
    for member in joined:
        member.browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under a failed scenario, what its servers said last."""
    result = yield
    report = result.get_result()  # type: ignore[attr-defined]
    if report.when != "call" or not report.failed:
        return
    funcargs = getattr(item, "funcargs", {})
    for server in (*funcargs.get("trio", ()), *funcargs.get("running", ())):
        report.sections.append((f"log of {server.host}", server.tail()))
