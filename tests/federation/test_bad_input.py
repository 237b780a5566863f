"""What other servers must not be able to do to us: each attempt gets its 4xx, or a 202 and has no effect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.errors import Forbidden
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.interactions.commands import Announce, announce_post
from fediprof.moderation import policies
from fediprof.moderation.domains import BlockDomain, block_domain
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.schema.inbox import inbox_activity
from fediprof.signatures.keys import generate_rsa, private_from_pem
from fediprof.timelines import store as timelines
from tests.support.remote import AS2, PUBLIC, Network, Remote
from tests.support.rows import LEARNT, counted, kept

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"
ON_ONE = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
"""Refused before the database is asked: one engine shows it."""
TAGGED = [{"type": "Mention", "href": MARIE, "name": "@marie@home.example"}]
BOOKKEEPING = (*LEARNT, "inbox_activity", "deleted_object")
"""Tables that may change when an activity is taken and has no effect."""


@pytest.fixture
async def paul(marie, remote, network, services, drain):  # type: ignore[no-untyped-def]
    """An honest person elsewhere: follows the member, is followed, has a post here."""
    person = remote("paul", featured="https://far.example/users/paul/featured")
    assert (await person.send(person.activity("Follow", MARIE))).status_code == 202
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, person.iri))
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    await person.send(person.activity("Accept", network.activities("Follow")[0]))
    note = person.note("what paul said", cc=(MARIE,), tag=TAGGED)
    await person.send(person.create(note))
    await person.send(person.activity("Like", note["id"]))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).likes_count == 1
    network.got.clear()
    network.delivered.clear()
    return person


@pytest.fixture
def mallory(remote) -> Remote:  # type: ignore[no-untyped-def]
    return remote("mallory", "evil.example")


@pytest.fixture
async def paul_post(paul, services):  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: posts.by_iri(tx, "https://far.example/notes/paul/3"))


async def outcomes(services) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    rows = select(inbox_activity.c.state, inbox_activity.c.outcome).order_by(inbox_activity.c.id)
    return [tuple(row) for row in await services.read(lambda tx: tx.execute(rows).all())]


async def without_effect(services, drain, person: Remote, activity: dict[str, object], *, allowed=(202,)) -> None:  # type: ignore[no-untyped-def]
    """Send, work, and find everything as it was but for the inbox's own rows."""
    before = await kept(services, but=BOOKKEEPING)
    response = await person.send(activity)
    assert response.status_code in allowed, (response.status_code, activity)
    await drain()
    assert await kept(services, but=BOOKKEEPING) == before, activity
    states = {state for state, _ in await outcomes(services)}
    assert states <= {"done", "refused"}, await outcomes(services)


# --- speaking for others


async def test_nobody_changes_or_takes_away_what_is_anothers(
    marie, paul, paul_post, mallory, services, drain, network
) -> None:
    neighbour = Remote(network, paul.client, "https://far.example/users/zoe", "zoe")
    neighbour.publish()
    note = {"id": paul_post.iri, "type": "Note", "attributedTo": paul.iri, "content": "forged", "to": [PUBLIC]}
    ours = await services.perform(publish_post, PublishPost(marie, "what marie said"))
    await drain()
    for person in (mallory, neighbour):
        theirs = {**note, "attributedTo": person.iri, "updated": "2999-01-01T00:00:00Z"}
        for object in (note, theirs, paul_post.iri, {**theirs, "id": ours.iri}, ours.iri):
            for type in ("Update", "Delete", "Create"):
                await without_effect(services, drain, person, person.activity(type, object))
        like = {"id": "https://far.example/activities/paul/Like/5", "type": "Like", "object": paul_post.iri}
        follow = {"id": "https://far.example/activities/paul/Follow/1", "type": "Follow", "object": MARIE}
        for undone in (like, follow):
            for actor in (paul.iri, person.iri, None):
                named = {**undone, "actor": actor} if actor else undone
                await without_effect(services, drain, person, person.activity("Undo", named))
            await without_effect(services, drain, person, person.activity("Undo", undone["id"]))
        await without_effect(services, drain, person, person.activity("Delete", paul.iri))
        await without_effect(services, drain, person, person.activity("Delete", MARIE))
        await without_effect(services, drain, person, person.activity("Update", paul.document(name="Forged")))
        await without_effect(services, drain, person, person.activity("Move", paul.iri, target=person.iri))
        for type in ("Add", "Remove"):
            for target in (f"{paul.iri}/featured", f"{MARIE}/featured", f"{person.iri}/featured"):
                pinned = person.activity(type, paul_post.iri, target=target)
                await without_effect(services, drain, person, pinned)
        for type in ("Accept", "Reject"):
            for asked in (
                {"id": network.activities("Follow")[0]["id"], "type": "Follow", "actor": MARIE, "object": paul.iri}
                if network.activities("Follow")
                else {"id": f"{MARIE}/f", "type": "Follow", "actor": MARIE, "object": paul.iri},
                {"id": "https://home.example/a/1", "type": "Follow", "actor": MARIE, "object": person.iri},
                "https://home.example/a/unasked",
            ):
                await without_effect(services, drain, person, person.activity(type, asked))
    assert (await services.read(lambda tx: posts.by_iri(tx, paul_post.iri))).content == "what paul said"


