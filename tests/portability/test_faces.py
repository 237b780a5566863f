"""A page as a file, for who asks: the card and the résumé at public addresses, and the three faces its owner takes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest

from fediprof import ids
from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.portability.vcard import _folded, _text
from fediprof.principal import Member
from fediprof.profiles import entries, grant_store, ledger_store
from fediprof.profiles.records import EVERYONE, ONLY_ME, Entry, Field, FieldName, Grant, Rule, Words
from fediprof.services import Services
from tests.conftest import make_member
from tests.portability.resume_schema import faults
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


@pytest.fixture
async def job(services: Services, marie: Member) -> Entry:
    """A public entry whose employer, title and dates are masked."""
    fields = (
        Field("employer", "Ventorga", ONLY_ME, "a maker of pumps"),
        Field("title", "Head of Methods", Rule("contacts")),
        Field("dates", "2019-03/", ONLY_ME),
    )
    draft = entries.Draft("experience", Words("Half the time", "We did it.", "How?"), rule=EVERYONE, fields=fields)
    await services.perform(
        entries.write_entry, entries.WriteEntry(marie, entries.Draft("skill", Words("Hidden art")))
    )
    return await services.perform(entries.write_entry, entries.WriteEntry(marie, draft))


async def opened(services: Services, owner: Member, to: Member, entry: Entry, ends_at: datetime) -> None:
    """A grant, as a row."""
    now = services.here().now
    parts = {entry.id: frozenset[FieldName]({"employer", "dates"})}
    grant = Grant(ids.new_id(), owner.actor_id, to.actor_id, "show", parts, now - timedelta(days=1), ends_at)
    await services.database.write(lambda tx: grant_store.insert_grant(tx, grant))


def card_of(reader: Reader) -> dict[str, str]:
    """Its properties, unfolded."""
    assert reader.answer is not None
    text = reader.answer.text
    assert text.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert text.endswith("END:VCARD\r\n")
    assert all(len(each.encode()) <= 75 for each in text.split("\r\n"))
    lines = text.replace("\r\n ", "").strip().split("\r\n")
    return dict(each.split(":", 1) for each in lines)


async def test_a_card_says_what_anybody_may_read_and_nothing_masked(
    services: Services, marie: Member, job: Entry, visitor: Reader
) -> None:
    await visitor.open("/@marie.vcf")
    assert visitor.answer is not None
    assert visitor.answer.headers["content-type"] == "text/vcard; charset=utf-8"
    card = card_of(visitor)
    assert card["FN"] == "Marie"
    assert card["URL"] == "https://home.example/@marie"
    assert card["KIND"] == "individual"
    for hidden in ("Ventorga", "Head of Methods", "2019", "Hidden art"):
        assert hidden not in visitor.answer.text


async def test_a_person_something_was_opened_to_gets_it_in_card_and_resume_until_it_ends(
    services: Services, app, marie: Member, job: Entry, client, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    paul = await make_member(services, "paul", name="Paul")
    reader = await Reader(client, services.settings.origin).log_in(services, "paul")
    await opened(services, marie, paul, job, services.here().now + timedelta(days=30))
    await reader.open("/@marie.vcf")
    card = card_of(reader)
    assert card["ORG"] == "Ventorga"
    assert "TITLE" not in card
    assert reader.answer is not None
    assert reader.answer.headers["cache-control"] == "private, no-store"
    assert "noarchive" in reader.answer.headers["x-robots-tag"]
    await reader.open("/@marie/resume.json")
    resume = reader.answer.json()
    assert faults(resume) == []
    assert resume["work"][0].items() >= {"name": "Ventorga", "startDate": "2019-03"}.items()
    assert "Head of Methods" not in reader.answer.text
    assert "Hidden art" not in reader.answer.text
    # And the owner reads in her ledger that he did: once, though he took two files
    rows = await services.read(lambda tx: ledger_store.of_owner(tx, marie.actor_id))
    assert [(each.what, each.with_handle) for each in rows] == [("opened", "paul@home.example")]
    # And once it has ended, what anybody gets
    monkeypatch.setattr("fediprof.perform.clock.now", lambda: job.created_at + timedelta(days=31))
    reader = Reader(client, services.settings.origin)
    await reader.open("/@marie/resume.json")
    assert "Ventorga" not in reader.answer.text  # type: ignore[union-attr]


async def test_the_owner_passes_on_what_anybody_reads(
    services: Services, marie: Member, job: Entry, member: Reader
) -> None:
    for path in ("/@marie.vcf", "/@marie/resume.json"):
        await member.open(path)
        assert "Ventorga" not in member.answer.text, path  # type: ignore[union-attr]


async def test_the_owner_takes_three_faces(services: Services, marie: Member, job: Entry, member: Reader) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await opened(services, marie, paul, job, services.here().now + timedelta(days=30))
    await member.open("/settings/data")
    links = [each["href"] for each in member.page.select("a[download]") if "resume.json" in each["href"]]
    found = {}
    for link in links:
        await member.open(link)
        assert member.status == 200
        assert "attachment" in member.answer.headers["content-disposition"]  # type: ignore[union-attr]
        face = link.split("face=")[1].split("&")[0]
        found[face] = member.answer.json()  # type: ignore[union-attr]
        assert faults(found[face]) == []
    assert found["public"]["work"][0]["name"] == "a maker of pumps"
    assert found["granted"]["work"][0]["name"] == "Ventorga"
    assert "skills" not in found["granted"]
    assert found["everything"]["skills"] == [{"name": "Hidden art"}]
    # Audiences stand in the owner's own file alone
    assert "fediprof" not in json.dumps([found["public"], found["granted"]])
    told = {each["headline"]: each for each in found["everything"]["meta"]["fediprof"]["entries"]}
    assert told["Half the time"]["audience"] == {"readers": "everyone"}


async def test_the_archive_says_what_was_opened_to_whom_and_read_by_them(
    services: Services, marie: Member, job: Entry, member: Reader, client
) -> None:  # type: ignore[no-untyped-def]
    paul = await make_member(services, "paul", name="Paul")
    await opened(services, marie, paul, job, services.here().now + timedelta(days=30))
    reader = await Reader(client, services.settings.origin).log_in(services, "paul")
    await reader.open("/@marie.vcf")
    await member.open("/settings/data")
    await member.press("/settings/export")
    with zipfile.ZipFile(io.BytesIO(member.answer.content)) as packed:  # type: ignore[union-attr]
        [grant] = json.loads(packed.read("grants.json"))
        ledger = list(csv.DictReader(io.StringIO(packed.read("ledger.csv").decode())))
        [entry] = [
            each for each in json.loads(packed.read("profile.json"))["entries"] if each["kind"] == "experience"
        ]
    assert (grant["to"], grant["mode"], grant["revokedAt"]) == ("paul@home.example", "show", None)
    assert grant["parts"] == {entry["key"]: ["dates", "employer"]}
    assert [(row["what"], row["with"]) for row in ledger] == [("opened", "paul@home.example")]
    assert entry["key"] in ledger[0]["parts"]


async def test_a_face_for_somebody_nothing_is_open_to_is_not_found(
    services: Services, marie: Member, job: Entry, member: Reader
) -> None:
    paul = await make_member(services, "paul")
    for query in (f"face=granted&to={paul.actor_id}", "face=granted", "face=other", ""):
        await member.open(f"/settings/resume.json?{query}")
        assert member.status == 404, query


async def test_files_of_who_is_not_there_are_not_found(services: Services, visitor: Reader) -> None:
    for path in ("/@nobody.vcf", "/@nobody/resume.json", "/@instance.actor.vcf"):
        await visitor.open(path)
        assert visitor.status == 404, path


async def test_files_of_a_page_are_for_no_search_engine_even_where_the_page_is(
    services: Services, marie: Member, visitor: Reader
) -> None:
    await services.perform(revise_profile, ReviseProfile(by=marie, indexable=True))
    for path in ("/@marie.vcf", "/@marie/resume.json"):
        await visitor.open(path)
        assert "noindex" in visitor.answer.headers["x-robots-tag"]  # type: ignore[union-attr]


def test_no_text_can_begin_a_property_of_its_own() -> None:
    assert _text("Marie\r\nEMAIL:x@y.example\nTEL:1") == "Marie\\nEMAIL:x@y.example\\nTEL:1"
    assert _text("a;b,c\\d") == "a\\;b\\,c\\\\d"


def test_lines_are_folded_between_characters() -> None:
    folded = _folded("NOTE:" + "é" * 100)
    assert all(len(each) <= 75 for each in folded.split(b"\r\n"))
    assert folded.replace(b"\r\n ", b"").decode() == "NOTE:" + "é" * 100
