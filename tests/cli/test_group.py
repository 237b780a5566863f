"""Groups from the command line: the same commands as the pages, the same refusals."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Fediprof


def test_a_group_is_founded_posted_to_shown_and_closed_from_a_terminal(founded: Fediprof) -> None:
    charter = (
        "--description",
        "Who makes *things*.",
        "--rule",
        "Name the pay",
        "--rule",
        "Be kind",
        "--language",
        "en",
        "--author-pace",
        "2",
        "--offers-name-pay",
    )
    made = json.loads(founded("group", "found", "industry", "--title", "Industry", *charter, "--json").stdout)
    assert made == {
        "name": "industry",
        "iri": "http://localhost:8000/u/industry",
        "handle": "industry@localhost:8000",
    }
    asking = ("group", "post", "industry", "Who wrote an ADR?", "-", "--kind", "ask", "--json")
    assert "/@lea/p/" in json.loads(founded(*asking, typed="And did *anybody* read it?\n").stdout)["url"]
    (row,) = json.loads(founded("group", "list", "--json").stdout)
    assert (row["title"], row["membership"], row["members"], row["threads"]) == ("Industry", "open", 1, 1)
    told = json.loads(founded("group", "show", "industry", "--json").stdout)
    assert told["rules"] == ["Name the pay", "Be kind"]
    assert told["moderators"] == ["http://localhost:8000/u/lea"]
    assert told["posts_a_minute"] == "2 of one, 60 of all"
    assert (told["offers_a_month"], told["offers_name"]) == (3, ["pay"])
    assert "Name the pay; Be kind" in founded("group", "show", "industry").stdout
    assert "Closed" in founded("group", "close", "industry", "--yes").stdout
    assert json.loads(founded("group", "list", "--json").stdout) == []
    assert "no group named industry" in founded("group", "show", "industry", code=2).stderr


def test_a_group_instance_is_one_command(fediprof: Fediprof) -> None:
    told = fediprof("init", "--host", "localhost:8000", "--member", "ada", "--group", "Trades_of_work").stdout
    assert "@trades_of_work@localhost:8000, at http://localhost:8000/" in told
    shown = json.loads(fediprof("group", "show", "trades_of_work", "--json").stdout)
    assert (shown["title"], shown["moderators"]) == ("Trades of work", ["http://localhost:8000/u/ada"])
    fediprof("member", "add", "marc")
    fediprof("group", "found", "two", "--title", "Two", "--as", "marc")
    refused = fediprof("up", "--group", "other", code=2).stderr
    assert "front_group: fediprof.toml says 'trades_of_work'" in refused


def test_what_cannot_be_is_a_sentence(founded: Fediprof, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no group here" in founded("group", "list").stderr
    assert "no group named nothing" in founded("group", "post", "nothing", "A title", "Words", code=2).stderr
    taken = founded("group", "found", "lea", "--title", "Léa's", code=2).stderr
    assert "lea" in taken or "taken" in taken
    assert "name" in founded("group", "found", "a b", "--title", "Spaces", code=2).stderr
    founded("group", "found", "one", "--title", "One")
    assert "title: Give the thread a title" in founded("group", "post", "one", " ", "Words", code=2).stderr
    founded("member", "add", "marc")
    refused = founded("group", "found", "two", "--title", "Two", "--as", "marc", code=2).stderr
    assert "only those who run it" in refused
    monkeypatch.setenv("FEDIPROF_FOUNDERS", "members")
    assert "@two@" in founded("group", "found", "two", "--title", "Two", "--as", "marc").stdout


def test_doctor_looks_for_the_group_of_the_front_page(founded: Fediprof, monkeypatch: pytest.MonkeyPatch) -> None:
    def finding() -> dict[str, str]:
        found = json.loads(founded("doctor", "--json", code=1).stdout)  # nothing answers at its name
        return next(each for each in found if each["check"] == "front group")

    monkeypatch.setenv("FEDIPROF_FRONT_GROUP", "industry")
    assert "no group named industry" in finding()["words"]
    founded("group", "found", "industry", "--title", "Industry")
    assert finding()["state"] == "good"
    founded("group", "close", "industry", "--yes")
    assert "was closed" in finding()["words"]