async def test_words_are_not_put_in_anothers_mouth(marie, paul, mallory, services, drain, network) -> None:
    for author in (paul.iri, MARIE, "https://far.example/users/nobody", [paul.iri, mallory.iri]):
        note = mallory.note("forged words", cc=(MARIE,), tag=TAGGED, attributedTo=author)
        await without_effect(services, drain, mallory, mallory.create(note))
    for iri in ("https://far.example/notes/new", "https://home.example/p/new", "https://evil.example.far.example/n"):
        note = mallory.note("forged words", cc=(MARIE,), tag=TAGGED, id=iri)
        await without_effect(services, drain, mallory, mallory.activity("Create", note, to=[PUBLIC]))
    note = mallory.note("forged words", cc=(MARIE,), tag=TAGGED)
    del note["attributedTo"]
    await without_effect(services, drain, mallory, mallory.activity("Create", note, to=[PUBLIC]))


async def test_nothing_is_fetched_for_who_has_no_say_in_it(marie, paul, mallory, services, drain, network) -> None:
    await mallory.send(mallory.activity("Follow", MARIE))
    await drain()
    network.got.clear()
    for type in ("Update", "Create", "Delete", "Add", "Remove", "Like", "Announce", "Flag", "Block", "Undo"):
        activity = mallory.activity(type, "https://victim.example/1", target=f"{mallory.iri}/featured")
        await without_effect(services, drain, mallory, activity) if type not in ("Like", "Flag") else None
    assert [url for url in network.got if "victim" in url] == []


async def test_an_activity_has_its_id_on_its_actors_host(marie, paul, mallory, services, drain) -> None:
    before = await counted(services)
    for iri in (
        "https://far.example/activities/1",
        "https://home.example/a/1",
        "http://evil.example/activities/1",
        "https://evil.example:444/1",
        "https://sub.evil.example/1",
        "https://evil.example@far.example/1",
        "urn:uuid:1",
        "",
        None,
        7,
        [],
    ):
        response = await mallory.send({**mallory.activity("Follow", MARIE), "id": iri})
        assert 400 <= response.status_code < 404, (iri, response.status_code)
    after = await counted(services)
    assert {name for name in after if after[name] != before[name]} <= set(LEARNT)


async def test_an_announce_forges_nothing(marie, paul, paul_post, mallory, services, drain, network) -> None:
    known = (await services.resolver.actor(mallory.iri)).id
    await services.perform(request_follow, RequestFollow(marie, known))
    await drain()
    await mallory.send(mallory.activity("Accept", network.activities("Follow")[0]))
    await drain()
    network.got.clear()
    home = await services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=40))
    forged = {"id": "https://far.example/notes/forged", "type": "Note", "attributedTo": paul.iri, "content": "forged"}
    activity = {"id": "https://far.example/activities/x", "type": "Create", "actor": paul.iri, "object": forged}
    attempts: list[object] = [
        forged,
        activity,
        {**activity, "type": "Update", "object": {**forged, "id": paul_post.iri}},
        {**activity, "type": "Delete", "object": paul_post.iri},
        {**activity, "type": "Like", "object": paul_post.iri},
        ["https://far.example/notes/none", "https://far.example/notes/nothing"],
        "https://home.example/p/none",
        "https://home.example/u/marie",
        mallory.iri,
        {},
        None,
        7,
    ]
    for attempt in attempts:
        response = await mallory.send(mallory.activity("Announce", attempt, to=[PUBLIC]))
        assert response.status_code in (202, 400), attempt
        await drain()
    self_referring = mallory.activity("Announce", "", to=[PUBLIC])
    await mallory.send({**self_referring, "object": self_referring["id"]})
    await drain()
    assert self_referring["id"] not in network.got
    assert {state for state, _ in await outcomes(services)} <= {"done", "refused"}
    assert await services.read(lambda tx: posts.by_iri(tx, forged["id"])) is None
    assert (await services.read(lambda tx: posts.by_iri(tx, paul_post.iri))).content == "what paul said"
    after = await services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=40))
    assert after[len(after) - len(home) :] == home
    # What a group says of a known post by its id is an announce of it, and at most that
    assert {pair[0] for pair in after} == {pair[0] for pair in home}
    # Nor is a letter passed on by who was never to have it
    private = await services.perform(publish_post, PublishPost(marie, "@paul@far.example hush", visibility="direct"))
    await drain()
    await without_effect(services, drain, mallory, mallory.activity("Announce", private.iri, to=[PUBLIC]))


