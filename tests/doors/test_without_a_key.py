"""Every protected door, knocked on without a key, or with a false one: refused, nothing kept, nothing fetched.

The doors are taken from the route tables: a new route is knocked on, or must be named here as one that is open to all.
"""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest
from starlette.routing import Mount, Route

from fediprof.delivery import outbox
from fediprof.effects import Audience, Deliver
from fediprof.federation import endpoints as federation
from fediprof.groups import announcing
from fediprof.mastodon import routes as mastodon
from fediprof.observability import health
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.principal import Member
from fediprof.services import Services
from fediprof.web import routes as web
from fediprof.web.access import everybody
from tests.groups.conftest import make_group
from tests.support import forgery
from tests.support.forgery import Knock, fetching, honest, honest_9421, posting
from tests.support.rows import LEARNT, counted, kept

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"
AS2 = {"accept": "application/activity+json"}

OPEN_TO_SERVERS = {
    "/actor": "the server's own actor: two servers that ask for signatures would else never learn a key",
    "/.well-known/webfinger": "asked before any key is known",
    "/.well-known/host-meta": "asked before any key is known",
    "/.well-known/nodeinfo": "about the server",
    "/nodeinfo/{version}": "about the server",
    "/u/{username}": "unsigned it gives the key and no more, in secure mode",
    "/u/{username}/moderators": "of a group; read before a moderator elsewhere is believed",
    "/@{username}": "a redirect to the id",
    "/@{username}/p/{slug}": "a redirect to the id",
}
OPEN_PAGES = {
    "/",
    "/about",
    "/limits",
    "/@{name}.atom",
    "/@{name}/p/{slug}/reply",
    "/@{name}/p/{slug}",
    "/@{name}/e/{slug}",
    "/@{name}/e/{slug}/reply",
    "/@{name}/cv",
    "/@{name}/cv.pdf",
    "/@{name}/follow",
    "/@{name}",
    "/u/{name}",
    "/p/{slug}",
    "/tags/{name}",
    "/@{name}.vcf",
    "/@{name}/resume.json",
    "/ask/{slug}",
    "/login",
    "/login/link/{secret}",
    "/visit",
    "/visit/back",
    "/visit/code",
    "/visit/code/sent",
    "/visit/leave",
    "/c/{secret}",
    "/groups",
    "/@{name}/t/{number:int}",
    "/@{name}/log/{number:int}",  # for those whom a decision concerns, with an account of elsewhere too
    "/erasure/{secret}",
    "/suspended",  # sends whoever does not hold its own cookie to /login: tests/moderation/test_suspended
    "/suspended/contest",
    "/suspended/export",
    "/suspended/delete",
    "/suspended/leave",
    "/introductions/{id:int}",  # sends whoever is nobody known to /visit
    "/introductions/{id:int}/answer",  # and is not there for them: tests/introductions
    "/media/{file}",
    "/pictures/{token}",
    "/robots.txt",
    "/.well-known/tdmrep.json",
    "/static",
}
OPEN_TO_APPS = {
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/authorize"),
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("POST", "/api/v1/apps"),
    ("GET", "/api/v1/instance"),
    ("GET", "/api/v2/instance"),
    ("GET", "/api/v1/custom_emojis"),
    ("GET", "/api/v1/streaming/health"),
}

SERVER_ROUTES = [*federation.routes, *federation.negotiated]
INBOXES = sorted(route.path for route in SERVER_ROUTES if "POST" in (route.methods or ()))
DOCUMENTS = sorted(
    {r.path for r in SERVER_ROUTES if "GET" in (r.methods or ())} - set(OPEN_TO_SERVERS) - set(INBOXES)
)


def filled(path: str, slug: str = "none") -> str:
    for name, value in (
        ("{username}", "marie"),
        ("{slug}", slug),
        ("{part}", "replies"),
        ("{id:int}", "1"),
        ("{number:int}", "1"),
    ):
        path = path.replace(name, value)
    return path


