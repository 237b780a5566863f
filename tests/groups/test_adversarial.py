"""Attempts on groups, each captured as a file with what is expected of it: sent to a group of ours, or in the name of one
elsewhere that a member is in. What has no effect leaves every row as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from fediprof.actors import store as actors
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.groups import store as groups
from fediprof.posts import store as posts
from fediprof.schema.groups import group_post
from fediprof.schema.posts import post as post_table
from tests.conftest import make_member
from tests.federation.test_bad_input import BOOKKEEPING
from tests.support.remote import Remote
from tests.support.rows import kept

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)]
ELSEWHERE = "https://groups.example/c/rust-jobs"
COMMENT = "https://lemmy.example/comment/1"

NOTHING = (
    "activity-accept-unsolicited.json",
    "activity-add-moderator-by-nonmod.json",
    "activity-add-to-foreign-target.json",
    "activity-announce-by-nonmember-group.json",
    "activity-announce-self.json",
    "activity-block-site-ban-by-foreign-user.json",
    "activity-create-direct-to-group.json",
    "activity-create-followers-only-to-group.json",
    "activity-create-poll-vote-to-group.json",
    "activity-follow-group-wrong-object.json",
)
AT_ITS_SOURCE = (
    "activity-announce-create-actor-host-mismatch.json",
    "activity-announce-create-object-host-mismatch.json",
    "activity-announce-object-array.json",
    "activity-announce-update-by-non-author.json",
)
"""Nothing of what is embedded is believed; what its own host says may be."""

TAKEN = {  # file: how often each form of it goes to each follower
    "activity-create-content-script.json": (1, 1),
    "activity-create-to-group-future-date.json": (1, 1),
    "activity-create-unlisted-to-group.json": (1, 0),
    "activity-create-deep-nesting.json": (0, 0),
}


async def test_every_file_has_its_expectation(wire: Path, services) -> None:
    found = {path.name for path in (wire / "group-adversarial").glob("*.json")}
    assert found == {*NOTHING, *AT_ITS_SOURCE, *TAKEN}


@pytest.fixture
def attempt(wire: Path, industry, network, client) -> Callable[..., tuple[Remote, dict[str, object]]]:  # type: ignore[no-untyped-def]
    """A file, with our group in the place of its group, and who sends it; `ours=False`: their group stays elsewhere."""

    def make(name: str, *, ours: bool) -> tuple[Remote, dict[str, object]]:
        text = (wire / "group-adversarial" / name).read_text()
        text = text.replace("https://fediprof.example/u/kim", "https://home.example/u/marie")
        text = text.replace("https://fediprof.example", "https://home.example")
        if ours:
            text = text.replace(ELSEWHERE, industry.actor.iri).replace(
                "https://groups.example", "https://home.example"
            )
        document = json.loads(text)
        iri = document["actor"]
        if iri == industry.actor.iri:  # nobody can sign for our group
            iri = "https://evil.example/u/mallory"
        person = Remote(network, client, iri, iri.rpartition("/")[2])
        person.publish(type="Group" if iri == ELSEWHERE else "Person")
        return person, document

    return make


@pytest.fixture
async def joined(services, marie, industry, remote, network, client, drain):  # type: ignore[no-untyped-def]
    """Our group has a member elsewhere; Marie is in a group elsewhere, and knows a comment in it."""
    lea = remote("lea", "masto.example")
    await lea.send(lea.activity("Follow", industry.actor.iri))
    group = Remote(network, client, ELSEWHERE, "rust-jobs")
    group.publish(type="Group")
    ana = Remote(network, client, "https://lemmy.example/u/ana", "ana")
    ana.publish()
    known = await services.resolver.actor(ELSEWHERE)
    assert known is not None
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    follow = next(each for each in network.activities("Follow") if each["object"] == ELSEWHERE)
    assert (await group.send(group.activity("Accept", follow))).status_code == 202
    note = ana.note("what ana said", cc=(ELSEWHERE,), audience=ELSEWHERE)
    network.documents[COMMENT] = {**note, "id": COMMENT, "@context": "https://www.w3.org/ns/activitystreams"}
    await drain()
    network.delivered.clear()
    network.got.clear()
    return group


def announced(network) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    return network.activities("Announce")


@pytest.mark.parametrize("ours", [True, False], ids=["to ours", "from one elsewhere"])
@pytest.mark.parametrize("name", NOTHING)
async def test_it_has_no_effect(name, ours, attempt, joined, services, network, drain) -> None:
    await services.resolver.post(COMMENT)
    person, document = attempt(name, ours=ours)
    await services.resolver.actor(person.iri)
    await make_member(services, "kim")
    before = await kept(services, but=BOOKKEEPING)
    network.got.clear()
    answer = await person.send(json.dumps(document).encode())
    assert answer.status_code in (202, 400, 401, 403, 404), answer.status_code
    await drain()
    assert await kept(services, but=BOOKKEEPING) == before
    assert network.delivered == []
    assert "https://groups.example/a/8" not in network.got


@pytest.mark.parametrize("name", AT_ITS_SOURCE)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_what_is_embedded_is_not_believed(name, known, attempt, joined, services, network, drain) -> None:
    if known:
        await services.resolver.post(COMMENT)
    person, document = attempt(name, ours=False)
    assert (await person.send(json.dumps(document).encode())).status_code == 202
    await drain()
    contents = await services.read(lambda tx: tx.execute(select(post_table.c.content)).scalars().all())
    assert not [each for each in contents if "hello" in each or "defaced" in each]
    stored = await services.read(lambda tx: posts.by_iri(tx, COMMENT))
    assert stored is None or "what ana said" in stored.content
    assert announced(network) == []


@pytest.mark.parametrize("name", TAKEN)
async def test_it_is_taken_for_what_it_is(name, attempt, joined, industry, services, network, drain, client) -> None:
    person, document = attempt(name, ours=True)
    await person.send(person.activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    answer = await person.send(json.dumps(document).encode())
    assert answer.status_code in (202, 400)
    await drain()
    forms = [isinstance(each["object"], dict) for each in announced(network)]
    assert (forms.count(True) / 2, forms.count(False) / 2) == TAKEN[name]
    if not TAKEN[name][0]:
        return
    inner = next(each["object"] for each in announced(network) if isinstance(each["object"], dict))
    assert inner == document
    stored = await services.read(lambda tx: posts.by_iri(tx, document["object"]["id"]))  # type: ignore[index]
    assert "<script" not in stored.content
    assert "onerror" not in stored.content
    assert "javascript:" not in stored.content
    assert stored.published_at <= stored.received_at


async def test_nobody_makes_themself_a_moderator_and_nobody_else_bans(
    attempt, joined, industry, services, drain
) -> None:
    ana_iri = "https://lemmy.example/u/ana"
    await services.resolver.actor(ana_iri)
    for name in ("activity-add-moderator-by-nonmod.json", "activity-block-site-ban-by-foreign-user.json"):
        person, document = attempt(name, ours=True)
        await person.send(json.dumps(document).encode())
    await drain()
    listed = await services.read(lambda tx: [each.iri for each in groups.moderators(tx, industry.id)])
    assert listed == ["https://home.example/u/marie"]
    ana = await services.read(lambda tx: actors.by_iri(tx, ana_iri))
    assert ana is not None
    assert ana.gone_at is None
    assert await services.read(lambda tx: tx.execute(select(group_post)).all()) == []