async def test_a_neighbours_id_is_not_taken_over(marie, paul, services, drain, network) -> None:
    """Two people of one server send activities with one id. The first counts, the second is refused, nothing breaks."""
    zoe = Remote(network, paul.client, "https://far.example/users/zoe", "zoe")
    zoe.publish()
    post = await services.perform(publish_post, PublishPost(marie, "x"))
    for type, object in (("Follow", MARIE), ("Like", post.iri), ("Announce", post.iri), ("Block", MARIE)):
        first = paul.activity(type, object)
        assert (await paul.send(first)).status_code == 202
        await drain()
        assert (await zoe.send({**first, "actor": zoe.iri})).status_code == 202
        await drain()
        assert {state for state, _ in await outcomes(services)} <= {"done", "refused"}, await outcomes(services)


async def test_a_move_to_an_account_that_does_not_name_the_old_one_is_not_followed(
    marie, paul, services, drain, network
) -> None:
    new = Remote(network, paul.client, "https://new.example/users/paul", "paul")
    for aliases in ([], ["https://far.example/users/other"], "https://far.example/users/paul/", None):
        new.publish(alsoKnownAs=aliases)
        await paul.send(paul.activity("Move", paul.iri, target=new.iri))
        await drain()
    network.documents[new.iri] = 404
    for target in (new.iri, MARIE, paul.iri, None, "urn:x"):
        await paul.send(paul.activity("Move", paul.iri, target=target))
        await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    assert known.moved_to is None
    assert network.activities("Follow") == []
    assert {state for state, _ in await outcomes(services)} <= {"done", "refused"}


# --- keys


def another_key(person: Remote):  # type: ignore[no-untyped-def]
    return private_from_pem(person.rsa.id, generate_rsa())


async def test_a_changed_key_is_asked_for_once_and_then_believed(marie, paul, services, drain, network) -> None:
    new = another_key(paul)
    document = paul.document()
    document["publicKey"] = {**document["publicKey"], "publicKeyPem": new.public(paul.iri).pem()}
    network.documents[paul.iri] = document
    assert (await paul.send(paul.activity("Follow", MARIE), key=new)).status_code == 202
    assert network.got.count(paul.iri) == 1
    # The old key is over, and asking is rationed
    for _ in range(20):
        assert (await paul.send(paul.activity("Follow", MARIE))).status_code == 401
    assert network.got.count(paul.iri) <= 7
    assert (await paul.send(paul.activity("Follow", MARIE), key=new)).status_code == 202


async def test_an_unknown_key_that_does_not_fit_is_fetched_once(marie, mallory, services, network) -> None:
    response = await mallory.send(mallory.activity("Follow", MARIE), key=another_key(mallory))
    assert response.status_code == 401
    assert network.got.count(mallory.iri) == 1
    network.documents[mallory.iri] = 404
    network.got.clear()
    other = private_from_pem(f"{mallory.iri}#other", generate_rsa())
    assert (await mallory.send(mallory.activity("Follow", MARIE), key=other)).status_code == 401
    assert network.got.count(mallory.iri) == 1


async def test_while_a_keys_host_is_down_the_sender_is_asked_to_come_again(
    marie, mallory, services, drain, network
) -> None:
    before = await counted(services)
    follow = mallory.activity("Follow", MARIE)
    network.down.add(mallory.host)
    response = await mallory.send(follow)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    for status in (500, 502, 503, 429):
        network.down.clear()
        network.documents[mallory.iri] = status
        assert (await mallory.send(follow)).status_code == 503, status
    assert await counted(services) == before
    mallory.publish()
    assert (await mallory.send(follow)).status_code == 202
    await drain()
    assert len(await services.read(lambda tx: follows.follower_ids(tx, marie.actor_id, limit=9))) == 1


@pytest.mark.parametrize("status", [404, 410, 401, 403, 400])
async def test_a_key_that_is_not_there_proves_nothing(status, marie, mallory, services, network) -> None:
    before = await counted(services)
    network.documents[mallory.iri] = status
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 401
    assert await counted(services) == before


