"""Those who run a server at their browser, a member, and a network on which lists are to be had."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from fediprof.net.fetcher import Response
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member
from tests.support.remote import Network
from tests.web.reader import Reader


@dataclass(slots=True)
class ListNetwork(Network):
    """`lists`: address → text, or the status it answers. Knows its ETag."""

    lists: dict[str, str | int] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    async def get(
        self, url: str, *, accept: str, sign=None, max_bytes=1_048_576, seconds=10, redirects=3
    ) -> Response:  # type: ignore[no-untyped-def]
        if url not in self.lists:
            return await Network.get(
                self, url, accept=accept, sign=sign, max_bytes=max_bytes, seconds=seconds, redirects=redirects
            )
        headers = sign("GET", url, {}, b"") if sign else {}
        self.asked.append(dict(headers))
        said = self.lists[url]
        if isinstance(said, int):
            return Response(url, said, {}, b"")
        tag = f'"{len(said)}-{said[-10:].strip()}"'
        if headers.get("If-None-Match") == tag:
            return Response(url, 304, {"etag": tag}, b"")
        return Response(url, 200, {"etag": tag, "content-type": "text/csv"}, said.encode())


@pytest.fixture
def network() -> ListNetwork:
    return ListNetwork()


@pytest.fixture
async def paul(services: Services, marie: Member) -> Member:
    return await make_member(services, "paul", name="Paul")


@pytest.fixture
async def keeper(app, services: Services, marie: Member) -> AsyncIterator[Reader]:  # type: ignore[no-untyped-def]
    """Marie, who runs the server."""
    async with _browser(app, services) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "marie")


@pytest.fixture
async def member(app, services: Services, paul: Member) -> AsyncIterator[Reader]:  # type: ignore[no-untyped-def]
    """Paul, who does not."""
    async with _browser(app, services) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "paul")


def _browser(app, services: Services) -> httpx2.AsyncClient:  # type: ignore[no-untyped-def]
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=services.settings.origin)
