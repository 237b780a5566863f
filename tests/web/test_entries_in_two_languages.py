"""An entry in French and English: whoever may not read a field reads the stand-in of the language they read in. Written,
changed and read through the pages, sent as a Note, taken along in an archive."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import httpx2
import pytest

from fediprof import clock, ids
from fediprof.actors import store as actors
from fediprof.actors.records import Follow
from fediprof.errors import Invalid
from fediprof.follows import store as follows
from fediprof.portability import faces, jsonresume_reader, ours, plan
from fediprof.portability.records import Arrival
from fediprof.posts import store as posts
from fediprof.posts.wire import entry_of
from fediprof.profiles import store
from fediprof.profiles.disclosure import ANYBODY, disclose
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, draft_of, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Entry, Field, FieldWords, Rule, Words
from fediprof.profiles.text import document
from tests.conftest import make_member
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio

BANK = "Crédit Zéphyr"
FRENCH, ENGLISH = "une grande banque européenne", "a large European bank"
WRITTEN = {
    "headline": "Ranger les données d’une banque",
    "question": "Par où commencer ?",
    "language": "fr",
    "readers": "everyone",
    "employer": BANK,
    "employer-readers": "contacts",
    "employer-stand_in": FRENCH,
    "employer-stand_in-translated": ENGLISH,
    "title": "Ingénieure données",
    "title-readers": "everyone",
    "title-translated": "Data engineer",
    "dates": "2019-03/2021-06",
    "dates-stand_in": "deux ans",
    "dates-stand_in-translated": "two years",
    "tr_language": "en",
    "tr_headline": "Tidying a bank’s data",
    "tr_question": "Where to begin?",
}
EMPLOYER = Field("employer", BANK, Rule("contacts"), FRENCH, {"en": FieldWords("", ENGLISH)})
TITLE = Field("title", "Ingénieure données", EVERYONE, "", {"en": FieldWords("Data engineer")})
DRAFT = Draft(
    "experience",
    Words("Ranger les données d’une banque", "", "Par où commencer ?"),
    "fr",
    {"en": Words("Tidying a bank’s data", "", "Where to begin?")},
    rule=EVERYONE,
    fields=(EMPLOYER, TITLE),
)


@pytest.fixture
async def entry(services, marie, member) -> Entry:  # type: ignore[no-untyped-def]
    """As its owner writes it in the form."""
    await member.open("/entries/new?kind=experience")
    await member.press("/entries/new", **WRITTEN)
    assert member.path == "/entries", member.text
    return await only(services, marie)


@pytest.fixture
async def friend(app, services, marie):  # type: ignore[no-untyped-def]
    """A contact, at their browser."""
    leo = await make_member(services, "leo", name="Léo")

    def both(tx) -> None:  # type: ignore[no-untyped-def]
        for who, whom in ((leo.actor_id, marie.actor_id), (marie.actor_id, leo.actor_id)):
            iri = f"https://x.example/{who}/{whom}"
            follows.insert_follow(tx, Follow(ids.new_id(), iri, who, whom, "accepted", clock.now()))

    await services.database.write(both)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as opened:
        yield await Reader(opened, services.settings.origin).log_in(services, "leo")


async def only(services, by) -> Entry:  # type: ignore[no-untyped-def]
    [found] = await services.read(lambda tx: store.of_actor(tx, by.actor_id))
    return found


def facts(reader: Reader) -> list[str]:
    """What stands in the fields, without the words that offer to ask."""
    for each in reader.page.select("dl.facts .ask"):
        each.decompose()
    return [each.get_text(" ", strip=True) for each in reader.page.select("dl.facts dd")]


async def test_each_reads_the_stand_in_of_the_language_they_read(entry, visitor, friend) -> None:
    # When a stranger reads it in French and in English
    path = f"/@marie/e/{entry.slug}"
    await visitor.open(f"{path}?in=fr&lang=fr")
    assert facts(visitor) == ["Ingénieure données", FRENCH, "deux ans"]
    assert not {ENGLISH, "Data engineer", BANK, "2019"} & found(visitor)
    for asked in ("?in=en&lang=fr", "?lang=en"):
        await visitor.open(path + asked)
        assert facts(visitor) == ["Data engineer", ENGLISH, "two years"]
        assert not {FRENCH, "Ingénieure données", BANK, "2019"} & found(visitor)
    await visitor.open(f"{path}?in=en&lang=fr")
    assert visitor.page.select_one(".standin")["lang"] == "en"  # words in another language than the page
    # on the profile, on paper, and where it can be asked for
    for page in ("/@marie", "/@marie/cv", f"/ask/{entry.slug}"):
        for language, there, absent in (("fr", FRENCH, ENGLISH), ("en", ENGLISH, FRENCH), ("fr", FRENCH, ENGLISH)):
            reader = friend if page.startswith("/ask") else visitor
            await reader.open(f"{page}?lang={language}")
            if reader is visitor:
                assert there in visitor.answer.text, (page, language)
                assert absent not in visitor.answer.text, (page, language)
                assert BANK not in visitor.answer.text
    # Then a contact reads the name itself in both, and what stays masked in their language
    for language, span, title in (("fr", "deux ans", "Ingénieure données"), ("en", "two years", "Data engineer")):
        await friend.open(f"{path}?in={language}&lang={language}")
        assert {BANK, span, title} <= found(friend)
        assert not {FRENCH, ENGLISH, "2019"} & found(friend)


def found(reader: Reader) -> set[str]:
    words = (BANK, FRENCH, ENGLISH, "Ingénieure données", "Data engineer", "deux ans", "two years", "2019")
    return {each for each in words if each in reader.answer.text}


async def test_the_question_for_what_is_masked_names_it_in_the_reader_s_language(entry, friend) -> None:
    await friend.open(f"/ask/{entry.slug}?lang=en")
    assert "now: two years" in friend.text
    await friend.open(f"/ask/{entry.slug}?lang=fr")
    assert "deux ans" in friend.text


async def test_the_note_says_each_language_s_stand_in_in_its_own_text(services, marie, entry, client) -> None:
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    post = await services.read(lambda tx: posts.by_id(tx, published.post_id))
    accept = {"accept": "application/activity+json", "host": "home.example"}
    note = (await client.get(post.iri.removeprefix(services.settings.origin), headers=accept)).json()
    french, english = note["contentMap"]["fr"], note["contentMap"]["en"]
    assert FRENCH in french
    assert "Ingénieure données" in french
    assert ENGLISH in english
    assert "Data engineer" in english
    assert ENGLISH not in french
    assert FRENCH not in english
    assert note["content"] == french
    stand_ins, data = note["fp:entry"]["standIns"], note["fp:entry"]["data"]
    assert (stand_ins["employer"], stand_ins["employerMap"]) == (FRENCH, {"fr": FRENCH, "en": ENGLISH})
    assert (data["title"], data["titleMap"]["en"]) == ("Ingénieure données", "Data engineer")
    assert BANK not in json.dumps(note, ensure_ascii=False)
    terms = next(each for each in note["@context"] if isinstance(each, dict))
    assert terms["employerMap"] == {"@id": "fp:employer", "@container": "@language"}
    assert terms["titleMap"] == {"@id": "fp:title", "@container": "@language"}
    # another fediprof keeps the stand-ins, bounded, in every language, and nothing else of a map
    sent = note["fp:entry"] | {
        "standIns": stand_ins | {"placeMap": {"fr": "alone"}, "datesMap": {"no code!": "x", "en": 3}}
    }
    kept = entry_of(sent)["standIns"]
    assert kept == {name: stand_ins[name] for name in ("employer", "employerMap", "dates")}
    assert "titleMap" not in repr(entry_of(note["fp:entry"]))


async def test_what_stands_in_elsewhere_is_asked_about_in_one_s_own_language(
    services, marie, member, remote, drain
) -> None:
    paul = remote("paul")
    known = await services.resolver.actor(paul.iri)
    made = Follow(ids.new_id(), "https://home.example/f/1", marie.actor_id, known.id, "accepted", clock.now())
    await services.database.write(lambda tx: follows.insert_follow(tx, made))
    masked = {"employer": FRENCH, "employerMap": {"fr-FR": FRENCH, "en": ENGLISH}}
    note = paul.note("<p>A</p>", name="A", **{"fp:entry": {"kind": "project", "name": "A", "standIns": masked}})
    await paul.send(paul.create(note))
    await drain()
    for language, there in (("en", ENGLISH), ("fr", FRENCH)):
        await member.open(f"/intents/ask?object={note['id']}&lang={language}")
        assert there in member.text, member.text


async def test_editing_keeps_all_of_it_and_a_translation_that_goes_takes_its_stand_ins(
    services, marie, member, visitor, entry
) -> None:
    edit = f"/entries/{entry.id}/edit"
    await member.open(edit)
    values = member.values(member.form(edit))
    assert {name: values[name][0] for name in WRITTEN} == WRITTEN
    assert member.page.select_one("#f-employer-stand_in-translated").find_parent("details").has_attr("open")
    await member.press(edit)
    assert replace(await only(services, marie), changed_at=entry.changed_at) == entry
    # a field taken away goes in every language
    await member.open(edit)
    await member.press(edit, title="", **{"title-translated": ""})
    assert (await only(services, marie)).named("title") is None
    # and a translation taken away takes what its fields said
    await member.open(edit)
    await member.press(edit, tr_headline="", tr_story="", tr_question="")
    assert member.path == "/entries", member.text
    after = await only(services, marie)
    assert after.translations == {}
    assert [each.translations for each in after.fields] == [{}, {}]
    assert [each.stand_in for each in after.fields] == [FRENCH, "deux ans"]
    await visitor.open(f"/@marie/e/{entry.slug}?in=en&lang=en")
    assert FRENCH in visitor.text
    assert ENGLISH not in visitor.answer.text


async def test_what_cannot_be_kept_is_said_beside_it(services, marie, member) -> None:
    await member.open("/entries/new")
    # a stand-in in a language without a text
    await member.press("/entries/new", **WRITTEN | {"tr_headline": "", "tr_question": ""})
    assert member.status == 422
    assert member.page.select_one("#e-tr_headline") is not None
    assert member.page.select_one("#f-employer-stand_in-translated")["value"] == ENGLISH
    # without the first
    await member.press("/entries/new", **WRITTEN | {"employer-stand_in": ""})
    assert "first language" in member.page.select_one("#e-employer-stand_in-translated").get_text()
    await member.press("/entries/new", **WRITTEN | {"place-translated": "Lyons"})
    assert "first language" in member.page.select_one("#e-place-translated").get_text()
    # too long; and one that says what is masked
    await member.press("/entries/new", **WRITTEN | {"place-translated": "", "title-translated": "x" * 301})
    assert "300" in member.page.select_one("#e-title-translated").get_text()
    await member.press("/entries/new", **WRITTEN | {"employer-stand_in-translated": f"a bank like {BANK.upper()}"})
    assert "says what you mask" in member.page.select_one("#e-employer").get_text()
    await member.press("/entries/new", **WRITTEN)
    assert (await only(services, marie)).named("employer") == EMPLOYER


@pytest.mark.parametrize(
    ("field", "named"),
    [
        (replace(EMPLOYER, translations={"de": FieldWords("", "eine Bank")}), "employer-translated"),
        (Field("dates", "2019", translations={"en": FieldWords("2019")}), "dates-translated"),
        (replace(TITLE, rule=Rule("me"), translations={"en": FieldWords("Tidying")}), "title"),
    ],
)
async def test_what_no_form_can_send_is_refused_too(services, marie, field, named) -> None:
    with pytest.raises(Invalid) as refused:
        await services.perform(write_entry, WriteEntry(marie, replace(DRAFT, fields=(field,))))
    assert refused.value.field == named


async def test_a_third_language_that_the_form_does_not_show_stays(services, marie, member) -> None:
    third = FieldWords("", "eine große Bank")
    draft = replace(
        DRAFT,
        translations={**DRAFT.translations, "de": Words("Ordnung")},
        fields=(replace(EMPLOYER, translations={**EMPLOYER.translations, "de": third}),),
    )
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    await member.open(f"/entries/{entry.id}/edit")
    await member.press(f"/entries/{entry.id}/edit", headline="Ranger")
    after = await only(services, marie)
    assert after.named("employer").translations == {"en": FieldWords("", ENGLISH), "de": third}
    # it is not written over by a second one in its language
    await member.open(f"/entries/{entry.id}/edit")
    await member.press(f"/entries/{entry.id}/edit", tr_language="de")
    assert "same language" in member.page.select_one("#e-tr_language").get_text()
    # and what stands in for nothing any more goes there too
    await member.press(
        f"/entries/{entry.id}/edit", tr_language="en", **{"employer-stand_in": "", "employer-stand_in-translated": ""}
    )
    assert (await only(services, marie)).named("employer").translations == {}


async def test_an_archive_and_a_resume_bring_it_back_as_it_was(services, marie, entry) -> None:
    leo = await make_member(services, "leo")

    def kept(tx) -> tuple[object, bytes]:  # type: ignore[no-untyped-def]
        owner = actors.by_id(tx, marie.actor_id)
        return faces.kept_whole(tx, owner, services.here()), faces.everything(tx, owner, services.here())

    whole, resume = await services.read(kept)
    arrivals: list[Arrival] = [ours.read(json.loads(json.dumps(whole))), jsonresume_reader.read(resume)]
    for arrival in arrivals:
        [draft] = [plan.as_entry(each) for each in arrival.drafts]
        assert {each.name: (each.value, each.stand_in, each.translations) for each in draft.fields} == {
            each.name: (each.value, each.stand_in, each.translations) for each in entry.fields
        }
    # what does not fit an entry is left out, and the rest is there
    [item] = whole["entries"]
    fields = {each["name"]: each for each in item["fields"]}
    fields["employer"]["translations"]["de"] = {"value": "x", "standIn": "eine Bank"}
    fields["dates"]["translations"] = {"en": {"value": "2019", "standIn": ["no text"]}, "fr": 3}
    fields["title"]["translations"] = [1]
    [draft] = [plan.as_entry(each) for each in ours.read(whole).drafts]
    again = await services.perform(write_entry, WriteEntry(leo, replace(draft, rule=Rule())))
    assert again.named("employer").translations == EMPLOYER.translations
    assert again.named("dates").translations == again.named("title").translations == {}


async def test_a_field_without_a_translation_is_read_as_it_was_first_written() -> None:
    now = clock.now()
    entry = Entry(7, 1, "slug", "project", DRAFT.words, now, now, "fr", DRAFT.translations, rule=EVERYONE)
    [shown] = disclose([replace(entry, fields=(replace(EMPLOYER, translations={}),))], ANYBODY, now)
    assert shown.fields[0].told("en") == shown.fields[0].told("") == FRENCH
    assert document(shown)["standIns"] == {"employer": FRENCH}
    hash(shown.fields)  # a card is kept under them


# --- one form, one entry


async def test_a_form_sent_twice_makes_one_entry_and_a_change_after_that_is_asked_about(
    services, marie, member, entry
) -> None:
    # Given the form, kept in another tab after it was sent
    await member.open("/entries/new")
    form = member.page
    await member.press("/entries/new", headline="Un deuxième")
    assert len(await services.read(lambda tx: store.of_actor(tx, marie.actor_id))) == 2
    # When it is sent again as it was
    member.page = form
    await member.press("/entries/new", headline="Un deuxième")
    assert member.path == "/entries"
    assert len(await services.read(lambda tx: store.of_actor(tx, marie.actor_id))) == 2
    # and with other words
    member.page = form
    await member.press("/entries/new", headline="Un deuxième, mieux dit")
    # Then nothing is lost and nothing is overwritten: it is asked about
    assert member.status == 422
    assert "kept already" in member.page.select_one("#refused").get_text()
    assert member.page.select_one("#f-headline")["value"] == "Un deuxième, mieux dit"
    newest = (await services.read(lambda tx: store.of_actor(tx, marie.actor_id)))[0]
    assert newest.words.headline == "Un deuxième"
    await member.press(f"/entries/{newest.id}/edit")
    after = await services.read(lambda tx: store.of_actor(tx, marie.actor_id))
    assert [each.words.headline for each in after] == ["Un deuxième, mieux dit", DRAFT.words.headline]
    # A new form makes another, and the key is its owner's alone
    await member.open("/entries/new")
    assert member.values(member.form("/entries/new"))["key"] != [form.select_one("input[name=key]")["value"]]
    leo = await make_member(services, "leo")
    key = form.select_one("input[name=key]")["value"]
    theirs = await services.perform(write_entry, WriteEntry(leo, draft_of(newest), form_key=key))
    assert theirs.actor_id == leo.actor_id
    assert re.fullmatch(r"[0-9A-Za-z]+", key)
