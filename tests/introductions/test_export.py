"""Introductions in a member's archive: what they proposed, were asked and said themselves, and no other person's answer."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from fediprof.introductions.commands import WithdrawIntroduction, withdraw
from fediprof.introductions.records import LASTS
from fediprof.profiles.hiding import HideFrom, hide_from
from tests.conftest import make_member
from tests.introductions.conftest import WHY, proposed, said
from tests.web.conftest import browse

__all__ = ["browse"]
pytestmark = pytest.mark.anyio


async def taken(browse, username: str) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    reader = await browse(username)
    await reader.open("/settings/data")
    await reader.press("/settings/export")
    with zipfile.ZipFile(io.BytesIO(reader.answer.content)) as packed:
        assert packed.testzip() is None
        return json.loads(packed.read("introductions.json"))


async def test_each_takes_what_is_theirs_and_a_no_looks_like_silence(services, marie, leo, ines, browse) -> None:
    asked = await proposed(services, marie)
    silent = await taken(browse, "leo")
    [mine] = silent["asked"]
    assert (mine["by"], mine["other"], mine["state"], mine["answer"], mine["answeredAt"]) == (
        "marie@home.example", "ines@home.example", "asked", "", None
    )  # fmt: skip
    assert mine["words"] == WHY
    assert silent["proposed"] == silent["askedFromElsewhere"] == []
    # Inès says no: her archive says so, Léo's is what it was, byte for byte, and Marie's names nobody
    await said(services, ines.actor_id, asked.id, "no")
    assert await taken(browse, "leo") == silent
    [hers] = (await taken(browse, "ines"))["asked"]
    assert (hers["answer"], hers["state"]) == ("no", "asked")
    assert hers["answeredAt"] is not None
    [made] = (await taken(browse, "marie"))["proposed"]
    assert (made["one"], made["two"], made["state"]) == ("leo@home.example", "ines@home.example", "ended")
    assert set(made) == {"one", "two", "state", "words", "language", "createdAt", "endsAt"}


async def test_two_yes_are_told_to_all_and_what_is_over_is_kept_a_while(
    services, marie, leo, ines, browse, monkeypatch
) -> None:
    asked = await proposed(services, marie)
    for person in (leo, ines):
        await said(services, person.actor_id, asked.id, "yes")
    await make_member(services, "nora")
    other = await proposed(services, marie, "leo", "nora")
    await services.perform(withdraw, WithdrawIntroduction(marie, other.id))
    found = await taken(browse, "leo")
    assert [each["state"] for each in found["asked"]] == ["over", "opened"]
    assert [each["answer"] for each in found["asked"]] == ["", "yes"]
    assert [each["state"] for each in (await taken(browse, "marie"))["proposed"]] == ["withdrawn", "opened"]
    assert [each["by"] for each in (await taken(browse, "nora"))["asked"]] == ["marie@home.example"]
    # After its day a question without an answer is over
    third = await proposed(services, marie, "ines", "nora")
    later = services.here().now + LASTS + timedelta(minutes=1)
    assert third.ends_at < later
    monkeypatch.setattr("fediprof.clock.now", lambda: later)
    states = [each["state"] for each in (await taken(browse, "nora"))["asked"]]
    assert states == ["over", "over"]


async def test_one_that_nobody_is_asked_stands_in_its_proposer_s_archive_alone(
    services, marie, leo, ines, browse
) -> None:
    await services.perform(hide_from, HideFrom(ines, people="leo"))
    await proposed(services, marie)
    [made] = (await taken(browse, "marie"))["proposed"]
    assert made["state"] == "asked"
    for username in ("leo", "ines"):
        assert (await taken(browse, username))["asked"] == []
