"""People and posts of other servers, seen and reached through the client API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.mastodon.people import Person
from tests.support.remote import AS2, Network, Remote

pytestmark = pytest.mark.anyio

Drain = Callable[[], Awaitable[None]]
EMOJI = {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://far.example/blob.png"}}


@pytest.fixture
def paul(remote: Callable[..., Remote]) -> Remote:
    person = remote("paul")
    person.publish(
        icon={"type": "Image", "url": "https://far.example/paul.png"},
        url="https://far.example/@paul",
        tag=[EMOJI],
        name="Paul :blob:",
    )
    return person


async def found(person: Person, query: str, kind: str = "accounts") -> Any:
    answer = await person.get("/api/v2/search", q=query, resolve="true")
    return answer[kind]


async def test_a_person_elsewhere_is_found_by_handle_and_by_address(ada: Person, paul: Remote) -> None:
    assert (await ada.get("/api/v2/search", q=f"@{paul.handle}"))["accounts"] == []
    for query in (f"@{paul.handle}", paul.handle, paul.iri):
        accounts = await found(ada, query)
        assert [each["acct"] for each in accounts] == [paul.handle], query
    shown = accounts[0]
    assert shown["username"] == "paul"
    assert shown["url"] == "https://far.example/@paul"
    assert shown["uri"] == paul.iri
    assert shown["avatar"].startswith("https://home.example/pictures/")
    assert shown["header"].startswith("https://home.example/static/")
    assert [each["shortcode"] for each in shown["emojis"]] == ["blob"]
    assert shown["emojis"][0]["url"].startswith("https://home.example/pictures/")
    assert {"static_url", "visible_in_picker", "category"} <= shown["emojis"][0].keys()
    assert (await ada.get("/api/v1/accounts/lookup", acct=paul.handle))["id"] == shown["id"]
    assert await ada.get(f"/api/v1/accounts/{shown['id']}/statuses") == []
    assert (await ada.get("/api/v1/instance"))["stats"] == {"user_count": 1, "status_count": 0, "domain_count": 1}


async def test_a_post_elsewhere_is_found_by_its_address(ada: Person, paul: Remote, network: Network) -> None:
    note = paul.note("<p>Far <script>x</script>away</p>", summary="Travel", sensitive=True)
    network.documents[str(note["id"])] = {"@context": AS2, **note}
    statuses = await found(ada, str(note["id"]), "statuses")
    assert [each["uri"] for each in statuses] == [note["id"]]
    assert statuses[0]["content"] == "<p>Far away</p>"
    assert (statuses[0]["spoiler_text"], statuses[0]["sensitive"]) == ("Travel", True)
    assert await found(ada, "https://far.example/nothing", "statuses") == []


async def test_following_someone_elsewhere_waits_for_their_answer_and_then_fills_home(
    ada: Person, paul: Remote, network: Network, drain: Drain
) -> None:
    [account] = await found(ada, paul.handle)
    asked = await ada.post(f"/api/v1/accounts/{account['id']}/follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    await drain()
    [follow] = network.activities("Follow")
    await paul.send(paul.activity("Accept", follow))
    await drain()
    [standing] = await ada.get("/api/v1/accounts/relationships", id=account["id"])
    assert (standing["following"], standing["requested"]) == (True, False)
    note = paul.note(
        "<p>Look :blob:</p>",
        tag=[EMOJI],
        attachment=[
            {"type": "Document", "mediaType": "image/png", "url": "https://far.example/1.png", "name": "A hill",
             "width": 800, "height": 600, "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "focalPoint": [0.1, -0.2]},
            {"type": "Document", "mediaType": "application/pdf", "url": "https://far.example/cv.pdf"},
        ],
    )  # fmt: skip
    await paul.send(paul.create(note))
    await drain()
    [shown] = await ada.get("/api/v1/timelines/home")
    assert shown["account"]["acct"] == paul.handle
    assert [each["shortcode"] for each in shown["emojis"]] == ["blob"]
    picture = shown["media_attachments"][0]
    assert picture["type"] == "image"
    assert picture["url"].startswith("https://home.example/pictures/")
    assert picture["preview_url"].startswith("https://home.example/pictures/")
    assert picture["remote_url"] == "https://far.example/1.png"
    assert picture["description"] == "A hill"
    assert picture["meta"]["original"] == {"width": 800, "height": 600, "size": "800x600", "aspect": 800 / 600}
    assert picture["meta"]["focus"] == {"x": 0.1, "y": -0.2}
    assert len({each["id"] for each in shown["media_attachments"]}) == len(shown["media_attachments"])
    assert all(isinstance(each["id"], str) for each in shown["media_attachments"])
    assert [each["id"] for each in await ada.get(f"/api/v1/accounts/{account['id']}/statuses")] == [shown["id"]]


async def test_a_poll_elsewhere_is_shown(ada: Person, paul: Remote, drain: Drain) -> None:
    question = {
        **paul.note("<p>Tea?</p>", to=(f"https://home.example/u/{ada.actor.username}",)),
        "type": "Question",
        "oneOf": [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
            for name, votes in (("Yes", 3), ("No", 1))
        ],
        "endTime": "2020-01-01T00:00:00Z",
        "votersCount": 4,
        "tag": [{"type": "Mention", "href": "https://home.example/u/ada"}],
    }
    await paul.send(paul.create(question))
    await drain()
    [told] = await ada.get("/api/v1/notifications")
    poll = told["status"]["poll"]
    assert poll["options"] == [{"title": "Yes", "votes_count": 3}, {"title": "No", "votes_count": 1}]
    assert (poll["votes_count"], poll["voters_count"], poll["expired"], poll["multiple"]) == (4, 4, True, False)
    assert poll["expires_at"] == "2020-01-01T00:00:00.000Z"
    assert (poll["voted"], poll["own_votes"], poll["emojis"]) == (False, [], [])


async def test_a_private_mention_goes_to_the_person_named_alone_and_comes_back(
    ada: Person, bob: Person, paul: Remote, network: Network, drain: Drain
) -> None:
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    made = await ada.write(f"@{paul.handle} for you alone", visibility="direct")
    assert [each["acct"] for each in made["mentions"]] == [paul.handle]
    await drain()
    [create] = network.activities("Create")
    assert create["to"] == [paul.iri]
    assert not create.get("cc")
    assert await bob.get("/api/v1/timelines/home") == []
    answer = paul.note(
        "<p>Thanks</p>", to=("https://home.example/u/ada",), inReplyTo=made["uri"],
        tag=[{"type": "Mention", "href": "https://home.example/u/ada"}],
    )  # fmt: skip
    await paul.send(paul.create(answer))
    await drain()
    [conversation] = await ada.get("/api/v1/conversations")
    assert conversation["last_status"]["content"] == "<p>Thanks</p>"
    assert conversation["last_status"]["visibility"] == "direct"
    assert conversation["last_status"]["in_reply_to_id"] == made["id"]
    assert conversation["unread"] is True
    assert [each["acct"] for each in conversation["accounts"]] == [paul.handle]


async def test_reactions_go_to_the_authors_server(ada: Person, paul: Remote, network: Network, drain: Drain) -> None:
    note = paul.note("<p>Far</p>")
    network.documents[str(note["id"])] = {"@context": AS2, **note}
    [shown] = await found(ada, str(note["id"]), "statuses")
    await ada.post(f"/api/v1/statuses/{shown['id']}/favourite")
    await ada.post(f"/api/v1/statuses/{shown['id']}/reblog")
    await ada.post(f"/api/v1/statuses/{shown['id']}/unfavourite")
    answer = await ada.write(f"@{paul.handle} near", in_reply_to_id=shown["id"])
    await drain()
    assert [each["object"] for each in network.activities("Like")] == [note["id"]]
    assert [each["object"] for each in network.activities("Announce")] == [note["id"]]
    assert len(network.activities("Undo")) == 1
    [create] = network.activities("Create")
    assert create["object"]["inReplyTo"] == note["id"]  # type: ignore[index]
    assert create["object"]["id"] == answer["uri"]  # type: ignore[index]
