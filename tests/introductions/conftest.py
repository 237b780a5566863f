"""Marie, who knows people: Léo and Inès, members here, and Paul and Zoé of other servers."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from fediprof.introductions import store
from fediprof.introductions.commands import (
    AnswerIntroduction,
    EndOverdue,
    ProposeIntroduction,
    answer,
    end_overdue,
    propose,
)
from fediprof.introductions.records import Introduction
from fediprof.notifications import store as notifications
from fediprof.schema.introductions import introduction
from tests.conftest import make_member
from tests.disclosures.conftest import browsers, come_in, id_of, later, leo, member

__all__ = ["browsers", "come_in", "later", "leo", "member"]

WHY = "Inès looks for a bridge, Léo builds them. You would have much to tell each other."


@pytest.fixture
async def ines(services):  # type: ignore[no-untyped-def]
    return await make_member(services, "ines", name="Inès")


@pytest.fixture
def paul(remote):  # type: ignore[no-untyped-def]
    return remote("paul", "mastodon.example")


@pytest.fixture
def zoe(remote):  # type: ignore[no-untyped-def]
    return remote("zoe", "gotosocial.example")


async def proposed(services, by, one: str = "leo", two: str = "ines", words: str = WHY) -> Introduction:  # type: ignore[no-untyped-def]
    return await services.perform(propose, ProposeIntroduction(by, one, two, words))


async def said(services, person_id: int, number: int, says: str) -> Introduction:  # type: ignore[no-untyped-def]
    return await services.perform(answer, AnswerIntroduction(person_id, number, says))


async def kept(services, number: int) -> Introduction:  # type: ignore[no-untyped-def]
    query = select(introduction).where(introduction.c.id == number)
    return Introduction(*(await services.read(lambda tx: tx.execute(query).one())))


async def ended(services) -> int:  # type: ignore[no-untyped-def]
    """What the clock does."""
    return await services.perform(end_overdue, EndOverdue())


async def told(services, actor_id: int) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """(kind, who it is from) of a member's notifications about introductions, newest first."""
    page = await services.read(lambda tx: notifications.page(tx, actor_id, limit=40))
    return [(each.kind, each.by.username) for each in page if each.kind.startswith("introduction.")]


async def questions(services, person_id: int, now) -> list[object]:  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: store.asked_of(tx, person_id, now))


def asked_by_message(network, person) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """The last private message that came to somebody elsewhere."""
    sent = [
        each.activity["object"]
        for each in network.delivered
        if person.host in each.url and each.activity["type"] == "Create"
    ]
    return sent[-1]


async def replies(person, services, drain, note: dict[str, object], text: str, **more: object) -> None:  # type: ignore[no-untyped-def]
    """A private reply from their own app, as Mastodon writes it."""
    marie = services.here().actor("marie")
    handle = '<span class="h-card"><a href="https://home.example/@marie" class="u-url mention">@<span>marie</span></a></span>'
    tag = [{"type": "Mention", "href": marie, "name": "@marie@home.example"}]
    to = more.pop("to", (marie,))
    reply = person.note(f"<p>{handle} {text}</p>", to=to, tag=tag, inReplyTo=note["id"], **more)
    assert (await person.send(person.create(reply))).status_code == 202
    await drain()


async def actor_id(services, person) -> int:  # type: ignore[no-untyped-def]
    return await id_of(services, person)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
