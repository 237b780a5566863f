"""Somebody gathers profiles: what each door does about it, and whom it does not touch (story C7, and bad input)."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx2
import pytest

from fediprof import clock
from fediprof.db.database import Tx
from fediprof.i18n.catalog import texts
from fediprof.moderation.domains import BlockDomain, block_domain
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.refusals import paths, store
from fediprof.refusals.limits import BLOCK_SECONDS, HOUR
from fediprof.signatures import cavage
from fediprof.signatures.message import SignableRequest
from fediprof.visitors import sessions as visits
from fediprof.web.visitor import GUEST, cookie_name
from tests.conftest import make_member
from tests.mastodon.people import token
from tests.support.remote import Remote
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio
ONE_ENGINE = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
"""Decided in memory: one engine shows it."""
AS2 = "application/activity+json"
GPT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"


@pytest.fixture
async def people(services, marie):  # type: ignore[no-untyped-def]
    """Five members."""
    for name in ("ada", "bob", "cyd", "dan"):
        await make_member(services, name)
    return ["marie", "ada", "bob", "cyd", "dan"]


async def fetched(person: Remote, client: httpx2.AsyncClient, path: str) -> httpx2.Response:
    """A signed GET, by the person's server."""
    url = f"https://home.example{path}"
    request = SignableRequest("GET", url, {"host": "home.example", "accept": AS2}, b"")
    return await client.get(path, headers={**request.headers, **cavage.sign(request, person.rsa, clock.now())})


async def told(services) -> dict[tuple[str, str], int]:  # type: ignore[no-untyped-def]
    await services.gate.write(services.database)
    return {(each.kind, each.who): each.count for each in await services.read(store.newest)}


async def test_the_fourth_person_within_an_hour_is_too_many(people, at, services, hours) -> None:
    reader = at("203.0.113.7")
    assert [(await reader.get(f"/@{name}")).status_code for name in people] == [200, 200, 200, 429, 429]
    refused = await reader.get("/@cyd")
    # Then it is said plainly, and for how long
    assert refused.headers["retry-after"] == "3600"
    assert "<h1>" in refused.text
    assert "different people" in refused.text
    assert 'href="/login"' in refused.text
    # And those already opened stay open, their posts and feeds too
    for path in ("/@marie", "/@MARIE", "/@marie.atom", "/@marie?lang=fr"):
        assert (await reader.get(path)).status_code == 200, path
    # And everything that is nobody's
    for path in (
        "/about",
        "/limits",
        "/login",
        "/robots.txt",
        "/.well-known/webfinger?resource=acct:dan@home.example",
    ):
        assert (await reader.get(path)).status_code == 200, path
    # And an hour later it is as before
    hours.now += HOUR
    assert (await reader.get("/@cyd")).status_code == 200
    assert await told(services) == {("people", "203.0.113.0/24"): 3}


@ONE_ENGINE
@pytest.mark.parametrize(
    ("first", "neighbour", "stranger"),
    [
        ("203.0.113.7", "203.0.113.200", "203.0.114.7"),
        ("2001:db8:1::1", "2001:db8:1:ffff::9", "2001:db8:2::1"),
        ("::ffff:203.0.113.7", "203.0.113.9", "::ffff:203.0.114.7"),
    ],
)
async def test_a_network_is_counted_as_one_reader(first, neighbour, stranger, people, at) -> None:
    for name in people[:3]:
        assert (await at(first).get(f"/@{name}")).status_code == 200
    assert (await at(neighbour).get("/@dan")).status_code == 429
    assert (await at(stranger).get("/@dan")).status_code == 200


@ONE_ENGINE
async def test_who_writes_other_addresses_before_their_own_is_counted_by_their_own(people, at) -> None:
    """A proxy adds the address it sees at the end; what stands before is the asker's own word."""
    answers = [await at(f"198.51.{n}.1, 203.0.113.7").get(f"/@{name}") for n, name in enumerate(people)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    # And who comes without our proxy has no word at all
    direct = [
        await at(f"198.51.{n}.1", through="192.0.2.9", forwarded=f"for=198.51.{n}.1").get(f"/@{name}")
        for n, name in enumerate(people)
    ]
    assert [each.status_code for each in direct] == [200, 200, 200, 429, 429]


@ONE_ENGINE
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "nonsense", "", "::1", "a" * 4000])
async def test_a_proxy_that_does_not_say_for_whom_it_asks_shuts_nobody_out(address, people, at) -> None:
    answers = [await at(address).get(f"/@{name}") for name in people]
    assert {each.status_code for each in answers} == {200}


