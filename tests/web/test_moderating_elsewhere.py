"""A member who moderates a group of another server, at its pages here: each act is sent, and is done once the group says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fediprof import clock
from fediprof.groups import store as groups
from fediprof.groups.records import Moderator
from tests.conftest import make_member
from tests.groups.elsewhere import Elsewhere
from tests.groups.test_software import runs

pytestmark = pytest.mark.anyio

MARIE = "https://home.example/u/marie"


@pytest.fixture
async def data(services, network, remote, marie, drain) -> Elsewhere:  # type: ignore[no-untyped-def]
    """A group of a Lemmy that Marie is in, and moderates."""
    made = Elsewhere(services, network, remote("data", "lemmy.example"))
    made.publish(name="Data people")
    made.lists("moderators", [MARIE])
    for name in ("featured", "outbox"):
        made.lists(name, [])
    await made.joined_by(marie)
    await drain()
    group_id = await made.learn()
    await services.perform.database.write(
        lambda tx: groups.appoint(tx, Moderator(group_id, MARIE, made.iri, clock.now()))
    )
    return made


@pytest.fixture
async def post(services, data, remote, drain, network) -> int:  # type: ignore[no-untyped-def]
    """Paul's thread in it."""
    paul = remote("paul", "far.example")
    await data.pass_on(data.create(paul, data.page(paul, 1)))
    await drain()
    network.delivered.clear()
    found = await data.post("https://far.example/post/1")
    assert found is not None
    return found.id


async def sent(data: Elsewhere, drain: Callable[[], Any]) -> dict[str, Any]:
    await drain()
    [one] = data.network.delivered
    assert one.url == f"{data.iri}/inbox"
    data.network.delivered.clear()
    return one.activity


async def back(data: Elsewhere, activity: dict[str, Any], drain: Callable[[], Any]) -> None:
    await data.pass_on(activity)
    await drain()


async def test_a_post_is_taken_out_and_put_back_when_the_group_says_so(data, post, member, drain) -> None:
    await member.open("/groups")
    await member.open(member.page.find("a", class_="group-name")["href"])
    assert member.page.find("a", string="To decide")
    await member.open(f"/posts/{post}")
    await member.open(member.page.find("a", string="Moderate")["href"])
    assert "This group lives on lemmy.example." in member.text
    assert not member.page.find("summary", string="Warn"), "nothing on the wire says that"
    await member.press("/moderate", "Take it out", reason="")
    assert member.status == 422
    await member.press("/moderate", "Take it out", reason="An ad.")
    assert "Sent to the group’s server." in member.text
    assert "Asked: take the post out" in member.text
    assert "it waits for lemmy.example to answer" in member.text
    delete = await sent(data, drain)
    assert (delete["type"], delete["actor"], delete["summary"]) == ("Delete", MARIE, "An ad.")
    await member.open(f"/posts/{post}/moderate")
    assert "Sent to lemmy.example. It is shown as done here once the group announces it." in member.text
    await back(data, delete, drain)
    await member.open(f"/posts/{post}/moderate")
    assert "Asked:" not in member.text
    await member.press("/moderate", "Put it back")
    assert "Asked: put the post back" in member.text
    undo = await sent(data, drain)
    assert (undo["type"], undo["object"]["type"]) == ("Undo", "Delete")
    await back(data, undo, drain)
    await member.open(f"/posts/{post}/moderate")
    assert "Asked:" not in member.text
    assert member.page.find("button", string="Take it out")


async def test_a_thread_is_locked_and_pinned_and_its_author_banned_until_a_day(data, post, member, drain) -> None:
    acts = [
        ("Lock the thread", "Lock", None),
        ("Open it for answers again", "Undo", "Lock"),
        ("Pin it on top of the group", "Add", None),
        ("Unpin", "Remove", None),
        ("Ban Paul", "Block", None),
        ("End the ban", "Undo", "Block"),
    ]
    for button, kind, inner in acts:
        await member.open(f"/posts/{post}/moderate")
        fields = {"days": "7", "reason": "Three times."} if kind == "Block" else {}
        await member.press("/moderate", button, **fields)
        assert "Asked:" in member.text, button
        activity = await sent(data, drain)
        assert activity["type"] == kind
        if inner is not None:
            assert activity["object"]["type"] == inner
        if kind == "Block":
            assert activity["target"] == data.iri
            assert activity["endTime"][:10] == (clock.now() + timedelta(days=7)).date().isoformat()
        await back(data, activity, drain)
        await member.open(f"/posts/{post}/moderate")
        assert "Asked:" not in member.text, button


