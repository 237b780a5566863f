"""Entries asked for by other servers: their posts, what is opened to one person, and 404 for all the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest
from sqlalchemy import insert

from fediprof import clock, ids
from fediprof.actors import store as actors
from fediprof.actors.records import Follow
from fediprof.as2.context import FP
from fediprof.follows import store as follows
from fediprof.posts import store as posts
from fediprof.profiles import store
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Field, Words
from fediprof.schema.profiles import disclosure_grant
from fediprof.signatures import cavage
from fediprof.signatures.message import SignableRequest
from tests.mastodon.people import person

pytestmark = pytest.mark.anyio

ACCEPT = "application/activity+json"
SECRET = "Ferroénergie Zéphyr SA"
DRAFT = Draft(
    "project",
    Words("Diviser par trois le délai", "Deux essais ratés.", "pourquoi avons-nous échoué ?"),
    language="fr",
    translations={"en": Words("Cutting lead time by three", "Two failed.", "why did we fail?")},
    tags=("Lean",),
    fields=(Field("employer", SECRET, stand_in="une PME"),),
)
PUBLIC = replace(DRAFT, rule=EVERYONE)


async def written(services, marie, draft=DRAFT, *, publish=False):  # type: ignore[no-untyped-def]
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    return await services.perform(publish_entry, PublishEntry(marie, entry.id)) if publish else entry


async def opened_to(services, marie, actor_id, entry, fields=("employer",), days=30):  # type: ignore[no-untyped-def]
    now = clock.now()
    row = {
        "id": ids.new_id(),
        "actor_id": marie.actor_id,
        "to_actor_id": actor_id,
        "mode": "show",
        "parts": store.parts_written({entry.id: frozenset(fields)}),
        "starts_at": now,
        "ends_at": now + timedelta(days=days),
        "label": "",
    }
    await services.database.write(lambda tx: tx.execute(insert(disclosure_grant), row))


async def asked(client, path, by=None, accept=ACCEPT):  # type: ignore[no-untyped-def]
    """GET as a server does: unsigned, or signed with the key of `by`."""
    headers = {"host": client.base_url.netloc.decode(), "accept": accept}
    if by is not None:
        request = SignableRequest("GET", f"{str(client.base_url).rstrip('/')}{path}", headers, b"")
        headers |= cavage.sign(request, by.rsa, clock.now())
    return await client.get(path, headers=headers)


@pytest.fixture
async def paul(services, remote):  # type: ignore[no-untyped-def]
    known = remote("paul")
    await services.resolver.actor(known.iri)
    return known


async def actor_id(services, iri):  # type: ignore[no-untyped-def]
    return (await services.read(lambda tx: actors.by_iri(tx, iri))).id


def said(answer):  # type: ignore[no-untyped-def]
    """What an answer tells, its own number aside."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, answer.content


async def test_a_published_entry_s_addresses_lead_to_its_note(services, marie, client) -> None:
    entry = await written(services, marie, PUBLIC, publish=True)
    post = await services.read(lambda tx: posts.by_id(tx, entry.post_id))
    for path in (f"/@marie/e/{entry.slug}", f"/e/{entry.slug}"):
        answer = await asked(client, path)
        assert (answer.status_code, answer.headers["location"]) == (302, post.iri)
    note = (await asked(client, post.iri.removeprefix(services.settings.origin))).json()
    assert (note["type"], note["name"]) == ("Note", "Diviser par trois le délai")
    assert note["fp:entry"]["standIns"] == {"employer": "une PME"}
    assert set(note["contentMap"]) == {"fr", "en"}
    assert note["interactionPolicy"] == {"canQuote": {"automaticApproval": [note["attributedTo"]]}}
    assert note["url"] == f"{services.settings.origin}/@marie/e/{entry.slug}"
    assert note["replies"] == f"{post.iri}/replies"
    assert [tag["name"] for tag in note["tag"]] == ["#Lean"]
    assert SECRET not in repr(note)


async def test_every_name_inside_an_entry_is_declared_where_it_is_sent(services, marie, client) -> None:
    shown = replace(
        PUBLIC,
        link="https://example.org/",
        fields=(Field("dates", "2019/2021", EVERYONE), Field("employer", SECRET, stand_in="une PME")),
    )
    entry = await written(services, marie, shown, publish=True)
    note = (await client.get(f"/e/{entry.slug}", headers={"accept": ACCEPT}, follow_redirects=True)).json()
    terms = next(each for each in note["@context"] if isinstance(each, dict))
    assert terms["fp"] == FP
    inside = note["fp:entry"]
    names = {*inside, *inside["data"], *inside["standIns"]} - {"name"}
    assert names == {"kind", "prompt", "data", "standIns", "evidence", "dates", "employer"}
    assert {name: terms.get(name) for name in names} == {name: f"fp:{name}" for name in names}