@ONE_ENGINE
async def test_an_office_behind_one_address_is_not_shut_out(people, at, hours) -> None:
    for number in range(400):
        hours.now += 3
        response = await at(f"203.0.113.{number % 250 + 1}").get(
            f"/@{people[number % 3]}", headers={"if-none-match": "x"}
        )
        assert response.status_code == 200


@ONE_ENGINE
async def test_names_that_are_guessed_are_counted_too(people, at) -> None:
    reader = at("203.0.113.7")
    assert [(await reader.get(f"/@guess{n}")).status_code for n in range(5)] == [404, 404, 404, 429, 429]
    assert (await reader.get("/@marie")).status_code == 429


@ONE_ENGINE
async def test_all_doors_count_together(people, at, services) -> None:
    """Pages, documents and the client API: a name is one name."""
    reader = at("203.0.113.7")
    assert (await reader.get("/@marie")).status_code == 200
    assert (await reader.get("/u/marie", headers={"accept": AS2})).status_code == 200
    assert (await reader.get("/api/v1/accounts/lookup?acct=marie")).status_code == 200
    assert (await reader.get("/u/ada", headers={"accept": AS2})).status_code == 200
    found = await reader.get("/api/v1/accounts/lookup?acct=BOB")
    assert found.status_code == 200
    for path, accept in (("/@cyd", "text/html"), ("/u/cyd", AS2), ("/api/v1/accounts/lookup?acct=cyd", "*/*")):
        refused = await reader.get(path, headers={"accept": accept})
        assert refused.status_code == 429, path
        assert int(refused.headers["retry-after"]) == 3600
        assert "cyd" not in refused.text.lower().replace("/@cyd", "")
    assert (await reader.get(f"/api/v1/accounts/{found.json()['id']}/statuses")).status_code == 200
    assert (await reader.get("/api/v2/search?q=@dan@home.example")).status_code == 429


async def test_a_member_is_counted_alone_and_not_with_their_network(people, at, services) -> None:
    for name in people[:3]:
        await at("203.0.113.7").get(f"/@{name}")
    assert (await at("203.0.113.7").get("/@dan")).status_code == 429
    # Given a member in the same network
    member = await Reader(at("203.0.113.7"), services.settings.origin).log_in(services, "marie")
    for name in ("dan", "cyd", "bob", "marie", "dan"):
        assert (await member.open(f"/@{name}")).status == 200, name
    # Then they have a budget too, in which their own page is not counted
    assert (await member.open("/@ada")).status == 429
    assert await told(services) == {("people", "203.0.113.0/24"): 1, ("people", "@marie"): 1}
    # And a cookie that is nobody's buys nothing
    forged = at("203.0.113.7", cookie="__Host-session=guessed; session=guessed")
    assert (await forged.get("/@dan")).status_code == 429


@ONE_ENGINE
async def test_a_visitor_is_counted_alone_too_and_is_not_in_the_trap(people, at, services, remote) -> None:
    paul = await services.resolver.actor(remote("paul").iri)
    secret = await services.database.write(lambda tx: visits.opened(tx, paul.id, clock.now()))
    visitor = at("203.0.113.7", cookie=f"{cookie_name(services.settings, GUEST)}={secret}")
    # Given a network whose budget is spent, and that went into the trap besides
    for name in people:
        await at("203.0.113.7").get(f"/@{name}")
    await at("203.0.113.7").get(paths.TRAP)
    # Then who came with an account of their own reads on, as far as their own budget goes
    assert [(await visitor.get(f"/@{name}")).status_code for name in people] == [200, 200, 200, 429, 429]
    assert (await told(services))["people", "@paul@far.example"] == 2