async def test_a_key_at_an_address_we_do_not_go_to_is_refused_for_good(marie, mallory, services, monkeypatch) -> None:
    async def guarded(self: Network, url: str, **more: object) -> None:
        raise Forbidden(f"{url} is private")

    before = await counted(services)
    monkeypatch.setattr(Network, "get", guarded)
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 401
    assert await counted(services) == before


@pytest.mark.parametrize(
    "key_id",
    [
        "https://evil.example:22/k",
        "ftp://evil.example/k",
        "javascript:alert(1)",
        "acct:mallory@evil.example",
        "https://user@evil.example/k",
        "https://home.example/u/marie#main-key",
        "https://home.example/u/nobody#main-key",
        "https://HOME.example/u/marie#main-key",
        "https://[::1",
        "https://evil.example/" + "k" * 3000,
        "#main-key",
        "k",
        "//evil.example/k",
        "https://",
        "https://evil.example:99999/k",
    ],
)
@ON_ONE
async def test_odd_key_ids_are_refused(key_id, marie, mallory, services, network) -> None:
    before = await counted(services)
    for scheme in ("cavage", "rfc9421"):
        key = private_from_pem(key_id, generate_rsa())
        response = await mallory.send(mallory.activity("Follow", MARIE), key=key, scheme=scheme)
        assert 400 <= response.status_code < 404, (key_id, scheme, response.status_code)
    assert await counted(services) == before


async def test_a_delete_of_somebody_we_never_knew_is_dropped_unasked(
    marie, mallory, services, drain, network
) -> None:
    before = await counted(services)
    network.documents[mallory.iri] = 410
    for object in (mallory.iri, {"id": mallory.iri, "type": "Tombstone"}):
        assert (await mallory.send(mallory.activity("Delete", object))).status_code == 202
    await drain()
    assert network.got == []
    assert await counted(services) == before


async def test_a_person_said_to_be_gone_by_a_false_signature_is_not(marie, paul, mallory, services, drain) -> None:
    key = private_from_pem(paul.rsa.id, generate_rsa())
    before = await kept(services, but=LEARNT)
    assert (await paul.send(paul.activity("Delete", paul.iri), key=key)).status_code == 401
    await drain()
    assert await kept(services, but=LEARNT) == before


@pytest.mark.parametrize("blocked", ["far.example", "example"])
async def test_a_server_we_know_is_refused_once_it_is_blocked(marie, paul, services, blocked) -> None:
    now = services.here().now
    await services.database.write(lambda tx: policies.keep(tx, policies.blank(blocked, "block", now)))
    before = await kept(services)
    assert (await paul.send(paul.activity("Follow", MARIE))).status_code == 403
    assert await kept(services) == before


async def test_a_blocked_server_is_refused_and_never_asked(marie, paul, mallory, services, drain, network) -> None:
    await services.perform(block_domain, BlockDomain(marie, "evil.example"))
    before = await kept(services)
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 403
    # Not through another, who passes on what it proved
    note = mallory.note("proven", cc=(MARIE,), tag=TAGGED)
    assert (await paul.send(mallory.proven(mallory.create(note)))).status_code == 403
    assert await kept(services) == before
    # Not by being announced, nor answered
    await paul.send(paul.activity("Announce", note["id"], to=[PUBLIC]))
    await paul.send(paul.create(paul.note("look", cc=(MARIE,), tag=TAGGED, inReplyTo=note["id"])))
    await drain()
    assert not [url for url in network.got if "evil.example" in url]
    assert await services.read(lambda tx: posts.by_iri(tx, note["id"])) is None
    # And not from beneath it
    sub = Remote(network, paul.client, "https://sub.evil.example/users/m", "m")
    sub.publish()
    assert (await sub.send(sub.activity("Follow", MARIE))).status_code == 403


# --- bodies


def signed_bodies() -> dict[str, tuple[bytes, int]]:
    deep = 100_000
    return {
        "empty": (b"", 400),
        "space": (b"   ", 400),
        "broken": (b'{"id": ', 400),
        "text": (b"hello", 400),
        "array": (b"[]", 400),
        "array of objects": (b'[{"id":"https://evil.example/1"}]', 400),
        "string": (b'"https://evil.example/1"', 400),
        "number": (b"1", 400),
        "null": (b"null", 400),
        "true": (b"true", 400),
        "deep arrays": (b"[" * deep + b"]" * deep, 400),
        "deep objects": (b'{"a":' * deep + b"1" + b"}" * deep, 400),
        "deep inside": (b'{"id":"https://evil.example/1","object":' + b"[" * 900 + b"]" * 900 + b"}", 400),
        "unclosed": (b"[" * deep, 400),
        "not utf-8": (b'{"id":"\xff\xfe"}', 400),
        "utf-16": ('{"id":"https://evil.example/1"}'.encode("utf-16"), 400),
        "lone surrogate": (b'{"id":"\\ud800"}', 400),
        "nan": (b'{"id":NaN}', 400),
        "infinity": (b'{"id":Infinity}', 400),
        "a trailing word": (b"{} {}", 400),
        "too large": (b'{"id":"' + b"a" * 1_048_577 + b'"}', 413),
        "html": (b"<!doctype html><p>Not found", 400),
    }


