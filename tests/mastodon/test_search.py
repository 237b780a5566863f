"""Search, lookup, and what the server says of itself."""

from __future__ import annotations

import re

import httpx2
import pytest

from fediprof.errors import Unreachable
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.services import Services
from tests.mastodon.people import Person

pytestmark = pytest.mark.anyio


async def test_the_three_lists_are_always_there(ada: Person) -> None:
    for query in (
        {"q": "nothing-like-it"},
        {"q": ""},
        {"q": "ada", "type": "statuses"},
        {"q": "x", "type": "collections"},
    ):
        assert await ada.get("/api/v2/search", **query) == {"accounts": [], "statuses": [], "hashtags": []}


async def test_a_handle_finds_its_account_in_every_spelling(ada: Person, bob: Person, services: Services) -> None:
    await services.perform(block_actor, BlockActor(ada.by, bob.actor.id))
    for query in ("bob", "@bob", "bob@home.example", "@bob@home.example", "@BOB@HOME.example", "https://home.example/@bob",
                  "https://home.example/u/bob"):  # fmt: skip
        for resolve in ("true", "false"):
            found = await ada.get("/api/v2/search", q=query, resolve=resolve, type="accounts")
            assert [each["id"] for each in found["accounts"]] == [bob.id], query


async def test_an_address_finds_its_post_for_those_who_may_see_it(ada: Person, bob: Person) -> None:
    made = await ada.write("Findable")
    hidden = await ada.write("Hidden", visibility="private")
    for address in (made["uri"], made["url"]):
        found = await bob.get("/api/v2/search", q=address, resolve="true")
        assert [each["id"] for each in found["statuses"]] == [made["id"]], address
        assert found["accounts"] == []
    assert (await bob.get("/api/v2/search", q=hidden["uri"], resolve="1"))["statuses"] == []
    assert (await bob.get("/api/v2/search", q="Findable"))["statuses"] == []


async def test_a_hashtag_is_found_where_a_member_used_it(ada: Person) -> None:
    await ada.write("Hello #Paris")
    for query in ("#paris", "paris", "PARIS"):
        found = await ada.get("/api/v2/search", q=query)
        assert [each["name"] for each in found["hashtags"]] == ["paris"], query
        assert found["hashtags"][0]["history"] == []
    assert (await ada.get("/api/v2/search", q="#rome"))["hashtags"] == []


async def test_only_members_make_us_ask_other_servers(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/v2/search", params={"q": "x@other.example"})).status_code == 200
    answer = await client.get("/api/v2/search", params={"q": "x@other.example", "resolve": "true"})
    assert answer.status_code == 401


async def test_a_server_that_does_not_answer_has_nothing(
    ada: Person, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(self: object, name: str) -> None:
        raise Unreachable("silent")

    for name in ("handle", "actor", "post"):
        monkeypatch.setattr(type(services.resolver), name, silent)
    for query in ("x@other.example", "https://other.example/x"):
        assert (await ada.get("/api/v2/search", q=query, resolve="true"))["accounts"] == []


async def test_a_lookup_asks_nobody_and_needs_no_login(ada: Person, client: httpx2.AsyncClient) -> None:
    for acct in ("ada", "@ada", "ada@home.example", "ADA"):
        answer = await client.get("/api/v1/accounts/lookup", params={"acct": acct})
        assert answer.json()["id"] == ada.id, acct
    for acct in ("", "nobody", "ada@other.example"):
        assert (await client.get("/api/v1/accounts/lookup", params={"acct": acct})).status_code == 404, acct


async def test_the_server_says_what_it_takes_and_claims_only_what_works(client: httpx2.AsyncClient) -> None:
    old = (await client.get("/api/v1/instance")).json()
    new = (await client.get("/api/v2/instance")).json()
    assert old["uri"] == new["domain"] == "home.example"
    assert old["version"] == new["version"]
    assert re.match(r"4\.\d+\.\d+ \(compatible; fediprof \d", new["version"])
    assert new["api_versions"] == {"mastodon": 1}
    assert old["urls"]["streaming_api"] == new["configuration"]["urls"]["streaming"] == "wss://home.example"
    assert old["rules"] == new["rules"] == new["icon"] == []
    assert old["thumbnail"] == new["thumbnail"]["url"]
    for limits in (old["configuration"], new["configuration"]):
        assert limits["statuses"]["max_characters"] == 5000
        assert limits["statuses"]["max_media_attachments"] == 4
        assert limits["statuses"]["characters_reserved_per_url"] == 23
        assert "image/png" in limits["media_attachments"]["supported_mime_types"]
        assert limits["media_attachments"]["image_size_limit"] == 16 * 1024 * 1024
        assert "polls" in limits
    assert new["configuration"]["translation"] == {"enabled": False}
    assert new["registrations"]["enabled"] is old["registrations"] is False
    assert {"title", "short_description", "description", "email", "stats", "languages", "approval_required",
            "invites_enabled", "contact_account"} <= old.keys()  # fmt: skip
    assert {"title", "source_url", "description", "usage", "languages", "contact"} <= new.keys()
    assert (await client.get("/api/v1/custom_emojis")).json() == []