@ONE_ENGINE
async def test_a_member_s_app_is_counted_as_the_member(people, marie, at, services) -> None:
    api = at("203.0.113.7", authorization=f"Bearer {await token(services, marie)}", accept="*/*")
    ids = [(await api.get(f"/api/v1/accounts/lookup?acct={name}")).json().get("id") for name in people[:4]]
    assert None not in ids
    # Marie herself is not counted, three others are; the fourth is too many, here as on the pages
    refused = await api.get("/api/v1/accounts/lookup?acct=dan")
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-remaining"] == "0"
    member = await Reader(at("203.0.113.7"), services.settings.origin).log_in(services, "marie")
    assert (await member.open("/@dan")).status == 429
    assert (await member.open("/@ada")).status == 200
    # And the pace is of pages, whatever they are asked with
    answers = [(await api.get(f"/api/v1/accounts/{ids[1]}/statuses")).status_code for _ in range(40)]
    assert 429 in answers
    assert set(answers) == {200, 429}
    # What the app shows of other servers is not counted
    assert (await api.get("/api/v1/timelines/home")).status_code == 200


@ONE_ENGINE
async def test_pages_about_people_are_paced(marie, at, services, hours) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hello #lean"))
    reader = at("203.0.113.7")
    path = post.url.removeprefix(services.settings.origin)
    for number in range(30):
        assert (await reader.get((path, "/@marie", "/tags/lean")[number % 3])).status_code == 200
    for where in (path, "/@marie", "/tags/lean", f"/p/{path.rpartition('/')[2]}"):
        refused = await reader.get(where)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2"), where
    assert (await reader.get("/api/v1/accounts/1/statuses")).status_code == 429
    assert (await reader.get("/about")).status_code == 200
    hours.now += 2
    assert (await reader.get(path)).status_code == 200


async def test_a_server_that_signs_has_a_budget_of_its_own(people, at, services, remote, drain) -> None:
    paul, zoe = remote("paul"), remote("zoe", "other.example")
    client = at("203.0.113.7")
    for name in people[:3]:
        assert (await fetched(paul, client, f"/u/{name}/outbox")).status_code == 200
    refused = await fetched(paul, client, "/u/dan/outbox")
    assert refused.status_code == 429
    assert refused.json()["error"]
    assert refused.headers["retry-after"] == "3600"
    assert (await fetched(paul, client, "/u/dan")).status_code == 429
    # Another server from the same network, and the network itself, are counted by themselves
    assert (await fetched(zoe, client, "/u/dan/outbox")).status_code == 200
    assert (await client.get("/@dan")).status_code == 200
    # And its activities are taken as ever
    paul.client = client
    assert (await paul.send(paul.activity("Follow", "https://home.example/u/dan"))).status_code == 202
    await drain()
    # And as something was sent there, it gets the keys that it needs to believe us; no more than that
    assert (await fetched(paul, client, "/u/dan")).status_code == 200
    assert (await fetched(paul, client, "/u/dan/outbox")).status_code == 429
    assert (await fetched(paul, client, "/actor")).status_code == 200
    assert (await told(services))["people", "far.example"] == 3


@ONE_ENGINE
async def test_inboxes_are_never_refused(people, at, services, remote, drain) -> None:
    paul = remote("paul")
    reader = at("203.0.113.7", user_agent=GPT)
    for name in people:
        await at("203.0.113.7").get(f"/@{name}")
    await at("203.0.113.7").get(paths.TRAP)
    paul.client = reader
    for to in ("/inbox", "/u/marie/inbox"):
        sent = await paul.send(paul.activity("Follow", "https://home.example/u/marie"), to=to)
        assert sent.status_code == 202, sent.text


# --- the trap