async def test_what_is_opened_to_a_person_is_given_to_their_own_key(services, marie, client, paul) -> None:
    entry = await written(services, marie)
    await opened_to(services, marie, await actor_id(services, paul.iri), entry)
    answer = await asked(client, f"/e/{entry.slug}", by=paul)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    note = answer.json()
    assert (note["to"], note["fp:noStore"]) == ([paul.iri], True)
    assert note["fp:entry"]["data"] == {"employer": SECRET}
    assert note["id"] == f"{services.settings.origin}/e/{entry.slug}"
    assert note["endTime"]
    assert "cc" not in note
    assert (await asked(client, f"/@marie/e/{entry.slug}", by=paul)).json() == note


async def test_a_masked_field_of_a_public_entry_is_given_to_who_was_granted_it(services, marie, client, paul) -> None:
    entry = await written(services, marie, PUBLIC, publish=True)
    assert (await asked(client, f"/e/{entry.slug}", by=paul)).status_code == 302
    await opened_to(services, marie, await actor_id(services, paul.iri), entry)
    assert SECRET in (await asked(client, f"/e/{entry.slug}", by=paul)).json()["content"]
    assert (await asked(client, f"/e/{entry.slug}")).status_code == 302


async def test_everybody_else_gets_what_an_unknown_address_gives(services, marie, client, paul, remote) -> None:
    entry = await written(services, marie)
    await opened_to(services, marie, await actor_id(services, paul.iri), entry)
    stranger, machine = remote("eve", "near.example"), remote("machine")
    machine.publish(type="Application")
    for by in (None, stranger, machine):
        for base in ("/e", "/@marie/e"):
            hidden = await asked(client, f"{base}/{entry.slug}", by=by)
            unknown = await asked(client, f"{base}/{ids.slug()}", by=by)
            assert said(hidden) == said(unknown)
            assert hidden.status_code == 404
    wrong_name = await asked(client, f"/@paul/e/{entry.slug}", by=paul)
    assert said(wrong_name) == said(await asked(client, f"/@paul/e/{ids.slug()}", by=paul))


async def test_an_end_a_revocation_and_hiding_act_at_the_next_fetch(services, marie, client, paul) -> None:
    entry = await written(services, marie)
    him = await actor_id(services, paul.iri)
    await opened_to(services, marie, him, entry)
    assert (await asked(client, f"/e/{entry.slug}", by=paul)).status_code == 200
    now = clock.now()
    await services.database.write(lambda tx: store.hide_from(tx, marie.actor_id, "domain", "far.example", now))
    assert (await asked(client, f"/e/{entry.slug}", by=paul)).status_code == 404
    await services.database.write(lambda tx: store.unhide_from(tx, marie.actor_id, "domain", "far.example"))
    await services.database.write(lambda tx: tx.execute(disclosure_grant.update().values(ends_at=now)))
    assert (await asked(client, f"/e/{entry.slug}", by=paul)).status_code == 404


async def test_a_server_s_own_actor_is_given_nothing_that_is_for_people(services, marie, client, remote) -> None:
    machine = remote("machine")
    machine.publish(type="Application")
    await services.resolver.actor(machine.iri)
    entry = await written(services, marie, PUBLIC)  # for everyone, on its page only
    assert (await asked(client, f"/e/{entry.slug}", by=machine)).status_code == 404


async def test_the_list_of_a_profile_is_what_the_asker_may_read(services, marie, client, paul, remote) -> None:
    public = await written(services, marie, PUBLIC, publish=True)
    hidden = await written(services, marie)
    post = await services.read(lambda tx: posts.by_id(tx, public.post_id))
    actor = (await asked(client, "/u/marie")).json()
    path = actor["fp:profile"].removeprefix(services.settings.origin)
    assert (await asked(client, path)).status_code == 401
    listed = (await asked(client, path, by=remote("zoe", "other.example"))).json()
    assert (listed["type"], listed["orderedItems"]) == ("OrderedCollection", [post.iri])
    assert listed == (await asked(client, path, by=paul)).json()
    await opened_to(services, marie, await actor_id(services, paul.iri), hidden)
    his = await asked(client, path, by=paul)
    assert his.headers["cache-control"] == "private, no-store"
    assert his.json()["orderedItems"] == [f"{services.settings.origin}/e/{hidden.slug}", post.iri]
    assert "fp:profile" not in (await asked(client, "/actor")).json()
    assert (await asked(client, "/u/nobody/profile", by=paul)).status_code == 404


