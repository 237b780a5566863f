"""Which server is sent what a group passes on: by the software it says it runs."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from fediprof.delivery.software import reads
from fediprof.errors import TooMuch
from fediprof.net import nodeinfo
from fediprof.net.fetcher import Response
from fediprof.schema.delivery import peer
from fediprof.schema.inbox import job
from tests.groups.conftest import make_group
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.0"
SOFTWARE = {
    "lemmy.example": "Lemmy",
    "nodebb.example": "nodebb",
    "masto.example": "mastodon",
    "gts.example": "gotosocial",
    "friendica.example": "friendica",
    "silent.example": None,
}


def runs(network, host: str, name: object, **links: object) -> None:  # type: ignore[no-untyped-def]
    """Let a server say what it runs."""
    link = {"rel": SCHEMA, "href": f"https://{host}/nodeinfo/2.0", **links}
    network.documents[f"https://{host}/.well-known/nodeinfo"] = {"links": [{"rel": "other"}, link]}
    network.documents[f"https://{host}/nodeinfo/2.0"] = {"version": "2.0", "software": {"name": name}}


async def asked(services, host: str):  # type: ignore[no-untyped-def]
    """What is kept of a server's software."""
    return await services.read(lambda tx: tx.execute(select(peer.c.software).where(peer.c.host == host)).scalar())


async def due(services, host: str):  # type: ignore[no-untyped-def]
    """When it is asked again."""
    query = select(job.c.next_at).where(job.c.kind == "software", job.c.key == host)
    return await services.read(lambda tx: tx.execute(query).scalar())


@pytest.fixture
async def members(industry, remote, network, drain):  # type: ignore[no-untyped-def]
    """One of each, in the group; what was sent to them until then is forgotten."""
    people = {}
    for host, name in SOFTWARE.items():
        if name is not None:
            runs(network, host, name)
        people[host] = remote("pat", host)
        await people[host].send(people[host].activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    return people


def sent(network) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    """{host: what it was sent}: Create, Like … for what came wrapped, boost for the other form."""
    found: dict[str, list[str]] = {}
    for each in network.delivered:
        inner = each.activity["object"] if each.activity["type"] == "Announce" else None
        kind = inner["type"] if isinstance(inner, dict) else "boost" if inner else each.activity["type"]
        found.setdefault(urlsplit(each.url).netloc, []).append(kind)
    return found


async def test_a_server_is_asked_when_it_first_comes(services, members) -> None:
    kept = {host: await asked(services, host) for host in SOFTWARE}
    assert kept == {host: name and name.lower() for host, name in SOFTWARE.items()}


async def test_each_gets_of_a_thread_what_it_reads(members, industry, network, drain) -> None:
    paul = members["lemmy.example"]
    await paul.send(created(paul, industry, 1))
    await drain()
    assert sent(network) == {
        "lemmy.example": ["Create"],
        "nodebb.example": ["Create"],
        "masto.example": ["boost"],
        "gts.example": ["boost"],
        "friendica.example": ["Create", "boost"],
        "silent.example": ["Create", "boost"],
    }


async def test_an_answer_and_its_end_go_to_no_one_who_knows_only_people(members, industry, network, drain) -> None:
    paul, lea = members["lemmy.example"], members["masto.example"]
    await paul.send(created(paul, industry, 1))
    await drain()
    network.delivered.clear()
    thread = "https://lemmy.example/post/1"
    await lea.send(created(lea, industry, 2, type="Note", name=None, inReplyTo=thread, to=[PUBLIC]))
    tombstone = {"type": "Tombstone", "id": "https://masto.example/post/2"}
    await lea.send(lea.activity("Delete", tombstone, to=[PUBLIC], cc=[industry.actor.iri]))
    await drain()
    found = sent(network)
    assert set(found) == {"lemmy.example", "nodebb.example", "friendica.example", "silent.example"}
    assert set(map(tuple, found.values())) == {("Create", "Delete")}


async def test_votes_go_to_who_reads_votes(members, industry, network, drain) -> None:
    paul, nora = members["lemmy.example"], members["nodebb.example"]
    await paul.send(created(paul, industry, 1))
    await drain()
    network.delivered.clear()
    like = nora.activity("Like", "https://lemmy.example/post/1", audience=industry.actor.iri)
    await nora.send(like)
    await nora.send(nora.activity("Undo", like))
    await drain()
    readers = ("lemmy.example", "nodebb.example", "friendica.example")
    assert sent(network) == {host: ["Like", "Undo"] for host in readers}


async def test_an_author_who_is_no_member_hears_that_the_post_was_taken(
    marie, remote, network, services, drain
) -> None:
    square = await make_group(services, marie, "square", posting="everyone")
    for host, name, told in (("l2.example", "lemmy", ["Create"]), ("m2.example", "mastodon", ["boost"])):
        runs(network, host, name)
        visitor = remote("ann", host)
        await visitor.send(created(visitor, square, 1))
        await drain()
        assert await asked(services, host) == name
        network.delivered.clear()
        await visitor.send(created(visitor, square, 2))
        await drain()
        assert sent(network)[host] == told
        assert await due(services, host) is None  # with nobody in a group, it is not asked again


async def test_a_private_group_asks_before_it_decides(services, marie, remote, network, drain) -> None:
    inner = await make_group(services, marie, "inner", membership="private")
    for host, name in (("lemmy.example", "lemmy"), ("masto.example", "mastodon"), ("silent.example", None)):
        if name is not None:
            runs(network, host, name)
        person = remote("pat", host)
        await person.send(person.activity("Follow", inner.actor.iri))
    await drain()
    assert sent(network) == {"masto.example": ["Reject"], "silent.example": ["Reject"]}


async def test_it_is_asked_again_after_a_week_and_after_a_day_of_silence(services, members, network, drain) -> None:
    from fediprof import clock

    now = clock.now()
    for host, days in (("lemmy.example", 7), ("silent.example", 1)):
        when = await due(services, host)
        assert timedelta(days=days, minutes=-5) < when - now < timedelta(days=days, minutes=5)
    # What comes meanwhile asks nothing
    network.got.clear()
    lea = members["lemmy.example"]
    await lea.send(lea.activity("Follow", "https://home.example/u/industry"))
    await drain()
    assert not [url for url in network.got if "nodeinfo" in url]
    # and when it is due, what it says then is true; one that does not answer any more keeps its name
    runs(network, "lemmy.example", "piefed")
    for host in ("nodebb.example", "silent.example"):
        network.down.add(host)
    past = now - timedelta(minutes=1)
    await services.database.write(lambda tx: tx.execute(job.update().values(next_at=past)))
    await drain()
    assert await asked(services, "lemmy.example") == "piefed"
    assert await asked(services, "nodebb.example") == "nodebb"
    assert await due(services, "nodebb.example") - now < timedelta(days=1, minutes=5)


HOSTILE = {
    "another host": {"href": "https://evil.example/nodeinfo/2.0"},
    "another port": {"href": "https://far.example:8443/nodeinfo/2.0"},
    "plain http": {"href": "http://far.example/nodeinfo/2.0"},
    "no address": {"href": {"a": 1}},
    "another schema": {"rel": "https://evil.example/ns/schema/2.0"},
}


@pytest.mark.parametrize("links", HOSTILE.values(), ids=HOSTILE)
async def test_links_that_lead_elsewhere_are_not_followed(network, links) -> None:
    runs(network, "far.example", "lemmy", **links)
    runs(network, "evil.example", "lemmy")
    assert await nodeinfo.software(network, "far.example") is None
    assert network.got == ["https://far.example/.well-known/nodeinfo"]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "<b>", {"a": 1}, ["lemmy"], None, 7, "le\nmmy"])