async def test_the_trap_is_hidden_from_people_forbidden_to_machines_and_snaps(people, at, services, hours) -> None:
    reader = Reader(at("203.0.113.7"), services.settings.origin)
    await reader.open("/@marie")
    link = reader.page.find("a", href=paths.TRAP)
    assert link.has_attr("hidden")
    assert (link["aria-hidden"], link["tabindex"], link.get_text()) == ("true", "-1", "")
    robots = (await reader.client.get("/robots.txt")).text
    assert f"Disallow: {paths.TRAP}\n" in robots
    # When a machine follows it all the same
    assert (await reader.client.get(paths.TRAP)).status_code == 404
    # Then pages about people are closed to its network
    for path in ("/@marie", "/@nobody", "/tags/lean", "/p/AAAABBBBCCCCDDDD"):
        refused = await at("203.0.113.99").get(path)
        assert refused.status_code == 429, path
        assert refused.headers["retry-after"] == str(int(BLOCK_SECONDS))
    assert (await at("203.0.113.99").get("/u/marie", headers={"accept": AS2})).status_code == 429
    assert (await at("203.0.113.99").get("/api/v1/accounts/lookup?acct=marie")).status_code == 429
    # But not to members who are there, and to nobody elsewhere
    member = await Reader(at("203.0.113.8"), services.settings.origin).log_in(services, "ada")
    assert (await member.open("/@marie")).status == 200
    assert (await at("198.51.100.1").get("/@marie")).status_code == 200
    # And an hour later it is forgotten
    hours.now += BLOCK_SECONDS
    assert (await reader.client.get("/@marie")).status_code == 200
    counted = await told(services)
    assert counted == {("trap", "203.0.113.0/24"): 1, ("blocked", "203.0.113.0/24"): 6}


@ONE_ENGINE
@pytest.mark.parametrize(
    ("headers", "status"), [({"sec-purpose": "prefetch"}, 200), ({"purpose": "prefetch"}, 200), ({}, 429)]
)
async def test_a_browser_that_fetches_ahead_is_not_trapped(headers, status, marie, at) -> None:
    await at("203.0.113.7").get(paths.TRAP, headers=headers)
    assert (await at("203.0.113.7").get("/@marie")).status_code == status


@ONE_ENGINE
async def test_a_trap_sprung_through_a_silent_proxy_blocks_nobody(marie, at) -> None:
    await at("127.0.0.1").get(paths.TRAP)
    assert (await at("127.0.0.1").get("/@marie")).status_code == 200


# --- machines on the list


async def test_known_gatherers_are_sent_away_but_may_read_the_rules(marie, at, services, remote) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hello"))
    machine = at("203.0.113.7", user_agent=GPT)
    for path in ("/@marie", "/", "/@marie.atom", post.url, "/nothing", "/media/x.png", "/sitemap.xml"):
        refused = await machine.get(path)
        assert refused.status_code == 403, path
        assert "Hello" not in refused.text
    assert (await machine.get("/u/marie", headers={"accept": AS2})).status_code == 403
    assert (await machine.get("/api/v1/accounts/lookup?acct=marie")).status_code == 403
    for path in ("/robots.txt", "/.well-known/tdmrep.json", "/limits"):
        assert (await machine.get(path)).status_code == 200, path
    # A server's request is proven by its signature, whatever it calls itself; and one that only seems signed is not
    paul = remote("paul")
    assert (await fetched(paul, machine, "/u/marie/outbox")).status_code == 200
    assert (await machine.get("/u/marie", headers={"accept": AS2, "signature": "x"})).status_code == 401
    assert (await machine.get("/@marie", headers={"signature": "x"})).status_code == 403
    assert await told(services) == {("agent", "gptbot"): 10}


@ONE_ENGINE
@pytest.mark.parametrize(
    "agent", ["", "Mozilla/5.0 Firefox/140.0", "\x00\xff", "Mastodon/4.5.0 (+https://far.example/)"]
)
async def test_everybody_else_is_let_in(agent, marie, at) -> None:
    answer = await at("203.0.113.7").get("/@marie", headers={"user-agent": agent.encode("latin-1")})
    assert answer.status_code == 200


# --- lists


async def test_nobody_is_told_who_the_members_are(people, at) -> None:
    reader = at("203.0.113.7")
    for path in ("/", "/about", "/limits", "/nodeinfo/2.1", "/.well-known/nodeinfo", "/robots.txt", "/api/v2/instance",
                 "/api/v1/instance", "/sitemap.xml", "/members", "/people", "/directory", "/api/v1/directory",
                 "/api/v1/timelines/public", "/api/v1/instance/peers", "/api/v2/search?q=a&type=accounts",
                 "/api/v2/search?q=ad", "/api/v2/search?q=home.example&offset=1"):  # fmt: skip
        answer = await reader.get(path, follow_redirects=True)
        assert not [
            name for name in ("ada", "cyd", "dan") if f"@{name}" in answer.text or f'"{name}"' in answer.text
        ], path
    assert [(await reader.get(path)).status_code for path in ("/sitemap.xml", "/directory", "/api/v1/directory")] == [
        404
    ] * 3


