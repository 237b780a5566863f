"""A server whose members log in elsewhere with their account, one of its members at a browser, and her app's address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest

from fediprof.services import Services
from fediprof.web import visitors as pages
from fediprof.web.throttle import Throttle
from tests.support.mastodon_standin import LoginNetwork, Server
from tests.web.reader import Reader

HOST = "mastodon.example"


@pytest.fixture
def network() -> LoginNetwork:
    return LoginNetwork()


@pytest.fixture(autouse=True)
def fresh_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_logins", Throttle(limit=50, seconds=60))
    monkeypatch.setattr(pages, "_links", Throttle(limit=50, seconds=60))


@pytest.fixture
def server(network: LoginNetwork) -> Server:
    """As Mastodon is today."""
    made = network.server(HOST)
    made.describe()
    return made


@pytest.fixture
def paul(remote, server: Server):  # type: ignore[no-untyped-def]
    return remote("paul", HOST)


@pytest.fixture
async def browsers(app, services: Services) -> AsyncIterator[object]:  # type: ignore[no-untyped-def]
    """Make browsers, each with cookies of its own."""
    async with AsyncExitStack() as stack:

        async def make() -> Reader:
            transport = httpx2.ASGITransport(app)
            client = httpx2.AsyncClient(transport=transport, base_url=services.settings.origin)
            return Reader(await stack.enter_async_context(client), services.settings.origin)

        yield make


@pytest.fixture
async def browser(browsers) -> Reader:  # type: ignore[no-untyped-def]
    return await browsers()