@pytest.mark.parametrize("named", signed_bodies())
@ON_ONE
async def test_a_body_that_is_no_activity_is_refused(named, marie, paul, services, network) -> None:
    body, status = signed_bodies()[named]
    before = await counted(services)
    for scheme in ("cavage", "rfc9421"):
        assert (await paul.send(body, scheme=scheme)).status_code == status
    assert await counted(services) == before
    assert network.got == []


async def test_a_body_too_large_is_refused_before_it_is_whole(client, marie, paul, services) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * 1_048_576:
            sent += 65_536
            yield b" " * 65_536

    response = await client.post("/inbox", content=endless(), headers={"content-type": "application/activity+json"})
    assert response.status_code == 413
    assert "content-length" not in response.request.headers
    assert sent <= 2 * 1_048_576
    for length in ("1048577", "9" * 30):
        headers = {"content-type": "application/activity+json", "content-length": length}
        assert (await client.post("/inbox", content=b"{}", headers=headers)).status_code == 413
    largest = json.dumps({**paul.activity("Follow", MARIE), "x": ""}).encode()
    largest = largest[:-2] + b"a" * (1_048_576 - len(largest)) + b'"}'
    assert len(largest) == 1_048_576
    assert (await paul.send(largest)).status_code == 202


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/html",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/activity+xml",
        "application/activity+json2",
        "x" * 4000,
        "application/",
        ";",
    ],
)
@ON_ONE
async def test_another_content_type_is_refused(kind, marie, paul, services, network) -> None:
    before = await counted(services)
    response = await paul.send(paul.activity("Follow", MARIE), headers={"content-type": kind})
    assert response.status_code in (400, 202)
    if response.status_code == 202:
        assert kind == "application/json"  # some send no better, and it is as well proven
        return
    assert await counted(services) == before
    assert network.got == []


@pytest.mark.parametrize(
    "kind",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "Application/Activity+JSON",
        "application/ld+json",
    ],
)
@ON_ONE
async def test_every_form_of_the_right_type_is_taken(kind, marie, paul) -> None:
    response = await paul.send(paul.activity("Follow", MARIE), headers={"content-type": kind})
    assert response.status_code == 202


async def test_of_a_key_given_twice_one_reading_holds_from_door_to_effect(marie, paul, services, drain) -> None:
    """Read twice and differently, a document could pass for one actor and act as another."""
    evil = json.dumps(paul.activity("Follow", MARIE))[:-1] + ', "actor": "https://home.example/u/marie"}'
    assert (await paul.send(evil.encode())).status_code in (400, 401)
    other = '{"actor": "https://home.example/u/marie", ' + json.dumps(paul.activity("Follow", MARIE))[1:]
    assert (await paul.send(other.encode())).status_code == 202
    await drain()
    rows = await services.read(lambda tx: tx.execute(select(inbox_activity.c.actor_iri)).scalars().all())
    assert set(rows) == {paul.iri}