async def test_a_member_still_finds_others_by_a_part_of_their_name(people, at, services) -> None:
    member = await Reader(at("203.0.113.7"), services.settings.origin).log_in(services, "marie")
    await member.open("/find?q=ad")
    assert "@ada" in member.text


# --- what the admin sees (story C7)


async def test_the_admin_sees_a_gatherer_and_shuts_its_server_out(people, at, services, remote, drain) -> None:
    hidden = await services.perform(
        publish_post, PublishPost(await make_member(services, "eve"), "Secret", "followers")
    )
    # Given a machine that said its name, one that went into the trap, and a server that took too many people
    await at("203.0.113.7", user_agent=GPT).get("/@marie")
    await at("198.51.100.7").get(paths.TRAP)
    await at("198.51.100.8").get("/@marie")
    paul = remote("paul", "scraper.example")
    client = at("2001:db8:7::1")
    for name in people:
        await fetched(paul, client, f"/u/{name}/outbox")
    # When the admin looks
    admin = await Reader(at("192.0.2.1"), services.settings.origin).log_in(services, "marie")
    await admin.open("/admin")
    rows = [" ".join(row.get_text(" ").split()) for row in admin.page.select("#refused ~ table tbody tr")]
    day = texts("en").date(clock.now())
    assert sorted(rows) == sorted(
        [
            f"gptbot Program on the list {day} 1",
            f"198.51.100.0/24 Went into the trap {day} 1",
            f"198.51.100.0/24 Came back after the trap {day} 1",
            f"scraper.example Block this server scraper.example Too many different people {day} 2",
        ]
    )
    # Then no address is kept anywhere
    assert not [
        each for each in ("203.0.113.7", "198.51.100.7", "198.51.100.8", "2001:db8:7::1") if each in admin.text
    ]
    # And when the server is shut out, its signature opens nothing
    await services.perform(block_domain, BlockDomain(await _admin(services), "scraper.example", "gathers"))
    for path in ("/u/marie/outbox", "/u/marie", "/u/marie/featured"):
        assert (await fetched(paul, client, path)).status_code == 403, path
    # nor do the members' own things without one
    path = hidden.iri.removeprefix(services.settings.origin)
    for answer in (await client.get(path, headers={"accept": AS2}), await client.get(path, follow_redirects=True)):
        assert answer.status_code == 404
        assert "Secret" not in answer.text
    assert (await client.get("/u/marie/outbox", headers={"accept": AS2})).status_code == 401
    await admin.open("/admin")
    assert f"scraper.example Server kept out {day} 3" in admin.text
    assert f"2001:db8:7::/48 List asked for without a signature {day} 1" in admin.text


async def _admin(services):  # type: ignore[no-untyped-def]
    from fediprof.accounts import store as accounts
    from fediprof.principal import Member

    def find(tx: Tx) -> Member:
        account, actor = next(pair for pair in accounts.everyone(tx) if pair[0].admin)
        return Member(account.id, actor.id, admin=True)

    return await services.read(find)


async def test_counts_add_up_and_are_forgotten_after_thirty_days(services, marie) -> None:
    for day, times in (("2026-10-01", 2), ("2026-11-02", 1), ("2026-11-23", 3)):
        for _ in range(times):
            await services.database.write(
                lambda tx, day=day: store.add(tx, day, [("people", "a/24", 2), ("trap", "b/24", 1)])
            )
    rows = await services.read(store.newest)
    assert [(each.day, each.kind, each.count) for each in rows] == [
        ("2026-11-23", "people", 6), ("2026-11-23", "trap", 3),
        ("2026-11-02", "people", 2), ("2026-11-02", "trap", 1),
        ("2026-10-01", "people", 4), ("2026-10-01", "trap", 2),
    ]  # fmt: skip
    await services.database.write(lambda tx: store.sweep(tx, "2026-11-02"))
    assert {each.day for each in await services.read(store.newest)} == {"2026-11-23", "2026-11-02"}


