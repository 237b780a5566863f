"""Entries at their owner's desk: written with who may read which part, published once, put in order, taken away; and the
first steps of a member. Through the pages, as a browser without JavaScript sends them."""

from __future__ import annotations

import pytest

from fediprof.actors.departure import forget_actor
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.profiles import ledger_store, store, views
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.grants import OpenPart, open_part
from fediprof.profiles.hiding import HideFrom, hide_from
from fediprof.profiles.records import EVERYONE, Entry, Rule, Words
from fediprof.profiles.sets import SaveSet, save_set
from fediprof.services import Services
from tests.conftest import make_member
from tests.support.rows import counted

pytestmark = pytest.mark.anyio

SECRET = "Ferroénergie Zéphyr"
STORY = "Deux essais ratés, puis un bon."


async def mine(services: Services, by) -> list[Entry]:  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: store.of_actor(tx, by.actor_id))


async def wrote(services: Services, by, headline: str = "Diviser un délai", **more: object) -> Entry:  # type: ignore[no-untyped-def]
    words = Words(headline, STORY, "Pourquoi deux fois ?")
    draft = Draft(more.pop("kind", "project"), words, language="fr", **more)  # type: ignore[arg-type]
    return await services.perform(write_entry, WriteEntry(by, draft))


# --- A1


async def test_a1_somebody_who_changes_quietly_hides_from_the_employer_before_the_first_entry(
    services, marie, visitor
) -> None:
    # Given a first login
    await visitor.log_in(services, "marie")
    await visitor.press("/welcome", new="a sentence is long enough")
    # When she says that her employer is not to know
    assert visitor.page.h1.get_text() == "What brings you here?"
    await visitor.press("/start/aim", aim="quiet")
    # Then what she writes is hers alone unless she says otherwise, and the employer's domain is asked for
    assert visitor.values(visitor.form("/start/readers"))["readers"] == ["me"]
    assert "someone can log in with another account" in visitor.text
    await visitor.press("/start/readers", domain="not a domain")
    assert visitor.status == 422
    assert visitor.page.select_one("#f-domain")["value"] == "not a domain"
    await visitor.press("/start/readers", domain="marie@ACME.example")
    held = await services.read(lambda tx: store.hidden_from_of(tx, marie.actor_id))
    assert held.domains == {"acme.example"}
    # And the third screen is followed by the entry
    assert visitor.path == "/start/import"
    await visitor.press("/start/import", "Begin from nothing")
    await visitor.press("/start/entry", headline="Diviser un délai", story=STORY)
    assert visitor.page.h1.get_text() == "What would you like to be asked about this project?"
    await visitor.press("/start/question", question="Pourquoi avons-nous échoué ?")
    assert visitor.path == "/start/done"
    [entry] = await mine(services, marie)
    assert entry.rule.readers == "me"
    assert entry.words == Words("Diviser un délai", STORY, "Pourquoi avons-nous échoué ?")
    assert entry.post_id is None


async def test_the_first_steps_can_be_left_passed_over_and_gone_on_with(services, marie, member, visitor) -> None:
    await member.open("/start")
    await member.press("/start/aim", aim=None)
    assert member.status == 422
    await member.press("/start/aim", aim="known")
    await member.press("/start/readers", readers="contacts")
    # Another browser, another day
    await visitor.log_in(services, "marie")
    await visitor.open("/start")
    assert visitor.path == "/start/import"
    await visitor.press("/start/import")
    assert visitor.values(visitor.form("/start/entry"))["kind"] == ["ask_me"]
    await visitor.press("/start/entry", headline="")
    assert visitor.status == 422
    await visitor.press("/start/entry", skip="1")
    assert visitor.path == "/start/done"
    assert "You have no entry yet" in visitor.text
    # What she chose is where a new entry begins
    await visitor.open("/entries/new?kind=talk")
    values = visitor.values(visitor.form("/entries/new"))
    assert (values["kind"], values["readers"]) == (["talk"], ["contacts"])
    assert (await visitor.open("/start/nothing")).status == 404


# --- A3


