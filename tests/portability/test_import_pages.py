"""Story A2: a file is uploaded, looked at, brought for its owner alone. Nothing leaves the server; a second time makes no
doubles; a hostile file gets a sentence and leaves nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fediprof.errors import Conflict
from fediprof.portability import store
from fediprof.portability.commands import LandImport, land_import
from fediprof.principal import Member
from fediprof.profiles import entries, views
from fediprof.profiles import store as profiles
from fediprof.profiles.disclosure import ANYBODY
from fediprof.profiles.records import Entry
from fediprof.schema.delivery import delivery, outgoing
from fediprof.schema.portability import address_book, pending_import
from fediprof.schema.posts import post
from fediprof.services import Services
from tests.conftest import make_member
from tests.portability.exports import ENTRIES, FULL, zipped
from tests.portability.test_hostile_files import HOSTILE
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


async def count(services: Services, table: object) -> int:
    return await services.read(lambda tx: int(tx.execute(select(func.count()).select_from(table)).scalar_one()))  # type: ignore[arg-type]


async def mine(services: Services, by: Member) -> list[Entry]:
    return await services.read(lambda tx: profiles.of_actor(tx, by.actor_id))


async def nothing_left_the_server(services: Services) -> None:
    for table in (outgoing, delivery, post):
        assert await count(services, table) == 0, table


async def bring(member: Reader, data: bytes) -> Reader:
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": data})
    assert member.path == "/settings/import/preview", member.text
    return await member.press("/settings/import/preview")


async def test_a2_an_archive_is_looked_at_then_lands_for_its_owner_alone_and_nothing_leaves(
    services: Services, marie: Member, member: Reader, visitor: Reader, remote, drain
) -> None:  # type: ignore[no-untyped-def]
    # Given a member whom somebody elsewhere follows
    paul = remote("paul")
    await paul.send(paul.activity("Follow", f"{services.settings.origin}/u/marie"))
    await drain()
    before = [await count(services, table) for table in (outgoing, delivery, post)]
    # When she uploads her archive
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": zipped(FULL)})
    # Then she sees what would come, and nothing is kept
    assert member.path == "/settings/import/preview"
    for words in ("Jobs (2)", "Skills (3)", "2 people", "messages.csv – messages: never opened"):
        assert words in member.text, words
    assert await mine(services, marie) == []
    assert await count(services, address_book) == 0
    # When she says yes
    await member.press("/settings/import/preview")
    # Then every line is hers alone
    assert member.path == "/settings/import/done"
    assert f"{ENTRIES} entries are new" in member.text
    kept = await mine(services, marie)
    assert len(kept) == ENTRIES
    assert {each.rule.readers for each in kept} == {"me"}
    assert {part.rule.readers for each in kept for part in each.fields} == {"me"}
    assert await services.read(lambda tx: views.of_owner(tx, marie.actor_id, ANYBODY, services.here().now)) == []
    # And nothing is on its way to anybody, now or after all background work
    await drain()
    assert [await count(services, table) for table in (outgoing, delivery, post)] == before
    # And people are in an address book nobody else sees
    await member.open("/settings/address-book")
    assert "Leo Martin" in member.text
    for path in ("/@marie", "/@marie/resume.json", "/@marie.vcf", "/settings/address-book"):
        await visitor.open(path)
        body = visitor.answer.text  # type: ignore[union-attr]
        for secret in ("Leo Martin", "leo@mill.example", "Ventorga", "SMED", "a secret between us"):
            assert secret not in body, (path, secret)
    assert await count(services, pending_import) == 0


async def test_a_second_import_brings_no_doubles_and_leaves_what_was_changed_by_hand(
    services: Services, marie: Member, member: Reader
) -> None:
    await bring(member, zipped(FULL))
    kept = {each.words.headline: each for each in await mine(services, marie)}
    # Given one entry changed by hand
    line4 = kept["Line 4"]
    changed = entries.Draft(
        "project", line4.words.__class__("My own words"), fields=line4.fields, import_key=line4.import_key
    )
    await services.perform(entries.revise_entry, entries.ReviseEntry(marie, line4.id, changed))
    # And an archive in which that project and a publication tell more, and a skill is new
    later = {
        **FULL,
        "Projects.csv": FULL["Projects.csv"].replace("Rebuilt at night.", "Rebuilt by day."),
        "Publications.csv": FULL["Publications.csv"].replace("On SMED.", '"On SMED, second edition."'),
        "Skills.csv": FULL["Skills.csv"] + "Kaizen\n",
    }
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": zipped(later)})
    assert "1 left as you wrote it" in member.text
    assert "1 to be brought up to date" in member.text
    await member.press("/settings/import/preview")
    assert "1 entry is new" in member.text
    assert "1 entry was brought up to date" in member.text
    again = {each.words.headline: each for each in await mine(services, marie)}
    assert len(again) == ENTRIES + 1
    assert again["My own words"].words.story == ""
    assert again["Ten minutes"].words.story == "On SMED, second edition."
    assert again["Ten minutes"].id == kept["Ten minutes"].id
    assert await count(services, address_book) == 2
    # And a third time nothing at all
    await bring(member, zipped(later))
    assert "0 entries are new" in member.text
    assert len(await mine(services, marie)) == ENTRIES + 1


async def test_only_the_sections_that_were_chosen_come(services: Services, marie: Member, member: Reader) -> None:
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": zipped(FULL)})
    await member.press("/settings/import/preview", section="skills", people=None)
    assert {each.kind for each in await mine(services, marie)} == {"skill"}
    assert len(await mine(services, marie)) == 3
    assert await count(services, address_book) == 0


async def test_what_was_read_can_be_left_and_is_forgotten_after_an_hour(
    services: Services, marie: Member, member: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": zipped(FULL)})
    await member.press("/settings/import/drop")
    assert await count(services, pending_import) == 0
    # An hour later the preview is gone for its owner, and the sweep takes the row
    await member.press("/settings/import", files={"file": zipped(FULL)})
    monkeypatch.setattr(store, "KEPT", timedelta())
    await member.press("/settings/import/preview")
    assert member.status == 409 or "expired" in member.text
    with pytest.raises(Conflict):
        await services.perform(land_import, LandImport(marie))
    await services.database.write(lambda tx: store.sweep(tx, services.here().now))
    assert await count(services, pending_import) == 0
    assert await mine(services, marie) == []


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name not in ("a bomb", "one line of 100 MB", "nothing")]
)
async def test_a_hostile_upload_gets_a_sentence_and_leaves_nothing(
    services: Services, member: Reader, name: str
) -> None:
    make, words = HOSTILE[name]
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": make()})
    assert member.status == 422
    assert words in member.page.select_one("#e-file").get_text()
    for table in (pending_import, address_book):
        assert await count(services, table) == 0


async def test_a_file_larger_than_a_member_may_send_is_refused_on_the_page(
    services: Services, member: Reader
) -> None:
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": b"{" + b" " * 17 * 1024 * 1024})
    assert member.status == 422
    assert "larger than 16 MB" in member.page.select_one("#e-file").get_text()


async def test_one_members_upload_is_not_anothers(services: Services, app, member: Reader) -> None:  # type: ignore[no-untyped-def]
    await member.open("/settings/import")
    await member.press("/settings/import", files={"file": zipped(FULL)})
    paul = await make_member(services, "paul")
    assert await services.read(lambda tx: store.held(tx, paul.account_id, services.here().now)) is None
    with pytest.raises(Conflict):
        await services.perform(land_import, LandImport(paul))


async def test_three_lines_get_a_question_each(services: Services, marie: Member, member: Reader) -> None:
    await bring(member, zipped(FULL))
    await member.open("/settings/import/lines")
    boxes = [each["value"] for each in member.page.select("input[name=line]")]
    assert len(boxes) == ENTRIES
    # Four are one too many
    await member.open("/settings/import/talk?" + "&".join(f"line={each}" for each in boxes[:4]))
    assert "Three at most" in member.page.select_one(".refused").get_text()
    await member.open("/settings/import/talk?" + "&".join(f"line={each}" for each in boxes[:3]))
    fields = [each["name"] for each in member.page.select("input[type=text]")]
    assert len(fields) == 3
    await member.press("/settings/import/talk", **{fields[0].replace("-", "__"): "How did you get them to agree?"})
    asked = [each for each in await mine(services, marie) if each.words.question]
    assert [(str(each.id), each.words.question) for each in asked] == [
        (fields[0].removeprefix("question-"), "How did you get them to agree?")
    ]
    assert asked[0].rule.readers == "me"
    await nothing_left_the_server(services)


async def test_nobody_answers_for_anothers_entries(services: Services, marie: Member, member: Reader) -> None:
    from fediprof.errors import NotFound
    from fediprof.portability.commands import AnswerQuestions, answer_questions

    await bring(member, zipped(FULL))
    paul = await make_member(services, "paul")
    [first, *_] = await mine(services, marie)
    with pytest.raises(NotFound):
        await services.perform(answer_questions, AnswerQuestions(paul, {first.id: "Why?"}))


async def test_people_are_taken_out_of_the_address_book(services: Services, member: Reader) -> None:
    await bring(member, zipped(FULL))
    await member.open("/settings/address-book")
    await member.press("/settings/address-book/forget", "Remove")
    assert await count(services, address_book) == 1
    await member.press("/settings/address-book/forget", "Empty")
    assert await count(services, address_book) == 0
    assert "Nobody is in it yet" in member.text


async def test_a_resume_is_imported_by_the_same_pages(services: Services, marie: Member, member: Reader) -> None:
    from tests.portability.test_jsonresume import SAMPLE

    await bring(member, json.dumps(SAMPLE).encode())
    assert len(await mine(services, marie)) == 13
    await nothing_left_the_server(services)