async def knocked(client: httpx2.AsyncClient, knock: Knock) -> httpx2.Response:
    return await client.request(knock.method, knock.path, content=knock.body, headers=knock.headers)


@pytest.fixture
async def paul(marie, remote, drain):  # type: ignore[no-untyped-def]
    """A follower whose key is known."""
    person = remote("paul")
    assert (await person.send(person.activity("Follow", MARIE))).status_code == 202
    await drain()
    return person


# --- inboxes


def test_there_are_inboxes_and_documents_to_knock_on() -> None:
    assert INBOXES == ["/actor/inbox", "/inbox", "/u/{username}/inbox"]
    assert len(DOCUMENTS) == 10


@pytest.mark.parametrize("path", INBOXES)
async def test_no_inbox_believes_a_false_signature(path, client, paul, network, services) -> None:
    before = await counted(services), await kept(services, but=LEARNT)
    wrong = []
    for forge in forgery.OF_A_BODY:
        for each in ("Follow", "Undo", "Delete"):
            knock = forge(paul, posting(filled(path), paul.activity(each, MARIE)))
            response = await knocked(client, knock)
            if response.status_code != 401:
                wrong.append((forge.__name__, each, response.status_code))
    assert wrong == []
    assert (await counted(services), await kept(services, but=LEARNT)) == before
    # And nobody but the one whose key it claims to be was asked anything
    assert {url.partition("?")[0] for url in network.got} <= {paul.iri, "https://far.example/.well-known/webfinger"}


@pytest.mark.parametrize("path", INBOXES)
@pytest.mark.parametrize("sign", [honest, honest_9421])
async def test_every_inbox_believes_an_honest_one(path, sign, client, paul, services) -> None:
    before = await counted(services)
    response = await knocked(client, sign(paul, posting(filled(path), paul.activity("Follow", MARIE))))
    assert response.status_code == 202
    assert (await counted(services))["inbox_activity"] == before["inbox_activity"] + 1


async def test_what_no_key_could_mend_makes_us_ask_nobody(client, paul, network, services) -> None:
    """A key is asked for again where it may have changed. A time, a digest or a missing part does not come right by it."""
    network.got.clear()
    needless = (
        forgery.unsigned,
        forgery.unreadable,
        forgery.stale,
        forgery.stale_9421,
        forgery.from_the_future,
        forgery.expired,
        forgery.body_changed,
        forgery.digest_missing,
        forgery.digest_not_covered,
        forgery.for_another_host,
        forgery.time_not_covered,
        forgery.target_not_covered,
    )
    for forge in needless:
        await knocked(client, forge(paul, posting("/inbox", paul.activity("Follow", MARIE))))
        assert network.got == [], forge.__name__


async def test_a_signature_is_good_for_its_own_body_only_and_once(client, paul, services) -> None:
    knock = honest(paul, posting("/inbox", paul.activity("Follow", MARIE)))
    assert (await knocked(client, knock)).status_code == 202
    before = await counted(services)
    assert (await knocked(client, knock)).status_code == 202  # the same again: taken, and nothing comes of it
    assert await counted(services) == before
    other = posting("/inbox", paul.activity("Undo", MARIE))
    assert (await knocked(client, replace(knock, body=other.body))).status_code == 401
    assert await counted(services) == before


async def test_nobody_acts_as_somebody_else(client, paul, remote, network, services) -> None:
    """Signed well, by another than the activity's actor: a neighbour on the same server, or a server elsewhere."""
    neighbour, stranger = remote("zoe"), remote("mallory", "evil.example")
    before = await counted(services), await kept(services, but=LEARNT)
    for person in (neighbour, stranger):
        for type in ("Follow", "Like", "Undo", "Block", "Move", "Accept"):
            response = await person.send(paul.activity(type, MARIE))
            assert response.status_code == 401, (person.iri, type)
    after = await counted(services)
    assert {name for name in after if after[name] != before[0][name]} <= set(LEARNT)
    assert await kept(services, but=LEARNT) == before[1]


