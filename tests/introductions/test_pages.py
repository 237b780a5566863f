"""Introductions by the pages: proposing, answering, taking back; what each page says, and to whom."""

from __future__ import annotations

import pytest

from tests.introductions.conftest import WHY, actor_id, proposed, said
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


@pytest.fixture
async def leos(browsers, services, leo) -> Reader:  # type: ignore[no-untyped-def]
    return await (await browsers()).log_in(services, "leo")


@pytest.fixture
async def iness(browsers, services, ines) -> Reader:  # type: ignore[no-untyped-def]
    return await (await browsers()).log_in(services, "ines")


async def test_from_a_persons_page_to_the_conversation_of_three(
    services, marie, member, leos, iness, leo, ines
) -> None:
    # Given Marie on Léo's page
    await member.open(f"/people/{leo.actor_id}")
    link = next(each for each in member.page.find_all("a") if "Introduce to someone" in each.get_text())
    await member.open(link["href"])
    assert member.page.find(id="f-one")["value"] == "leo"
    # a refusal keeps what was written
    await member.press("/introductions/new", two="nobody", words=WHY)
    assert member.status == 422
    assert "Nobody was found at nobody" in member.text
    assert WHY in member.page.find(id="f-words").get_text()
    await member.press("/introductions/new", two="@ines")
    assert member.path == "/introductions"
    assert "Both are asked" in member.text
    assert WHY in member.text
    # When both are told, and say yes
    for reader in (leos, iness):
        await reader.open("/notifications")
        assert "asks whether you want to be introduced" in reader.text
        await reader.open("/introductions")
        link = next(each for each in reader.page.find_all("a") if "would like to introduce you" in each.get_text())
        await reader.open(link["href"])
        assert WHY in reader.text
    await leos.press("/answer", "Yes, introduce us")
    assert "You said yes." in leos.text
    assert "Your answer is kept" in leos.text
    await member.open("/introductions")
    assert "said yes" not in member.text.replace("Both said yes", "").replace("both say yes", "")
    await iness.press("/answer", "Yes, introduce us")
    # Then the conversation is there for all three
    assert iness.path.startswith("/conversations/")
    assert "builds them" in iness.text
    for reader in (member, leos):
        await reader.open("/conversations")
        assert "Inès" in reader.text
    await member.open("/notifications")
    assert "said yes, and so did the other" in member.text
    await member.open("/introductions")
    assert "Both said yes: the conversation" in member.text


async def test_not_now_names_nobody(services, marie, member, leos, iness, leo, ines) -> None:
    asked = await proposed(services, marie)
    await leos.open(f"/introductions/{asked.id}")
    before = (await iness.open(f"/introductions/{asked.id}")).page.find("main").get_text()
    await leos.press("/answer", "No, thank you")
    assert "You said no. Nobody is told that it was you." in leos.text
    after = (await iness.open(f"/introductions/{asked.id}")).page.find("main").get_text()
    assert after == before
    await member.open("/notifications")
    assert "An introduction you proposed: not now." in member.text
    assert not member.page.find("article", class_="news").find(
        "a", href=lambda each: each and each != "/introductions"
    )
    await member.open("/introductions")
    assert "Not now." in member.text
    assert "You said no" not in member.text
    # the other may still answer, and nothing comes of it
    await iness.press("/answer", "Yes, introduce us")
    assert "You said yes." in iness.text
    assert "Inès" not in (await leos.open("/conversations")).text


async def test_the_questions_page_is_for_those_asked_alone(
    services, marie, member, leo, ines, leos, iness, visitor_browser, paul, come_in
) -> None:
    asked = await proposed(services, marie)
    path = f"/introductions/{asked.id}"
    assert (await member.open(path)).status == 404
    # whoever is nobody known is asked who they are, whether there is a question or not
    for number in (asked.id, 17):
        answer = await visitor_browser.client.get(f"/introductions/{number}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/visit?to=%2Fintroductions%2F{number}"
    guest = await come_in(paul)
    assert (await guest.open(path)).status == 404
    assert WHY not in guest.page.get_text()
    for reader in (leos, iness):
        await reader.open(path)
        assert reader.status == 200
        assert reader.answer.headers["cache-control"] == "private, no-store"
    # who is asked reads the name and handle of the other, and nothing else of them
    links = {each["href"] for each in leos.page.find("main").find_all("a")}
    assert links == {"/@ines", "/introductions"}


@pytest.fixture
async def visitor_browser(browsers) -> Reader:  # type: ignore[no-untyped-def]
    return await browsers()


async def test_a_visitor_answers_after_the_login_at_their_own_server(
    services, marie, leo, paul, come_in, network, drain
) -> None:
    asked = await proposed(services, marie, "leo", paul.handle)
    await drain()
    guest = await come_in(paul)
    await guest.open(f"/introductions/{asked.id}")
    assert "Léo" in guest.text
    await guest.press("/answer", "Yes, introduce us")
    assert "You said yes." in guest.text
    opened = await said(services, leo.actor_id, asked.id, "yes")
    assert opened.state == "opened"
    await guest.open(f"/introductions/{asked.id}")
    assert "private messages of your own account" in guest.text
    await drain()
    note = network.activities("Create")[-1]["object"]
    assert paul.iri in note["to"]
    assert await actor_id(services, paul)


async def test_a_link_that_was_sent_answers_for_nobody(services, marie, leo, paul, browsers) -> None:
    """A session that somebody's link opened counts on that member's pages alone."""
    from datetime import timedelta

    from fediprof import clock
    from fediprof.visitors import sessions
    from fediprof.web import visitor as cookies

    asked = await proposed(services, marie, "leo", paul.handle)
    reader, number = await browsers(), await actor_id(services, paul)
    until = clock.now() + timedelta(days=1)
    secret = await services.database.write(
        lambda tx: sessions.opened(tx, number, clock.now(), only_at=["leo"], until=until)
    )
    reader.client.cookies.set(cookies.cookie_name(services.settings, cookies.GUEST), secret)
    assert (await reader.client.get(f"/introductions/{asked.id}")).headers["location"].startswith("/visit?")


async def test_a_proposal_is_taken_back_by_its_button(services, marie, member, leo, ines, leos) -> None:
    asked = await proposed(services, marie)
    await leos.open(f"/introductions/{asked.id}")
    await member.open("/introductions")
    await member.press("/withdraw", "Take back")
    assert "You took it back." in member.text
    await leos.press("/answer", "Yes, introduce us")
    assert leos.status == 404


async def test_what_is_sent_by_hand_is_refused_in_a_sentence(services, marie, member, leos, leo, ines) -> None:
    asked = await proposed(services, marie)
    await leos.open(f"/introductions/{asked.id}")
    form = leos.form("/answer", "Yes")
    token = form.find("input", attrs={"name": "token"})["value"]
    headers = {"Origin": services.settings.origin}
    for says in ("", "perhaps"):
        data = {"token": token, "says": says}
        answer = await leos.client.post(f"/introductions/{asked.id}/answer", data=data, headers=headers)
        assert answer.status_code == 400
    data = {"token": token, "says": "yes"}
    assert (
        await leos.client.post(f"/introductions/{asked.id}/withdraw", data=data, headers=headers)
    ).status_code == 404
    assert (await leos.client.post("/introductions/17/answer", data=data, headers=headers)).status_code == 404
