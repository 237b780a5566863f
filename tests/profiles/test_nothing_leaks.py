"""Random profiles and every way out of the server: no answer to anybody holds a text that they may not read, nor does
anything that is sent, and all ways out agree on what there is.

Who may read what is said a second time in `drawn`; what ways out there are, in `outputs`.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import cycle
from random import Random
from typing import Literal, TypeAlias, get_args

import httpx2
import pytest
from sqlalchemy import insert, select

from fediprof import clock, ids
from fediprof.accounts import store as accounts
from fediprof.accounts.sessions import open_session
from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.actors.records import Follow
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership
from fediprof.groups import store as groups
from fediprof.groups.membership import ShowMyself
from fediprof.groups.posting import BeginThread, begin_thread
from fediprof.interactions.commands import React, like_post
from fediprof.posts import store as posts
from fediprof.posts.commands import PinPost, PublishPost, pin_post, publish_post
from fediprof.principal import Member
from fediprof.profiles import rules, store
from fediprof.profiles.entries import PublishEntry, ReviseEntry, WriteEntry, publish_entry, revise_entry, write_entry
from fediprof.profiles.records import EVERYONE, ONLY_ME, Entry, Field, HiddenFrom, Rule
from fediprof.schema import metadata
from fediprof.schema.profiles import disclosure_grant
from fediprof.signatures import cavage
from fediprof.signatures.message import SignableRequest
from fediprof.visitors import sessions
from fediprof.web.visitor import GUEST, cookie_name
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.mastodon.people import token
from tests.profiles import drawn, outputs
from tests.profiles.drawn import Person, Profile

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(600),
]  # thousands of pages in one test, on a machine that may be busy
one_engine = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)

SEEDS = int(os.environ.get("FEDIPROF_LEAK_SEEDS", "1"))
"""How many servers are drawn, each looked through wholly and each sampled; set it higher to look longer."""

OWNERS, MANY = 3, 32
"""How many profiles stand on a server that is looked through wholly, and on one that is sampled."""
CASES = 2000
"""(viewer, way out, profile) drawn on a server of many profiles."""
_YEAR = re.compile(r"\d{4}")
_WORD = re.compile(r"zq[a-z]{12}qz")


def core(text: str) -> str:
    """What stands in a text whatever it is escaped for: its one word of letters, or the year a date begins with."""
    word = _WORD.search(text)
    return word[0] if word else text[:4]


def cores(texts: Iterable[str]) -> set[str]:
    return {core(each) for each in texts if each}


def found_in(body: bytes) -> set[str]:
    """The drawn words and years in what was sent, in whatever writing."""
    text = body.decode("utf-8", "replace").lower()
    words = set(_WORD.findall(text))
    years = {each for each in re.findall(r"(?<![\w.:-])(19[0-4]\d)(?!\w)", text)}
    return words | years


@dataclass
class Looker:
    """Somebody with every means they have: a browser, an app, a key."""

    name: str
    id: int | None
    hosts: frozenset[str]
    browser: httpx2.AsyncClient
    app: str = ""
    key: object = None

    def person(self, owner: Owner) -> Person:
        shared = frozenset(group for group, inside in owner.circles.items() if self.id in inside)
        return Person(self.id, self.hosts, contact=self.id in owner.contacts, groups=shared)


@dataclass
class Owner:
    name: str
    by: Member
    profile: Profile
    contacts: set[int] = field(default_factory=set)
    circles: dict[int, set[int]] = field(default_factory=dict)
    """Of the groups the owner is in: who else is."""
    sent: set[str] = field(default_factory=set)
    """Words that were public when they were sent out, some of them taken back since."""
    posts: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class World:
    owners: list[Owner]
    lookers: list[Looker]


@pytest.fixture
async def world(request, services, app, remote, monkeypatch) -> AsyncIterator[World]:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(rules, "PUBLISHED_A_DAY", 1000)
    monkeypatch.setattr(services.gate, "look", lambda *_, **__: None)
    seed, count = request.param
    random = Random(seed)
    people = {name: await make_member(services, name, name=name.title()) for name in ("anna", "bela", "carl", "dora")}
    far = [remote("pavel", "far.example"), remote("rosa", "a.corp.example")]
    known = [await services.resolver.actor(each.iri) for each in far]
    ids_of = [each.actor_id for each in people.values()] + [each.id for each in known]
    everybody = {**{name: by.actor_id for name, by in people.items()}, "pavel": known[0].id, "rosa": known[1].id}
    circles = await _circles(services, remote, everybody)
    owners = [await _owner(services, random, f"owner{number}", ids_of, circles) for number in range(count)]
    lookers, browsers = [], []

    def browser(**cookies: str) -> httpx2.AsyncClient:
        made = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=services.settings.origin, cookies=cookies
        )
        browsers.append(made)
        return made

    lookers.append(Looker("nobody", None, frozenset(), browser()))
    for name, by in people.items():
        account = await services.read(lambda tx, by=by: accounts.by_id(tx, by.account_id))
        opened = await services.database.write(lambda tx, a=account: open_session(tx, a, "test", clock.now()))
        cookies = {cookie_name(services.settings): opened.secret}
        lookers.append(
            Looker(name, by.actor_id, frozenset({"home.example"}), browser(**cookies), await token(services, by))
        )
    for each, actor in zip(far, known, strict=True):
        secret = await services.database.write(lambda tx, a=actor: sessions.opened(tx, a.id, clock.now()))
        cookies = {cookie_name(services.settings, GUEST): secret}
        lookers.append(Looker(each.name, actor.id, frozenset({each.host}), browser(**cookies), key=each.rsa))
    await _talk(services, random, owners, people)
    await _meet(services, owners, people)
    yield World(owners, lookers)
    for each in browsers:
        await each.aclose()


Standing: TypeAlias = Literal["in", "left", "asked", "banned", "was banned"]
STANDINGS: dict[str, dict[str, Standing]] = {
    "guild": {
        "anna": "in",
        "bela": "left",
        "carl": "banned",
        "dora": "was banned",
        "pavel": "in",
        "rosa": "banned",
    },
    "club": {"anna": "asked", "bela": "in", "carl": "in", "rosa": "in"},
    "data": {"anna": "in", "dora": "banned", "pavel": "in"},
}
"""`data` is a group elsewhere: that Pavel, of a third server, is in it is nothing this one can know."""


async def _circles(services, remote, people: dict[str, int]) -> dict[int, set[int]]:  # type: ignore[no-untyped-def]
    """Groups to be readers, and who is in each as far as this server can know."""
    founder = await make_member(services, "founder")
    made = {name: (await make_group(services, founder, name)).id for name in ("guild", "club")}
    made["data"] = (await services.resolver.actor(remote("data", "lemmy.example", type="Group").iri)).id
    for name, standings in STANDINGS.items():
        for who, standing in standings.items():
            await _stands(services, people[who], made[name], standing)
    inside = {
        made[name]: {people[who] for who, standing in standings.items() if standing in ("in", "was banned")}
        for name, standings in STANDINGS.items()
    }
    inside[made["data"]].discard(people["pavel"])
    return inside


async def _stands(services, person: int, group: int, standing: Standing) -> None:  # type: ignore[no-untyped-def]
    now = clock.now()
    state: Literal["accepted", "pending"] = "pending" if standing == "asked" else "accepted"
    asked = Follow(ids.new_id(), f"https://x.example/{ids.slug()}", person, group, state, now)
    end = now - timedelta(days=1) if standing == "was banned" else None
    ban = {"banned_at": now - timedelta(days=2), "ban_ends_at": end}

    def write(tx) -> None:  # type: ignore[no-untyped-def]
        before = follows.between(tx, person, group)
        if before is not None:
            follows.remove(tx, before.id)
        if standing != "left":
            follows.insert_follow(tx, asked)
        if "banned" in standing:
            groups.set_standing(tx, group, person, **ban)

    await services.database.write(write)


async def _owner(  # type: ignore[no-untyped-def]
    services, random: Random, name: str, people: list[int], circles: dict[int, set[int]]
) -> Owner:
    by = await make_member(services, name, name=name.title())
    for group in circles:
        await _stands(services, by.actor_id, group, "in")
    if random.random() < 0.7:
        await services.perform(revise_profile, ReviseProfile(by, indexable=True, discoverable=True))
    owner = Owner(name, by, Profile(by.actor_id, (), (), HiddenFrom()))
    years, written = drawn.years(random), []
    tokens = drawn.Tokens(random, years)
    for number in range(random.randint(4, 6)):
        made = drawn.draft(random, years, people, list(circles))
        if number == 1:  # read in a group, each of its groups reading something else in it
            rules_of_parts = cycle(Rule("group", groups=frozenset({each})) for each in circles)
            parts = tuple(replace(each, rule=next(rules_of_parts)) for each in made.fields)
            made = replace(made, rule=Rule("group", groups=frozenset(circles)), fields=parts)
        if number == 0:  # read by all, each reading something else in it
            rules_of_parts = cycle([Rule("contacts"), Rule("people", frozenset(people[::2])), ONLY_ME])
            parts = tuple(replace(each, rule=next(rules_of_parts)) for each in made.fields)
            made = replace(made, rule=EVERYONE, fields=parts or (Field("place", tokens.text(), Rule("contacts")),))
        entry = await services.perform(write_entry, WriteEntry(by, made, confirmed=True))
        if entry.rule.readers == "everyone" and random.random() < 0.7:
            await services.perform(publish_entry, PublishEntry(by, entry.id))
            owner.sent |= _public_words(entry)
            if random.random() < 0.3:
                await services.perform(revise_entry, ReviseEntry(by, entry.id, replace(made, rule=ONLY_ME)))
            elif random.random() < 0.3:
                post_id = (await _entry(services, by, entry.id)).post_id
                await services.perform(pin_post, PinPost(by, post_id))
        written.append(await _entry(services, by, entry.id))
    now = clock.now()
    grants = tuple(
        drawn.grant(random, ids.new_id(), by.actor_id, people, written, now) for _ in range(random.randint(2, 6))
    )
    rows = [
        {name: getattr(each, name) for name in each.__dataclass_fields__} | {"parts": store.parts_written(each.parts)}
        for each in grants
    ]
    await services.database.write(lambda tx: tx.execute(insert(disclosure_grant), rows))
    hidden = HiddenFrom(
        frozenset(each for each in people if random.random() < 0.15),
        frozenset(each for each in ("far.example", "corp.example") if random.random() < 0.2),
    )
    for what, each in [("person", str(p)) for p in hidden.people] + [("domain", d) for d in hidden.domains]:
        await services.database.write(lambda tx, w=what, e=each: store.hide_from(tx, by.actor_id, w, e, now))
    owner.profile = Profile(by.actor_id, tuple(written), grants, hidden)
    for person in people:
        theirs, ours = random.random() < 0.75, random.random() < 0.75
        for who, whom, there in ((person, by.actor_id, theirs), (by.actor_id, person, ours)):
            if there:
                state = "accepted" if random.random() < 0.85 else "pending"
                made_follow = Follow(ids.new_id(), f"https://x.example/{ids.slug()}", who, whom, state, now)
                await services.database.write(lambda tx, f=made_follow: follows.insert_follow(tx, f))
                if state != "accepted":
                    theirs = ours = False
        if theirs and ours:
            owner.contacts.add(person)
    away: dict[int, Standing] = {}
    for group in circles:
        if random.random() < 0.25:
            away[group] = random.choice(["left", "banned"])
            await _stands(services, by.actor_id, group, away[group])
    owner.circles = {group: inside for group, inside in circles.items() if group not in away}
    ids_of_posts = [each.post_id for each in written if each.post_id is not None]
    found = await services.read(lambda tx: posts.by_ids(tx, ids_of_posts))
    owner.posts = [(each.id, each.iri.rpartition("/")[2]) for each in found.values()]
    return owner


async def _entry(services, by: Member, entry_id: int) -> Entry:  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: store.by_id(tx, by.actor_id, entry_id))


def _public_words(entry: Entry) -> set[str]:
    alone = Profile(entry.actor_id, (entry,), (), HiddenFrom())
    return cores(drawn.texts_for(alone, Person(None)).get(entry.id, ()))


async def _talk(services, random: Random, owners: list[Owner], people: dict[str, Member]) -> None:  # type: ignore[no-untyped-def]
    """Answers and likes, so that there are notifications, homes and threads to look into."""
    for owner in owners:
        for post_id, _ in owner.posts:
            who = random.choice(list(people.values()))
            await services.perform(like_post, React(who, post_id))
            await services.perform(
                publish_post, PublishPost(who, "What did you learn?", "public", in_reply_to_id=post_id)
            )
    anna = people["anna"]
    await services.perform(publish_post, PublishPost(anna, f"@{owners[0].name} Hello", "direct"))


async def _meet(services, owners: list[Owner], people: dict[str, Member]) -> None:  # type: ignore[no-untyped-def]
    """A group they are all in, named among its members, in which each began a thread."""
    group = await make_group(services, people["anna"], "circle")
    for by in [owner.by for owner in owners] + list(people.values()):
        await services.perform(membership.join, RequestFollow(by, group.id))
        await services.perform(membership.show_myself, ShowMyself(by, group.id, True))
        post = PublishPost(by, "Who knows?", "public", title="A question to all")
        await services.perform(begin_thread, BeginThread(post, group.id, "ask"))


# --- asking


def paths(world: World, owner: Owner, door: outputs.Door, random: Random, origin: str) -> Iterable[str]:
    """All there is to ask at a door about one owner."""
    entries = owner.profile.entries
    words = [core(each) for entry in entries for each in drawn.all_texts(entry)]
    tags = [tag.casefold() for entry in entries for tag in entry.tags] or ["none"]
    for templates in outputs.TABLE[door].values():
        for template in templates:
            common = {"name": owner.name, "origin": origin, "owner_id": owner.by.actor_id}
            if "{slug}" in template or "{entry_id}" in template:
                made = [{"slug": each.slug, "entry_id": each.id} for each in entries]
            elif "{post}" in template or "{post_id}" in template:
                made = [{"post": slug, "post_id": number} for number, slug in owner.posts]
            elif "{tag}" in template:
                made = [{"tag": each} for each in tags]
            elif "{word}" in template:
                made = [{"word": each} for each in random.sample(words, 4)]
            else:
                made = [{}]
            for values in made:
                yield template.format(**common, **values)


async def ask(looker: Looker, door: outputs.Door, path: str) -> httpx2.Response:
    if door == "page":
        return await looker.browser.get(path, headers={"accept": "text/html"}, follow_redirects=True)
    if door == "app":
        headers = {"authorization": f"Bearer {looker.app}"} if looker.app else {}
        return await looker.browser.get(path, headers=headers)
    headers = {"host": "home.example", "accept": "application/activity+json"}
    if looker.key is not None:
        wanted = SignableRequest("GET", f"{str(looker.browser.base_url).rstrip('/')}{path}", headers, b"")
        headers |= cavage.sign(wanted, looker.key, clock.now())
    answer = await looker.browser.get(path, headers=headers)
    if answer.status_code == 302:
        return await ask(
            looker, door, answer.headers["location"].removeprefix(str(looker.browser.base_url).rstrip("/"))
        )
    return answer


def _headers(answer: httpx2.Response) -> bytes:
    """Those with words in them; a length or a moment may look like a year."""
    named = {
        name: each
        for name, each in answer.headers.items()
        if name not in ("content-length", "date", "etag", "x-request-id")
    }
    return repr(named).encode()


def _around(text: str, leaked: set[str]) -> list[str]:
    return [text[max(0, at - 100) : at + 40] for each in leaked if (at := text.lower().find(each)) >= 0]


def may_read(world: World, looker: Looker, door: outputs.Door) -> set[str]:
    """The words one may meet anywhere on this server: one's own, and those anybody reads (a stand-in stands in public
    also for who reads what it stands for)."""
    if door == "app":
        looker = looker if looker.app else replace(looker, id=None)
    if door == "document" and looker.key is None:
        looker = replace(looker, id=None)
    found: set[str] = set()
    for owner in world.owners:
        for person in (looker.person(owner), Person(None)):
            for texts in drawn.texts_for(owner.profile, person, clock.now()).values():
                found |= cores(texts)
    return found


def worlds(count: int):  # type: ignore[no-untyped-def]
    drawn_ones = [pytest.param((seed, count), id=f"{seed}-of-{count}") for seed in range(SEEDS)]
    return pytest.mark.parametrize("world", drawn_ones, indirect=True)


def seeds(test):  # type: ignore[no-untyped-def]
    return one_engine(worlds(OWNERS)(test))


@seeds
@pytest.mark.parametrize("door", ["page", "document", "app"])
async def test_no_answer_holds_what_its_asker_may_not_read(services, world: World, door: outputs.Door) -> None:
    random, asked, told = Random(door), 0, set()
    for looker in (*world.lookers, world.lookers[0]):  # nobody known again, after all that was made for others
        may = may_read(world, looker, door)
        for owner in world.owners:
            for path in paths(world, owner, door, random, services.settings.origin):
                asked, told = asked + 1, told | await seen_of(looker, door, path, may)
    assert asked > 300
    assert told  # the search would find something


@worlds(MANY)
async def test_no_drawn_answer_about_any_of_many_profiles_does(services, world: World) -> None:
    """Many more profiles, on both engines: not everything is asked of each, but what is asked is drawn."""
    random, told = Random(type(services.database).__name__), set()
    cases = [(looker, door) for looker in world.lookers for door in get_args(outputs.Door)]
    allowed = {(looker.name, door): may_read(world, looker, door) for looker, door in cases}
    for _ in range(CASES):
        looker, door = random.choice(cases)
        owner = random.choice(world.owners)
        path = random.choice(list(paths(world, owner, door, random, services.settings.origin)))
        told |= await seen_of(looker, door, path, allowed[looker.name, door])
    assert len(told) > CASES // 10


async def seen_of(looker: Looker, door: outputs.Door, path: str, may: set[str]) -> set[str]:
    """The drawn words in one answer, having looked that there are none but those that `may` be, or were asked with."""
    answer = await ask(looker, door, path)
    assert answer.status_code < 500, (looker.name, path)
    seen = found_in(answer.content + _headers(answer))
    leaked = seen - may - found_in(path.encode())
    assert not leaked, (looker.name, path, answer.status_code, leaked, _around(answer.text, leaked))
    return seen


@seeds
async def test_all_ways_out_agree_on_what_there_is(services, world: World) -> None:
    for looker in world.lookers:
        for owner in world.owners:
            may = drawn.texts_for(owner.profile, looker.person(owner), clock.now())
            heads = {each.id: core(each.words.headline) for each in owner.profile.entries}
            translated = {
                each.id: {core(words.headline) for words in (each.words, *each.translations.values())}
                for each in owner.profile.entries
            }
            for path in ("/@{name}", "/@{name}/cv"):
                seen = found_in((await ask(looker, "page", path.format(name=owner.name))).content)
                there = {number for number, each in translated.items() if each & seen}
                assert there == set(may), (looker.name, path, owner.name)
                for entry in (each for each in owner.profile.entries if each.id in may):
                    assert {core(each.value) for each in entry.fields if each.value in may[entry.id]} <= seen, path
            for entry in owner.profile.entries:
                answer = await ask(looker, "page", f"/@{owner.name}/e/{entry.slug}")
                assert (answer.status_code == 200) is (entry.id in may), (looker.name, entry.slug)
                if entry.id in may:
                    fields = {core(each.value) for each in entry.fields if each.value in may[entry.id]}
                    assert fields <= found_in(answer.content), (looker.name, entry.slug)
            if looker.key is not None:
                listed = (await ask(looker, "document", f"/u/{owner.name}/profile")).json()
                seen = set()
                for iri in listed["orderedItems"]:
                    seen |= found_in(
                        (await ask(looker, "document", iri.removeprefix("https://home.example"))).content
                    )
                assert {number for number, head in heads.items() if head in seen} == set(may), looker.name


@seeds
async def test_what_is_sent_and_what_is_kept_beside_the_profile_holds_nothing_masked(services, world: World) -> None:
    """Byte search of every table: what is not public stands in the profile's own tables and nowhere else."""
    own = {"entry", "entry_field"}
    sent = set().union(*(owner.sent for owner in world.owners))
    now_public = {each for owner in world.owners for entry in owner.profile.entries for each in _public_words(entry)}
    everything = {
        each for owner in world.owners for entry in owner.profile.entries for each in cores(drawn.all_texts(entry))
    }
    looked, bodies = 0, 0
    for table in metadata.sorted_tables:
        if table.name in own:
            continue
        rows = await services.read(lambda tx, t=table: [tuple(row) for row in tx.execute(select(t))])
        for row in rows:
            written = b" ".join(each if isinstance(each, bytes) else repr(each).encode() for each in row)
            seen = {each for each in found_in(written) & everything if _WORD.fullmatch(each)}
            # What was sent out may stand in what was sent; a post taken back holds no more what it said.
            may = sent if table.name == "outgoing" else now_public & sent
            assert not seen - may, (table.name, row)
            looked, bodies = looked + 1, bodies + (table.name == "outgoing")
    assert looked > 50


