"""Captured payloads of other servers, sent to the inbox and served at their addresses: read, stored or refused with a
reason, and never an error of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from fediprof.actors import store as actors
from fediprof.as2 import reader
from fediprof.errors import FediprofError
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.posts import store as posts
from fediprof.schema.inbox import inbox_activity
from tests.as2.test_pasture import Markup, examples  # noqa: F401
from tests.federation.test_bad_input import BOOKKEEPING
from tests.support.remote import PUBLIC, Remote
from tests.support.rows import kept

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)]
MARIE = "https://home.example/u/marie"


def files(wire: Path, kind: str, *, adversarial: bool) -> list[Path]:
    found = sorted(wire.glob(f"*/{kind}-*.json"))
    return [path for path in found if ("adversarial" in path.parent.name) == adversarial]


def rehosted(text: str) -> tuple[str, dict[str, object]]:
    """The document as https, since captured ones are of any scheme."""
    made = re.sub(r'"http://', '"https://', text)
    return made, json.loads(made)


def person_of(document: Mapping[str, object], remote_of) -> Remote | None:  # type: ignore[no-untyped-def]
    actor = reader.iri(document.get("actor"))
    if actor is None:
        return None
    host = urlsplit(actor).netloc
    return remote_of(f"https://{host}/users/sender", host)


@pytest.fixture
def remote_of(network, client):  # type: ignore[no-untyped-def]
    def make(iri: str, host: str) -> Remote:
        person = Remote(network, client, iri, "sender")
        person.publish()
        return person

    return make


async def states(services) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    found: dict[str, list[str]] = {}
    for state, outcome in await services.read(
        lambda tx: tx.execute(select(inbox_activity.c.state, inbox_activity.c.outcome)).all()
    ):
        found.setdefault(state, []).append(outcome or "")
    return found


async def test_every_captured_activity_is_taken_or_refused(
    wire, marie, remote_of, network, client, services, drain
) -> None:
    statuses: dict[int, int] = {}
    for path in files(wire, "activity", adversarial=False):
        text, document = rehosted(path.read_text())
        person = person_of(document, remote_of)
        if person is None:
            response = await remote_of("https://far.example/users/sender", "far.example").send(text.encode())
            assert response.status_code in (400, 401), path.name
            continue
        # Its actor, wherever it is named, is one of ours; the object is at its own address too
        actor = reader.iri(document.get("actor"))
        text = text.replace(json.dumps(actor), json.dumps(person.iri))
        document = json.loads(text)
        if isinstance(document.get("actor"), dict):
            document["actor"] = person.iri
        embedded = document.get("object")
        if isinstance(embedded, dict) and reader.iri(embedded.get("id")):
            network.documents[str(embedded["id"])] = {"@context": "https://www.w3.org/ns/activitystreams", **embedded}
        response = await person.send(document)
        assert response.status_code in (202, 400, 401, 403), (path.name, response.status_code)
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        await drain()
    assert statuses[202] >= 80, statuses
    found = await states(services)
    assert set(found) <= {"done", "refused", "waiting"}, found
    assert all("before its post" in why for why in found.get("waiting", ())), found["waiting"]
    assert all(found.get("refused", [])), "refused without a reason"
    assert len(found["done"]) >= 50


async def test_every_adversarial_activity_has_no_effect(wire, marie, remote_of, network, services, drain) -> None:
    """Sent by whom it names and by a stranger, with and without its victims known here."""
    paths = files(wire, "activity", adversarial=True)
    assert len(paths) >= 20
    harmless = {  # the file is of a group's rules; what it says of its own author is no attack on us
        "activity-create-content-script.json",
        "activity-create-deep-nesting.json",
        "activity-create-to-group-future-date.json",
        "activity-create-unlisted-to-group.json",
        "activity-create-followers-only-to-group.json",
        "activity-create-direct-to-group.json",
        "activity-create-poll-vote-to-group.json",
    }
    for path in paths:
        text, document = rehosted(path.read_text())
        person = person_of(document, remote_of)
        assert person is not None
        text = text.replace(json.dumps(document["actor"]), json.dumps(person.iri))
        before = await kept(services, but=BOOKKEEPING)
        response = await person.send(text.encode())
        assert response.status_code in (202, 400, 401, 403), path.name
        await drain()
        assert await kept(services, but=BOOKKEEPING) == before or path.name in harmless, path.name
        # And by somebody else than it names
        mallory = remote_of("https://mallory.example/users/sender", "mallory.example")
        assert (await mallory.send(text.encode())).status_code in (202, 400, 401, 403), path.name
        await drain()
    found = await states(services)
    assert set(found) <= {"done", "refused"}, found
    assert network.delivered == []


async def test_every_captured_object_is_fetched_and_stored_or_left(wire, marie, remote_of, network, services) -> None:
    stored, left = 0, []
    for path in files(wire, "object", adversarial=False) + files(wire, "object", adversarial=True):
        _, document = rehosted(path.read_text())
        iri = reader.iri(document.get("id"))
        if iri is None:
            iri = f"https://nowhere.example/{path.stem}"
        author = reader.iri(document.get("attributedTo")) or reader.iri(document.get("actor"))
        if author is not None:
            person = Remote(network, None, author, "sender")  # type: ignore[arg-type]
            person.publish(preferredUsername=f"sender{stored}")
        network.documents[iri] = document
        try:
            found = await services.resolver.post(iri, depth=1)
        except FediprofError as refusal:
            left.append((path.name, repr(refusal)))
            continue
        if found is None:
            left.append((path.name, ""))
            continue
        stored += 1
        assert not Markup(found.content).elements & {"script", "style", "iframe", "object", "form"}, path.name
    assert stored >= 35, left


async def test_every_captured_actor_is_learnt_or_left(wire, marie, network, services) -> None:
    learnt, left = 0, []
    for path in files(wire, "actor", adversarial=False):
        _, document = rehosted(path.read_text())
        iri = reader.iri(document.get("id"))
        if iri is None:
            continue
        network.documents[iri] = document
        try:
            found = await services.resolver.actor(iri)
        except FediprofError as refusal:
            left.append((path.name, repr(refusal)))
            continue
        if found is None:
            left.append((path.name, ""))
            continue
        learnt += 1
        assert not Markup(found.summary).elements & {"script", "style", "iframe"}, path.name
    assert learnt >= 45, left


async def test_every_example_of_the_pasture_is_shown(
    request, marie, remote, network, services, drain, client
) -> None:
    """Each as a post of somebody a member follows: through the inbox, and then on the page and in the client API."""
    from fediprof import clock
    from fediprof.accounts import store as accounts
    from fediprof.accounts.sessions import open_session
    from fediprof.web.visitor import cookie_name

    every = request.getfixturevalue("examples")
    paul = remote("paul")
    known = await services.resolver.actor(paul.iri)
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    await paul.send(paul.activity("Accept", network.activities("Follow")[0]))
    await drain()
    assert len(every) == 262
    iris: list[str] = []
    for number, example in enumerate(every):
        base = paul.note("", cc=(f"{paul.iri}/followers",))
        text = json.dumps(base | {"published": "2026-01-01T00:00:00Z"} | example)
        for name in ("http://pasture-one-actor/actor", "http://pasture_one_actor/actor"):
            text = text.replace(name, paul.iri)
        note = json.loads(text)
        note["id"], note["attributedTo"] = base["id"], paul.iri
        if example.get("content") in ("without id", "without attributedTo", "without type"):
            note.pop(str(example["content"]).removeprefix("without "), None)
        response = await paul.send(paul.activity("Create", note, to=[PUBLIC], cc=[f"{paul.iri}/followers"]))
        assert response.status_code in (202, 400), (number, response.status_code)
        iris.append(str(base["id"]))
    await drain()
    found = await states(services)
    assert set(found) <= {"done", "refused"}, {k: v for k, v in found.items() if k not in ("done",)}
    stored = [each for each in [await services.read(lambda tx, i=i: posts.by_iri(tx, i)) for i in iris] if each]
    assert len(stored) >= 250, (len(stored), found.get("refused"))
    # On the page
    session = await services.database.write(
        lambda tx: open_session(tx, accounts.by_id(tx, marie.account_id), "test", clock.now())  # type: ignore[arg-type]
    )
    client.cookies.set(cookie_name(services.settings), session.secret)
    shown = 0
    for post in stored:
        response = await client.get(f"/posts/{post.id}", headers={"accept": "text/html"})
        assert response.status_code in (200, 404), (post.iri, response.status_code)
        shown += response.status_code == 200
        seen = Markup(response.text)
        assert not {name for name, _ in seen.attributes if name.startswith("on")}, post.iri
        assert not [
            v for n, v in seen.attributes if n in ("href", "src") and v.lower().strip().startswith("javascript:")
        ]
        assert "<script>alert" not in response.text
        assert not re.search(r"<script(?![^>]*src=)", response.text), post.iri
    assert shown >= 250
    # In the client API, as anybody
    for post in stored:
        response = await client.get(f"/api/v1/statuses/{post.id}", headers={"cookie": ""})
        assert response.status_code in (200, 404), (post.iri, response.status_code)
        if response.status_code == 200:
            content = Markup(response.json()["content"])
            assert not content.elements & {"script", "style", "iframe", "object", "form", "svg"}
            assert not {name for name, _ in content.attributes if name.startswith("on") or name == "style"}
            assert response.json()["url"].startswith(("https://", "http://"))


async def test_collections_and_the_rest_are_no_posts_and_no_actors(wire, marie, network, services) -> None:
    for path in files(wire, "collection", adversarial=False):
        _, document = rehosted(path.read_text())
        iri = reader.iri(document.get("id")) or f"https://nowhere.example/{path.stem}"
        network.documents[iri] = document
        assert await services.resolver.post(iri) is None, path.name
        assert await services.resolver.actor(iri) is None, path.name
    assert await services.read(lambda tx: actors.by_iri(tx, "https://nowhere.example")) is None