async def test_names_that_are_none(network, name) -> None:
    runs(network, "far.example", name)
    assert await nodeinfo.software(network, "far.example") is None


class Hostile:
    """A fetcher whose every answer is the same."""

    def __init__(self, answer: Response | Exception) -> None:
        self.answer = answer

    async def get(self, url: str, **_: object) -> Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ANSWERS = {
    "too large": TooMuch("x"),
    "not JSON": b"<html>",
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 60_000,
    "links of anything": json.dumps({"links": [None, 1, "x", {}, {"rel": SCHEMA}]}).encode(),
    "links no list": b'{"links": {"rel": 1}}',
    "not UTF-8": b'{"links": "\xff"}',
}


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
async def test_answers_that_are_none(body) -> None:
    url = "https://far.example/.well-known/nodeinfo"
    answer = body if isinstance(body, Exception) else Response(url, 200, {}, body)
    assert await nodeinfo.software(Hostile(answer), "far.example") is None  # type: ignore[arg-type]


async def test_an_answer_from_where_a_redirect_led_is_not_its_own(network) -> None:
    runs(network, "evil.example", "lemmy")
    network.redirects["https://far.example/.well-known/nodeinfo"] = "https://evil.example/.well-known/nodeinfo"
    assert await nodeinfo.software(network, "far.example") is None


def test_what_is_unknown_gets_both_forms_of_a_thread_and_no_votes() -> None:
    for name in (None, "", "newcomer"):
        assert reads(name, "wrapped")
        assert reads(name, "boost")
        assert not reads(name, "vote")
        assert reads(name, "any")
