"""A profile and its entries as different people read them, over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from statistics import median
from time import perf_counter

import httpx2
import pytest

from fediprof import clock, ids
from fediprof.actors import store as actors
from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.actors.records import Follow
from fediprof.follows import store as follows
from fediprof.posts import store as posts
from fediprof.posts.commands import PinPost, PublishPost, pin_post, publish_post
from fediprof.profiles import ledger_store, store
from fediprof.profiles.entries import (
    Draft,
    PublishEntry,
    ReviseEntry,
    WriteEntry,
    publish_entry,
    revise_entry,
    write_entry,
)
from fediprof.profiles.records import EVERYONE, Entry, Field, Rule, Words
from fediprof.profiles.sets import SaveSet, save_set
from fediprof.schema.profiles import disclosure_grant
from fediprof.visitors import sessions as visits
from fediprof.web.visitor import GUEST, cookie_name
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio

SECRET = "Ferroénergie Zéphyr SA"
STAND_IN = "une PME de l’énergie"
DRAFT = Draft(
    "project",
    Words("Diviser par trois le délai", "Deux essais ratés, un bon.", "pourquoi avons-nous échoué deux fois ?"),
    language="fr",
    tags=("lean",),
    rule=EVERYONE,
    fields=(Field("employer", SECRET, stand_in=STAND_IN), Field("dates", "2019-03/2021-06")),
)


@pytest.fixture
async def leo(services):  # type: ignore[no-untyped-def]
    return await make_member(services, "leo", name="Léo")


@pytest.fixture
async def guest(app, services, leo):  # type: ignore[no-untyped-def]
    """Léo at his browser."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "leo")


async def written(services, by, draft: Draft = DRAFT, *, publish: bool = False) -> Entry:  # type: ignore[no-untyped-def]
    entry = await services.perform(write_entry, WriteEntry(by, draft))
    return await services.perform(publish_entry, PublishEntry(by, entry.id)) if publish else entry


async def contacts(services, one, other) -> None:  # type: ignore[no-untyped-def]
    """Both follow each other, and both said yes."""

    def both(tx) -> None:  # type: ignore[no-untyped-def]
        for who, whom in ((one.actor_id, other.actor_id), (other.actor_id, one.actor_id)):
            iri = f"https://x.example/{who}/{whom}"
            follows.insert_follow(tx, Follow(ids.new_id(), iri, who, whom, "accepted", clock.now()))

    await services.database.write(both)


async def grant(services, owner, to, parts: dict[int, list[str]], days: int = 30) -> None:  # type: ignore[no-untyped-def]
    now = services.here().now

    def open_it(tx) -> None:  # type: ignore[no-untyped-def]
        row = {
            "id": ids.new_id(),
            "actor_id": owner.actor_id,
            "to_actor_id": to.actor_id,
            "mode": "show",
            "parts": {str(entry): names for entry, names in parts.items()},
            "starts_at": now - timedelta(minutes=1),
            "ends_at": now + timedelta(days=days),
            "label": "",
        }
        tx.execute(disclosure_grant.insert(), row)

    await services.database.write(open_it)


def path_of(entry: Entry, name: str = "marie") -> str:
    return f"/@{name}/e/{entry.slug}"


# --- story B3: a page that can be read by whoever comes, with what stands in for the rest


async def test_a_profile_begins_with_the_person_then_what_can_be_asked(services, marie, visitor) -> None:
    # Given a project and a job that everyone may read, the project pinned, and a post
    job = replace(DRAFT, kind="experience", words=Words("Réparer une ligne", "Trois mois.", "Par où commencer ?"))
    await written(services, marie, job, publish=True)
    pinned = await written(services, marie, publish=True)
    await services.perform(pin_post, PinPost(marie, pinned.post_id))
    await services.perform(publish_post, PublishPost(marie, "Une pensée du matin", "public"))
    # When somebody opens the page, in French
    await visitor.open("/@marie?lang=fr")
    # Then: the person, what was pinned, the rest by sections, posts; the entry's post is not there twice
    titles = [each.get_text() for each in visitor.page.select("main h1, main h2, main h3")]
    assert titles == [
        *("Marie", "Parlons de", "Pour commencer", "Diviser par trois le délai"),
        *("Expérience", "Réparer une ligne", "Publications"),
    ]
    assert "Par où commencer" in visitor.page.select(".question")[1].get_text()
    assert visitor.text.count("Deux essais ratés") == visitor.text.count("Trois mois.") == 1
    # and what is not shown has its stand-in, which can be asked for
    assert visitor.page.select_one(".standin").get_text() == STAND_IN
    assert visitor.page.select_one("a.ask")["href"] == f"/ask/{pinned.slug}?field=employer"
    assert "parlons d’abord" in visitor.page.find("footer", class_="page").get_text()
    assert SECRET not in visitor.answer.text
    assert "2019" not in visitor.text