async def test_a3_an_entry_is_masked_and_published_with_a_stand_in(services, marie, member, visitor) -> None:
    # Given a project that only she reads
    await member.open("/entries/new?kind=project")
    await member.press(
        "/entries/new",
        headline="Diviser par trois un délai",
        story=STORY,
        question="Pourquoi avons-nous échoué deux fois ?",
        employer=SECRET,
        **{"employer-stand_in": "une PME de l’énergie", "language": "fr"},
    )
    assert member.path == "/entries"
    [entry] = await mine(services, marie)
    assert (await visitor.open(f"/@marie/e/{entry.slug}")).status == 404
    # When she opens it to everyone, it is still sent to nobody
    await member.open(f"/entries/{entry.id}/edit")
    assert member.page.select_one("#f-employer")["value"] == SECRET
    await member.press(f"/entries/{entry.id}/edit", readers="everyone")
    assert "Saved. Nobody is told of it." in member.text
    # Then she sees what everyone would read before she publishes
    await member.open(f"/entries/{entry.id}/publish")
    assert "une PME de l’énergie" in member.text
    assert SECRET not in str(member.page)
    assert "Nobody follows you yet" in member.text
    assert "You can publish 3 more today." in member.text
    await member.press(f"/entries/{entry.id}/publish", "Publish")
    [published] = await mine(services, marie)
    assert published.post_id is not None
    await visitor.open(f"/@marie/e/{entry.slug}")
    assert visitor.status == 200
    assert "une PME de l’énergie" in visitor.text
    assert SECRET not in visitor.answer.text


async def test_narrowing_says_what_was_done_and_what_cannot_be(services, marie, member) -> None:
    entry = await wrote(services, marie, rule=EVERYONE)
    await member.open(f"/entries/{entry.id}/publish")
    await member.press(f"/entries/{entry.id}/publish", "Publish")
    await member.open(f"/entries/{entry.id}/edit")
    assert "gets a new address" in member.text
    await member.press(f"/entries/{entry.id}/edit", readers="me")
    said = member.page.select_one("[role=status]").get_text()
    assert "asked to delete it" in said
    assert "Copies that people kept cannot be taken back" in said
    [after] = await mine(services, marie)
    assert after.slug != entry.slug


async def test_what_is_refused_stands_beside_its_field_and_nothing_written_is_lost(services, marie, member) -> None:
    written = {
        "headline": "Chez Zéphyr",
        "story": f"Dans l’atelier de {SECRET}, deux essais.",
        "question": "Pourquoi ?",
        "tags": "#lean, énergie",
        "employer": SECRET,
        "employer-stand_in": "une PME",
        "dates": "2019-03/2021-06",
        "readers": "people",
        "people": "@nobody@nowhere.example",
        "tr_story": "Two tries.",
    }
    await member.open("/entries/new")
    await member.press("/entries/new", **written)
    assert member.status == 422
    assert "Nobody was found at nobody@nowhere.example" in member.page.select_one("#e-people").get_text()
    assert member.page.select_one("#refused a")["href"] == "#f-people"
    values = member.values(member.form("/entries/new"))
    assert {name: values[name][0] for name in written} == written
    # a translation needs its line, and what is masked may not stand in the text
    await member.press("/entries/new", readers="everyone", people="")
    assert member.page.select_one("#e-tr_headline") is not None
    await member.press("/entries/new", tr_headline="At Zephyr")
    assert "says what you mask" in member.page.select_one("#e-employer").get_text()
    assert member.page.select_one("#f-employer").find_parent("details").has_attr("open")
    await member.press("/entries/new", story="Deux essais.", dates="last year")
    assert member.page.select_one("#e-dates") is not None
    await member.press("/entries/new", dates="2019-03/2021-06")
    assert member.path == "/entries"
    [entry] = await mine(services, marie)
    assert entry.tags == ("lean", "énergie")
    assert entry.translations["fr"] == Words("At Zephyr", "Two tries.")


async def test_how_many_the_contacts_are_is_said_where_it_is_chosen(services, marie, member) -> None:
    leo = await make_member(services, "leo")

    async def said() -> str:
        await member.open("/entries/new")
        return member.page.select_one("input[value=contacts]").find_parent("label").get_text()

    assert "nobody yet" in await said()
    await services.perform(request_follow, RequestFollow(leo, marie.actor_id))
    assert "nobody yet" in await said()  # one side's click makes no contact
    await services.perform(request_follow, RequestFollow(marie, leo.actor_id))
    assert "one person today" in await said()


async def test_people_are_chosen_by_their_handles(services, marie, member, remote) -> None:
    remote("anna", "far.example")
    leo = await make_member(services, "leo")
    await member.open("/entries/new")
    await member.press("/entries/new", headline="Pour deux", readers="people", people="@anna@far.example, @leo")
    [entry] = await mine(services, marie)
    assert leo.actor_id in entry.rule.people
    assert len(entry.rule.people) == 2
    assert "@anna@far.example" in member.text
    await member.open(f"/entries/{entry.id}/edit")
    assert "anna@far.example" in member.page.select_one("#f-people")["value"]
    await member.press(f"/entries/{entry.id}/edit", people="")
    assert "at least one person" in member.page.select_one("#e-people").get_text()


