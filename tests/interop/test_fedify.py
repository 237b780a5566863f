"""A server that is not ours: Fedify, under Node. Each does to the other what servers do, and refuses what is forged.

Every scenario runs twice: with a Fedify that knocks with RFC 9421 first, and with one that knocks with draft-cavage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx2
import pytest

from tests.interop.support.fedify import Fedify
from tests.interop.support.internet import Internet
from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server
from tests.interop.test_entries import SECRET, STAND_IN, write

Join = Callable[[Server], Member]
KNOCKS = {"rfc9421": "fedify.example", "draft-cavage-http-signatures-12": "cavage.example"}


@pytest.fixture(scope="module")
def home(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(internet, "home.example", tmp_path_factory.mktemp("home"), settings={"founders": "members"})
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module", params=KNOCKS)
def fedify(
    request: pytest.FixtureRequest, internet: Internet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fedify]:
    log = tmp_path_factory.mktemp("fedify") / "log"
    peer = Fedify(internet, KNOCKS[request.param], request.param, log)
    try:
        yield peer.start()
    finally:
        peer.stop()


@pytest.fixture
def ada(home: Server, join: Join) -> Member:
    return join(home)


@pytest.fixture
def followed(ada: Member, fedify: Fedify) -> Member:
    """Ada, whom the peer follows."""
    asked = fedify.do("follow", address=ada.handle)["id"]
    eventually(lambda: fedify.got("Accept", object=asked), "our Accept is there")
    return ada


@pytest.fixture
def following(ada: Member, fedify: Fedify) -> Member:
    """Ada, who follows the peer."""
    number = str(ada.find(fedify.handle)["id"])
    ada.post(f"/api/v1/accounts/{number}/follow")
    eventually(lambda: ada.relationship(number)["following"], "its Accept is there")
    return ada


# --- it comes to us


def test_it_finds_a_member_by_handle_and_reads_all_of_the_document(ada: Member, fedify: Fedify) -> None:
    document = fedify.do("lookup", address=ada.handle)

    assert document["id"] == ada.iri
    assert document["preferredUsername"] == ada.username
    assert document["name"] == ada.username.title()
    assert document["inbox"] == f"{ada.iri}/inbox"
    assert document["endpoints"]["sharedInbox"] == f"{ada.server.origin}/inbox"
    assert document["publicKey"]["id"] == f"{ada.iri}#main-key"
    assert "Ed25519" in json.dumps(document["assertionMethod"]) or "z6Mk" in json.dumps(document["assertionMethod"])


def test_it_follows_and_gets_posts_changes_and_deletions(followed: Member, fedify: Fedify) -> None:
    ada = followed
    assert ada.told("follow", fedify.handle)["account"]["acct"] == fedify.handle

    post = ada.write("Hello Fedify #pasture", spoiler_text="greeting")
    [create] = eventually(lambda: _of(fedify, "Create", post["uri"]), "the post is there")
    note = create["json"]["object"]
    assert (note["type"], note["summary"], note["attributedTo"]) == ("Note", "greeting", ada.iri)
    assert "Hello Fedify" in note["content"]
    assert [tag["name"].lower() for tag in _list(note["tag"])] == ["#pasture"]

    ada.ask("PUT", f"/api/v1/statuses/{post['id']}", data={"status": "Hello again"})
    [update] = eventually(lambda: _of(fedify, "Update", post["uri"]), "the change is there")
    assert "Hello again" in update["json"]["object"]["content"]

    ada.ask("DELETE", f"/api/v1/statuses/{post['id']}")
    [delete] = eventually(lambda: _of(fedify, "Delete", post["uri"]), "the deletion is there")
    assert delete["json"]["object"]["type"] == "Tombstone"


def test_it_gets_an_entry_as_a_note_that_can_be_read(followed: Member, fedify: Fedify) -> None:
    entry = write(followed, "Delays cut to a third")
    uri = followed.find_post(entry.url)["uri"]
    [create] = eventually(lambda: _of(fedify, "Create", uri), "the entry is there")
    note = create["json"]["object"]
    assert (note["type"], note["url"]) == ("Note", entry.url)
    for words in ("Project", "Delays cut to a third", "Two failures, then this.", STAND_IN, "why did we fail twice?"):
        assert words in note["content"], words
    assert [tag["name"].lower() for tag in _list(note["tag"])] == ["#lean"]
    assert SECRET not in json.dumps(create, ensure_ascii=False)


def test_it_answers_a_post_and_is_answered(followed: Member, fedify: Fedify) -> None:
    ada = followed
    post = ada.write("A question")

    answer = fedify.do("reply", address=post["uri"], text="An answer")
    told = ada.told("mention", fedify.handle)["status"]
    assert (told["uri"], told["in_reply_to_id"]) == (answer["id"], post["id"])
    assert "An answer" in told["content"]

    back = ada.write(f"@{fedify.handle} thank you", in_reply_to_id=told["id"])
    [create] = eventually(lambda: _of(fedify, "Create", back["uri"]), "the answer to it is there")
    assert create["json"]["object"]["inReplyTo"] == answer["id"]


def test_it_likes_and_boosts_and_takes_both_back(ada: Member, fedify: Fedify) -> None:
    post = ada.write("Like me")

    def counts() -> tuple[int, int]:
        found = ada.get(f"/api/v1/statuses/{post['id']}")
        return found["favourites_count"], found["reblogs_count"]

    like, boost = (fedify.do(verb, address=post["uri"])["id"] for verb in ("like", "announce"))
    eventually(lambda: counts() == (1, 1), "both are counted")
    assert ada.told("favourite", fedify.handle)["status"]["id"] == post["id"]

    fedify.do("undo", id=like)
    fedify.do("undo", id=boost)
    eventually(lambda: counts() == (0, 0), "both are taken back")


def test_it_changes_and_deletes_what_it_wrote(following: Member, fedify: Fedify) -> None:
    ada = following
    post = fedify.do("post", text="First words")
    number = ada.sees(post["id"])["id"]

    fedify.do("update", id=post["id"], text="Other words", to=ada.handle)
    eventually(lambda: "Other words" in ada.get(f"/api/v1/statuses/{number}")["content"], "the change is there")

    fedify.do("delete", id=post["id"], to=ada.handle)
    eventually(lambda: ada.ask("GET", f"/api/v1/statuses/{number}").status_code == 404, "it is gone")


def test_it_unfollows(followed: Member, fedify: Fedify) -> None:
    ada = followed
    assert ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == 1
    follow = [each for each in fedify.seen()["asking"] if each["method"] == "POST" and '"Follow"' in each["body"]][-1]

    fedify.do("undo", id=json.loads(follow["body"])["id"])

    eventually(lambda: ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == 0, "the follow has ended")


def test_a_new_name_of_its_reaches_us(following: Member, fedify: Fedify) -> None:
    ada = following
    number = str(ada.find(fedify.handle)["id"])
    for name in ("Fay the Second", "Fay"):
        fedify.do("rename", name=name, to=ada.handle)
        eventually(
            lambda name=name: ada.get(f"/api/v1/accounts/{number}")["display_name"] == name, f"{name} is known here"
        )


# --- we go to it


def test_we_find_follow_answer_like_boost_and_take_back(following: Member, fedify: Fedify) -> None:
    ada = following
    [follow] = fedify.got("Follow", actor=ada.iri)
    assert follow["object"] == fedify.iri

    post = fedify.do("post", text="From Fedify", to=ada.handle)["id"]
    number = ada.sees(post)["id"]
    assert ada.told("mention", fedify.handle)["status"]["uri"] == post

    answer = ada.write(f"@{fedify.handle} welcome", in_reply_to_id=number)
    [create] = eventually(lambda: _of(fedify, "Create", answer["uri"]), "our answer is there")
    mention = next(tag for tag in _list(create["json"]["object"]["tag"]) if tag["type"] == "Mention")
    assert (mention["href"], create["json"]["object"]["inReplyTo"]) == (fedify.iri, post)

    ada.post(f"/api/v1/statuses/{number}/favourite")
    ada.post(f"/api/v1/statuses/{number}/reblog")
    like = eventually(lambda: fedify.got("Like", actor=ada.iri, object=post), "our Like is there")[0]
    boost = eventually(lambda: fedify.got("Announce", actor=ada.iri, object=post), "our Announce is there")[0]

    ada.post(f"/api/v1/statuses/{number}/unfavourite")
    ada.post(f"/api/v1/statuses/{number}/unreblog")
    for taken_back in (like, boost):
        eventually(lambda it=taken_back: _of(fedify, "Undo", it["id"]), f"our Undo of {taken_back['type']} is there")

    ada.ask("DELETE", f"/api/v1/statuses/{answer['id']}")
    eventually(lambda: _of(fedify, "Delete", answer["uri"]), "our Delete is there")

    theirs = str(ada.find(fedify.handle)["id"])
    ada.post(f"/api/v1/accounts/{theirs}/unfollow")
    eventually(lambda: _of(fedify, "Undo", follow["id"]), "our Undo of the Follow is there")


def test_a_private_message_and_its_answer(ada: Member, fedify: Fedify) -> None:
    post = ada.write(f"@{fedify.handle} between us", visibility="direct")
    [create] = eventually(lambda: _of(fedify, "Create", post["uri"]), "it is there")
    assert _list(create["json"]["to"]) == [fedify.iri]
    assert "Public" not in json.dumps(create["json"].get("cc", ""))


# --- signatures and proofs


def test_what_we_send_is_signed_and_proven_as_it_understands_it(followed: Member, fedify: Fedify) -> None:
    ada = followed
    post = ada.write("Proven")
    eventually(lambda: _of(fedify, "Create", post["uri"]), "it is there")

    [sent] = [each for each in fedify.deliveries("Create") if post["uri"] in each["body"]]
    assert (sent["scheme"], sent["key"], sent["proof"]) == ("cavage", f"{ada.iri}#main-key", True)
    fetched = [each for each in fedify.seen()["asked"] if each["method"] == "GET" and _is_ours(each)]
    fetched = [each for each in fetched if not each["path"].startswith("/.well-known/")]
    assert fetched, "we sign what we ask for"
    assert {each["key"] for each in fetched} == {f"{ada.server.origin}/actor#main-key"}


def test_what_it_sends_is_taken_by_the_scheme_it_knocks_with_first(followed: Member, fedify: Fedify) -> None:
    sent = [each for each in fedify.seen()["asking"] if each["method"] == "POST"]
    assert {each["scheme"] for each in sent} == {"rfc9421" if fedify.knock == "rfc9421" else "cavage"}
    assert {each["status"] for each in sent if not each["url"].startswith(f"https://{fedify.host}")} == {202}


def test_we_knock_again_with_rfc_9421_where_cavage_is_refused_and_remember(followed: Member, fedify: Fedify) -> None:
    # Given a peer that no longer reads draft-cavage
    ada = followed
    fedify.do("refuse", scheme="cavage")
    try:
        # When two posts go to it
        first = ada.write("The first")
        eventually(lambda: _of(fedify, "Create", first["uri"]), "the first is there")
        second = ada.write("The second")
        eventually(lambda: _of(fedify, "Create", second["uri"]), "the second is there")
    finally:
        fedify.do("refuse", scheme=None)

    # Then the first took two knocks and the second one; both held
    knocks = {
        post["uri"]: [
            (each["scheme"], each["status"]) for each in fedify.deliveries("Create") if post["uri"] in each["body"]
        ]
        for post in (first, second)
    }
    assert knocks[first["uri"]] == [("cavage", 401), ("rfc9421", 202)]
    assert knocks[second["uri"]] == [("rfc9421", 202)]
    judged = [each for each in fedify.deliveries("Create") if each["scheme"] == "rfc9421"]
    assert {(each["key"], each["proof"]) for each in judged} == {(f"{ada.iri}#main-key", True)}

    # And once it reads cavage again and RFC 9421 no longer, we find that out too
    fedify.do("refuse", scheme="rfc9421")
    try:
        third = ada.write("The third")
        eventually(lambda: _of(fedify, "Create", third["uri"]), "the third is there")
    finally:
        fedify.do("refuse", scheme=None)


def test_its_proofs_are_believed_where_somebody_else_delivers(
    followed: Member,
    fedify: Fedify,
    internet: Internet,
    home: Server,
    trio: tuple[Server, Server, Server],
    join: Join,
) -> None:
    """It answers Ada; we pass that on, unchanged, to Bob's server, which has only Fedify's proof to go by."""
    ada, bob = followed, join(trio[1])
    bob.follow(ada)
    post = ada.write("Ask me")
    number = bob.sees(post["uri"])["id"]

    answer = fedify.do("reply", address=post["uri"], text="Passed on")

    def there() -> bool:
        found = bob.get(f"/api/v1/statuses/{number}/context")["descendants"]
        return [each["uri"] for each in found] == [answer["id"]]

    eventually(there, "Bob's server has the answer")
    assert not _fetched_by(fedify, bob.server, answer["id"]), "believed by its proof, not asked for again"


TAMPERINGS: dict[str, Callable[[dict[str, str], str], tuple[dict[str, str], str]]] = {
    "another body": lambda headers, body: (headers, body.replace("/p/", "/q/").replace("/notes/", "/tones/")),
    "another body and its digest": lambda headers, body: _redigested(headers, body.replace("content", "contemt")),
    "another date": lambda headers, body: (headers | _later(headers), body),
    "no signature": lambda headers, body: (
        {name: value for name, value in headers.items() if not name.startswith("signature")},
        body,
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_it_refuses_what_is_not_as_we_sent_it(followed: Member, fedify: Fedify, tampering: str) -> None:
    ada = followed
    post = ada.write("To be tampered with")
    eventually(lambda: _of(fedify, "Create", post["uri"]), "it is there")
    [sent] = [each for each in fedify.deliveries("Create") if post["uri"] in each["body"]]
    assert (sent["key"], sent["proof"]) == (f"{ada.iri}#main-key", True)
    headers, body = TAMPERINGS[tampering](sent["headers"], sent["body"])

    # The signature does not hold; it may still believe the body by its proof
    with fedify.internet.client(f"https://{fedify.host}") as knocker:
        knocker.post(sent["path"], content=body, headers=_sendable(headers))
        assert fedify.posted()[-1]["key"] is None

        # And where the proof does not hold either, it takes nothing
        forged = body.replace('"proofValue":"z', '"proofValue":"z1')
        answer = knocker.post(sent["path"], content=forged, headers=_sendable(headers))

    assert answer.status_code in (400, 401)
    assert fedify.posted()[-1]["proof"] is not True
    assert len(_of(fedify, "Create", post["uri"])) == 1


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_we_refuse_what_is_not_as_it_sent_it(followed: Member, fedify: Fedify, tampering: str) -> None:
    ada = followed
    post = ada.write("Answer me")
    answer = fedify.do("reply", address=post["uri"], text="To be tampered with")
    ada.told("mention", fedify.handle)
    [sent] = [
        each
        for each in fedify.seen()["asking"]
        if each["method"] == "POST" and each["status"] == 202 and answer["activity"] in each["body"]
    ]
    fresh = sent["body"].replace(answer["activity"], answer["activity"] + "0")
    untouched = _post(ada, sent["url"], sent["headers"], sent["body"])
    assert untouched.status_code == 202, "as it was sent, it is taken (and has no effect the second time)"

    headers, body = TAMPERINGS[tampering](sent["headers"], fresh)
    refused = _post(ada, sent["url"], headers, body)

    assert refused.status_code in (400, 401)
    assert ada.get(f"/api/v1/statuses/{post['id']}")["replies_count"] == 1
    assert len(ada.get(f"/api/v1/statuses/{post['id']}/context")["descendants"]) == 1


# --- a group of ours, as one of those sees it who know only people and boosts


@pytest.fixture
def group(ada: Member, fedify: Fedify) -> str:
    """The name of a group that Ada founded, with the peer in it."""
    name = f"g_{secrets.token_hex(3)}"
    ada.server.command("group", "found", name, "--title", name.title(), "--newcomers-at-once", "--as", ada.username)
    asked = fedify.do("follow", address=f"{name}@{ada.server.host}")["id"]
    eventually(lambda: fedify.got("Accept", object=asked), "the group's Accept is there")
    eventually(
        lambda: any(each["path"] == "/nodeinfo/2.1" for each in fedify.seen()["asked"]), "it is asked what it runs"
    )
    return name


def begun(ada: Member, group: str, title: str) -> str:
    """A thread by the form. Returns its id."""
    number = ada.find(f"{group}@{ada.server.host}")["id"]
    where = f"/groups/{number}/begin"
    key = re.search(r'name="key" value="([^"]+)"', ada.browser.get(where).text)
    assert key is not None
    ada.submit(where, where, kind="ask", title=title, text=f"About: {title}", language="en", key=key[1])
    mine = ada.get(f"/api/v1/accounts/{ada.id}/statuses")
    return next(str(each["uri"]) for each in mine if f"About: {title}" in each["content"])


def by_the_group(ada: Member, fedify: Fedify, group: str) -> list[tuple[str, str]]:
    """(type, object) of all that the peer was sent by the group, its Accept aside."""
    actor = f"{ada.server.origin}/u/{group}"
    return [
        (told["type"], told["object"] if isinstance(told["object"], str) else told["object"]["type"])
        for told in (json.loads(each["body"]) for each in fedify.posted())
        if told["actor"] == actor and told["type"] != "Accept"
    ]


def test_it_gets_one_boost_of_each_thread_of_a_group_and_no_answers(ada: Member, fedify: Fedify, group: str) -> None:
    first = begun(ada, group, "First question")
    eventually(lambda: fedify.got("Announce", object=first), "the boost is there")

    # What happens in the thread is nothing to it
    number = ada.held(first)["id"]  # type: ignore[index]
    answer = ada.write("An answer", in_reply_to_id=number)
    ada.ask("PUT", f"/api/v1/statuses/{answer['id']}", data={"status": "An answer, changed"})
    ada.ask("DELETE", f"/api/v1/statuses/{answer['id']}")
    second = begun(ada, group, "Second question")
    eventually(lambda: fedify.got("Announce", object=second), "the second boost is there")
    assert by_the_group(ada, fedify, group) == [("Announce", first), ("Announce", second)]

    # Taken back, the boost goes with the thread
    ada.ask("DELETE", f"/api/v1/statuses/{number}")
    eventually(lambda: len(by_the_group(ada, fedify, group)) == 3, "the boost is taken back")
    assert by_the_group(ada, fedify, group)[-1] == ("Undo", "Announce")


def test_it_writes_in_a_group_by_naming_it_and_answers(ada: Member, fedify: Fedify, group: str) -> None:
    handle = f"{group}@{ada.server.host}"
    posted = fedify.do("post", text="Who knows a good school?", to=handle)["id"]
    page = f"/@{group}"
    eventually(lambda: "Who knows a good school?" in ada.browser.get(page).text, "it is a thread in the group")
    eventually(lambda: fedify.got("Announce", object=posted), "its author sees it passed on")
    assert by_the_group(ada, fedify, group) == [("Announce", posted)]

    thread = begun(ada, group, "Ask me")
    answer = fedify.do("reply", address=thread, text="I ask you", to=handle)["id"]
    number = ada.held(thread)["id"]  # type: ignore[index]
    eventually(
        lambda: [each["uri"] for each in ada.get(f"/api/v1/statuses/{number}/context")["descendants"]] == [answer],
        "its answer is in the thread",
    )


def test_it_is_banned_from_a_group_and_told(ada: Member, fedify: Fedify, group: str) -> None:
    handle = f"{group}@{ada.server.host}"
    posted = fedify.do("post", text="Buy my course", to=handle)["id"]
    found = eventually(lambda: ada.held(posted), "it is in the group")
    eventually(lambda: fedify.got("Announce", object=posted), "it is passed on")

    where = f"/posts/{found['id']}/moderate"
    ada.submit(where, where, act="ban", days="7", reason="An advertisement", remove_posts="1")

    [block] = eventually(lambda: fedify.got("Block", object=fedify.iri), "it is told")
    assert block["json"]["target"].endswith(f"/u/{group}")
    eventually(lambda: ("Undo", "Announce") in by_the_group(ada, fedify, group), "the boost is taken back")

    again = fedify.do("post", text="Buy it now", to=handle)
    eventually(lambda: fedify.got("Reject", object=again["activity"]), "what it writes now is refused")
    assert "Buy it now" not in ada.browser.get(f"/@{group}").text


def _is_ours(asked: dict[str, Any]) -> bool:
    return bool(asked["headers"].get("user-agent", "").startswith("fediprof/"))


def _of(fedify: Fedify, type: str, iri: str) -> list[dict[str, Any]]:
    """Activities of a type about an object."""
    return [each for each in fedify.got(type) if each["object"] == iri]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _fetched_by(fedify: Fedify, server: Server, iri: str) -> list[dict[str, Any]]:
    path = iri.partition(fedify.host)[2]
    return [
        each
        for each in fedify.seen()["asked"]
        if each["path"] == path and (each["key"] or "").startswith(server.origin)
    ]


def _redigested(headers: dict[str, str], body: str) -> tuple[dict[str, str], str]:
    made = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    values = {"digest": f"SHA-256={made}", "content-digest": f"sha-256=:{made}:"}
    return headers | {name: value for name, value in values.items() if name in headers}, body


def _later(headers: dict[str, str]) -> dict[str, str]:
    """A minute later: still within everybody's window."""
    changed: dict[str, str] = {}
    if "date" in headers:
        changed["date"] = format_datetime(parsedate_to_datetime(headers["date"]) + timedelta(minutes=1), usegmt=True)
    if "signature-input" in headers:
        before, _, after = headers["signature-input"].partition("created=")
        created = after.partition(";")[0]
        changed["signature-input"] = f"{before}created={int(created) + 60}{after[len(created) :]}"
    return changed


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in ("content-length", "connection")}


def _post(member: Member, url: str, headers: dict[str, str], body: str) -> httpx2.Response:
    with member.server.internet.client() as knocker:
        return knocker.post(url, content=body, headers=_sendable(headers))