async def test_an_entry_is_a_small_article_with_its_conversation(services, marie, visitor, remote, drain) -> None:
    # Given an entry that was sent out in two languages, another after it, and an answer from elsewhere (A5)
    after = await written(services, marie, replace(DRAFT, kind="talk", words=Words("Ce que j’ai appris")))
    both = replace(
        DRAFT, translations={"en": Words("Cut a delay by three", "Two failures.", "Why did we fail twice?")}
    )
    entry = await written(services, marie, both, publish=True)
    leo = remote("leo", "gts.example")
    shown = await services.read(lambda tx: posts.by_id(tx, entry.post_id))
    await leo.send(leo.create(leo.note("<p>Le plan de charge, non ?</p>", inReplyTo=shown.iri)))
    await drain()
    # When a visitor reads it
    await visitor.open(path_of(entry) + "?lang=fr")
    # Then: story, question, stand-in, the answer with its server, the way to answer, the next entry
    assert visitor.page.h1.get_text() == "Diviser par trois le délai"
    assert "pourquoi avons-nous" in visitor.page.select_one(".question").get_text()
    assert visitor.page.select_one(".facts .standin").get_text() == STAND_IN
    assert "@leo@gts.example" in visitor.text
    assert "Le plan de charge" in visitor.text
    assert visitor.page.find("a", rel="next")["href"] == path_of(after)
    # and in the other language
    await visitor.open(visitor.page.select_one("article nav a")["href"])
    assert visitor.page.h1.get_text() == "Cut a delay by three"
    assert visitor.page.h1["lang"] == "en"
    await visitor.open(path_of(entry) + "/reply")
    assert visitor.page.find("input", attrs={"name": "handle"})
    # and the post's own address leads here
    await visitor.open(shown.iri)
    assert visitor.path == path_of(entry)
    await visitor.open(f"/@marie/p/{shown.iri.rpartition('/')[2]}")
    assert visitor.path == path_of(entry)


# --- story A4: nothing of what is masked leaves, and machines are asked to stay away


async def test_nothing_masked_is_in_anything_machines_read(services, marie, visitor) -> None:
    entry = await written(services, marie, publish=True)
    for indexable in (False, True):
        await services.perform(revise_profile, ReviseProfile(marie, indexable=indexable))
        for path in ("/@marie", path_of(entry), "/@marie/cv", "/@marie.atom", "/@marie.vcf"):
            await visitor.open(path)
            assert visitor.status == 200, path
            assert SECRET not in visitor.answer.text
            assert "2019" not in visitor.answer.text
        await visitor.open("/@marie")
        linked = visitor.page.find("script", type="application/ld+json")
        assert (linked is not None, visitor.page.find("meta", property="og:title") is not None) == (indexable,) * 2
        assert (visitor.page.select_one(".h-resume") is not None) == indexable
        assert ("noindex" in str(visitor.page.find("meta", attrs={"name": "robots"}))) != indexable
        assert ("noindex" in visitor.answer.headers["x-robots-tag"]) != indexable
    assert linked is not None
    told = json.loads(linked.get_text())
    assert (told["@type"], told["mainEntity"]["@type"]) == ("ProfilePage", "Person")
    assert told["hasPart"][0]["headline"] == "Diviser par trois le délai"


