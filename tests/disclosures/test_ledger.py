"""What the ledger holds, for how long, and what may be done to it."""

from __future__ import annotations

import ast
import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.profiles import grant_store, ledger, ledger_store
from fediprof.profiles.entries import Draft, ReviseEntry, WriteEntry, revise_entry, write_entry
from fediprof.profiles.grants import OpenPart, open_part
from fediprof.profiles.ledger import KEPT, NoteFetch, NoteOpening, fetched, note_opening
from fediprof.profiles.records import Field, Rule, Words
from fediprof.schema.profiles import ledger as table
from tests.disclosures.conftest import id_of, ledger_of

pytestmark = pytest.mark.anyio

ADDRESS, BROWSER = "203.0.113.77", "Curious-Browser/99.1"


async def test_it_holds_no_address_of_a_machine_and_no_browser(
    services, marie, paul, private, come_in, member, drain
) -> None:
    assert set(table.c.keys()) == {
        *("number", "actor_id", "at", "what", "with_id", "with_handle", "grant_id", "parts", "detail")
    }
    recruiter = await come_in(paul)
    request = OpenPart(marie, await id_of(services, paul), {private.id: frozenset({"title"})})
    await services.perform(open_part, request)
    seen = {"User_Agent": BROWSER, "X_Forwarded_For": ADDRESS, "Forwarded": f"for={ADDRESS}"}
    assert (await recruiter.open(f"/@marie/e/{private.slug}", **seen)).status == 200
    rows = await services.read(lambda tx: tx.execute(select(table)).all())
    assert len(rows) == 2
    assert ADDRESS not in repr(rows)
    assert BROWSER not in repr(rows)
    assert "127.0.0.1" not in repr(rows)


def test_no_statement_changes_a_row_and_only_the_clock_lets_go_of_one() -> None:
    root = Path(ledger.__file__).parents[1]
    found = []
    for path in sorted(root.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or not call.args or not isinstance(call.func, ast.Name):
                    continue
                of = ast.unparse(call.args[0])
                if call.func.id in ("update", "delete", "insert") and of.rpartition(".")[2] == "ledger":
                    found.append((path.relative_to(root).as_posix(), function.name, call.func.id))
    allowed = [("profiles/ledger_store.py", "append", "insert"), ("profiles/ledger_store.py", "prune", "delete")]
    assert [each for each in found if each != ("profiles/store.py", "forget", "delete")] == allowed


async def test_a_reading_is_noted_once_an_hour_for_each_part(services, marie, paul, private, masked, later) -> None:
    paul_id = await id_of(services, paul)
    parts = {private.id: frozenset(), masked.id: frozenset({"employer"})}
    await services.perform(open_part, OpenPart(marie, paul_id, parts))

    async def read(*entries) -> int:  # type: ignore[no-untyped-def]
        request = NoteOpening(marie.actor_id, paul_id, tuple(each.id for each in entries))
        return (await services.perform(note_opening, request)).rows

    assert await read(private) == 1
    assert await read(private) == 0
    assert await read(private, masked) == 1
    assert await read(private, masked) == 0
    later(timedelta(hours=1))
    assert await read(private, masked) == 1
    rows = [row for row in await ledger_of(services, marie) if row.what == "opened"]
    assert [set(row.parts) for row in rows] == [{private.id}, {masked.id}, {private.id, masked.id}]


async def test_what_everybody_or_a_rule_lets_them_read_is_not_noted(services, marie, leo, masked) -> None:
    chosen = Rule("people", people=frozenset({leo.actor_id}))
    draft = Draft("free", Words("Choisi"), rule=chosen, fields=(Field("employer", "SA", chosen),))
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    parts = {entry.id: frozenset({"employer"}), masked.id: frozenset()}
    await services.perform(open_part, OpenPart(marie, leo.actor_id, parts))
    for looker in (leo.actor_id, marie.actor_id):
        request = NoteOpening(marie.actor_id, looker, (entry.id, masked.id))
        assert (await services.perform(note_opening, request)).rows == 0
    assert [row.what for row in await ledger_of(services, marie)] == ["granted"]


async def test_a_server_s_fetch_is_noted_with_its_name(services, marie, paul, private) -> None:
    paul_id = await id_of(services, paul)
    await services.perform(open_part, OpenPart(marie, paul_id, {private.id: frozenset()}))
    await services.perform(fetched, NoteFetch(marie.actor_id, paul_id, (private.id,), "mastodon.example"))
    last = (await ledger_of(services, marie))[-1]
    assert (last.what, last.detail, last.with_handle) == ("fetched", "mastodon.example", "paul@mastodon.example")


async def test_rows_go_after_twelve_months_and_ends_are_noted_once(services, marie, leo, private) -> None:
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {private.id: frozenset()}, days=7))
    grant = (await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)))[0]
    start = clock.now()

    async def tick(after: timedelta) -> list[str]:
        await services.database.write(lambda tx: ledger.note_ended(tx, start + after))
        return [row.what for row in await ledger_of(services, marie)]

    assert await tick(timedelta(days=1)) == ["granted"]
    assert await tick(timedelta(days=100)) == ["granted", "expired"]
    assert await tick(KEPT - timedelta(days=1)) == ["granted", "expired"]
    assert await tick(KEPT + timedelta(days=1)) == ["expired"]
    assert await tick(grant.ends_at - start + KEPT + timedelta(seconds=1)) == []
    assert await tick(grant.ends_at - start + KEPT + timedelta(days=1)) == []


