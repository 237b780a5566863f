"""What a group of ours takes in and passes on, through its inbox."""

from __future__ import annotations

import json

import pytest

from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.posts import store as posts
from tests.groups.conftest import make_group
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio


def created(person, group, number: int, **note: object) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """A Lemmy-like Create of a titled post for a group."""
    iri = f"https://{person.host}/post/{number}"
    page = {
        "id": iri,
        "type": "Page",
        "attributedTo": person.iri,
        "name": f"Title {number}",
        "content": "<p>Ten years of ETL.</p>",
        "to": [group.actor.iri, PUBLIC],
        "cc": [],
        "audience": group.actor.iri,
        "published": "2026-11-20T10:00:00Z",
        **note,
    }
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"https://{person.host}/create/{number}",
        "type": "Create",
        "actor": person.iri,
        "to": page["to"],
        "cc": page["cc"],
        "audience": group.actor.iri,
        "object": page,
        "unknown:term": {"kept": [1, 2.5, None]},
    }


async def test_a_thread_is_passed_on_unchanged_and_boosted_once(services, industry, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    for person in (paul, lea):
        answer = await person.send(person.activity("Follow", industry.actor.iri))
        assert answer.status_code == 202
    await drain()
    assert [each["type"] for each in network.activities()] == ["Accept", "Accept"]
    network.delivered.clear()
    create = created(paul, industry, 1)
    assert (await paul.send(create)).status_code == 202
    await drain()
    announces = [(each.url, each.activity) for each in network.delivered]
    wrapped = [a for _, a in announces if isinstance(a["object"], dict)]
    boosts = [a for _, a in announces if isinstance(a["object"], str)]
    assert len(wrapped) == 2
    assert len(boosts) == 2
    assert json.dumps(wrapped[0]["object"], sort_keys=True) == json.dumps(create, sort_keys=True)
    assert {a["object"] for a in boosts} == {create["object"]["id"]}
    assert {a["id"] for a in boosts}.isdisjoint({a["id"] for a in wrapped})
    for each in (*wrapped, *boosts):
        assert each["actor"] == industry.actor.iri
        assert isinstance(each["to"], list)
        assert isinstance(each["cc"], list)
        assert each["published"]
    network.delivered.clear()
    await paul.send(create | {"id": "https://far.example/create/again"})
    await drain()
    assert network.activities("Announce") == []


async def test_an_answer_is_passed_on_and_never_boosted(services, industry, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    for person in (paul, lea):
        await person.send(person.activity("Follow", industry.actor.iri))
    await paul.send(created(paul, industry, 1))
    await drain()
    network.delivered.clear()
    await lea.send(
        created(lea, industry, 2, type="Note", name=None, inReplyTo="https://far.example/post/1", to=[PUBLIC])
    )
    await drain()
    announces = network.activities("Announce")
    assert announces
    assert all(isinstance(each["object"], dict) for each in announces)


@pytest.mark.parametrize(
    "to",
    [
        lambda person, group: [f"{person.iri}/followers", group.actor.iri],
        lambda person, group: [group.actor.iri],
    ],
    ids=["followers", "direct"],
)
async def test_what_was_not_written_for_everyone_is_neither_kept_nor_passed_on(
    services, industry, remote, network, drain, to
) -> None:
    paul = remote("paul", "far.example")
    await paul.send(paul.activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    create = created(paul, industry, 1, to=to(paul, industry))
    await paul.send(create)
    await drain()
    assert network.activities("Announce") == []
    assert await services.read(lambda tx: posts.by_iri(tx, create["object"]["id"])) is None


async def test_first_posts_of_newcomers_wait(services, marie, remote, network, drain) -> None:
    quiet = await make_group(services, marie, "quiet", hold_newcomers=True)
    paul = remote("paul", "far.example")
    await paul.send(paul.activity("Follow", quiet.actor.iri))
    await paul.send(created(paul, quiet, 1))
    await drain()
    assert network.activities("Announce") == []


async def test_the_group_as_others_read_it(services, industry, remote, client, drain) -> None:
    paul = remote("paul", "far.example")
    await paul.send(paul.activity("Follow", industry.actor.iri))
    create = created(paul, industry, 1)
    await paul.send(create)
    await drain()
    accept = {"accept": "application/activity+json"}
    document = (await client.get("/u/industry", headers=accept)).json()
    assert document["type"] == "Group"
    assert document["attributedTo"] == f"{industry.actor.iri}/moderators"
    assert document["source"]["content"].startswith("Work in *industry*.")
    assert "1. Name the pay" in document["source"]["content"]
    assert "<em>industry</em>" in document["summary"]
    assert document["postingRestrictedToMods"] is False
    moderators = (await client.get("/u/industry/moderators", headers=accept)).json()
    assert moderators["orderedItems"] == ["https://home.example/u/marie"]
    outbox = (await paul.get("/u/industry/outbox")).json()
    assert outbox["totalItems"] == 1
    assert json.dumps(outbox["orderedItems"][0]["object"], sort_keys=True) == json.dumps(create, sort_keys=True)


async def test_what_names_a_group_and_was_written_for_followers_reaches_the_followers_alone(
    services, marie, industry, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    known = await services.resolver.actor(paul.iri)
    asked = await services.perform(request_follow, RequestFollow(marie, known.id))
    await paul.send(paul.activity("Accept", asked.iri))
    await paul.send(paul.activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    create = created(paul, industry, 1, to=[f"{paul.iri}/followers"], cc=[industry.actor.iri])
    await paul.send(create)
    await drain()
    kept = await services.read(lambda tx: posts.by_iri(tx, create["object"]["id"]))
    assert kept.visibility == "followers"
    assert kept.group_id is None
    assert network.activities("Announce") == []


async def test_a_title_is_made_of_what_a_post_says_now(services, industry, remote, network, drain) -> None:
    """Written to few first, then for everybody: nothing of the first words is told."""
    paul = remote("paul", "far.example")
    await paul.send(paul.activity("Follow", industry.actor.iri))
    few = created(paul, industry, 1, type="Note", name=None, content="<p>For Marie alone</p>")
    few["object"] |= {"to": [industry.actor.iri, "https://home.example/u/marie"]}
    few["to"] = few["object"]["to"]
    await paul.send(few)
    await drain()
    for_all = few["object"] | {
        "content": "<p>For everybody</p>",
        "to": [industry.actor.iri, PUBLIC],
        "updated": "2026-11-21T10:00:00Z",
    }
    await paul.send(paul.activity("Update", for_all, to=for_all["to"], cc=[], audience=industry.actor.iri))
    await drain()
    post = await services.read(lambda tx: posts.by_iri(tx, few["object"]["id"]))
    assert post.group_id == industry.id
    assert post.title == "For everybody"