ODD_IDS = [
    "https://user:pass@far.example/1",
    "https://far.example@evil.example/1",
    "https://far.example/a b",
    "https://far.example\\@evil.example/1",
    "https://far.example:99999/1",
    "https://far.example:0x50/1",
    "https://far.example:22/1",
    "http://far.example/1",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://far.example/" + "x" * 3000,
    "https://ｆａｒ.example/1",
    "https://far。example/1",
    "https://bücher.example/1",
    "https://xn--/1",
    "https:///1",
    "https://",
    "//far.example/1",
    "/1",
    "https://far.example/\u202egpj.exe",
    "https://far.example/\x00",
    "https://[::1]/1",
    "https://127.0.0.1/1",
    "https://2130706433/1",
    "https://localhost/1",
    "https://far.example/?a=<script>",
    "did:key:z6Mk",
    "at://x/y",
    " https://far.example/1",
    "",
    "HTTPS://FAR.EXAMPLE/users/paul",
]


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_odd_ids_do_no_harm_wherever_they_stand(odd, marie, paul, services, drain) -> None:
    """As the activity, the actor, the object, the post, its author, parent, page, recipients and pictures."""
    before = await kept(services, but=("post", "mention", "home_item", "notification", *BOOKKEEPING))
    note = paul.note("odd", cc=(MARIE,), tag=TAGGED)
    plain = paul.activity("Create", note, to=[PUBLIC])
    sent: list[dict[str, object]] = [
        {**paul.activity("Like", odd)},
        {**paul.activity("Follow", odd)},
        {**paul.activity("Announce", odd)},
        {**paul.activity("Delete", odd)},
        {**paul.activity("Undo", odd)},
        {**paul.activity("Block", odd)},
        {**paul.activity("Accept", odd)},
        {**paul.activity("Move", paul.iri, target=odd)},
        {**paul.activity("Add", odd, target=f"{paul.iri}/featured")},
        {**plain, "id": odd},
        {**plain, "actor": odd},
        paul.activity("Create", {**note, "id": odd}),
        paul.activity("Create", {**note, "attributedTo": odd}),
    ]
    for activity in sent:
        response = await paul.send(activity)
        assert response.status_code in (202, 400, 401, 403, 503), (activity, response.status_code)
    await drain()
    tolerated = paul.note("tolerated", cc=(MARIE, odd), tag=[*TAGGED, {"type": "Mention", "href": odd, "name": "@x"}])
    tolerated |= {"inReplyTo": odd, "url": odd, "context": odd, "replies": odd, "icon": odd, "generator": odd}
    tolerated |= {"attachment": [{"type": "Image", "url": odd, "mediaType": "image/png"}]}
    assert (await paul.send(paul.create(tolerated))).status_code == 202
    await drain()
    states = await outcomes(services)
    assert "dead" not in {state for state, _ in states}
    assert not [why for state, why in states if state == "waiting" and "like that came before" not in why], states
    stored = await services.read(lambda tx: posts.by_iri(tx, tolerated["id"]))
    if stored is not None:
        assert stored.url is None or stored.url.lower().startswith(("https://", "http://")), stored.url
    # The people and follows are as they were
    after = await kept(services, but=("post", "mention", "home_item", "notification", *BOOKKEEPING))
    assert {k: v for k, v in after.items() if k not in ("job", "conversation")} == {
        k: v for k, v in before.items() if k not in ("job", "conversation")
    }


# --- actors


def pem(key) -> str:  # type: ignore[no-untyped-def]
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def strange_actors(person: Remote) -> dict[str, object]:
    """Documents at an actor's address from which no key of its own can be had."""
    good = person.document()
    own = good["publicKey"]
    plain = {name: value for name, value in good.items() if name not in ("publicKey", "assertionMethod")}
    weak = pem(rsa.generate_private_key(65537, 1024))
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    return {
        "a note": {**good, "type": "Note"},
        "a collection": {"id": person.iri, "type": "Collection", "items": []},
        "no type": {**plain, "type": None, "publicKey": own},
        "no id": {**good, "id": None},
        "another id": {**good, "id": "https://evil.example/users/other"},
        "an id elsewhere": {**good, "id": "https://far.example/users/mallory"},
        "no key": plain,
        "an empty key": {**plain, "publicKey": {}},
        "a key that is text": {**plain, "publicKey": "-----BEGIN PUBLIC KEY-----"},
        "a broken key": {**plain, "publicKey": {**own, "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nAAAA"}},
        "a private key": {**plain, "publicKey": {**own, "publicKeyPem": generate_rsa().decode()}},
        "a weak key": {**plain, "publicKey": {**own, "publicKeyPem": weak}},
        "a curve we do not know": {**plain, "publicKey": {**own, "publicKeyPem": curve}},
        "a key of another id": {**plain, "publicKey": {**own, "id": f"{person.iri}#other"}},
        "a key of another owner": {**plain, "publicKey": {**own, "owner": "https://evil.example/users/other"}},
        "a key on another host": {**plain, "publicKey": {**own, "id": "https://far.example/users/mallory#main-key"}},
        "no inbox": {**good, "inbox": None},
        "an inbox elsewhere": {**good, "inbox": "https://far.example/inbox"},
        "an inbox that is here": {**good, "inbox": "https://home.example/inbox"},
        "an inbox that is none": {**good, "inbox": "javascript:alert(1)"},
        "no name": {**good, "preferredUsername": None},
        "a name that is none": {**good, "preferredUsername": "../../etc"},
        "a name with an at": {**good, "preferredUsername": "marie@home.example"},
        "suspended": {**good, "suspended": True},
        "an array": [good],
        "nothing": {},
    }