async def test_it_is_taken_along_as_csv_in_which_nothing_is_a_formula(services, marie, leo, member) -> None:
    draft = Draft("free", Words("=HYPERLINK(A1)"))
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {entry.id: frozenset()}))
    await member.open("/ledger?lang=en")
    assert "=HYPERLINK(A1)" in member.text
    await member.press("/ledger/export", button="Take it with you")
    assert member.answer.headers["content-type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(member.answer.text))
    assert head == ["When", "What", "With whom", "Parts", "Server"]
    assert [row[1:] for row in rows] == [["Opened by you", "leo@home.example", "'=HYPERLINK(A1)", ""]]


async def test_a_ledger_is_its_owner_s_alone(services, marie, leo, private, browsers) -> None:
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {private.id: frozenset()}))
    reader = await (await browsers()).log_in(services, "leo")
    assert "Chef" not in (await reader.open("/ledger")).text
    assert "Chef" not in (await reader.open("/grants")).text
    grant = (await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)))[0]
    await reader.open("/settings")
    token = reader.page.find("input", attrs={"name": "token"})["value"]
    answer = await reader.client.post(
        f"/grants/{grant.id}/revoke", data={"token": token}, headers={"Origin": reader.origin}
    )
    assert answer.status_code == 404
    assert (await services.read(lambda tx: grant_store.by_id(tx, marie.actor_id, grant.id))).revoked_at is None
    assert ledger_store.Row.__slots__ == tuple(table.c.keys())


async def test_pages_read_again_within_the_hour_cost_no_write_and_lose_no_row(
    services, marie, leo, private, app, browsers, later, monkeypatch
) -> None:
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {private.id: frozenset()}))
    reader = await (await browsers()).log_in(services, "leo")
    writes: list[NoteOpening] = []

    def counted(tx, request, here):  # type: ignore[no-untyped-def]
        writes.append(request)
        return note_opening(tx, request, here)

    monkeypatch.setattr(ledger, "note_opening", counted)

    async def read(after: timedelta) -> tuple[int, int]:
        later(after)
        assert (await reader.open("/@marie")).status == 200
        rows = [row for row in await ledger_of(services, marie) if row.what == "opened"]
        return len(writes), len(rows)

    assert await read(timedelta()) == (1, 1)
    assert await read(timedelta(minutes=59)) == (1, 1)
    assert await read(timedelta(minutes=61)) == (2, 2)
    app.state.noted.clear()  # another process, which remembers nothing
    assert await read(timedelta(minutes=110)) == (3, 2)
    assert await read(timedelta(minutes=120)) == (3, 2)
    assert await read(timedelta(minutes=122)) == (4, 3)


async def test_what_a_rule_opened_before_is_noted_once_only_a_grant_does(services, marie, leo, browsers) -> None:
    chosen = Rule("people", people=frozenset({leo.actor_id}))
    entry = await services.perform(write_entry, WriteEntry(marie, Draft("free", Words("Choisi"), rule=chosen)))
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {entry.id: frozenset()}))
    reader = await (await browsers()).log_in(services, "leo")
    await reader.open("/@marie")
    assert [row.what for row in await ledger_of(services, marie)] == ["granted"]
    await services.perform(revise_entry, ReviseEntry(marie, entry.id, Draft("free", Words("Choisi"))))
    await reader.open("/@marie")
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "opened"]