async def test_a_key_is_believed_of_an_actor_on_its_own_host_only(client, paul, network, services) -> None:
    """evil.example serves an actor document that says it is paul, or that paul's key is its own."""
    document = paul.document()
    evil = "https://evil.example/users/paul"
    key = f"{evil}#main-key"
    shown = (
        {**document, "publicKey": {**document["publicKey"], "id": key}},  # paul's id at evil's address
        {**document, "id": evil, "inbox": f"{evil}/inbox"},  # evil's id, paul's key
        {**document, "id": evil, "inbox": f"{evil}/inbox", "publicKey": {**document["publicKey"], "id": key}},
    )
    before = await counted(services), await kept(services, but=LEARNT)
    from fediprof.signatures.keys import private_from_pem

    for each in shown:
        network.documents[evil] = each
        for key_id in (key, f"{evil}#other"):
            signing = private_from_pem(key_id, forgery._another)
            knock = honest(paul, posting("/inbox", paul.activity("Follow", MARIE)), key=signing)
            assert (await knocked(client, knock)).status_code == 401
    assert await kept(services, but=LEARNT) == before[1]


# --- documents


@pytest.fixture
async def hidden(services, marie, paul, drain):  # type: ignore[no-untyped-def]
    """Posts not for everybody: paths that must not answer."""
    made = []
    for visibility, text in (("followers", "for followers"), ("direct", "@paul@far.example for you")):
        post = await services.perform(publish_post, PublishPost(marie, text, visibility=visibility))
        made.append(post.iri.removeprefix("https://home.example"))
    await drain()
    return made


async def test_a_post_not_for_everybody_is_not_found_without_a_key(client, hidden, paul, remote, network) -> None:
    stranger = remote("mallory", "evil.example")
    for post in hidden:
        for path in (
            post,
            f"{post}/activity",
            *(f"{post}/{part}" for part in ("replies", "context", "likes", "shares")),
        ):
            missing = await client.get("/p/none", headers=AS2)
            answers = [await knocked(client, fetching(path)), await knocked(client, honest(stranger, fetching(path)))]
            for response in answers:
                assert (response.status_code, response.json()) == (404, missing.json()), path
            for forge in forgery.OF_ANY:
                response = await knocked(client, forge(paul, fetching(path)))
                assert response.status_code == 401, (path, forge.__name__)
            assert (await knocked(client, honest(paul, fetching(path)))).status_code == 200, path


async def test_nobody_is_told_who_follows_but_the_server_concerned(client, paul, remote, services) -> None:
    path = "/u/marie/followers/synchronization"
    stranger = remote("mallory", "evil.example")
    assert (await knocked(client, fetching(path))).status_code == 401
    for forge in forgery.OF_ANY:
        assert (await knocked(client, forge(paul, fetching(path)))).status_code == 401, forge.__name__
    assert (await knocked(client, honest(stranger, fetching(path)))).json()["orderedItems"] == []
    assert (await knocked(client, honest(paul, fetching(path)))).json()["orderedItems"] == [paul.iri]


async def a_groups_activity(services: Services, by: Member) -> str:
    """The id of a vote that a group passed on."""
    hosted = await make_group(services, by)
    passed = announcing.wrapped(hosted, {"type": "Like"}, services.here(), object_iri="x")
    to = Deliver(hosted.id, passed.activity, Audience(inboxes=("https://far.example/inbox",)), "x")
    await services.database.write(lambda tx: outbox.record(tx, services.keystore, to, services.here()))
    return str(passed.activity["id"])


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_server_that_asks_for_signatures_gives_no_document_without(
    path, client, paul, services, marie, network
) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "public"))
    found = await a_groups_activity(services, marie) if path.startswith("/a/") else post.iri
    path = filled(path, found.rpartition("/")[2])
    assert (await knocked(client, fetching(path))).status_code in (200, 401)
    services.perform.settings = replace(services.settings, secure_fetch=True)
    before = await counted(services)
    assert (await knocked(client, fetching(path))).status_code == 401
    for forge in forgery.OF_ANY:
        assert (await knocked(client, forge(paul, fetching(path)))).status_code == 401, forge.__name__
    assert await counted(services) == before
    assert (await knocked(client, honest(paul, fetching(path)))).status_code == 200


