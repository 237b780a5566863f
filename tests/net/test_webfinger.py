"""Asking another server which actor a handle names."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import trustme

from fediprof.errors import FediprofError, Malformed, NotFound, Refused, Unreachable
from fediprof.net.fetcher import Fetcher
from fediprof.net.webfinger import INTENT, MAX_LINKS, SUBSCRIBE, Handle, discover, parse_handle

from .peer import Peer, answer, peer, redirect

pytestmark = pytest.mark.anyio

ACTOR = "https://social.example/users/alice"
SELF = {"rel": "self", "type": "application/activity+json", "href": ACTOR}
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@dataclass
class World:
    """Three host names, one server behind them."""

    peer: Peer
    fetch: Fetcher

    def says(self, handle: str, subject: object, *links: object, **more: object) -> None:
        document = {"subject": subject, "links": list(links)} | more
        self.answers(handle, answer(json.dumps(document).encode(), content_type="application/jrd+json"))

    def answers(self, handle: str, what: bytes) -> None:
        user, host = handle.split("@")
        self.peer.answers[f"/.well-known/webfinger?resource=acct%3A{user}%40{host}"] = what


@pytest.fixture
async def world() -> AsyncIterator[World]:
    authority, names = trustme.CA(), ("social.example", "alice.example", "xn--bcher-kva.example")
    tls, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names).configure_cert(tls)
    authority.configure_trust(trust)
    async with peer(tls) as it:
        places = {name: ("127.0.0.1", it.port) for name in names}
        fetch = Fetcher(user_agent="t", development=True, ssl_context=trust, hosts=places)
        yield World(it, fetch)
        await fetch.close()


async def test_a_handle_leads_to_an_actor_and_to_the_ways_to_follow_it(world: World) -> None:
    follow = "https://social.example/intents/follow?object={object}"
    world.says(
        "alice@social.example",
        "acct:alice@social.example",
        {
            "rel": "http://webfinger.net/rel/profile-page",
            "type": "text/html",
            "href": "https://social.example/@alice",
        },
        SELF,
        {"rel": SUBSCRIBE, "template": "https://social.example/authorize_interaction?uri={uri}"},
        {"rel": INTENT + "Follow", "template": follow},
        {"rel": INTENT + "Object", "template": "https://social.example/open?object={object}"},
    )
    found = await discover(world.fetch, "@Alice@Social.Example".lower())
    assert (found.subject_acct, found.actor_iri) == ("alice@social.example", ACTOR)
    assert found.subscribe_template == "https://social.example/authorize_interaction?uri={uri}"
    assert found.intents == {"Follow": follow, "Object": "https://social.example/open?object={object}"}
    (request,) = world.peer.requests
    assert request.headers["accept"].startswith("application/jrd+json")


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (LD, True),
        ("application/activity+json; charset=utf-8", True),
        ("Application/Activity+JSON", True),
        ("application/ld+json", False),
        ("text/html", False),
        ("application/json", False),
        (None, False),
        (7, False),
    ],
)
async def test_only_an_activitypub_type_makes_a_self_link(world: World, kind: object, taken: bool) -> None:
    world.says("alice@social.example", "acct:alice@social.example", {"rel": "self", "type": kind, "href": ACTOR})
    if taken:
        assert (await discover(world.fetch, "alice@social.example")).actor_iri == ACTOR
    else:
        with pytest.raises(NotFound):
            await discover(world.fetch, "alice@social.example")


async def test_another_subject_is_believed_once_its_own_host_confirms_it(world: World) -> None:
    # Given a server that serves alice's own domain, where her account is named
    world.says("alice@social.example", "acct:Alice@alice.example", {**SELF, "href": "https://evil.example/x"})
    world.says("Alice@alice.example", "acct:alice@alice.example", SELF)
    # When the one handle is asked for, the other is found, with what its own host says
    found = await discover(world.fetch, "alice@social.example")
    assert (found.subject_acct, found.actor_iri) == ("alice@alice.example", ACTOR)
    assert len(world.peer.requests) == 2


async def test_a_subject_its_host_does_not_confirm_is_refused(world: World) -> None:
    world.says("alice@social.example", "acct:alice@alice.example", SELF)
    with pytest.raises(NotFound):
        await discover(world.fetch, "alice@social.example")
    world.says("alice@alice.example", "acct:bob@social.example", SELF)
    with pytest.raises(Unreachable):
        await discover(world.fetch, "alice@social.example")
    assert len(world.peer.requests) == 4


async def test_http_redirects_to_the_server_of_the_account_are_followed(world: World) -> None:
    world.answers(
        "alice@alice.example",
        redirect("https://social.example/.well-known/webfinger?resource=acct%3Aalice2%40alice.example"),
    )
    world.says("alice2@alice.example", "acct:alice@alice.example", SELF)
    assert (await discover(world.fetch, "alice@alice.example")).subject_acct == "alice@alice.example"


async def test_handles_in_other_scripts_are_asked_in_ascii(world: World) -> None:
    world.says("alice@xn--bcher-kva.example", "acct:alice@bücher.example", SELF)
    found = await discover(world.fetch, "alice@Bücher.example")
    assert found.subject_acct == "alice@xn--bcher-kva.example"
    assert world.peer.requests[0].headers["host"] == "xn--bcher-kva.example"


@pytest.mark.parametrize("status", [404, 410])
async def test_an_unknown_account_is_not_found(world: World, status: int) -> None:
    world.answers("alice@social.example", answer(status=f"{status} X"))
    with pytest.raises(NotFound):
        await discover(world.fetch, "alice@social.example")


async def test_another_status_is_told(world: World) -> None:
    world.answers("alice@social.example", answer(status="503 X"))
    with pytest.raises(Refused) as caught:
        await discover(world.fetch, "alice@social.example")
    assert caught.value.code == 503


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b"{}",
        b'{"links": 5}',
        b'{"links": [null, 5, "x", [], {}, {"rel": 5}, {"rel": "self"}]}',
        b'{"subject": 5, "links": []}',
        b'{"subject": "alice@social.example"}',
        b'{"subject": "acct:"}',
        b'{"subject": "https://social.example/users/alice"}',
    ],
)
async def test_odd_answers_are_an_error_of_theirs(world: World, body: bytes) -> None:
    world.answers("alice@social.example", answer(body))
    with pytest.raises(FediprofError) as caught:
        await discover(world.fetch, "alice@social.example")
    assert isinstance(caught.value, (NotFound, Unreachable))


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "http://social.example/a", "https://a b/", "https://x/\u202ea", "", 5, None, "x"]
)
async def test_links_that_must_not_be_followed_are_left_out(world: World, href: object) -> None:
    template = f"{href}" + "{uri}"
    world.says(
        "alice@social.example",
        "acct:alice@social.example",
        {**SELF, "href": href},
        SELF,
        {"rel": SUBSCRIBE, "template": template},
        {"rel": INTENT + "Follow", "template": template},
        {"rel": SUBSCRIBE, "template": "https://social.example/no-place-for-it"},
    )
    found = await discover(world.fetch, "alice@social.example")
    assert (found.actor_iri, found.subscribe_template, found.intents) == (ACTOR, None, {})


async def test_links_are_read_up_to_a_limit(world: World) -> None:
    world.says("alice@social.example", "acct:alice@social.example", *[{"rel": "x"}] * MAX_LINKS, SELF)
    with pytest.raises(NotFound):
        await discover(world.fetch, "alice@social.example")


async def test_in_development_a_handle_has_a_port() -> None:
    async with peer() as there:
        host = f"localhost:{there.port}"
        actor = f"http://{host}/alice"
        body = json.dumps({"subject": f"acct:alice@{host}", "links": [{**SELF, "href": actor}]}).encode()
        there.answers[f"/.well-known/webfinger?resource=acct%3Aalice%40localhost%3A{there.port}"] = answer(body)
        fetch = Fetcher(user_agent="t", development=True)
        found = await discover(fetch, f"alice@{host}", scheme="http")
        await fetch.close()
        assert (found.subject_acct, found.actor_iri) == (f"alice@{host}", actor)


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("alice@social.example", Handle("alice", "social.example")),
        ("@Alice@SOCIAL.example", Handle("Alice", "social.example")),
        ("acct:a.b-c_d@social.example", Handle("a.b-c_d", "social.example")),
        ("  alice@social.example ", Handle("alice", "social.example")),
        ("élodie@bücher.example", Handle("élodie", "xn--bcher-kva.example")),
    ],
)
def test_handles_are_read(text: str, handle: Handle) -> None:
    assert parse_handle(text) == handle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@alice",
        "alice@",
        "@social.example",
        "a@b@social.example",
        "alice@social.example/path",
        "alice@social.example?x",
        "alice@social example",
        "alice@127.0.0.1",
        "alice@[::1]",
        "alice@0x7f.1",
        "alice@social.example:443",
        "alice@-bad.example",
        "alice@bad..example",
        "alice@☃.example",
        "alice@" + "a" * 64 + ".example",
        "alice@" + "a." * 130 + "example",
        "a" * 129 + "@social.example",
        "a/b@social.example",
        "a\n@social.example",
        "al%69ce@social.example",
    ],
)
def test_what_is_no_handle_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_handle(text)
