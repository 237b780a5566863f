"""Posts and what happens to them, across two and three servers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

Join = Callable[[Server], Member]
Trio = tuple[Server, Server, Server]
AS2 = {"accept": "application/activity+json"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def context(member: Member, number: str) -> dict[str, list[str]]:
    found = member.get(f"/api/v1/statuses/{number}/context")
    return {part: [each["uri"] for each in found[part]] for part in ("ancestors", "descendants")}


def test_a_follower_on_a_third_server_sees_the_answer_and_the_answer_to_it(trio: Trio, join: Join) -> None:
    # Given Cyd, who follows Ada and knows nothing of Bob, who follows her too
    ada, bob, cyd = (join(server) for server in trio)
    bob.follow(ada)
    cyd.follow(ada)
    question = ada.write("What do you think?")

    # When Bob answers Ada, and Ada answers him
    at_bobs = bob.sees(question["uri"])
    answer = bob.write(f"@{ada.handle} I think so", in_reply_to_id=at_bobs["id"])
    number = cyd.sees(question["uri"])["id"]
    eventually(lambda: context(cyd, number)["descendants"] == [answer["uri"]], "Bob's answer was passed on to Cyd")
    at_adas = ada.told("mention", bob.handle)["status"]
    thanks = ada.write(f"@{bob.handle} thank you", in_reply_to_id=at_adas["id"])

    # Then Cyd's server holds the whole thread: Ada's server passed the answer on, with Bob's own proof
    whole = [answer["uri"], thanks["uri"]]
    eventually(lambda: context(cyd, number)["descendants"] == whole, "Cyd sees the thread")
    shown = cyd.get(f"/api/v1/statuses/{number}/context")["descendants"][0]
    assert shown["account"]["acct"] == bob.handle
    assert shown["content"] == answer["content"].replace(f'"@{ada.username}"', f'"@{ada.handle}"')
    assert context(bob, at_bobs["id"])["descendants"] == whole


def test_a_deletion_reaches_those_to_whom_the_answer_was_passed_on(trio: Trio, join: Join) -> None:
    ada, bob, cyd = (join(server) for server in trio)
    cyd.follow(ada)
    question = ada.write("A question")
    answer = bob.write(f"@{ada.handle} an answer", in_reply_to_id=bob.find_post(question["uri"])["id"])
    number = cyd.sees(question["uri"])["id"]
    eventually(lambda: context(cyd, number)["descendants"] == [answer["uri"]], "Cyd sees the answer")

    assert bob.ask("DELETE", f"/api/v1/statuses/{answer['id']}").status_code == 200

    eventually(lambda: not context(cyd, number)["descendants"], "the answer is gone at Cyd's")
    eventually(lambda: not context(ada, question["id"])["descendants"], "the answer is gone at Ada's")


def test_a_thread_found_from_its_end_is_filled_upwards(trio: Trio, join: Join) -> None:
    # Given a thread between Ada and Bob, of which Cyd's server has heard nothing
    ada, bob, cyd = (join(server) for server in trio)
    first = ada.write("The beginning")
    second = bob.write(f"@{ada.handle} the middle", in_reply_to_id=bob.find_post(first["uri"])["id"])
    middle = ada.told("mention", bob.handle)["status"]
    third = ada.write(f"@{bob.handle} the end", in_reply_to_id=middle["id"])

    # When Cyd looks up its last post
    number = cyd.find_post(third["uri"])["id"]

    # Then what came before it is there too
    eventually(lambda: context(cyd, number)["ancestors"] == [first["uri"], second["uri"]], "Cyd sees how it began")


def test_likes_and_boosts_are_counted_where_the_post_is_and_can_be_taken_back(trio: Trio, join: Join) -> None:
    ada, bob = join(trio[0]), join(trio[1])
    bob.follow(ada)
    post = ada.write("Like me")
    at_bobs = bob.sees(post["uri"])["id"]

    def counts() -> tuple[int, int]:
        found = ada.get(f"/api/v1/statuses/{post['id']}")
        return found["favourites_count"], found["reblogs_count"]

    bob.post(f"/api/v1/statuses/{at_bobs}/favourite")
    bob.post(f"/api/v1/statuses/{at_bobs}/reblog")
    eventually(lambda: counts() == (1, 1), "both are counted")
    assert ada.told("favourite", bob.handle)["status"]["id"] == post["id"]
    assert ada.told("reblog", bob.handle)["status"]["id"] == post["id"]

    bob.post(f"/api/v1/statuses/{at_bobs}/unfavourite")
    bob.post(f"/api/v1/statuses/{at_bobs}/unreblog")
    eventually(lambda: counts() == (0, 0), "both are taken back")


def test_a_boost_brings_a_strangers_post_home(trio: Trio, join: Join) -> None:
    # Given Cyd, who follows Bob and knows nothing of Ada
    ada, bob, cyd = (join(server) for server in trio)
    cyd.follow(bob)
    post = ada.write("From far away")

    # When Bob boosts what Ada wrote
    bob.post(f"/api/v1/statuses/{bob.find_post(post['uri'])['id']}/reblog")

    # Then Cyd finds it at home, as Ada's, brought by Bob
    def boosted() -> dict[str, object] | None:
        return next((each for each in cyd.home() if (each["reblog"] or {}).get("uri") == post["uri"]), None)

    shown = eventually(boosted, "the boost is at home")
    assert shown["account"]["acct"] == bob.handle  # type: ignore[index]
    assert shown["reblog"]["account"]["acct"] == ada.handle  # type: ignore[index]


def test_an_edit_arrives_and_a_deletion_leaves_a_tombstone(trio: Trio, join: Join) -> None:
    # Given a post that Bob has
    ada, bob = join(trio[0]), join(trio[1])
    bob.follow(ada)
    post = ada.write("A first thought", spoiler_text="thoughts")
    number = bob.sees(post["uri"])["id"]

    # When Ada changes it
    changed = ada.ask("PUT", f"/api/v1/statuses/{post['id']}", data={"status": "A second thought"})
    assert changed.status_code == 200

    # Then Bob sees the change
    def now() -> dict[str, str]:
        found: dict[str, str] = bob.get(f"/api/v1/statuses/{number}")
        return found

    eventually(lambda: "A second thought" in now()["content"], "the change has arrived")
    assert now()["edited_at"] is not None
    assert now()["spoiler_text"] == ""

    # When she deletes it, it is gone at Bob's, and its address says so
    assert ada.ask("DELETE", f"/api/v1/statuses/{post['id']}").status_code == 200
    eventually(lambda: bob.ask("GET", f"/api/v1/statuses/{number}").status_code == 404, "it is gone at Bob's")
    with trio[0].internet.client() as anyone:
        left = anyone.get(post["uri"], headers=AS2)
    assert left.status_code == 410
    assert (left.json()["type"], left.json()["id"]) == ("Tombstone", post["uri"])


def test_what_a_post_carries_arrives(trio: Trio, join: Join) -> None:
    """Warning, language, hashtag, mention of a third person, and a picture with its description."""
    ada, bob, cyd = (join(server) for server in trio)
    bob.follow(ada)
    sent = ada.ask(
        "POST",
        "/api/v2/media",
        files={"file": ("p.png", PIXEL, "image/png")},
        data={"description": "One grey point"},
    )
    assert sent.status_code in (200, 202), sent.text

    post = ada.write(
        f"@{cyd.handle} voici #Bâtiment",
        spoiler_text="photo",
        language="fr",
        **{"media_ids[]": sent.json()["id"]},
    )

    shown = bob.sees(post["uri"])
    assert (shown["spoiler_text"], shown["sensitive"], shown["language"]) == ("photo", True, "fr")
    assert [tag["name"].lower() for tag in shown["tags"]] == ["bâtiment"]
    assert cyd.iri in shown["content"] or f"{cyd.server.origin}/@{cyd.username}" in shown["content"]
    picture = shown["media_attachments"][0]
    assert (picture["type"], picture["description"]) == ("image", "One grey point")
    fetched = bob.browser.get(picture["preview_url"])
    assert fetched.status_code == 200
    assert fetched.headers["content-type"].startswith("image/")
    assert picture["preview_url"].startswith(bob.server.origin), "a reader's browser asks nobody but its own server"
    assert cyd.told("mention", ada.handle)["status"]["uri"] == post["uri"]


@pytest.mark.parametrize("part", ["outbox", "followers", "following", "featured"])
def test_collections_are_paged_and_show_what_anybody_may_see(trio: Trio, join: Join, part: str) -> None:
    ada, bob = join(trio[0]), join(trio[1])
    bob.follow(ada)
    open_to_all = ada.write("for all")
    ada.write("for followers", visibility="private")
    ada.submit(f"/posts/{open_to_all['id']}", f"/posts/{open_to_all['id']}/pin")

    def signed(iri: str) -> dict[str, object]:
        """As a server gets it to which neither of them is known: with the signature of its own actor."""
        found = json.loads(trio[2].command("fetch", iri, "--json"))
        assert found["status"] == 200, found
        document: dict[str, object] = found["document"]
        return document

    with trio[0].internet.client() as anyone:
        actor = anyone.get(ada.iri, headers=AS2).json()
        assert anyone.get(actor[part], headers=AS2).status_code == 401
    collection = signed(actor[part])
    first = collection.get("first", collection)
    page = signed(first) if isinstance(first, str) else first

    assert collection["id"] == actor[part]
    assert collection["type"] in ("Collection", "OrderedCollection")
    items = page.get("orderedItems", page.get("items", []))
    found = [item["object"]["id"] if isinstance(item, dict) and "object" in item else item for item in items]
    found = [item["id"] if isinstance(item, dict) else item for item in found]
    expected = {
        "outbox": [open_to_all["uri"]],
        "followers": [bob.iri],
        "following": [],
        "featured": [open_to_all["uri"]],
    }
    assert collection["totalItems"] >= len(expected[part])
    assert set(found) <= set(expected[part]), "somebody's private matters are shown"
    if part in ("outbox", "featured"):
        assert found == expected[part]