async def test_in_secure_mode_the_actor_gives_its_key_and_no_more(client, marie, services) -> None:
    services.perform.settings = replace(services.settings, secure_fetch=True)
    document = (await client.get("/u/marie", headers=AS2)).json()
    assert document["publicKey"]["owner"] == MARIE
    assert not {"name", "summary", "icon", "attachment", "followers", "outbox"} & set(document)
    assert (await client.get("/actor", headers=AS2)).status_code == 200


async def test_a_key_that_cannot_be_fetched_is_not_our_mistake(client, paul, network) -> None:
    """A signed GET whose key's host is down: known key or not, it is refused or taken for a visitor, and no 5xx."""
    network.down.add("far.example")
    for knock in (fetching("/u/marie/outbox"), fetching("/u/marie/followers/synchronization")):
        assert (await knocked(client, forgery.by_another_key(paul, knock))).status_code == 401


async def test_an_inbox_is_not_read(client, paul) -> None:
    for path in ("/inbox", "/u/marie/inbox"):
        assert (await knocked(client, fetching(path))).status_code in (401, 403, 405)
        assert (await knocked(client, honest(paul, fetching(path)))).status_code in (401, 403, 405)


# --- pages


def pages() -> list[tuple[str, str]]:
    found = []
    for route in web.routes:
        if isinstance(route, Mount) or route.path in OPEN_PAGES:
            assert route.path in OPEN_PAGES, route.path
            continue
        assert isinstance(route, Route)
        found += [(method, route.path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
async def test_every_page_of_a_member_sends_others_to_log_in(client, marie, services) -> None:
    assert len(pages()) > 50
    before = await kept(services)
    for cookie in ({}, {"__Host-session": "guessed"}, {"session": "guessed"}):
        client.cookies = httpx2.Cookies(cookie)
        for method, path in pages():
            response = await client.request(method, filled(path), headers={"accept": "text/html"})
            assert response.status_code in (303, 403), (method, path, response.status_code)
            if response.status_code == 303:
                assert response.headers["location"].startswith("/login"), (method, path)
    assert await kept(services) == before


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
async def test_every_endpoint_of_an_app_asks_for_a_token(client, marie, services) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "for followers", visibility="followers"))
    closed = [each for each in mastodon.DOOR.endpoints if (each.method, each.path) not in OPEN_TO_APPS]
    assert len(closed) > 30
    assert {(each.method, each.path) for each in mastodon.DOOR.endpoints if not each.needs} == OPEN_TO_APPS
    before = await kept(services)
    for endpoint in closed:
        path = endpoint.path.replace(":id", str(post.id))
        for headers in ({}, {"authorization": "Bearer guessed"}, {"authorization": "Basic Zm86YmE="}):
            response = await client.request(endpoint.method, path, headers=headers)
            allowed = {401, 403, 404, 200, 422} if endpoint.needs.startswith("optional") else {401, 403}
            assert response.status_code in allowed, (endpoint.method, path, headers, response.status_code)
            assert "for followers" not in response.text
            if "Bearer guessed" in headers.values():
                assert response.status_code == 401, (endpoint.method, path, response.status_code)
    assert await kept(services) == before


async def test_metrics_and_health_tell_a_stranger_nothing_of_anybody(client, paul) -> None:
    for route in health.routes:
        response = await client.get(route.path)
        assert response.status_code < 500
        assert "paul" not in response.text
        assert "far.example" not in response.text


def test_everybody_is_what_the_open_pages_are_wrapped_in() -> None:
    """The list above is of pages that say so themselves."""
    name = everybody.__qualname__
    said = {
        route.path
        for route in web.routes
        if isinstance(route, Route) and route.endpoint.__qualname__.startswith(f"{name}.")
    }
    assert said <= OPEN_PAGES
