"""Marie, who opens parts of her page; Léo, a member here; Paul, a recruiter elsewhere who wrote to her privately first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.profiles import ledger_store
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Field, Words
from fediprof.schema.posts import post
from fediprof.visitors import sessions
from fediprof.web import visitor as cookies
from tests.conftest import make_member
from tests.web.reader import Reader

EMPLOYER = "Ferroénergie Zéphyr SA"
STORY = "Trois essais, le troisième fut le bon."
MASKED = Draft(
    "project",
    Words("Diviser par trois le délai", "Deux essais ratés, un bon.", "pourquoi deux échecs ?"),
    language="fr",
    fields=(
        Field("employer", EMPLOYER, stand_in="une PME de l’énergie"),
        Field("dates", "2019-03/2021-06", stand_in="il y a peu"),
    ),
)
PRIVATE = Draft(
    "experience", Words("Chef d’atelier", STORY), language="fr", fields=(Field("title", "Directrice d’usine"),)
)


@pytest.fixture
def later(services, monkeypatch):  # type: ignore[no-untyped-def]
    """Let time pass for whoever opens a page, and for chores."""
    real = clock.now

    def pass_by(wait: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + wait)

    return pass_by


@pytest.fixture
async def leo(services):  # type: ignore[no-untyped-def]
    return await make_member(services, "leo", name="Léo")


@pytest.fixture
async def masked(services, marie):  # type: ignore[no-untyped-def]
    """An entry everybody may read, two fields apart; sent out."""
    entry = await services.perform(write_entry, WriteEntry(marie, replace(MASKED, rule=EVERYONE)))
    return await services.perform(publish_entry, PublishEntry(marie, entry.id))


@pytest.fixture
async def private(services, marie):  # type: ignore[no-untyped-def]
    return await services.perform(write_entry, WriteEntry(marie, PRIVATE))


@pytest.fixture
async def paul(services, marie, remote, drain):  # type: ignore[no-untyped-def]
    """He wrote to Marie; she has a conversation with him."""
    person = remote("paul", "mastodon.example")
    await write_to(person, services, drain, "<p>Bonjour Marie</p>")
    return person


async def write_to(person, services, drain, content: str, **more: object) -> None:  # type: ignore[no-untyped-def]
    marie = services.here().actor("marie")
    tag = [{"type": "Mention", "href": marie, "name": "@marie@home.example"}]
    note = person.note(content, to=(marie,), tag=tag, **more)
    answer = await person.send(person.create(note))
    assert answer.status_code == 202
    await drain()


async def id_of(services, person) -> int:  # type: ignore[no-untyped-def]
    found = await services.resolver.actor(person.iri)
    assert found is not None
    return int(found.id)


async def conversation_of(services, person_id: int) -> int:  # type: ignore[no-untyped-def]
    query = select(post.c.conversation_id).where(post.c.actor_id == person_id, post.c.visibility == "direct")
    return int((await services.read(lambda tx: tx.execute(query.order_by(post.c.id.desc())).scalars().first())) or 0)


async def ledger_of(services, owner) -> list[ledger_store.Row]:  # type: ignore[no-untyped-def]
    """The oldest first."""
    rows = await services.read(lambda tx: ledger_store.of_owner(tx, owner.actor_id))
    return list(reversed(rows))


@pytest.fixture
async def browsers(app, services) -> AsyncIterator[object]:  # type: ignore[no-untyped-def]
    async with AsyncExitStack() as stack:

        async def make() -> Reader:
            transport = httpx2.ASGITransport(app)
            client = httpx2.AsyncClient(transport=transport, base_url=services.settings.origin)
            return Reader(await stack.enter_async_context(client), services.settings.origin)

        yield make


@pytest.fixture
async def member(browsers, services, marie) -> Reader:  # type: ignore[no-untyped-def]
    """Marie at her browser."""
    reader = await browsers()
    return await reader.log_in(services, "marie")


@pytest.fixture
def come_in(services, browsers):  # type: ignore[no-untyped-def]
    """A browser of somebody who proved their account elsewhere (how they do is in `tests/visitors`)."""

    async def make(person) -> Reader:  # type: ignore[no-untyped-def]
        reader, actor_id = await browsers(), await id_of(services, person)
        secret = await services.database.write(
            lambda tx: sessions.opened(
                tx, actor_id, clock.now(), only_at=None, until=clock.now() + timedelta(days=99)
            )
        )
        reader.client.cookies.set(cookies.cookie_name(services.settings, cookies.GUEST), secret)
        return reader

    return make
