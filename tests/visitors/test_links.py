"""Links that open a part: once, in one browser, by a button; what looks at them before people do spends nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from starlette.requests import Request

from fediprof import clock, ids
from fediprof.i18n.catalog import texts
from fediprof.schema.profiles import disclosure_grant
from fediprof.schema.visitors import capability_link, visitor_session
from fediprof.visitors import sessions
from fediprof.visitors.links import LENGTH, make_link
from fediprof.web import visitors as pages
from fediprof.web.throttle import Throttle
from fediprof.web.view import Page
from tests.conftest import make_member
from tests.visitors.conftest import HOST
from tests.visitors.test_login import log_in

pytestmark = pytest.mark.anyio
HERE_AS = f"You are here as @paul@{HOST}"


async def grant(services, owner, actor_id: int, uses: int = 1) -> str:  # type: ignore[no-untyped-def]
    """The address of a link to what `owner` opened to somebody."""
    now = clock.now()

    def unit(tx) -> str:  # type: ignore[no-untyped-def]
        row = {"id": ids.new_id(), "actor_id": owner.actor_id, "to_actor_id": actor_id, "mode": "show", "parts": {}}
        tx.execute(
            insert(disclosure_grant), {**row, "starts_at": now, "ends_at": now + timedelta(days=30), "label": ""}
        )
        return make_link(tx, grant_id=row["id"], owner_id=owner.actor_id, actor_id=actor_id, now=now, uses=uses)

    secret = await services.database.write(unit)
    assert len(secret) == LENGTH
    return f"/c/{secret}"


@pytest.fixture
async def paul_id(services, paul) -> int:  # type: ignore[no-untyped-def]
    known = await services.resolver.actor(paul.iri)
    assert known is not None
    return known.id


async def uses_left(services) -> list[int]:  # type: ignore[no-untyped-def]
    return [row.uses_left for row in await services.read(lambda tx: tx.execute(select(capability_link)).all())]


async def test_the_button_opens_it_in_this_browser_and_nowhere_else(
    services, marie, paul_id, browser, browsers
) -> None:
    link = await grant(services, marie, paul_id)
    await browser.open(link)
    assert browser.status == 200
    await browser.press(button="Open")
    assert browser.path == "/@marie"
    assert HERE_AS in browser.page.get_text()
    # Paul looks again, from the same browser: no more is spent
    await browser.open(link)
    assert browser.path == "/@marie"
    assert await uses_left(services) == [0]
    # a colleague with the same address gets what there is at any address that is none
    colleague = await browsers()
    await colleague.open(link)
    spent = colleague.answer
    await colleague.open(f"/c/{ids.slug(LENGTH)}")
    unknown = colleague.answer
    assert (spent.status_code, unknown.status_code) == (404, 404)
    assert spent.text.replace(link, "") == unknown.text.replace(unknown.url.path, "")
    assert {n: v for n, v in spent.headers.items() if n != "x-request-id"} == {
        n: v for n, v in unknown.headers.items() if n != "x-request-id"
    }


async def test_what_looks_before_people_do_spends_nothing_and_learns_nothing(
    services, marie, paul_id, browsers
) -> None:
    link = await grant(services, marie, paul_id)
    bot = await browsers()
    for method in ("GET", "HEAD", "OPTIONS", "PROPFIND"):
        await bot.client.request(method, link)
    for headers in (
        {"User-Agent": "Mastodon/4.5 (http.rb; +https://mastodon.example/)"},
        {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"},
        {"Accept": "application/activity+json"},
        {"Accept": "application/json"},
    ):
        answer = await bot.client.get(link, headers=headers)
        assert answer.status_code in (200, 404)
        for word in ("Marie", "marie", "og:", "twitter:", "description", "ld+json", "oembed", "paul"):
            assert word not in answer.text, word
        assert "set-cookie" not in answer.headers
    # nor does one that presses buttons on pages it has not opened
    assert (await bot.client.post(link)).status_code == 403
    assert (await bot.client.post(link, headers={"Origin": "https://evil.example"})).status_code == 403
    assert await uses_left(services) == [1]
    person = await browsers()
    await person.open(link)
    await person.press(button="Open")
    assert HERE_AS in person.page.get_text()


async def test_its_pages_stay_with_who_opened_them(services, marie, paul_id, browser) -> None:
    link = await grant(services, marie, paul_id)
    for path in (link, f"/c/{ids.slug(LENGTH)}", "/c/x"):
        await browser.open(path)
        headers = browser.answer.headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"].startswith("noindex, noarchive, nosnippet")
        assert "etag" not in headers
    await browser.open(link)
    await browser.press(button="Open")
    assert browser.answer.history[-1].headers["referrer-policy"] == "no-referrer"


async def test_it_opens_its_sender_s_pages_alone(services, marie, paul_id, browser) -> None:
    """Whoever has it may be somebody else: it makes nobody a visitor of all."""
    nora = await make_member(services, "nora")
    await browser.open(await grant(services, marie, paul_id))
    await browser.press(button="Open")
    seen = await looker_on(browser, services)
    assert seen == {"/@marie": paul_id, "/@nora": None, "/about": None}
    # until a link of hers opens those too
    await browser.open(await grant(services, nora, paul_id))
    await browser.press(button="Open")
    assert await looker_on(browser, services) == {"/@marie": paul_id, "/@nora": paul_id, "/about": None}
    assert len(await services.read(lambda tx: tx.execute(select(visitor_session)).all())) == 1


async def looker_on(browser, services) -> dict[str, int | None]:  # type: ignore[no-untyped-def]
    """Whose eyes pages are shown to in this browser."""
    found: dict[str, int | None] = {}
    secret = browser.client.cookies["__Host-visitor"]
    for path, name in (("/@marie", "marie"), ("/@nora", "nora"), ("/about", "")):
        scope = {"type": "http", "path": path, "headers": [], "path_params": {"name": name} if name else {}}
        guest = await services.read(lambda tx: sessions.find(tx, secret, clock.now()))
        found[path] = Page(Request(scope), services, services.here(), texts("en"), None, guest).looker
    return found


async def test_who_is_logged_in_as_its_receiver_needs_no_button(
    services, marie, paul, paul_id, server, browser
) -> None:
    await log_in(browser, server)
    await browser.open(await grant(services, marie, paul_id))
    assert browser.path == "/@marie"
    assert await uses_left(services) == [1]


async def test_who_is_somebody_else_opens_nothing_and_spends_nothing(
    services, marie, paul, paul_id, remote, server, browser, browsers
) -> None:
    link = await grant(services, marie, paul_id)
    # a colleague with an account on the same server, and a member here
    remote("carla", HOST)
    await log_in(browser, server, f"carla@{HOST}")
    member = await (await browsers()).log_in(services, "marie")
    for reader in (browser, member):
        token = reader.page.find("input", attrs={"name": "token"})["value"]
        await reader.open(link)
        assert reader.status == 404
        answer = await reader.client.post(link, data={"token": token}, headers={"Origin": reader.origin})
        assert answer.status_code == 404
    assert await uses_left(services) == [1]


@pytest.mark.parametrize(
    "changed",
    [
        (capability_link, "expires_at"),
        (disclosure_grant, "ends_at"),
        (disclosure_grant, "revoked_at"),
    ],
)
async def test_at_its_end_it_is_over_opened_or_not(services, marie, paul_id, browser, browsers, changed) -> None:
    opened, unopened = await grant(services, marie, paul_id), await grant(services, marie, paul_id)
    await browser.open(opened)
    await browser.press(button="Open")
    table, column = changed
    at: datetime = clock.now()
    await services.database.write(lambda tx: tx.execute(update(table).values({column: at})))
    for reader, link in ((browser, opened), (await browsers(), opened), (await browsers(), unopened)):
        await reader.open(link)
        assert reader.status == 404
    rows = await services.read(lambda tx: tx.execute(select(capability_link)).all())
    assert all(row.expires_at - row.created_at <= timedelta(days=7) for row in rows)


async def test_of_two_at_the_same_moment_one_opens_it(services, marie, paul_id, browsers) -> None:
    link = await grant(services, marie, paul_id)
    readers = [await browsers() for _ in range(4)]
    for reader in readers:
        await reader.open(link)
    await asyncio.gather(*(reader.press(button="Open") for reader in readers))
    assert sorted(reader.status for reader in readers) == [200, 404, 404, 404]
    assert await uses_left(services) == [0]


async def test_it_may_open_more_than_once_where_its_sender_said_so(services, marie, paul_id, browsers) -> None:
    link = await grant(services, marie, paul_id, uses=2)
    found = []
    for _ in range(3):
        reader = await browsers()
        await reader.open(link)
        if reader.status == 200:
            await reader.press(button="Open")
        found.append(reader.status)
    assert found == [200, 200, 404]


async def test_nobody_presses_buttons_without_end(services, marie, browser, monkeypatch) -> None:
    monkeypatch.setattr(pages, "_links", Throttle(limit=2, seconds=60))
    found = [
        (await browser.client.post(f"/c/{ids.slug(LENGTH)}", headers={"Origin": browser.origin})).status_code
        for _ in range(3)
    ]
    assert found == [404, 404, 429]


@pytest.mark.parametrize("secret", ["x", "x" * 22, "x" * 5000, "é" * 22, "%00", "..%2f..%2f", "' or 1=1 --"])
async def test_guesses_lead_nowhere(services, marie, paul_id, browser, secret) -> None:
    await grant(services, marie, paul_id)
    answer = await browser.client.get(f"/c/{secret}", headers={"Accept": "text/html"})
    assert answer.status_code in (400, 404)
    assert await uses_left(services) == [1]
