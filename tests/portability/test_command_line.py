"""`fediprof import` and `fediprof export`, and an archive that goes from one server to another (story A11)."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fediprof.accounts import store as accounts
from fediprof.portability import store
from fediprof.principal import Member
from fediprof.profiles import entries, grant_store, views
from fediprof.profiles import store as profiles
from fediprof.profiles.disclosure import ANYBODY
from fediprof.profiles.records import EVERYONE, ONLY_ME, Entry, Field, Words
from fediprof.schema.delivery import delivery, outgoing
from fediprof.schema.posts import post
from fediprof.services import Services, open_services
from fediprof.settings import load_settings
from tests.cli.conftest import Fediprof, _log_left_alone, fediprof, founded
from tests.portability.exports import ENTRIES, FULL, zipped
from tests.portability.resume_schema import faults

__all__ = ["_log_left_alone", "fediprof", "founded"]


def inside(work):  # type: ignore[no-untyped-def]
    async def opened() -> object:
        services = await open_services(load_settings())
        try:
            return await work(services)
        finally:
            await services.close()

    return asyncio.run(opened())


async def lea(services: Services) -> Member:
    found = await services.read(lambda tx: accounts.by_username(tx, "lea"))
    assert found is not None
    return Member(found[0].id, found[1].id)


def kept() -> list[Entry]:
    async def look(services: Services) -> list[Entry]:
        by = await lea(services)
        return await services.read(lambda tx: profiles.of_actor(tx, by.actor_id))

    return inside(look)  # type: ignore[no-any-return]


def test_a_file_is_told_of_asked_about_and_brought(founded: Fediprof, tmp_path: Path) -> None:
    file = tmp_path / "linkedin.zip"
    file.write_bytes(zipped(FULL))
    # Not without a word
    told = founded("import", str(file), typed="n\n", code=1).stdout
    assert "work          2 new" in told
    assert kept() == []
    told = founded("import", str(file), "--member", "lea", "--yes").stdout
    assert f"{ENTRIES} new, 0 brought up to date, 0 left as they were; 2 in the address book." in told
    assert len(kept()) == ENTRIES
    assert f"0 new, 0 brought up to date, {ENTRIES} left" in founded("import", str(file), "--yes").stdout
    assert "no member named" in founded("import", str(file), "--member", "nobody", code=2).stderr
    file.write_bytes(b"%PDF")
    assert "Neither a zip nor a JSON file" in founded("import", str(file), "--yes", code=2).stderr


def test_a_resume_goes_out_for_everyone_or_whole(founded: Fediprof, tmp_path: Path) -> None:
    file = tmp_path / "linkedin.zip"
    file.write_bytes(zipped(FULL))
    founded("import", str(file), "--yes")
    public = json.loads(founded("export", "--resume", "public", "--to", "-").stdout)
    assert set(public) == {"basics", "meta"}
    assert "fediprof" not in public["meta"]
    whole = tmp_path / "whole.json"
    founded("export", "--resume", "everything", "--to", str(whole))
    found = json.loads(whole.read_bytes())
    assert faults(found) == []
    assert len(found["meta"]["fediprof"]["entries"]) == ENTRIES
    assert "there already" in founded("export", "--resume", "everything", "--to", str(whole), code=2).stderr


def test_a11_an_archive_brings_a_profile_to_another_server_closed_and_silent(
    founded: Fediprof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a member with an open entry that masks its employer, a set, a hidden domain and an address book
    file = tmp_path / "linkedin.zip"
    file.write_bytes(zipped(FULL))
    founded("import", str(file), "--yes")

    async def write(services: Services) -> None:
        by = await lea(services)
        fields = (Field("employer", "Ventorga", ONLY_ME, "a maker of pumps"), Field("place", "Lyon", EVERYONE))
        words = Words("Half the time", "We did it.", "How?")
        french = {"fr": Words("Deux fois moins", "On l’a fait.", "Comment ?")}
        draft = entries.Draft("experience", words, "en", french, ("lean",), "", EVERYONE, fields)
        made = await services.perform(entries.write_entry, entries.WriteEntry(by, draft))

        def more(tx) -> None:  # type: ignore[no-untyped-def]
            parts = {made.id: frozenset({"employer"})}
            grant_store.put_set(tx, grant_store.PartSet(made.id, by.actor_id, "CV production", parts))
            profiles.hide_from(tx, by.actor_id, "domain", "ventorga.example", services.here().now)

        await services.database.write(more)

    inside(write)
    archive = tmp_path / "lea.zip"
    founded("export", "--to", str(archive))
    # Then it opens, with everything in it, and its résumé is valid
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        names = set(packed.namelist())
        assert names >= {
            "profile.json",
            "resume.json",
            "grants.json",
            "ledger.csv",
            "address-book.csv",
            "outbox.json",
        }
        assert faults(json.loads(packed.read("resume.json"))) == []
        whole = json.loads(packed.read("profile.json"))
        assert len(packed.read("address-book.csv").splitlines()) == 3
    [mine] = [each for each in whole["entries"] if each["headline"] == "Half the time"]
    assert mine["audience"] == {"readers": "everyone"}
    assert mine["fields"][0] == {
        "name": "employer", "value": "Ventorga", "standIn": "a maker of pumps", "audience": {"readers": "me"},
    }  # fmt: skip
    # When it is brought to another server
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    monkeypatch.setenv("FEDIPROF_DATABASE", f"sqlite:///{other / 'other.sqlite3'}")
    founded("init", "--host", "localhost:8001", "--member", "lea", "--language", "fr")
    told = founded("import", str(archive), "--yes").stdout
    assert f"{ENTRIES + 1} new" in told
    assert "1 what was opened to others stays closed here" in told

    # Then all is there, readable by nobody else, and nothing was sent

    async def look(services: Services) -> None:
        by = await lea(services)

        def check(tx) -> None:  # type: ignore[no-untyped-def]
            found = {each.words.headline: each for each in profiles.of_actor(tx, by.actor_id)}
            assert len(found) == ENTRIES + 1
            assert {each.rule.readers for each in found.values()} == {"me"}
            arrived = found["Half the time"]
            assert arrived.words.question == "How?"
            assert arrived.translations == {"fr": Words("Deux fois moins", "On l’a fait.", "Comment ?")}
            assert arrived.tags == ("lean",)
            employer = arrived.named("employer")
            assert employer == Field("employer", "Ventorga", ONLY_ME, "a maker of pumps")
            [kept_set] = grant_store.sets_of(tx, by.actor_id)
            assert kept_set.name == "CV production"
            assert kept_set.parts == {arrived.id: frozenset({"employer"})}
            assert profiles.hidden_from_of(tx, by.actor_id).domains == {"ventorga.example"}
            assert [each.name for each in store.people(tx, by.account_id)] == ["Ana Roy", "Leo Martin"]
            assert views.of_owner(tx, by.actor_id, ANYBODY, services.here().now) == []
            for table in (outgoing, delivery, post):
                assert tx.execute(select(func.count()).select_from(table)).scalar() == 0

        await services.read(check)

    inside(look)
    # And a second time brings nothing new
    assert f"0 new, 0 brought up to date, {ENTRIES + 1} left" in founded("import", str(archive), "--yes").stdout


def test_an_archive_back_where_it_came_from_makes_no_doubles(founded: Fediprof, tmp_path: Path) -> None:
    file = tmp_path / "linkedin.zip"
    file.write_bytes(zipped(FULL))
    founded("import", str(file), "--yes")

    async def write(services: Services) -> None:
        draft = entries.Draft("project", Words("Written here"))
        await services.perform(entries.write_entry, entries.WriteEntry(await lea(services), draft))

    inside(write)
    archive = tmp_path / "lea.zip"
    founded("export", "--to", str(archive))
    founded("import", str(archive), "--yes")
    assert len(kept()) == ENTRIES + 1
