"""Lists and their pages: home, an account's statuses, notifications, followers, requests, private conversations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.services import Services
from tests.mastodon.people import Person, person, token

pytestmark = pytest.mark.anyio


def links(answer: httpx2.Response) -> dict[str, str]:
    return {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("link", ""))}


async def walk(reader: Person, path: str, way: str) -> list[list[str]]:
    """Follow one kind of link to its end: the ids of each page."""
    pages, url = [], path
    while True:
        answer = await reader.ask("GET", url)
        assert answer.status_code == 200, answer.text
        page = [each["id"] for each in answer.json()]
        if not page:
            assert links(answer) == {}
            return pages
        pages.append(page)
        url = links(answer)[way]
        assert url.startswith("https://home.example/api/")
        assert len(pages) < 50, "a loop"


def flat(pages: Iterable[list[str]]) -> list[str]:
    return [each for page in pages for each in page]


async def both_ways(reader: Person, path: str, expected: list[str]) -> None:
    """Down from the newest and up from the oldest: each item once, none lost, in order."""
    for limit in (1, 2, 3, 40):
        sized = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        down = await walk(reader, sized, "next")
        assert flat(down) == expected, (path, limit)
        assert all(len(page) <= limit for page in down)
        up = await walk(reader, f"{sized}&min_id=0", "prev")
        assert flat(reversed(up)) == expected, (path, limit)
        for page in up:
            assert page == sorted(page, key=expected.index)


async def test_home_pages_both_ways_with_each_item_once(ada: Person, bob: Person) -> None:
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    expected = []
    for number in range(3):
        mine = await ada.write(f"Mine {number}")
        expected.append(mine["id"])
        expected.append((await bob.write(f"Bob's {number}"))["id"])
        expected.append((await bob.post(f"/api/v1/statuses/{mine['id']}/reblog"))["id"])
    expected.reverse()
    assert len(set(expected)) == 9
    await both_ways(ada, "/api/v1/timelines/home", expected)
    await both_ways(ada, "/api/v1/timelines/home?local=false", expected)
    bobs = [each for at, each in enumerate(expected) if at % 3 != 2]
    await both_ways(ada, f"/api/v1/accounts/{bob.id}/statuses", bobs)
    boosts = [each for at, each in enumerate(expected) if at % 3 == 0]
    only_posts = [each for each in bobs if each not in boosts]
    await both_ways(ada, f"/api/v1/accounts/{bob.id}/statuses?exclude_reblogs=true", only_posts)


async def test_since_is_the_newest_page_above_and_min_the_nearest(ada: Person) -> None:
    ids = [(await ada.write(f"{number}"))["id"] for number in range(6)]

    async def page(**query: Any) -> list[str]:
        return [each["id"] for each in await ada.get("/api/v1/timelines/home", **query)]

    assert await page(since_id=ids[1], limit=2) == [ids[5], ids[4]]
    assert await page(min_id=ids[1], limit=2) == [ids[3], ids[2]]
    assert await page(max_id=ids[4], since_id=ids[1]) == [ids[3], ids[2]]
    assert await page(max_id=int(ids[4]) + 1, limit=1) == [ids[4]]
    assert await page(max_id="nonsense", limit=1) == [ids[5]]
    assert await page(limit=1000) == list(reversed(ids))
    await ada.ask("DELETE", f"/api/v1/statuses/{ids[3]}")
    assert await page(max_id=ids[3], limit=1) == [ids[2]]
    assert await page(min_id=ids[3], limit=1) == [ids[4]]


async def test_an_accounts_statuses_can_be_chosen(ada: Person, bob: Person) -> None:
    plain = await ada.write("Plain #tag")
    other = await bob.write("Other")
    answer = await ada.write("@bob answer", in_reply_to_id=other["id"])
    path = f"/api/v1/accounts/{ada.id}/statuses"

    async def chosen(**query: str) -> list[str]:
        return [each["id"] for each in await bob.get(path, **query)]

    assert await chosen() == [answer["id"], plain["id"]]
    assert await chosen(exclude_replies="true") == [plain["id"]]
    assert await chosen(tagged="TAG") == [plain["id"]]
    assert await chosen(only_media="1") == []
    assert await chosen(pinned="true") == []


async def test_notifications_page_and_can_be_chosen(ada: Person, bob: Person) -> None:
    made = await ada.write("Hello")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await bob.post(f"/api/v1/statuses/{made['id']}/favourite")
    await bob.post(f"/api/v1/statuses/{made['id']}/reblog")
    await bob.write("@ada hello")
    told = await ada.get("/api/v1/notifications")
    assert [each["type"] for each in told] == ["mention", "reblog", "favourite", "follow"]
    for each in told:
        assert {"id", "type", "created_at", "account", "status", "group_key"} == each.keys()
        assert each["account"]["id"] == bob.id
        assert (each["status"] is None) == (each["type"] == "follow")
    await both_ways(ada, "/api/v1/notifications", [each["id"] for each in told])

    async def types(query: str) -> list[str]:
        return [each["type"] for each in (await ada.ask("GET", f"/api/v1/notifications?{query}")).json()]

    assert await types("types[]=mention&types[]=follow") == ["mention", "follow"]
    assert await types("types=follow") == ["follow"]
    assert await types("exclude_types[]=mention&exclude_types[]=follow") == ["reblog", "favourite"]
    assert await types("types[]=moderation_warning") == []


async def test_followers_page_by_cursors_of_their_own_for_the_person_alone(
    ada: Person, bob: Person, services: Services, client: httpx2.AsyncClient
) -> None:
    others = [await person(services, client, f"fan{number}") for number in range(3)]
    for fan in others:
        await fan.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.post(f"/api/v1/accounts/{others[0].id}/follow")
    expected = [fan.id for fan in reversed(others)]
    await both_ways(ada, f"/api/v1/accounts/{ada.id}/followers", expected)
    await both_ways(ada, f"/api/v1/accounts/{ada.id}/following", [others[0].id])
    # Others are told how many, not who
    for side in ("followers", "following"):
        assert (await client.get(f"/api/v1/accounts/{ada.id}/{side}")).json() == []
        assert await bob.get(f"/api/v1/accounts/{ada.id}/{side}") == []
    shown = await bob.get(f"/api/v1/accounts/{ada.id}")
    assert (shown["followers_count"], shown["following_count"], shown["hide_collections"]) == (3, 1, True)


async def test_requests_wait_for_a_member_who_is_locked(ada: Person, bob: Person, services: Services) -> None:
    await services.perform(revise_profile, ReviseProfile(ada.by, locked=True))
    asked = await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    assert [each["type"] for each in await ada.get("/api/v1/notifications")] == ["follow_request"]
    assert (await ada.get("/api/v1/accounts/verify_credentials"))["source"]["follow_requests_count"] == 1
    await both_ways(ada, "/api/v1/follow_requests", [bob.id])
    let_in = await ada.post(f"/api/v1/follow_requests/{bob.id}/authorize")
    assert (let_in["followed_by"], let_in["requested_by"]) == (True, False)
    assert await ada.get("/api/v1/follow_requests") == []
    assert (await bob.get("/api/v1/accounts/relationships", id=ada.id))[0]["following"] is True
    await bob.post(f"/api/v1/accounts/{ada.id}/unfollow")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.post(f"/api/v1/follow_requests/{bob.id}/reject")
    standing = (await bob.get("/api/v1/accounts/relationships", id=ada.id))[0]
    assert (standing["following"], standing["requested"]) == (False, False)
    answer = await ada.ask("POST", "/api/v1/follow_requests/12345/authorize")
    assert answer.status_code == 404


RELATIONSHIP = {
    "id", "following", "showing_reblogs", "notifying", "languages", "followed_by", "blocking", "blocked_by", "muting",
    "muting_notifications", "muting_expires_at", "requested", "requested_by", "domain_blocking", "endorsed", "note",
}  # fmt: skip


async def test_relationships_have_all_keys_and_leave_out_the_unknown(ada: Person, bob: Person) -> None:
    followed = await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    assert followed.keys() == RELATIONSHIP
    assert (followed["id"], followed["following"], followed["followed_by"]) == (bob.id, True, False)
    for query in (
        f"id[]={bob.id}&id[]=1&id[]={ada.id}&id[]=x",
        f"id={bob.id}&id[]={ada.id}",
        f"id[0]={bob.id}&id[1]={ada.id}",
    ):
        found = (await ada.ask("GET", f"/api/v1/accounts/relationships?{query}")).json()
        assert [each["id"] for each in found] == ([bob.id, ada.id] if "id=" not in query else [ada.id]), query
    assert await ada.get("/api/v1/accounts/relationships") == []
    assert (await bob.get("/api/v1/accounts/relationships", id=ada.id))[0]["followed_by"] is True
    gone = await ada.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert gone["following"] is False
    assert (await ada.ask("POST", f"/api/v1/accounts/{ada.id}/follow")).status_code in (403, 422)


async def test_private_conversations_are_listed_by_their_last_message(
    ada: Person, bob: Person, services: Services, client: httpx2.AsyncClient
) -> None:
    cleo = await person(services, client, "cleo")
    first = await ada.write("@bob psst", visibility="direct")
    second = await ada.write("@cleo hey", visibility="direct")
    answer = await bob.write("@ada yes?", visibility="direct", in_reply_to_id=first["id"])
    found = await ada.get("/api/v1/conversations")
    assert [each["last_status"]["id"] for each in found] == [answer["id"], second["id"]]
    assert [each["unread"] for each in found] == [True, False]
    assert [[each["id"] for each in conversation["accounts"]] for conversation in found] == [[bob.id], [cleo.id]]
    assert {"id", "unread", "accounts", "last_status"} == found[0].keys()
    await both_ways(ada, "/api/v1/conversations", [each["id"] for each in found])
    assert len(await cleo.get("/api/v1/conversations")) == 1
    assert await bob.get("/api/v1/timelines/home") == []


async def test_reading_one_conversation_leaves_the_others_unread(
    ada: Person, bob: Person, services: Services, client: httpx2.AsyncClient
) -> None:
    cleo = await person(services, client, "cleo")
    await bob.write("@ada psst", visibility="direct")
    await cleo.write("@ada hey", visibility="direct")
    [from_cleo, from_bob] = await ada.get("/api/v1/conversations")
    assert [from_cleo["unread"], from_bob["unread"]] == [True, True]
    read = await ada.post(f"/api/v1/conversations/{from_bob['id']}/read")
    assert read == {**from_bob, "unread": False}
    assert [each["unread"] for each in await ada.get("/api/v1/conversations")] == [True, False]
    # whose it is not learns nothing and reads it for nobody
    path = f"/api/v1/conversations/{from_cleo['id']}/read"
    assert (await bob.ask("POST", path)).status_code == 404
    narrow = replace(ada, token=await token(services, ada.by, "read"))
    assert (await narrow.ask("POST", path)).status_code == 403
    assert [each["unread"] for each in await ada.get("/api/v1/conversations")] == [True, False]
