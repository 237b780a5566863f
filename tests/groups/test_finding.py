"""A group elsewhere is found, and kept as its document says it is run (groups rules 1 and 2)."""

from __future__ import annotations

import json

import pytest

from fediprof.errors import Invalid, Unreachable
from fediprof.groups.finding import FindGroup, find_group
from fediprof.net.fetcher import Response
from tests.support.remote import Network

pytestmark = pytest.mark.anyio


async def find(data, marie, text):
    return await data.services.perform(find_group, FindGroup(marie, text))


@pytest.mark.parametrize(
    "text",
    [
        "!data@lemmy.example",
        "@data@lemmy.example",
        "data@lemmy.example",
        "  !data@LEMMY.example ",
        "https://lemmy.example/users/data",
        "lemmy.example/users/data",
    ],
)
async def test_a_group_is_found_by_all_its_names(data, marie, text):
    found = await find(data, marie, text)
    assert (found.actor.iri, found.group.membership, found.group.posting) == (data.iri, "open", "everyone")


@pytest.mark.parametrize("text", ["", "!", "nobody", "!nobody@lemmy.example", "https://lemmy.example/nothing", "!@"])
async def test_what_is_not_there_is_not_found(data, marie, text):
    with pytest.raises(Invalid):
        await find(data, marie, text)


async def test_a_group_of_ours_is_found_too(data, industry, marie):
    for text in ("!industry", "!industry@home.example", industry.actor.iri):
        assert (await find(data, marie, text)).group.local


async def test_a_person_is_offered_as_one(data, ana, marie):
    found = await find(data, marie, "!ana@lemmy.example")
    assert found.group is None
    assert found.actor.type == "Person"


@pytest.mark.parametrize("first", ["Person", "Group"])
async def test_of_a_person_and_a_group_of_one_name_it_is_the_group(data, remote, network, marie, monkeypatch, first):
    """Lemmy answers with both, in one order or the other."""
    person = remote("data", "two.example")
    network.documents["https://two.example/c/data"] = {
        **person.document(type="Group", id="https://two.example/c/data", inbox="https://two.example/c/data/inbox"),
        "publicKey": None,
        "assertionMethod": None,
    }
    both = [person.iri, "https://two.example/c/data"]
    links = [
        {"rel": "self", "type": "application/activity+json", "href": each}
        for each in (both if first == "Person" else both[::-1])
    ]
    jrd = {"subject": "acct:data@two.example", "links": links}

    def answered(self, url, host, resource):
        return Response(url, 200, {"content-type": "application/jrd+json"}, json.dumps(jrd).encode())

    monkeypatch.setattr(Network, "_webfinger", answered)
    assert (await find(data, marie, "!data@two.example")).actor.type == "Group"
    assert (await find(data, marie, person.iri)).actor.type == "Person"


async def test_who_says_to_be_somebody_else_is_asked_there_or_refused(data, network, marie):
    network.documents["https://evil.example/c/x"] = data.group.document(type="Group", name="Forged")
    with pytest.raises(Invalid):
        await find(data, marie, "https://evil.example/c/x")
    assert (await find(data, marie, "!data@lemmy.example")).actor.name == "Data"


async def test_a_server_that_does_not_answer_is_said_to(data, network, marie):
    network.down.add("lemmy.example")
    with pytest.raises(Unreachable):
        await find(data, marie, "!data@lemmy.example")


@pytest.mark.parametrize(
    ("changes", "moderators"),
    [
        ({}, "https://lemmy.example/users/data/moderators"),
        ({"attributedTo": None}, None),
        ({"attributedTo": ["https://lemmy.example/users/ana"]}, None),
        ({"attributedTo": {"id": "https://lemmy.example/users/ana"}}, None),
        ({"attributedTo": None, "moderators": "https://lemmy.example/mods"}, "https://lemmy.example/mods"),
        ({"attributedTo": "https://evil.example/mods"}, None),
    ],
    ids=["a collection", "none", "a list", "an object", "by the other name", "elsewhere"],
)
async def test_moderators_are_a_collection_of_the_groups_own_server_or_unknown(data, marie, changes, moderators):
    data.publish(**changes)
    found = await find(data, marie, "!data@lemmy.example")
    assert found.group.moderators == moderators


async def test_what_a_document_lacks_or_has_too_much_of_does_no_harm(data, marie, drain):
    data.publish(
        name=None,
        endpoints=None,
        featured=404,
        summary="<p>Hi</p><script>alert(1)</script>",
        manuallyApprovesFollowers=True,
        postingRestrictedToMods=True,
    )
    found = await find(data, marie, "!data@lemmy.example")
    await drain()
    assert found.actor.display == "data"
    assert found.actor.summary == "<p>Hi</p>"
    assert (found.group.membership, found.group.posting) == ("private", "moderators")


@pytest.mark.parametrize(
    ("said", "chooses", "kept"),
    [
        ("private", True, "private"),
        ("approval", True, "approval"),
        ("open", False, "open"),
        ("open", True, "private"),  # contradicts itself: the narrower
        ("approval", False, "open"),
        (["private"], True, "private"),
        (None, True, "private"),  # Lemmy's are, when they choose
        (None, False, "open"),
    ],
)
async def test_who_reads_a_group_is_known_before_the_first_word_in_it(data, marie, drain, said, chooses, kept):
    data.publish(**{"manuallyApprovesFollowers": chooses, "fp:membership": said})
    assert (await find(data, marie, "!data@lemmy.example")).group.membership == kept


async def test_a_group_is_asked_for_its_threads_once_a_day(data, marie, network, drain):
    await find(data, marie, "!data@lemmy.example")
    await drain()
    assert network.got.count(f"{data.iri}/outbox") == 1
    await find(data, marie, "!data@lemmy.example")
    await drain()
    assert network.got.count(f"{data.iri}/outbox") == 1
    assert (await data.kept()).fetched_at is not None


@pytest.mark.parametrize("name", ["nodebb/actor-group", "guppe/actor-group-actor", "piefed/actor-tk-community"])
async def test_groups_of_other_software_are_read(data, network, wire, marie, name):
    document = json.loads((wire / f"{name}.json").read_text())
    if "publicKey" in document:
        document["publicKey"] = None
    network.documents[document["id"]] = document
    found = await find(data, marie, document["id"])
    assert found.group is not None
    assert found.actor.iri == document["id"]