@seeds
async def test_another_member_s_archive_holds_what_that_member_may_read(services, world: World) -> None:
    for looker in world.lookers:
        if not looker.app:
            continue
        form = await looker.browser.get("/settings/data", headers={"accept": "text/html"})
        secret = re.search(r'name="token" value="([^"]+)"', form.text)[1]
        headers = {"origin": services.settings.origin, "sec-fetch-site": "same-origin"}
        answer = await looker.browser.post("/settings/export", data={"token": secret}, headers=headers)
        assert answer.status_code == 200
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        seen = found_in(b"".join(archive.read(name) for name in archive.namelist()))
        words = {each for each in seen if _WORD.fullmatch(each)}
        assert not words - may_read(world, looker, "app"), looker.name


def _listed(addresses: set[tuple[str, str]]) -> str:
    return "\n".join(" ".join(each) for each in sorted(addresses))


@one_engine
async def test_every_address_is_looked_at_or_excused(app) -> None:
    """A new address is put in `outputs`, or it is said there why nothing of anybody's comes out of it."""
    there = {(door, path) for door, path in outputs.of_app(app) if path not in outputs.NOTHING_OF_ANYBODY}
    tabled = {(door, path) for door, table in outputs.TABLE.items() for path in table}
    assert _listed(there - tabled) == "", "neither in a table of tests/profiles/outputs.py nor excused there"
    assert _listed(tabled - there) == "", "no such address any more"


def test_the_search_sees_through_every_writing() -> None:
    from html import escape
    from json import dumps
    from urllib.parse import quote

    secret = 'é & zqbcdfghjkmnpqqz <b>"'
    for written in (secret, escape(secret), quote(secret), dumps(secret), secret.upper(), f"mars 1907 {secret}"):
        assert core(secret) in found_in(written.encode())
    assert found_in(b"depuis mars 1907, 2026-11-23T19:07") == {"1907"}
