"""A group of another server, at a member's pages: found, asked to join, read, written in, left."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from fediprof.schema.delivery import peer
from tests.groups.elsewhere import Elsewhere

pytestmark = pytest.mark.anyio


@pytest.fixture
def data(services, network, remote) -> Elsewhere:  # type: ignore[no-untyped-def]
    made = Elsewhere(services, network, remote("data", "lemmy.example"))
    made.publish(
        name="Data people", summary="<p>Ask about data.</p><p>No jokes.</p>", followers=f"{made.iri}/followers"
    )
    made.lists("moderators", [])
    made.lists("featured", [])
    return made


async def test_a_group_elsewhere_is_found_joined_read_and_written_in(services, data, member, remote, drain) -> None:
    # Found by its handle, as Lemmy writes it
    await member.open("/groups/find?q=!data@lemmy.example")
    assert member.status == 200
    assert member.path.startswith("/people/")
    page = member.path
    for words in ("Data people", "!data@lemmy.example", "Ask about data.", "Open to all"):
        assert words in member.text, words
    # When she asks to join, it is pending until the group answers
    await member.press("/join", "Join")
    assert "Your request was sent. The group answers it." in member.text
    assert "You asked to join; no answer yet." in member.text
    await drain()
    await data.group.send(data.group.activity("Accept", _follow(data)))
    await drain()
    await member.open("/groups")
    assert "Data people" in member.text
    assert "Member" in member.text
    # What the group passes on is read in it
    paul = remote("paul", "far.example")
    await data.pass_on(data.create(paul, data.page(paul, 1)))
    await drain()
    await member.open(page)
    assert "Title 1" in member.text
    await member.open(member.page.select_one(".thread-line h3 a")["href"])
    assert "Ten years of ETL." in member.text
    assert "In the group Data people" in member.text
    await member.press("/write", "Reply", text="@paul@far.example Eleven here.")
    assert member.status == 200
    # A thread of hers is on its way until it comes back
    await member.open(page)
    begin = member.page.find("a", string="Begin a thread")["href"]
    await member.open(begin)
    await member.press("/begin", kind="ask", title="Who knows dbt?", text="A little.")
    assert "Your thread is on its way to the group." in member.text
    assert "On its way to the group: it has not been passed on yet." in member.text
    await member.open(page)
    assert "Who knows dbt?" in member.text
    await member.press("/leave", "Leave")
    assert "You left the group." in member.text


async def test_a_refusal_and_an_unknown_group_are_told_in_words(services, data, member, drain) -> None:
    await member.open("/groups/find?q=!data@lemmy.example")
    page = member.path
    await member.press("/join")
    await drain()
    await data.group.send(data.group.activity("Reject", _follow(data)))
    await drain()
    await member.open(page)
    assert "Your request was turned down." in member.text
    await member.open("/groups/find?q=!nobody@lemmy.example")
    assert member.status == 422
    assert member.page.find("input", id="f-q")["value"] == "!nobody@lemmy.example"


async def test_who_is_let_in_is_told(services, marie, data, member, drain) -> None:
    data.publish(name="Data people", manuallyApprovesFollowers=True)
    await data.joined_by(marie)
    await drain()
    await member.open("/notifications")
    assert "Data people let you in" in member.text
    await member.open(member.page.find("a", string="Open the group")["href"])
    assert member.status == 200
    assert "Data people" in member.text


def _follow(data: Elsewhere) -> str:
    return str(next(each["id"] for each in data.network.activities("Follow")))


async def test_a_vote_against_is_offered_where_the_group_s_software_knows_it(
    services, data, member, remote, network, drain
) -> None:
    await member.open("/groups/find?q=!data@lemmy.example")
    page = member.path
    await member.press("/join", "Join")
    await drain()
    await data.group.send(data.group.activity("Accept", _follow(data)))
    await drain()
    await data.pass_on(data.create(ana := remote("ana", "far.example"), data.page(ana, 1)))
    await drain()
    await member.open(page)
    await member.open(member.page.select_one(".thread-line h3 a")["href"])
    thread = member.path
    assert await _runs(services, "lemmy.example", "")
    for software, offered in (
        ("", True),
        ("Lemmy", True),
        ("discourse", False),
        ("mastodon", False),
        ("guppe", False),
    ):
        assert await _runs(services, "lemmy.example", software)
        await member.open(thread)
        assert "Useful" in member.text
        assert ("Not useful" in member.text) is offered, software
        assert bool(member.page.find("form", action=lambda to: to and to.endswith("/dislike"))) is offered
    token = member.values(member.form("/like"))
    network.delivered.clear()
    number = member.form("/like")["action"].split("/")[2]
    refused = await member.client.post(f"/posts/{number}/dislike", data=token)
    assert refused.status_code == 403
    await drain()
    assert network.activities("Dislike") == []


async def _runs(services, host: str, software: str) -> bool:  # type: ignore[no-untyped-def]
    def say(tx) -> bool:  # type: ignore[no-untyped-def]
        changed = tx.execute(update(peer).where(peer.c.host == host).values(software=software))
        return bool(changed.rowcount)

    return await services.perform.database.write(say)
