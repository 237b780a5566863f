"""A group of ours that lets groups elsewhere follow it: they get what it passes on, and nothing they send back goes round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.groups.founding import Charter, ReviseGroup, revise_group
from tests.groups.conftest import make_group
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio

OPEN = Charter("Open", hold_newcomers=False, posting="everyone", group_followers=True)


@pytest.fixture
async def open_group(services, marie):  # type: ignore[no-untyped-def]
    return await make_group(services, marie, "open", posting="everyone", group_followers=True)


async def test_a_group_that_follows_gets_what_is_passed_on_until_it_is_put_out(
    services, marie, open_group, remote, paul, network, drain
) -> None:
    cats = remote("cats", "lemmy.example", type="Group")
    await cats.send(cats.activity("Follow", open_group.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == ["Accept"]
    network.delivered.clear()
    await paul.send(created(paul, open_group, 1))
    await drain()
    assert {each.activity["type"] for each in network.delivered if "lemmy.example" in each.url} == {"Announce"}
    network.delivered.clear()
    closed = replace(OPEN, group_followers=False)
    await services.perform(revise_group, ReviseGroup(marie, open_group.id, closed))
    await drain()
    assert [each["actor"] for each in network.activities("Reject")] == [open_group.actor.iri]
    network.delivered.clear()
    await paul.send(created(paul, open_group, 2))
    await drain()
    assert [each for each in network.delivered if "lemmy.example" in each.url] == []


async def test_a_private_group_is_followed_by_no_group(services, marie, remote, network, drain) -> None:
    group = await make_group(services, marie, "closed", membership="private", group_followers=True)
    cats = remote("cats", "lemmy.example", type="Group")
    await cats.send(cats.activity("Follow", group.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == ["Reject"]


@pytest.mark.parametrize("back", ["wrapped once more", "the activity", "a boost", "an Announce of the boost"])
async def test_what_a_following_group_sends_back_is_not_passed_on_again(
    back, services, marie, open_group, remote, paul, network, drain
) -> None:
    """Also while a member here is in that group, so that it may send us what it announces."""
    cats = remote("cats", "lemmy.example", type="Group")
    known = await services.resolver.actor(cats.iri)
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await cats.send(cats.activity("Follow", open_group.actor.iri))
    await drain()
    [asked] = network.activities("Follow")
    await cats.send(cats.activity("Accept", asked))
    create = created(paul, open_group, 1)
    await paul.send(create)
    await drain()
    sent = network.activities("Announce")
    wrapped = next(each for each in sent if isinstance(each["object"], dict))
    boost = next(each for each in sent if isinstance(each["object"], str))
    network.delivered.clear()
    inner = {
        "wrapped once more": wrapped,
        "the activity": create,
        "a boost": create["object"]["id"],
        "an Announce of the boost": boost,
    }[back]
    for _ in range(2):
        again = cats.activity("Announce", inner, to=[open_group.actor.iri, PUBLIC], cc=[f"{cats.iri}/followers"])
        assert (await cats.send(again)).status_code == 202
        await drain()
    assert network.activities("Announce") == []