async def test_a_further_language_is_not_lost_by_a_change(services, marie, member) -> None:
    both = {"en": Words("Cutting a delay"), "de": Words("Eine Frist")}
    entry = await wrote(services, marie, translations=both, rule=EVERYONE)
    await member.open(f"/entries/{entry.id}/publish")
    assert [each.get("lang") for each in member.page.select("article")] == ["fr", None, "de"]  # the page is English
    await member.open(f"/entries/{entry.id}/edit")
    await member.press(f"/entries/{entry.id}/edit", tr_headline="Cutting a delay by three")
    [after] = await mine(services, marie)
    assert after.translations == {"en": Words("Cutting a delay by three"), "de": Words("Eine Frist")}
    await member.open(f"/entries/{entry.id}/edit")
    await member.press(f"/entries/{entry.id}/edit", tr_headline="")
    [after] = await mine(services, marie)
    assert after.translations == {"de": Words("Eine Frist")}


async def test_over_the_ceiling_one_writes_the_number_shown(services, marie, member) -> None:
    for _ in range(services.settings.entry_ceiling):
        await wrote(services, marie, kind="experience", rule=EVERYONE)
    await member.open("/entries/new?kind=experience")
    assert member.page.select_one("#f-ceiling") is None
    await member.press("/entries/new", headline="Une ligne de plus", readers="everyone")
    assert member.status == 422
    assert "Write 9 to confirm" in member.text
    await member.press("/entries/new", ceiling="yes")
    assert member.status == 422
    # Nor does it get there by being called something else first
    project = await wrote(services, marie, rule=EVERYONE)
    await member.open(f"/entries/{project.id}/edit")
    await member.press(f"/entries/{project.id}/edit", kind="experience")
    assert member.status == 422
    assert "Write 9 to confirm" in member.text
    await member.open(f"/entries/{project.id}/remove")
    await member.press(f"/entries/{project.id}/remove", "Remove")
    await member.open("/entries/new?kind=experience")
    await member.press("/entries/new", headline="Une ligne de plus", readers="everyone")
    await member.press("/entries/new", ceiling="9")
    assert member.path == "/entries"
    assert len(await mine(services, marie)) == 9


async def test_entries_are_put_in_order_pinned_and_removed_by_buttons(services, marie, member) -> None:
    last, _ = [await wrote(services, marie, name, rule=EVERYONE) for name in ("un", "deux")]
    await wrote(services, marie, "ailleurs", kind="talk")  # stands between, in another section of the page
    first = await wrote(services, marie, "trois", rule=EVERYONE)
    await member.open("/entries")
    assert [each.get_text() for each in member.page.select("article h3")] == ["trois", "deux", "un", "ailleurs"]
    await member.press(f"/entries/{last.id}/up")
    await member.press(f"/entries/{first.id}/down")
    assert [each.get_text() for each in member.page.select("article h3")] == ["un", "trois", "deux", "ailleurs"]
    await member.open(f"/entries/{first.id}/publish")
    await member.press(f"/entries/{first.id}/publish", "Publish")
    await member.press(button="Pin to my page")
    assert "Pinned to the top of your page." in member.text
    await member.press(button="Unpin")
    await member.open(f"/entries/{first.id}/remove")
    assert "Copies that people kept" in member.text
    await member.press(f"/entries/{first.id}/remove", "Remove")
    assert [each.words.headline for each in await mine(services, marie)] == ["un", "ailleurs", "deux"]


async def test_after_a_large_import_the_list_stays_short_and_each_section_can_be_had_whole(
    services, marie, member
) -> None:
    for n in range(22):
        await wrote(services, marie, f"skill {n}", kind="skill")
    await wrote(services, marie)
    await member.open("/entries")
    assert len(member.page.select("article")) == 21
    await member.open(member.page.find("a", string="2 more in: Skills")["href"])
    names = [each.get_text() for each in member.page.select("article h3")]
    assert len(names) == 22
    last = (await mine(services, marie))[-1]
    await member.press(f"/entries/{last.id}/up")
    assert [each.get_text() for each in member.page.select("article h3")][-2:] == ["skill 0", "skill 1"]


async def test_only_what_everyone_may_read_and_ends_with_a_question_is_published_three_times_a_day(
    services, marie, member
) -> None:
    private = await wrote(services, marie)
    await member.open(f"/entries/{private.id}/publish")
    assert member.page.select_one("main form") is None
    entries = [await wrote(services, marie, str(n), rule=EVERYONE) for n in range(4)]
    for entry in entries[:3]:
        await member.open(f"/entries/{entry.id}/publish")
        await member.press(f"/entries/{entry.id}/publish", "Publish")
    await member.open(f"/entries/{entries[3].id}/publish")
    await member.press(f"/entries/{entries[3].id}/publish", "Publish")
    assert member.status == 422
    assert "At most 3 entries" in member.text