async def test_a_flood_from_everywhere_is_few_rows(services, marie, monkeypatch) -> None:
    monkeypatch.setattr(store, "MOST_ROWS_A_DAY", 10)
    for number in range(2000):
        services.gate.tally.add("people", f"{number}/24")
    assert len(services.gate.tally.take()) <= 501
    for part in range(3):
        counts = [("people", f"{part}.{n}/24", 1) for n in range(8)]
        await services.database.write(lambda tx, counts=counts: store.add(tx, "2026-11-23", counts))
    rows = await services.read(store.newest)
    assert sum(each.count for each in rows) == 24
    assert len(rows) == 11
    assert max((each.count, each.who) for each in rows) == (14, "…")


@ONE_ENGINE
async def test_what_could_not_be_written_is_not_lost(services, marie, monkeypatch) -> None:
    services.gate.tally.add("trap", "a/24")

    async def fails(unit: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(type(services.database), "write", lambda self, unit: fails(unit))
        with pytest.raises(OSError):
            await services.gate.write(services.database)
    assert await told(services) == {("trap", "a/24"): 1}


@ONE_ENGINE
async def test_refusals_are_written_without_anybody_looking(marie, at, services, monkeypatch) -> None:
    monkeypatch.setattr("fediprof.refusals.gate.WRITTEN_AFTER", 0.01)
    await at("203.0.113.7", user_agent=GPT).get("/@marie")
    import asyncio

    for _ in range(200):
        await asyncio.sleep(0.01)
        if rows := await services.read(store.newest):
            break
    assert [(each.kind, each.who, each.count) for each in rows] == [("agent", "gptbot", 1)]


# --- signatures for lists


@pytest.mark.parametrize(
    "path", ["outbox", "outbox?page=true", "featured", "tags", "followers", "following", "profile"]
)
async def test_lists_of_what_a_person_wrote_are_for_servers_that_sign(path, marie, at, services, remote) -> None:
    paul, client = remote("paul"), at("203.0.113.7")
    refused = await client.get(f"/u/marie/{path}", headers={"accept": AS2})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Signature"
    assert (await fetched(paul, client, f"/u/marie/{path}")).status_code == 200
    # A key that does not exist opens nothing either
    nobody = Remote(paul.network, client, "https://none.example/users/x", "x")
    assert (await fetched(nobody, client, f"/u/marie/{path}")).status_code == 401
    # And a server may be run without this
    services.settings = services.perform.settings = replace(services.settings, signed_collections=False)
    assert (await client.get(f"/u/marie/{path}", headers={"accept": AS2})).status_code == 200


async def test_what_a_plain_server_needs_is_given_without_a_signature(marie, at, services) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hello"))
    path = post.iri.removeprefix(services.settings.origin)
    client = at("203.0.113.7")
    for each in ("/u/marie", "/actor", path, f"{path}/activity", f"{path}/replies", f"{path}/context"):
        assert (await client.get(each, headers={"accept": AS2})).status_code == 200, each
    assert (await client.get("/.well-known/webfinger?resource=acct:marie@home.example")).status_code == 200


# --- what it costs


@ONE_ENGINE
async def test_the_gate_costs_a_request_less_than_a_twentieth_of_a_millisecond(services) -> None:
    """All that is decided for a page: the machine's name, the network, the pace and the person; a hundred readers."""
    from fediprof.refusals.gate import Gate
    from fediprof.refusals.prefixes import prefix_of

    gate = Gate(replace(services.settings, profiles_per_hour=60, profile_pages_per_minute=300))
    agents = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(100, 140)]

    def one(number: int) -> None:
        assert gate.machine(agents[number % 40]) is None
        path = f"/@name{number % 50}/p/abc"
        if paths.personal(path):
            gate.check(prefix_of(f"203.0.{number % 100}.7"), paths.person_in(path))

    for number in range(500):
        one(number)
    best = min(_timed(lambda: [one(number) for number in range(1000)]) for _ in range(5))
    assert best / 1000 < 50e-6, f"{best * 1000:.1f} µs"


def _timed(work) -> float:  # type: ignore[no-untyped-def]
    begun = time.process_time()
    work()
    return time.process_time() - begun