async def test_a_script_in_an_entry_ends_no_element(services, marie, visitor) -> None:
    attack = "</script><script>alert(1)</script><!--"
    words = Words(attack, attack, attack)
    entry = await written(
        services, marie, replace(DRAFT, words=words, fields=(Field("employer", "x", stand_in=attack),))
    )
    await services.perform(revise_profile, ReviseProfile(marie, indexable=True))
    for path in ("/@marie", path_of(entry), "/@marie/cv"):
        await visitor.open(path)
        scripts = [each for each in visitor.page.find_all("script") if each.get("type") != "application/ld+json"]
        assert all(each.get("src", "").startswith("/static/") for each in scripts)
        assert "<script>alert" not in visitor.answer.text


# --- what one may not see is not there


async def test_what_one_may_not_see_answers_like_what_never_was(services, marie, leo, visitor, guest) -> None:
    # Given entries for their owner, for contacts, for somebody else, one narrowed since, and one known by a wrong name
    mine = await written(services, marie, replace(DRAFT, rule=Rule("me")))
    close = await written(services, marie, replace(DRAFT, rule=Rule("contacts")))
    chosen = await written(services, marie, replace(DRAFT, rule=Rule("people", people=frozenset({marie.actor_id}))))
    narrowed = await written(services, marie, publish=True)
    await services.perform(revise_entry, ReviseEntry(marie, narrowed.id, replace(DRAFT, rule=Rule("me"))))
    open_one = await written(services, marie)
    hidden = [path_of(each) for each in (mine, close, chosen, narrowed)] + [path_of(open_one, "leo")]
    headers = {"Accept": "text/html", "Accept-Language": "fr"}

    async def asked(client, path):  # type: ignore[no-untyped-def]
        answer = await client.get(path, headers=headers)
        kept = sorted((name, value) for name, value in answer.headers.items() if name != "x-request-id")
        return answer.status_code, kept, answer.content

    for client in (visitor.client, guest.client):
        unknown = await asked(client, f"/@marie/e/{ids.slug()}")
        assert unknown[0] == 404
        for path in hidden:
            assert await asked(client, path) == unknown
            for way in ("/reply", "?as=person:marie", "?lang=de"):
                assert (await asked(client, path + way))[0] == 404


async def test_what_is_hidden_takes_as_long_as_what_never_was(services, marie, visitor) -> None:
    hidden = path_of(await written(services, marie, replace(DRAFT, rule=Rule("contacts"))))
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(240):
        path = hidden if number % 2 else f"/@marie/e/{ids.slug()}"
        begun = perf_counter()
        answer = await visitor.client.get(path, headers={"Accept": "text/html"})
        took[bool(number % 2)].append(perf_counter() - begun)
        assert answer.status_code == 404
    one, other = sorted(median(each) for each in took.values())
    assert other < one * 1.5 + 0.001  # what a render of the page would add is several times that


# --- relationships open, and hiding closes (A12)


async def test_a_contact_reads_more_and_nobody_keeps_it_on_the_way(services, marie, leo, guest, visitor) -> None:
    employer = Field("employer", SECRET, Rule("contacts"), stand_in=STAND_IN)
    entry = await written(services, marie, replace(DRAFT, fields=(employer,)))
    for path in ("/@marie", path_of(entry)):
        await guest.open(path)
        assert SECRET not in guest.answer.text
    await contacts(services, marie, leo)
    for path in ("/@marie", path_of(entry), "/@marie/cv"):
        await guest.open(path)
        assert SECRET in guest.text
        assert guest.answer.headers["cache-control"] == "private, no-store"
        await guest.open(f"{path}?lang=fr")  # a choice of language keeps nothing either
        assert guest.answer.headers["cache-control"] == "private, no-store"
        assert guest.answer.headers["x-robots-tag"].startswith("noindex, noarchive, nosnippet")
        assert "Cookie" in guest.answer.headers["vary"]
        assert "etag" not in guest.answer.headers
        await visitor.open(path)  # what was made for a contact is given to nobody else
        assert SECRET not in visitor.answer.text
        assert STAND_IN in visitor.text


async def test_a_grant_opens_its_part_and_says_until_when(services, marie, leo, guest) -> None:
    entry = await written(services, marie, replace(DRAFT, rule=Rule("me")))
    await grant(services, marie, leo, {entry.id: ["employer"]})
    await guest.open(path_of(entry))
    assert SECRET in guest.text
    assert "Opened to you until" in guest.text
    assert "2019" not in guest.text