@pytest.mark.parametrize("named", strange_actors(Remote(None, None, "https://evil.example/users/mallory", "mallory")))  # type: ignore[arg-type]
async def test_an_actor_without_a_key_of_its_own_is_not_believed(
    named, marie, mallory, services, drain, network
) -> None:
    network.documents[mallory.iri] = strange_actors(mallory)[named]
    before = await kept(services, but=LEARNT)
    response = await mallory.send(mallory.activity("Follow", MARIE))
    assert response.status_code in (400, 401), (named, response.status_code)
    await drain()
    assert await kept(services, but=LEARNT) == before
    assert await services.read(lambda tx: actors.key(tx, mallory.rsa.id)) is None or named in (
        "a broken key",
        "a private key",
        "a weak key",
        "a curve we do not know",
    )
    # And when it is mended, it is believed
    mallory.publish()
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 202


async def test_an_actor_that_sends_us_round_in_circles_is_left(marie, mallory, services, network) -> None:
    key = {**mallory.document()["publicKey"]}
    network.documents[mallory.iri] = {"@context": AS2, "type": "CryptographicKey", **key, "id": mallory.rsa.id}
    response = await mallory.send(mallory.activity("Follow", MARIE))
    assert response.status_code in (400, 401)
    network.documents[mallory.iri] = {**key, "id": mallory.iri, "owner": mallory.iri, "type": "Key"}
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code in (400, 401)
    network.redirects[mallory.iri] = "https://far.example/elsewhere"
    network.documents["https://far.example/elsewhere"] = mallory.document()
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 401
    assert len(network.got) < 12


async def test_an_actor_that_redirects_to_where_it_lives_speaks_as_that(marie, mallory, services, network) -> None:
    """The address in an activity is another than the document's id: it is not that actor."""
    old = "https://evil.example/@mallory"
    network.redirects[old] = mallory.iri
    response = await mallory.send({**mallory.activity("Follow", MARIE), "actor": old})
    assert response.status_code == 401


async def test_huge_and_odd_profiles_are_cut_not_believed_whole(marie, mallory, services, drain, network) -> None:
    mallory.publish(
        name="n" * 100_000,
        summary="<script>alert(1)</script><p onclick=x>" + "s" * 300_000,
        icon={"type": "Image", "url": "javascript:alert(1)"},
        url="javascript:alert(1)",
        attachment=[{"type": "PropertyValue", "name": "a" * 9000, "value": "<img src=x onerror=y>"}] * 40,
        alsoKnownAs=[f"https://evil.example/{i}" for i in range(5000)],
        endpoints={"sharedInbox": "https://far.example/inbox"},
        followers="https://far.example/users/paul/followers",
        publicKey=[mallory.document()["publicKey"]] * 200,
        published="never",
        tag="none",
        webfinger="marie@home.example",
    )
    assert (await mallory.send(mallory.activity("Follow", MARIE))).status_code == 202
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, mallory.iri))
    assert len(known.name) <= 255
    assert len(known.summary) <= 40_000
    assert "script" not in known.summary.partition("s" * 20)[0]
    assert "onclick" not in known.summary
    assert known.url.startswith("https://")
    assert known.icon is None
    assert known.domain == "evil.example"  # home.example says nothing of the kind
    assert len(known.profile_fields) <= 50
    assert all("onerror" not in line.value for line in known.profile_fields)
    # A shared inbox elsewhere would have us send one server's mail to another
    await services.perform(publish_post, PublishPost(marie, "hello"))
    await drain()
    assert {each.url for each in network.delivered} <= {f"{mallory.iri}/inbox"}


async def test_followers_of_another_are_not_claimed(marie, paul, mallory, services, drain) -> None:
    """Addressed to paul's followers by mallory, who says they are hers: it is not shown as a followers' post of his."""
    mallory.publish(followers=f"{paul.iri}/followers")
    note = mallory.note("to yours", to=(f"{paul.iri}/followers",), cc=())
    await without_effect(services, drain, mallory, mallory.create(note))


@pytest.mark.parametrize("kind", ["stub", "key document"])
async def test_a_key_at_an_address_of_its_own_is_accepted(kind, marie, services, drain, network, client) -> None:
    """GoToSocial: `…/main-key`, which gives a stub of the actor, or the key with its owner; the actor names it back."""
    gts = Remote(network, client, "https://gts.example/users/kim", "kim")
    key_id = f"{gts.iri}/main-key"
    key = {"id": key_id, "owner": gts.iri, "publicKeyPem": gts.rsa.public(gts.iri).pem()}
    gts.publish(publicKey=key)
    stub = {"@context": AS2, "id": gts.iri, "type": "Person", "preferredUsername": "kim", "publicKey": key}
    document = {"@context": AS2, "type": "CryptographicKey", **key}
    network.documents[key_id] = stub if kind == "stub" else document
    signing = private_from_pem(key_id, _pem_of(gts))
    assert (await gts.send(gts.activity("Follow", MARIE), key=signing)).status_code == 202
    await drain()
    assert len(await services.read(lambda tx: follows.follower_ids(tx, marie.actor_id, limit=9))) == 1
    # A page that claims an owner who does not name it back
    claimed = f"{gts.iri}/uploads/key"
    network.documents[claimed] = {**document, "id": claimed}
    signing = private_from_pem(claimed, generate_rsa())
    assert (await gts.send(gts.activity("Follow", MARIE), key=signing)).status_code == 401


