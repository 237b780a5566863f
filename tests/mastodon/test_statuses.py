"""Statuses: written, read, changed, taken back; and who may see them."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from fediprof.accounts.commands import SetPreferences, set_preferences
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.services import Services
from tests.mastodon.people import Person

pytestmark = pytest.mark.anyio

MEMBERS_ONLY = {"favourited", "reblogged", "muted", "bookmarked", "filtered"}
KEYS = {
    "id", "uri", "url", "created_at", "edited_at", "in_reply_to_id", "in_reply_to_account_id", "account", "content",
    "spoiler_text", "sensitive", "visibility", "language", "replies_count", "reblogs_count", "favourites_count",
    "media_attachments", "mentions", "tags", "emojis", "reblog", "quote", "application", "card", "poll",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_status_has_every_key_and_its_types(ada: Person, client: httpx2.AsyncClient) -> None:
    made = await ada.write("Hello #Paris <b>", spoiler_text="News", language="fr", sensitive="1")
    assert made.keys() == KEYS | MEMBERS_ONLY | {"pinned"}
    assert isinstance(made["id"], str)
    assert MOMENT.fullmatch(made["created_at"])
    assert made["visibility"] == "public"
    assert made["language"] == "fr"
    assert made["spoiler_text"] == "News"
    assert made["sensitive"] is True
    assert "&lt;b&gt;" in made["content"]
    assert [tag["name"].lower() for tag in made["tags"]] == ["paris"]
    assert made["tags"][0]["url"].startswith("https://home.example/tags/")
    for name in ("edited_at", "in_reply_to_id", "reblog", "quote", "application", "card", "poll"):
        assert made[name] is None, name
    for name in MEMBERS_ONLY - {"filtered"} | {"pinned"}:
        assert made[name] is False, name
    assert made["filtered"] == []
    anonymous = (await client.get(f"/api/v1/statuses/{made['id']}")).json()
    assert anonymous.keys() == KEYS


async def test_an_account_has_every_key_and_real_pictures(ada: Person, client: httpx2.AsyncClient) -> None:
    await ada.write("Hello")
    found = (await client.get(f"/api/v1/accounts/{ada.id}")).json()
    assert found["id"] == ada.id
    assert found["acct"] == found["username"] == "ada"
    for name in ("avatar", "avatar_static", "header", "header_static"):
        assert found[name].startswith("https://home.example/"), name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\.000Z", found["created_at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["last_status_at"])
    assert (found["emojis"], found["fields"], found["roles"]) == ([], [], [])
    for name in ("locked", "bot", "group", "discoverable", "indexable"):
        assert isinstance(found[name], bool), name
    assert found["statuses_count"] == 1
    assert found["moved"] is None
    assert found["url"] == "https://home.example/@ada"
    assert found["uri"] == "https://home.example/u/ada"


async def test_a_member_finds_what_they_wrote_of_themselves_as_text(ada: Person) -> None:
    found = await ada.get("/api/v1/accounts/verify_credentials")
    assert found["source"]["privacy"] == "public"
    assert found["source"]["language"] == "en"
    assert found["source"]["follow_requests_count"] == 0
    assert {"note", "fields", "sensitive"} <= found["source"].keys()
    wishes = await ada.get("/api/v1/preferences")
    assert wishes["posting:default:visibility"] == "public"
    assert wishes["reading:expand:media"] == "default"


BODIES: dict[str, dict[str, Any]] = {
    "form": {"data": {"status": "Same", "sensitive": "true", "visibility": "unlisted"}},
    "JSON": {"json": {"status": "Same", "sensitive": True, "visibility": "unlisted", "in_reply_to_id": None}},
    "JSON with words for booleans": {"json": {"status": "Same", "sensitive": "1", "visibility": "unlisted"}},
    "multipart": {"files": {"status": (None, "Same"), "sensitive": (None, "on"), "visibility": (None, "unlisted")}},
    "query": {"params": {"status": "Same", "sensitive": "1", "visibility": "unlisted"}},
}


async def test_a_status_is_the_same_in_every_encoding(ada: Person) -> None:
    for name, body in BODIES.items():
        answer = await ada.ask("POST", "/api/v1/statuses", **body)
        assert answer.status_code == 200, (name, answer.text)
        found = answer.json()
        assert (found["sensitive"], found["visibility"]) == (True, "unlisted"), name
        assert found["content"] == "<p>Same</p>", name


async def test_the_visibility_not_given_is_the_members_own(ada: Person, services: Services) -> None:
    await services.perform(set_preferences, SetPreferences(ada.by, "fr", "followers"))
    made = await ada.write("Bonjour")
    assert (made["visibility"], made["language"]) == ("private", "fr")
    assert (await ada.write("Bonjour", visibility="direct"))["visibility"] == "direct"


WRONG = [
    {"status": ""},
    {"status": "   "},
    {"status": "x" * 5001},
    {"status": "Hi", "visibility": "everyone"},
    {"status": "Hi", "language": "not a language"},
    {"status": "Hi", "media_ids": ["99"]},
    {"status": "Hi", "media_ids": ["abc"]},
    {"status": "Hi", "poll": {"options": ["a", "b"], "expires_in": 300}},
    {"status": "Hi", "scheduled_at": "2099-01-01T00:00:00.000Z"},
    {"status": "Hi", "quoted_status_id": "1"},
    {"status": {"deep": "er"}},
]


async def test_a_wrong_status_is_refused_and_none_is_made(ada: Person) -> None:
    for body in WRONG:
        answer = await ada.ask("POST", "/api/v1/statuses", json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["error"].startswith("Validation failed: ")
    answer = await ada.ask("POST", "/api/v1/statuses", json={"status": "Hi", "in_reply_to_id": "12345"})
    assert answer.status_code == 404
    assert await ada.get(f"/api/v1/accounts/{ada.id}/statuses") == []


async def test_what_apps_leave_empty_is_not_given(ada: Person) -> None:
    body = {"status": "Hi", "poll": None, "scheduled_at": "", "in_reply_to_id": "", "quoted_status_id": None}
    answer = await ada.ask(
        "POST", "/api/v1/statuses", json={**body, "media_ids": [], "language": "", "visibility": ""}
    )
    assert answer.status_code == 200


async def test_a_key_makes_a_status_sent_twice_one(ada: Person, bob: Person) -> None:
    sent = [
        await person.ask("POST", "/api/v1/statuses", data={"status": "Hi"}, headers={"idempotency-key": key})
        for person, key in ((ada, "one"), (ada, "one"), (ada, "two"), (bob, "one"))
    ]
    ids = [answer.json()["id"] for answer in sent]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_an_answer_names_what_it_answers_and_stands_in_the_context(ada: Person, bob: Person) -> None:
    first = await ada.write("Question")
    answer = await bob.write("@ada Answer", in_reply_to_id=first["id"])
    last = await ada.write("@bob Thanks", in_reply_to_id=answer["id"])
    assert answer["in_reply_to_id"] == first["id"]
    assert answer["in_reply_to_account_id"] == ada.id
    assert answer["mentions"] == [
        {"id": ada.id, "username": "ada", "url": "https://home.example/@ada", "acct": "ada"},
    ]
    around = await ada.get(f"/api/v1/statuses/{answer['id']}/context")
    assert [each["id"] for each in around["ancestors"]] == [first["id"]]
    assert [each["id"] for each in around["descendants"]] == [last["id"]]
    assert (await ada.get(f"/api/v1/statuses/{first['id']}"))["replies_count"] == 1


async def test_private_statuses_are_not_found_by_those_they_are_not_for(
    ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    for visibility in ("private", "direct"):
        made = await ada.write("For some", visibility=visibility)
        for path in ("", "/context", "/source"):
            answer = await bob.ask("GET", f"/api/v1/statuses/{made['id']}{path}")
            assert answer.status_code == 404, (visibility, path)
        for action in ("favourite", "unfavourite", "reblog", "unreblog"):
            answer = await bob.ask("POST", f"/api/v1/statuses/{made['id']}/{action}")
            assert answer.status_code == 404, (visibility, action)
        assert (await client.get(f"/api/v1/statuses/{made['id']}")).status_code == 404
        reply = await bob.ask("POST", "/api/v1/statuses", data={"status": "Hi", "in_reply_to_id": made["id"]})
        assert reply.status_code == 404
    assert await bob.get(f"/api/v1/accounts/{ada.id}/statuses") == []


async def test_a_blocked_person_finds_nothing(ada: Person, bob: Person, services: Services) -> None:
    made = await ada.write("Hello")
    await services.perform(block_actor, BlockActor(ada.by, bob.actor.id))
    assert (await bob.ask("GET", f"/api/v1/statuses/{made['id']}")).status_code == 404
    assert (await bob.ask("POST", f"/api/v1/statuses/{made['id']}/favourite")).status_code == 404
    assert (await bob.ask("POST", f"/api/v1/accounts/{ada.id}/follow")).status_code == 404
    assert await bob.get(f"/api/v1/accounts/{ada.id}/statuses") == []
    standing = await bob.get("/api/v1/accounts/relationships", id=ada.id)
    assert standing[0]["blocked_by"] is True


async def test_another_ones_status_cannot_be_changed_or_taken_back(ada: Person, bob: Person) -> None:
    made = await ada.write("Mine")
    assert (await bob.ask("PUT", f"/api/v1/statuses/{made['id']}", data={"status": "Yours"})).status_code == 404
    assert (await bob.ask("DELETE", f"/api/v1/statuses/{made['id']}")).status_code == 404
    assert (await bob.ask("GET", f"/api/v1/statuses/{made['id']}/source")).status_code == 404
    assert (await ada.get(f"/api/v1/statuses/{made['id']}"))["content"] == "<p>Mine</p>"


async def test_a_status_is_changed_whole(ada: Person) -> None:
    made = await ada.write("First", spoiler_text="Warning", language="fr")
    body = {"status": "Second"}
    changed = (await ada.ask("PUT", f"/api/v1/statuses/{made['id']}", json=body)).json()
    assert changed["id"] == made["id"]
    assert changed["content"] == "<p>Second</p>"
    assert changed["spoiler_text"] == ""
    assert changed["language"] == "fr"
    assert MOMENT.fullmatch(changed["edited_at"])
    source = await ada.get(f"/api/v1/statuses/{made['id']}/source")
    assert source == {"id": made["id"], "text": "Second", "spoiler_text": ""}


async def test_a_status_taken_back_answers_its_text_and_is_gone(ada: Person, client: httpx2.AsyncClient) -> None:
    made = await ada.write("Oops & co", spoiler_text="W")
    answer = await ada.ask("DELETE", f"/api/v1/statuses/{made['id']}")
    assert answer.status_code == 200
    assert answer.json()["text"] == "Oops & co"
    assert answer.json()["spoiler_text"] == "W"
    assert (await ada.ask("GET", f"/api/v1/statuses/{made['id']}")).status_code == 404
    assert (await ada.ask("DELETE", f"/api/v1/statuses/{made['id']}")).status_code == 404
    assert await ada.get("/api/v1/timelines/home") == []


async def test_a_favourite_is_counted_once_and_told(ada: Person, bob: Person) -> None:
    made = await ada.write("Like me")
    for _ in range(2):
        liked = await bob.post(f"/api/v1/statuses/{made['id']}/favourite")
        assert (liked["favourited"], liked["favourites_count"]) == (True, 1)
    told = await ada.get("/api/v1/notifications")
    assert [(each["type"], each["account"]["id"], each["status"]["id"]) for each in told] == [
        ("favourite", bob.id, made["id"])
    ]
    back = await bob.post(f"/api/v1/statuses/{made['id']}/unfavourite")
    assert (back["favourited"], back["favourites_count"]) == (False, 0)
    assert (await ada.get(f"/api/v1/statuses/{made['id']}"))["favourites_count"] == 0


async def test_a_boost_is_a_wrapper_with_an_id_of_its_own(ada: Person, bob: Person) -> None:
    made = await ada.write("Boost me")
    boost = await bob.post(f"/api/v1/statuses/{made['id']}/reblog")
    assert boost["id"] != made["id"]
    assert boost["account"]["id"] == bob.id
    assert boost["reblog"]["id"] == made["id"]
    assert boost["reblog"]["account"]["id"] == ada.id
    assert boost["reblog"]["reblogged"] is True
    assert boost["reblog"]["reblogs_count"] == 1
    assert boost["reblog"]["reblog"] is None
    assert boost.keys() >= KEYS | MEMBERS_ONLY
    assert (await bob.post(f"/api/v1/statuses/{made['id']}/reblog"))["id"] == boost["id"]
    assert (await bob.get(f"/api/v1/statuses/{boost['id']}"))["reblog"]["id"] == made["id"]
    assert [each["id"] for each in await bob.get("/api/v1/timelines/home")] == [boost["id"]]
    assert [each["type"] for each in await ada.get("/api/v1/notifications")] == ["reblog"]
    back = await bob.post(f"/api/v1/statuses/{made['id']}/unreblog")
    assert (back["id"], back["reblogged"], back["reblogs_count"]) == (made["id"], False, 0)
    assert await bob.get("/api/v1/timelines/home") == []


async def test_a_boost_can_be_named_for_the_post_and_taken_back_by_its_id(ada: Person, bob: Person) -> None:
    made = await ada.write("Boost me")
    boost = await bob.post(f"/api/v1/statuses/{made['id']}/reblog", visibility="private")
    assert boost["visibility"] == "private"
    liked = await ada.post(f"/api/v1/statuses/{boost['id']}/favourite")
    assert liked["id"] == made["id"]
    assert (await ada.ask("DELETE", f"/api/v1/statuses/{boost['id']}")).status_code == 404
    assert (await bob.ask("DELETE", f"/api/v1/statuses/{boost['id']}")).status_code == 200
    assert (await ada.get(f"/api/v1/statuses/{made['id']}"))["reblogs_count"] == 0
    assert (
        await bob.ask("POST", f"/api/v1/statuses/{made['id']}/reblog", data={"visibility": "direct"})
    ).status_code == 422


async def test_what_was_not_written_for_everyone_cannot_be_boosted(ada: Person, bob: Person) -> None:
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    made = await ada.write("For followers", visibility="private")
    answer = await bob.ask("POST", f"/api/v1/statuses/{made['id']}/reblog")
    assert answer.status_code == 403
    assert "error" in answer.json()