async def test_somebody_else_s_entry_is_not_there_for_any_of_it(services, marie, member) -> None:
    leo = await make_member(services, "leo")
    entry = await wrote(services, leo, rule=EVERYONE)
    for path in ("edit", "publish", "remove"):
        assert (await member.open(f"/entries/{entry.id}/{path}")).status == 404
    theirs = await wrote(services, marie)
    await member.open(f"/entries/{theirs.id}/remove")
    member.form(button="Remove")["action"] = f"/entries/{entry.id}/remove"
    await member.press(f"/entries/{entry.id}/remove", "Remove")
    assert member.status == 404
    assert len(await mine(services, leo)) == 1


async def test_a_session_that_ended_gives_the_entry_s_text_back(services, marie, member) -> None:
    await member.open("/entries/new")
    member.client.cookies.clear()
    await member.press("/entries/new", headline="Une ligne", story=STORY)
    assert member.status == 401
    assert STORY in member.page.find("textarea").get_text()


# --- hidden from


async def test_people_and_domains_are_hidden_from_until_they_no_longer_are(services, marie, member) -> None:
    leo = await make_member(services, "leo")
    chosen = Rule("people", people=frozenset({leo.actor_id}))
    entry = await wrote(services, marie, rule=chosen)
    await member.open("/settings/hidden")
    assert "someone can log in with another account" in member.text
    await member.press("/settings/hidden", "Hide", people="leo", domain="https://www.acme.example/jobs")
    assert "@leo@home.example" in member.text
    held = await services.read(lambda tx: store.hidden_from_of(tx, marie.actor_id))
    assert (held.people, held.domains) == ({leo.actor_id}, {"www.acme.example"})

    def look(tx):  # type: ignore[no-untyped-def]
        return views.one(tx, entry.slug, leo.actor_id, services.here().now)

    assert await services.read(look) is None
    await member.press("/settings/hidden/remove", "No longer hide @leo")
    assert await services.read(look) is not None
    await member.press("/settings/hidden/remove", "No longer hide www.acme.example")
    assert "Nobody is on this list." in member.text
    for wrong in ({"people": "nobody@nowhere.example"}, {"domain": "com"}, {"people": "marie"}, {}):
        await member.press("/settings/hidden", "Hide", **wrong)
        assert member.status == 422, wrong
        assert member.page.select_one(".error") is not None, wrong


# --- leaving


async def test_with_somebody_who_is_gone_goes_what_was_opened_to_them(services, marie, remote) -> None:
    remote("anna", "far.example")
    anna = await services.resolver.handle("anna@far.example")
    entry = await wrote(services, marie, rule=Rule("people", people=frozenset({anna.id})))
    await services.perform(open_part, OpenPart(marie, anna.id, {entry.id: frozenset()}))
    hide = HideFrom(marie, people="anna@far.example")
    await services.perform(hide_from, hide)
    await services.database.write(lambda tx: forget_actor(tx, anna, services.here().now))
    after = await counted(services)
    assert [after[table] for table in ("entry_reader", "disclosure_grant", "hidden_from")] == [0, 0, 0]
    assert [each.id for each in await mine(services, marie)] == [entry.id]
    assert after["ledger"] > 0  # that it was opened stays true


async def test_who_leaves_leaves_no_entry_behind(services, marie, member) -> None:
    leo = await make_member(services, "leo")
    await wrote(services, marie, rule=Rule("people", people=frozenset({leo.actor_id})))
    published = await wrote(services, marie, rule=EVERYONE)
    await member.open(f"/entries/{published.id}/publish")
    await member.press(f"/entries/{published.id}/publish", "Publish")
    kept = await wrote(services, leo, rule=Rule("people", people=frozenset({marie.actor_id})))
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {published.id: frozenset()}))
    await services.perform(open_part, OpenPart(leo, marie.actor_id, {kept.id: frozenset()}))
    await services.perform(save_set, SaveSet(marie, "For talks", {published.id: frozenset()}))
    before = await counted(services)
    assert (before["disclosure_grant"], before["part_set"]) == (2, 1)
    leos = len(await services.read(lambda tx: ledger_store.of_owner(tx, leo.actor_id)))
    assert before["ledger"] > leos > 0
    await member.open("/settings/hidden")
    await member.press("/settings/hidden", "Hide", domain="acme.example")
    await member.open("/start")
    await member.press("/start/aim", aim="look")
    await member.open("/settings/data")
    await member.press("/settings/delete", confirm="marie")
    after = await counted(services)
    assert after["entry"] == 1
    assert [each.id for each in await mine(services, leo)] == [kept.id]
    for table in ("entry_field", "entry_reader", "hidden_from", "part_set", "disclosure_grant", "beginning"):
        assert after[table] == 0, table
    assert after["ledger"] == leos  # what somebody else opened is theirs to look up
