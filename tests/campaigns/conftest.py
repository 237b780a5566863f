"""Marie, who runs the server; Léonard, Isabelle, Zoraïde and Olympe, members; Paul of another server, who writes to them all."""

from __future__ import annotations

import httpx2
import pytest

from fediprof.principal import Member
from fediprof.services import Services
from tests.campaigns.texts import html
from tests.conftest import make_member
from tests.web.reader import Reader

NAMES = ("marie", "leonard", "isabelle", "zoraide", "olympe")


@pytest.fixture
async def people(services: Services, marie: Member) -> dict[str, Member]:
    return {"marie": marie, **{name: await make_member(services, name, name=name.title()) for name in NAMES[1:]}}


@pytest.fixture
async def read_by(app, services: Services, people):  # type: ignore[no-untyped-def]
    """Open a browser as one of them."""
    opened: list[httpx2.AsyncClient] = []

    async def make(name: str) -> Reader:
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=services.settings.origin)
        opened.append(client)
        return await Reader(client, services.settings.origin).log_in(services, name)

    yield make
    for each in opened:
        await each.aclose()


@pytest.fixture
def paul(remote):  # type: ignore[no-untyped-def]
    return remote("paul", "recruits.example")


@pytest.fixture
def write(services: Services, drain):  # type: ignore[no-untyped-def]
    """A private message from elsewhere, as Mastodon sends it."""

    async def send(person, name: str, text: str, **more: object) -> None:  # type: ignore[no-untyped-def]
        to = services.here().actor(name)
        tag = [{"type": "Mention", "href": to, "name": f"@{name}@home.example"}]
        note = person.note(html(text, name), to=(to,), tag=tag, **more)
        assert (await person.send(person.create(note))).status_code == 202
        await drain()

    return send
