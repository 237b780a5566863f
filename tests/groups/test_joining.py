"""Joining a group elsewhere, and how it stands (groups rules 3 and 4)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.follows.commands import Unfollow, unfollow
from fediprof.groups import front
from tests.conftest import make_member
from tests.support.remote import Network

pytestmark = pytest.mark.anyio
ME = "https://home.example/u/marie"


async def standing(data, member):
    def find(tx):
        return front.place(tx, actors.by_iri(tx, data.iri), actors.by_id(tx, member.actor_id), clock.now()).membership

    return await data.services.read(find)


async def test_a_request_is_sent_to_the_group_and_waits(data, marie, drain):
    iri = await data.joined_by(marie, answered=False)
    await drain()
    (sent,) = data.network.delivered
    assert sent.url in (f"{data.iri}/inbox", "https://lemmy.example/inbox")
    assert sent.activity["id"] == iri
    assert len(iri) < 100
    assert (sent.activity["actor"], sent.activity["object"], sent.activity["to"]) == (ME, data.iri, [data.iri])
    assert await standing(data, marie) == "pending"


@pytest.mark.parametrize("form", ["id", "embedded", "piefed's", "another id"])
async def test_an_accept_lets_in_whatever_its_form(data, marie, drain, form):
    iri = await data.joined_by(marie, answered=False)
    asked = {"id": iri, "type": "Follow", "actor": ME, "object": data.iri}
    said = {
        "id": iri,
        "embedded": asked,
        "piefed's": asked | {"to": None},
        "another id": asked | {"id": "https://lemmy.example/activities/follow/9"},
    }[form]
    for _ in range(2):
        await data.group.send(data.group.activity("Accept", said))
        await drain()
    assert await standing(data, marie) == "member"


async def test_a_no_is_shown_and_one_may_ask_again(data, marie, drain):
    iri = await data.joined_by(marie, answered=False)
    for _ in range(2):
        await data.group.send(data.group.activity("Reject", iri))
        await drain()
    assert await standing(data, marie) == "rejected"
    again = await data.joined_by(marie)
    await drain()
    assert again != iri
    assert await standing(data, marie) == "member"


async def test_who_is_in_may_be_put_out(data, marie, drain):
    iri = await data.joined_by(marie)
    await drain()
    await data.group.send(
        data.group.activity("Reject", {"id": iri, "type": "Follow", "actor": ME, "object": data.iri})
    )
    await drain()
    assert await standing(data, marie) == "rejected"
    group = await data.services.read(lambda tx: actors.by_iri(tx, data.iri))
    assert group.followers_count == 0


async def test_an_answer_by_another_for_another_or_unasked_is_nothing(data, marie, remote, services, drain):
    anna = await make_member(services, "anna")
    iri = await data.joined_by(marie, answered=False)
    other = remote("other", "lemmy.example", type="Group")
    await other.send(other.activity("Accept", iri))
    await other.send(other.activity("Accept", {"id": iri, "type": "Follow", "actor": ME, "object": data.iri}))
    await data.group.send(data.group.activity("Accept", "https://home.example/a/unknown"))
    unasked = {"id": "https://home.example/a/x", "type": "Follow", "actor": "https://home.example/u/anna"}
    await data.group.send(data.group.activity("Accept", unasked | {"object": data.iri}))
    await drain()
    assert await standing(data, marie) == "pending"
    assert await standing(data, anna) == ""


async def test_the_captured_unasked_accept_is_nothing(data, marie, remote, wire, drain):
    """Of a group that was never followed, by somebody who is not it."""
    mallory = remote("mallory", "evil.example")
    said = json.loads((wire / "group-adversarial" / "activity-accept-unsolicited.json").read_text())
    text = json.dumps(said).replace("https://fediprof.example/u/kim", ME).replace("fediprof.example", "home.example")
    text = text.replace("https://groups.example/c/rust-jobs", data.iri).replace(said["actor"], mallory.iri)
    await data.joined_by(marie, answered=False)
    assert (await mallory.send(json.loads(text))).status_code == 202
    await drain()
    assert await standing(data, marie) == "pending"


async def test_a_request_nobody_answered_is_made_anew_after_a_week(data, marie, drain, monkeypatch):
    iri = await data.joined_by(marie, answered=False)
    assert await data.joined_by(marie, answered=False) == iri
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=8))
    again = await data.joined_by(marie, answered=False)
    assert again != iri
    assert await standing(data, marie) == "pending"


async def test_leaving_takes_back_the_request_as_it_was(data, marie, drain):
    iri = await data.joined_by(marie)
    await drain()
    data.network.delivered.clear()
    await data.services.perform(unfollow, Unfollow(marie, await data.learn()))
    await drain()
    (undo,) = data.network.activities("Undo")
    assert undo["object"]["id"] == iri
    assert (undo["object"]["actor"], undo["object"]["object"]) == (ME, data.iri)
    assert await standing(data, marie) == ""


async def test_what_members_alone_read_is_asked_for_in_a_members_name(data, marie, ana, drain, monkeypatch):
    """A private group's posts are refused to servers that nobody of theirs is in."""
    data.publish(manuallyApprovesFollowers=True)
    page = data.page(ana, 1, to=[data.iri, f"{data.iri}/followers"], cc=[])
    document = data.network.documents[page["id"]]
    iri = await data.joined_by(marie, answered=False)
    await drain()
    asked: list[str] = []
    get = Network.get

    async def guarded(self, url, **more):
        if url != page["id"]:
            return await get(self, url, **more)
        before = len(data.network.signed)
        data.network.documents[page["id"]] = document
        answered = await get(self, url, **more)
        key = "".join(data.network.signed[before].values())
        asked.append(key)
        if ME not in key:
            data.network.documents[page["id"]] = 403
            answered = await get(self, url, **more)
        return answered

    monkeypatch.setattr(Network, "get", guarded)
    data.lists("outbox", [data.announce({"id": f"{page['id']}/create", "type": "Create", "object": page["id"]})])
    await data.group.send(data.group.activity("Accept", iri))
    await drain()
    post = await data.post(page["id"])
    assert post is not None
    assert post.visibility == "group"
    assert any(ME in each for each in asked)
    assert not any(ME in each for each in asked[:1])


async def test_who_has_left_is_told_nothing_more(data, marie, ana, drain):
    await data.joined_by(marie)
    await drain()
    await data.services.perform(unfollow, Unfollow(marie, await data.learn()))
    page = data.page(ana, 1)
    await data.pass_on(data.create(ana, page))
    await drain()
    assert await data.post(page["id"]) is None