async def test_a_granted_page_that_is_read_again_writes_nothing(services, marie, leo, guest, monkeypatch) -> None:
    entry = await written(services, marie, replace(DRAFT, rule=Rule("me")))
    await grant(services, marie, leo, {entry.id: ["employer"]})
    writes: list[object] = []
    really = services.database.write

    async def counted(unit):  # type: ignore[no-untyped-def]
        writes.append(unit)
        return await really(unit)

    monkeypatch.setattr(services.database, "write", counted)
    for _ in range(3):
        await guest.open("/@marie")
        assert SECRET in guest.text
    assert len(writes) == 1
    await guest.open(path_of(entry))
    await grant(services, marie, leo, {entry.id: ["dates"]}, days=60)  # what is opened anew is told anew
    await guest.open(path_of(entry))
    rows = await services.read(lambda tx: ledger_store.of_owner(tx, marie.actor_id))
    assert [row.what for row in rows] == ["opened", "opened"]


async def test_who_is_logged_in_from_a_hidden_domain_sees_only_what_everyone_sees(
    services, marie, leo, guest
) -> None:
    # Given a public entry, one for contacts, one granted; the employer's domain is hidden from
    await contacts(services, marie, leo)
    public = await written(services, marie)
    close = await written(services, marie, replace(DRAFT, rule=Rule("contacts"), words=Words("Pour mes contacts")))
    granted = await written(services, marie, replace(DRAFT, rule=Rule("me"), words=Words("Pour lui seul")))
    await grant(services, marie, leo, {granted.id: ["employer"]})
    await guest.open("/@marie")
    assert "Pour mes contacts" in guest.text
    assert "Pour lui seul" in guest.text
    now = services.here().now
    await services.database.write(lambda tx: store.hide_from(tx, marie.actor_id, "domain", "home.example", now))
    # When he opens the page again
    await guest.open("/@marie")
    # Then he reads what anybody reads
    assert "Diviser par trois" in guest.text
    assert "Pour mes contacts" not in guest.answer.text
    assert "Pour lui seul" not in guest.answer.text
    assert SECRET not in guest.answer.text
    assert (await guest.open(path_of(public))).status == 200
    assert (await guest.open(path_of(close))).status == 404
    assert (await guest.open(path_of(granted))).status == 404


async def test_a_visitor_from_the_employer_s_server_is_shown_the_public_part_alone(
    services, marie, visitor, remote, drain
) -> None:
    """A12, for somebody who came with an account of elsewhere."""
    # Given somebody on another server to whom an entry was opened, and who showed who they are
    paul = remote("paul", "rh.acme.example")
    await paul.send(paul.activity("Follow", services.here().actor("marie")))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    entry = await written(services, marie, replace(DRAFT, rule=Rule("people", people=frozenset({known.id}))))
    secret = await services.database.write(lambda tx: visits.opened(tx, known.id, services.here().now))
    visitor.client.cookies.set(cookie_name(services.settings, GUEST), secret)
    await visitor.open("/@marie")
    assert "Diviser par trois" in visitor.text
    assert visitor.answer.headers["cache-control"] == "private, no-store"
    assert (await visitor.open(path_of(entry))).status == 200
    # When the employer's domain is hidden from
    now = services.here().now
    await services.database.write(lambda tx: store.hide_from(tx, marie.actor_id, "domain", "acme.example", now))
    # Then there is nothing but the public part, at once
    await visitor.open("/@marie")
    assert "Diviser par trois" not in visitor.answer.text
    assert (await visitor.open(path_of(entry))).status == 404


# --- the owner looks with other eyes


