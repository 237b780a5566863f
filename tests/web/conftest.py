"""A visitor and a logged-in member with a browser each, and a network on which servers say how to be asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from fediprof.groups.records import Hosted
from fediprof.net.fetcher import Response
from fediprof.principal import Member
from fediprof.services import Services
from tests.groups.conftest import make_group
from tests.support.remote import Network
from tests.web.reader import Reader


@dataclass(slots=True)
class AskedNetwork(Network):
    """`jrds`: handle → the links its WebFinger answer has besides the actor."""

    jrds: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def _webfinger(self, url: str, host: str, resource: str) -> Response:
        handle = parse_qs(urlsplit(url).query)["resource"][0].removeprefix("acct:")
        if handle not in self.jrds:
            return super(AskedNetwork, self)._webfinger(url, host, resource)
        actor = {"rel": "self", "type": "application/activity+json", "href": f"https://{host}/users/visitor"}
        document = {"subject": f"acct:{handle}", "links": [actor, *self.jrds[handle]]}
        return Response(url, 200, {"content-type": "application/jrd+json"}, json.dumps(document).encode())


@pytest.fixture
def network() -> AskedNetwork:
    return AskedNetwork()


@pytest.fixture
def visitor(client: httpx2.AsyncClient, services: Services) -> Reader:
    return Reader(client, services.settings.origin)


@pytest.fixture
async def member(app, services: Services, marie: Member) -> AsyncIterator[Reader]:  # type: ignore[no-untyped-def]
    """Marie at her browser."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "marie")


@pytest.fixture
def browse(app, services: Services):  # type: ignore[no-untyped-def]
    """`await browse("paul")`: a member at a browser of their own."""

    async def opened(username: str) -> Reader:
        transport = httpx2.ASGITransport(app)
        client = httpx2.AsyncClient(transport=transport, base_url=services.settings.origin)
        return await Reader(client, services.settings.origin).log_in(services, username)

    return opened


@pytest.fixture
async def industry(services: Services, marie: Member) -> Hosted:
    about = "People who run workshops.\n\nWe meet on *Tuesdays*."
    return await make_group(services, marie, description=about, rules=("Name the pay", "Be kind"))
