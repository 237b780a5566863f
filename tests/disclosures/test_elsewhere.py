"""Asking and opening between servers: of this kind, and others."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from fediprof import clock
from fediprof.net.fetcher import Response
from fediprof.profiles.grants import OpenPart, open_part
from fediprof.signatures import cavage
from fediprof.signatures.message import SignableRequest
from fediprof.web import own_server
from fediprof.web.throttle import Throttle
from tests.disclosures.conftest import EMPLOYER, STORY, conversation_of, id_of, ledger_of, write_to

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def fresh_throttle(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(own_server, "_lookups", Throttle(limit=50, seconds=60))


async def signed(client, path, by):  # type: ignore[no-untyped-def]
    headers = {"host": client.base_url.netloc.decode(), "accept": "application/activity+json"}
    request = SignableRequest("GET", f"{str(client.base_url).rstrip('/')}{path}", headers, b"")
    return await client.get(path, headers=headers | cavage.sign(request, by.rsa, clock.now()))


async def test_what_a_server_fetches_for_its_person_stands_in_the_ledger(
    services, marie, paul, private, client
) -> None:
    path = f"/e/{private.slug}"
    assert (await signed(client, path, paul)).status_code == 404
    await services.perform(open_part, OpenPart(marie, await id_of(services, paul), {private.id: frozenset()}))
    for _ in range(2):
        answer = await signed(client, path, paul)
        assert (answer.status_code, STORY in answer.text) == (200, True)
    rows = [(row.what, row.detail) for row in await ledger_of(services, marie)]
    assert rows == [("granted", ""), ("fetched", "mastodon.example")]


async def test_who_came_in_already_goes_straight_on(services, marie, paul, private, come_in, network, drain) -> None:
    recruiter = await come_in(paul)
    await services.perform(open_part, OpenPart(marie, await id_of(services, paul), {private.id: frozenset()}))
    await drain()
    content = network.activities("Create")[-1]["object"]["content"].replace("&amp;", "&")
    link = content.partition('href="https://home.example/visit')[2].partition('"')[0]
    await recruiter.open(f"/visit{link}")
    assert recruiter.path == f"/@marie/e/{private.slug}"
    assert STORY in recruiter.page.get_text()
    assert "Marie sees that you opened this, and when." in recruiter.page.get_text()
    await recruiter.open(f"/visit{link}".replace("@paul@", "@somebody@"))
    assert recruiter.path == "/visit"


async def test_a_server_of_this_kind_is_gone_on_at(services, marie, masked, network, browsers, monkeypatch) -> None:
    template = "https://far.example/intents/ask?object={object}"

    def webfinger(url: str, host: str, resource: str) -> Response:
        self = {"rel": "self", "type": "application/activity+json", "href": f"https://{host}/u/anna"}
        links = [self, {"rel": "https://w3id.org/fediprof/ns#ask", "template": template}]
        document = {"subject": resource, "links": links if host == "far.example" else [self]}
        return Response(url, 200, {"content-type": "application/jrd+json"}, json.dumps(document).encode())

    monkeypatch.setattr(type(network), "_webfinger", lambda self, *asked: webfinger(*asked))
    stranger = await browsers()
    await stranger.open(f"/ask/{masked.slug}?field=employer")
    sent = stranger.values(stranger.form(f"/ask/{masked.slug}")) | {"handle": ["@anna@far.example"]}
    answer = await stranger.client.post(f"/ask/{masked.slug}", data=sent, headers={"Origin": stranger.origin})
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert (target.netloc, target.path) == ("far.example", "/intents/ask")
    assert parse_qs(target.query) == {"object": [services.here().entry("marie", masked.slug)]}
    # One that says nothing of it leads nowhere, least of all to a public draft
    await stranger.press(f"/ask/{masked.slug}", handle="@paul@mastodon.example")
    assert stranger.status == 422
    assert "Send it yourself, as told above." in stranger.text
    for wrong in ("nonsense", "@a@b@c", "x" * 5000):
        await stranger.press(f"/ask/{masked.slug}", handle=wrong)
        assert stranger.status == 422
    # and here members are told of by WebFinger
    found = await stranger.client.get("/.well-known/webfinger?resource=acct:marie@home.example")
    told = {each["rel"]: each.get("template") for each in found.json()["links"]}
    assert told["https://w3id.org/fediprof/ns#ask"] == "https://home.example/intents/ask?object={object}"


async def test_a_member_asks_about_an_entry_of_another_server(
    services, marie, remote, network, member, drain
) -> None:
    anna = remote("anna", "far.example")
    entry = {
        "kind": "project",
        "name": "Un délai",
        "standIns": {"employer": "une PME", "secret": "?"},
    }
    note = anna.note("<p>Projet · Un délai</p>", name="Un délai", **{"fp:entry": entry})
    url = "https://far.example/@anna/e/abc"
    note["url"] = url
    network.documents[str(note["id"])] = network.documents[url] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        **note,
    }
    await member.open(f"/intents/ask?object={url}")
    assert member.status == 200, member.text
    assert "now: une PME" in member.text
    assert "secret" not in member.text
    await member.press("/intents/ask", button="Ask")
    assert "Asked, in a private message." in member.text
    await drain()
    sent = network.activities("Create")[-1]["object"]
    assert sent["to"] == [anna.iri]
    assert sent["cc"] == []
    assert sent["fp:ask"] == {"entries": [url], "fields": ["employer"]}
    assert url in sent["content"]
    assert "Un délai" in sent["content"]
    assert (await member.open("/intents/ask?object=https://far.example/nothing")).status == 404
    assert (await member.open("/intents/ask?object=javascript:alert(1)")).status == 404


async def test_a_conversation_of_others_is_nobody_s_to_open_in(
    services, marie, leo, paul, masked, private, browsers
) -> None:
    thread = await conversation_of(services, await id_of(services, paul))
    reader = await (await browsers()).log_in(services, "leo")
    assert (await reader.open(f"/conversations/{thread}/open")).status == 404
    await reader.open("/settings")
    token = reader.page.find("input", attrs={"name": "token"})["value"]
    sent = {
        "token": token,
        f"part-{private.id}": "1",
        "days": "7",
        "mode": "send",
        "sure": "1",
        "to": str(leo.actor_id),
    }
    answer = await reader.client.post(f"/conversations/{thread}/open", data=sent, headers={"Origin": reader.origin})
    assert answer.status_code == 404
    assert await ledger_of(services, marie) == []
    assert EMPLOYER not in answer.text


async def test_what_a_person_elsewhere_opened_stands_in_the_conversation_until_its_end(
    services, marie, member, paul, network, drain, monkeypatch
) -> None:
    ends_at = services.here().now + timedelta(days=30)
    urls = ["https://mastodon.example/e/23456789ABCDEFGH", "https://mastodon.example/@paul/e/abcdefghijkmnpqr"]
    hostile = [
        "https://evil.example/e/23456789ABCDEFGH",
        "https://home.example/e/23456789ABCDEFGH",
        7,
        None,
        "x" * 999,
    ]
    granted = {"id": "g", "entries": [*urls, *hostile, urls[0]], "mode": "show", "expires": clock.rfc3339(ends_at)}
    await write_to(paul, services, drain, "<p>Voici.</p>", **{"fp:grant": granted})
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}")
    assert "Paul opened this to you, until" in member.text
    forms = [each for each in member.page.find_all("form") if each.get("action") == "/elsewhere"]
    assert [each.find("input", attrs={"name": "url"})["value"] for each in forms] == urls
    # Reading it is asking Paul's server in Marie's name
    network.documents[urls[0]] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": urls[0],
        "type": "Note",
        "attributedTo": paul.iri,
        "name": "Un essai",
        "content": "<p>Ce qui est ouvert</p>",
        "to": [services.here().actor("marie")],
        "fp:noStore": True,
    }
    await member.press("/elsewhere", button="Read entry 1")
    assert "Ce qui est ouvert" in member.text
    assert "keyid" in str(network.signed[-1]).lower()
    assert "/u/marie" in str(network.signed[-1])
    # and after its end there is no button
    monkeypatch.setattr(clock, "now", lambda: ends_at)
    await member.open(f"/conversations/{thread}")
    assert "ended on" in member.text
    assert not [each for each in member.page.find_all("form") if each.get("action") == "/elsewhere"]


@pytest.mark.parametrize(
    "granted",
    [
        [],
        {"entries": ["https://mastodon.example/e/23456789ABCDEFGH"], "mode": "show"},
        {"entries": ["https://mastodon.example/e/23456789ABCDEFGH"], "mode": "show", "expires": "soon"},
        {"entries": "https://mastodon.example/e/23456789ABCDEFGH", "mode": "show", "expires": "2099-01-01T00:00:00Z"},
        {"entries": ["https://evil.example/e/23456789ABCDEFGH"], "mode": "show", "expires": "2099-01-01T00:00:00Z"},
    ],
)
async def test_a_hostile_opening_is_a_message_like_another(services, marie, member, paul, drain, granted) -> None:
    await write_to(paul, services, drain, "<p>Voici.</p>", **{"fp:grant": granted})
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}")
    assert "Voici." in member.text
    assert "opened this to you" not in member.text