def _pem_of(person: Remote) -> bytes:
    from tests.support import remote

    return remote._rsa


# --- time and numbers


async def test_times_and_numbers_no_calendar_has_do_no_harm(marie, paul, services, drain) -> None:
    strange: list[object] = ["2999-01-01T00:00:00Z", "0000-00-00", "-1", 1e308, 10**30, [], {}, "x" * 5000]
    for each in strange:
        note = paul.note("odd time", cc=(MARIE,), tag=TAGGED, published=each, updated=each)
        note |= {"attachment": [{"type": "Image", "url": "https://far.example/1.png", "width": each, "height": each}]}
        note |= {"type": "Question", "oneOf": [{"name": "a", "replies": {"totalItems": each}}], "votersCount": each}
        assert (await paul.send(paul.create(note))).status_code == 202
        await drain()
        stored = await services.read(lambda tx, iri=note["id"]: posts.by_iri(tx, iri))
        assert stored is not None
        assert stored.published_at <= clock.now() + timedelta(seconds=5)
        like = paul.activity("Like", stored.iri, published=each)
        assert (await paul.send(like)).status_code == 202
        await drain()
    assert {state for state, _ in await outcomes(services)} <= {"done", "refused"}, await outcomes(services)


async def test_a_post_cannot_fill_us_by_its_lists(marie, paul, services, drain, network) -> None:
    """Ten thousand mentions, recipients, tags and pictures: bounded, and nobody is fetched for being named."""
    many = [f"https://victim.example/users/{number}" for number in range(10_000)]
    note = paul.note(
        "many", cc=(MARIE, *many), tag=[{"type": "Mention", "href": each, "name": "@v"} for each in many]
    )
    note["tag"] += [{"type": "Hashtag", "name": f"#t{number}"} for number in range(100)] + TAGGED  # type: ignore[operator]
    note["attachment"] = [{"type": "Image", "url": f"{each}.png", "mediaType": "image/png"} for each in many[:500]]
    activity = paul.activity("Create", note, to=note["to"], cc=[MARIE])
    while len(json.dumps(activity)) > 1_000_000:
        note["cc"] = note["cc"][: len(note["cc"]) // 2]  # type: ignore[index]
        note["tag"] = note["tag"][: len(note["tag"]) // 2] + TAGGED  # type: ignore[index]
    assert (await paul.send(activity)).status_code == 202
    await drain()
    assert {state for state, _ in await outcomes(services)} <= {"done", "refused"}
    assert not [url for url in network.got if "victim.example" in url]


async def test_a_member_may_announce_what_everybody_may_see(marie, paul, paul_post, services, drain, network) -> None:
    """The counterpart of the refusals above: the fixtures can do what they should."""
    await services.perform(announce_post, Announce(marie, paul_post.id))
    await drain()
    assert len(network.activities("Announce")) == 1


async def test_a_post_is_pinned_by_its_author_in_the_authors_own_collection_only(
    marie, paul, paul_post, services, drain
) -> None:
    for target in (f"{MARIE}/featured", "https://evil.example/featured", f"{paul.iri}/outbox", None):
        await without_effect(services, drain, paul, paul.activity("Add", paul_post.iri, target=target))
    await paul.send(paul.activity("Add", paul_post.iri, target=f"{paul.iri}/featured"))
    await drain()
    assert await services.read(lambda tx: posts.pinned(tx, paul_post.actor_id, None)) == [paul_post.id]


async def test_another_servers_last_word_is_not_asked_for_again(marie, paul, services, drain, network) -> None:
    """What is passed on cannot be had: refused by its server, for good; broken there, for now."""
    for status, state in ((403, "refused"), (401, "refused"), (404, "done"), (500, "waiting"), (429, "waiting")):
        iri = f"https://other.example/notes/{status}"
        network.documents[iri] = status
        await paul.send(paul.activity("Announce", iri, to=[PUBLIC]))
        await drain()
        assert (await outcomes(services))[-1][0] == state, (status, await outcomes(services))
    await services.perform(block_domain, BlockDomain(marie, "blocked.example"))
    await paul.send(paul.activity("Move", paul.iri, target="https://blocked.example/users/paul"))
    await drain()
    assert (await outcomes(services))[-1][0] == "refused"