async def test_what_its_software_does_not_take_is_not_offered_and_not_sent(
    services, data, post, member, drain, network
) -> None:
    runs(network, "lemmy.example", "nodebb")
    await services.resolver.software("lemmy.example")
    await member.open(f"/posts/{post}/moderate")
    form = member.form("/moderate", "Take it out")
    assert not member.page.find("button", string="Lock the thread")
    assert not member.page.find("h2", id="the-author")
    form.find("input", {"name": "act"})["value"] = "pin"
    await member.press("/moderate", "Take it out")
    assert member.status == 409 or "does not take that" in member.text
    runs(network, "lemmy.example", "mastodon")
    await services.resolver.software("lemmy.example")
    await member.open(f"/posts/{post}/moderate")
    assert "Its software takes nothing from moderators on other servers" in member.text
    await drain()
    assert network.delivered == []


async def test_a_report_that_the_group_sends_is_read_and_closed(services, data, post, member, remote, drain) -> None:
    ana = remote("ana", "lemmy.example")
    flag = ana.activity("Flag", "https://far.example/post/1", to=[data.iri], summary="It is an ad", audience=data.iri)
    await ana.send(flag)
    await drain()
    await member.open("/notifications")
    assert "Paul wrote something that was reported" in member.text
    await member.open(member.page.find("a", string="See what is to be decided")["href"])
    assert member.status == 200
    assert "It is an ad" in member.text
    assert "by Ana" in member.text
    await member.press("", "Close the report", decision="")
    assert member.status == 422
    await member.press("", "Close the report", decision="Taken out.")
    assert "Nothing waits for you." in member.text


async def test_a_member_s_report_reaches_who_moderates_that_group_here(data, post, member, browse, services) -> None:
    paul = await make_member(services, "kim", name="Kim")
    assert paul
    reporter = await browse("kim")
    target = (await data.post("https://far.example/post/1")).actor_id
    await reporter.open(f"/people/{target}/report?post={post}")
    await reporter.press("/report", comment="An advertisement.")
    await member.open("/notifications")
    await member.open(member.page.find("a", string="See what is to be decided")["href"])
    assert "An advertisement." in member.text


async def test_they_stop_being_a_moderator(services, data, member, drain, network) -> None:
    group_id = await data.learn()
    network.delivered.clear()
    await member.open(f"/groups/{group_id}/queue")
    await member.press("/resign", "Stop being a moderator")
    assert "Sent to the group’s server." in member.text
    remove = await sent(data, drain)
    assert (remove["type"], remove["object"], remove["target"]) == ("Remove", MARIE, f"{data.iri}/moderators")
    data.lists("moderators", [])
    await back(data, remove, drain)
    await member.open(f"/groups/{group_id}/queue")
    assert member.status == 404


async def test_who_does_not_moderate_it_is_shown_nothing(services, data, post, browse, visitor, drain) -> None:
    await make_member(services, "kim", name="Kim")
    other = await browse("kim")
    group_id = await data.learn()
    for path in (f"/posts/{post}/moderate", f"/groups/{group_id}/queue"):
        assert (await other.open(path)).status == 404, path
        await visitor.open(path)
        assert visitor.path == "/login", path
    await other.open(f"/posts/{post}")
    assert not other.page.find("a", string="Moderate")
    token = other.page.find("input", {"name": "token"})["value"]
    for path, form in (
        (f"/posts/{post}/moderate", {"act": "remove", "reason": "mine"}),
        (f"/groups/{group_id}/queue/report/1", {"decision": "mine"}),
        (f"/groups/{group_id}/resign", {}),
    ):
        answer = await other.client.post(path, data={**form, "token": token}, headers={"Origin": other.origin})
        assert answer.status_code == 404, path
    await drain()
    assert data.network.delivered == []


async def test_what_its_server_runs_is_asked_when_somebody_joins(services, data, marie, network, drain) -> None:
    runs(network, "lemmy.example", "mbin")
    kim = await make_member(services, "kim", name="Kim")
    await data.joined_by(kim)
    await drain()
    assert await services.read(lambda tx: groups.software_of(tx, "lemmy.example")) == "mbin"