async def test_hidden_takes_as_long_as_unknown(services, marie, client, paul) -> None:
    """Medians of many interleaved requests. They differ by less than the one again: what a network could tell apart
    over that many requests would be a path of its own (a signature checked, a page rendered), not this."""
    entry = await written(services, marie)
    for by in (None, paul):
        times: dict[str, list[float]] = {"hidden": [], "unknown": []}
        for n in range(60):
            for kind in ("hidden", "unknown") if n % 2 else ("unknown", "hidden"):
                slug = entry.slug if kind == "hidden" else ids.slug()
                begun = perf_counter()
                assert (await asked(client, f"/e/{slug}", by=by)).status_code == 404
                times[kind].append(perf_counter() - begun)
        hidden, unknown = (sorted(each)[len(each) // 2] for each in times.values())
        assert 0.5 < hidden / unknown < 2


# --- what others send


ENTRY = {
    "kind": "project",
    "name": "A line <b>in bold</b>",
    "prompt": "why\n  three?",
    "data": {"employer": "Told"},
    "standIns": {"employer": "a small company", "Strange Name": "x", "dates": 7},
    "more": {"deep": ["x"]},
}


async def _followed(services, member, paul):  # type: ignore[no-untyped-def]
    him = await actor_id(services, paul.iri)
    made = Follow(ids.new_id(), "https://home.example/f/1", member.actor_id, him, "accepted", clock.now())
    await services.database.write(lambda tx: follows.insert_follow(tx, made))


async def test_an_entry_of_another_server_keeps_its_question(services, marie, paul, drain) -> None:
    await _followed(services, marie, paul)
    note = paul.note("<p>Project · A line</p>", name="A line", **{"fp:entry": ENTRY})
    assert (await paul.send(paul.create(note))).status_code == 202
    await drain()
    post = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
    assert post.entry == {
        "kind": "project",
        "name": "A line <b>in bold</b>",
        "prompt": "why three?",
        "standIns": {"employer": "a small company"},
    }
    assert post.title == ""
    changed = {**note, "fp:entry": {**ENTRY, "prompt": "why four?"}, "updated": clock.rfc3339(clock.now())}
    paul.network.documents[note["id"]] = changed
    await paul.send(paul.activity("Update", changed, to=note["to"]))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).entry["prompt"] == "why four?"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x", None),
        ([ENTRY], None),
        ({}, None),
        ({"name": ""}, None),
        ({"name": ["Two", "names"]}, {"kind": "free", "name": "Two"}),
        ({"kind": "../..", "name": "A"}, {"kind": "free", "name": "A"}),
        ({"kind": "x" * 5000, "name": "n" * 5000}, {"kind": "free", "name": "n" * 200}),
        ({"name": "A\u202eB\x00\x07", "prompt": {"x": 1}}, {"kind": "free", "name": "AB"}),
        ({"name": "A", "standIns": ["employer"]}, {"kind": "free", "name": "A"}),
        (
            {"name": "A", "standIns": {f"f{chr(97 + n % 26)}{n}": "x" for n in range(999)}},
            {"kind": "free", "name": "A"},
        ),
    ],
)
async def test_what_is_no_entry_is_not_kept_and_what_is_too_long_is_cut(
    services, marie, paul, drain, sent, kept
) -> None:
    await _followed(services, marie, paul)
    note = paul.note("<p>Words</p>", **{"fp:entry": sent})
    await paul.send(paul.create(note))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).entry == kept


async def test_an_entry_that_is_not_public_is_not_kept_as_one(services, marie, paul, drain) -> None:
    me = f"{services.settings.origin}/u/marie"
    note = paul.note("<p>Only you</p>", to=(me,), **{"fp:entry": ENTRY})
    await paul.send(paul.create(note))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).entry is None


# --- pasted into a search


async def test_the_address_of_an_entry_here_finds_its_post(services, marie, client) -> None:
    ada = await person(services, client, "ada")
    entry = await written(services, marie, PUBLIC, publish=True)
    hidden = await written(services, marie)
    for address in (f"/@marie/e/{entry.slug}", f"/e/{entry.slug}"):
        query = {"q": services.settings.origin + address, "resolve": "true"}
        found = await ada.get("/api/v2/search", **query)
        assert [each["id"] for each in found["statuses"]] == [str(entry.post_id)]
    query = {"q": f"{services.settings.origin}/@marie/e/{hidden.slug}", "resolve": "true"}
    assert (await ada.get("/api/v2/search", **query))["statuses"] == []