async def test_the_owner_sees_the_page_with_others_eyes(services, marie, leo, member, guest) -> None:
    await written(services, marie, replace(DRAFT, words=Words("Pour tous")))
    close = await written(services, marie, replace(DRAFT, rule=Rule("contacts"), words=Words("Pour mes contacts")))
    person = replace(DRAFT, rule=Rule("people", people=frozenset({leo.actor_id})), words=Words("Pour Léo"))
    await written(services, marie, person)
    await written(services, marie, replace(DRAFT, rule=Rule("me"), words=Words("Pour moi")))
    expected = {
        "": ("Pour tous", "Pour mes contacts", "Pour Léo", "Pour moi"),
        "?as=everyone": ("Pour tous",),
        "?as=contact": ("Pour tous", "Pour mes contacts"),
        "?as=person:leo": ("Pour tous", "Pour Léo"),
        "?as=person&handle=%40leo%40home.example": ("Pour tous", "Pour Léo"),
        "?as=person:nobody@far.example": ("Pour tous",),
    }
    for query, titles in expected.items():
        await member.open("/@marie" + query)
        seen = {each.get_text() for each in member.page.select("article h3")}
        assert seen == set(titles), query
    await member.open(path_of(close) + "?as=contact")
    assert member.page.h1.get_text() == "Pour mes contacts"
    assert (await member.open(path_of(close) + "?as=everyone")).status == 404
    # and nobody else has eyes to lend
    await guest.open("/@marie?as=contact")
    assert {each.get_text() for each in guest.page.select("article h3")} == {"Pour tous", "Pour Léo"}


async def test_a_member_s_page_lists_no_entry_twice(services, marie, guest) -> None:
    await written(services, marie, publish=True)
    await guest.open("/@marie")
    assert guest.text.count("Deux essais ratés") == 1


async def test_the_owner_reads_beside_each_entry_who_may_read_it(services, marie, member) -> None:
    entry = await written(services, marie, replace(DRAFT, rule=Rule("contacts")))
    await member.open(path_of(entry))
    assert "My contacts" in member.page.select_one(".audience").get_text()
    assert SECRET in member.text
    assert member.page.select_one("a.ask") is None
    assert f"/entries/{entry.id}/edit" in [each["href"] for each in member.page.select("article a")]


# --- on paper (A10)


async def test_on_paper_masked_things_stay_masked(services, marie, leo, guest, visitor) -> None:
    await written(services, marie)
    await visitor.open("/@marie/cv")
    assert STAND_IN in visitor.text
    assert visitor.page.select_one("main form") is None
    assert "https://home.example/@marie" in visitor.page.select_one(".printed").get_text()
    await guest.open("/@marie/cv")
    assert "@leo@home.example" in guest.page.select_one(".printed").get_text()


async def test_a_saved_set_is_printed_as_whoever_it_is_opened_to_reads_it(
    services, marie, leo, member, guest
) -> None:
    # Given an entry in a set with its employer, the dates left out of it, and an entry that is in no set
    entry = await written(services, marie, replace(DRAFT, rule=Rule("me")))
    await written(services, marie, replace(DRAFT, rule=Rule("me"), words=Words("Rien que pour moi")))
    parts = {entry.id: frozenset({"employer"})}
    made = await services.perform(save_set, SaveSet(marie, "CV production", parts))
    # When its owner prints the set
    await member.open("/@marie/cv")
    assert "Rien que pour moi" in member.text
    await member.open(member.page.find("a", string="CV production")["href"])
    # Then it holds what is opened by it, and no more
    assert SECRET in member.text
    assert "2019" not in member.text
    assert "Rien que pour moi" not in member.text
    assert "CV production" in member.page.select_one(".printed").get_text()
    # and it is nobody else's
    await guest.open(f"/@marie/cv?set={made.id}")
    assert SECRET not in guest.answer.text
    assert "CV production" not in guest.answer.text


async def test_the_next_entry_is_the_next_one_may_read(services, marie, visitor) -> None:
    for number in range(12):
        hers = number not in (0, 1, 11)  # nine in between are hers alone
        await written(services, marie, Draft("free", Words(f"Numéro {number}"), rule=Rule() if hers else EVERYONE))
    mine = await services.read(lambda tx: store.of_actor(tx, marie.actor_id))
    seen = [each.slug for each in mine if each.rule == EVERYONE]
    walked, path = [], f"/@marie/e/{seen[0]}"
    while path:
        await visitor.open(path)
        walked.append(path.rpartition("/")[2])
        following = visitor.page.select_one("a[rel=next]")
        path = following["href"] if following else ""
    assert walked == seen
