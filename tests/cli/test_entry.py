"""Entries from the command line: the same commands as the pages, the same refusals."""

from __future__ import annotations

import json

from tests.cli.conftest import Fediprof


def test_an_entry_is_kept_published_and_removed_from_a_terminal(founded: Fediprof) -> None:
    words = ("--kind", "project", "--question", "Why twice?", "--language", "en", "--tag", "lean")
    masked = ("--field", "employer=Zephyr", "--stand-in", "employer=a small company")
    kept = json.loads(founded("entry", "add", "Cutting a delay", *words, *masked, "--json").stdout)
    assert kept["readers"] == "me"
    # what only its owner reads is sent to nobody
    assert "Only what everyone may read" in founded("entry", "publish", kept["id"], code=2).stderr
    told = founded(
        "entry", "add", "Open", *words, *masked, "--readers", "everyone", "--story", "-", typed="A story.\n"
    )
    number = told.stdout.split()[0]
    assert "/@lea/e/" in founded("entry", "publish", number).stdout
    rows = {row["headline"]: row for row in json.loads(founded("entry", "list", "--json").stdout)}
    assert rows["Open"]["published"]
    assert rows["Cutting a delay"] == {
        "id": kept["id"],
        "kind": "project",
        "headline": "Cutting a delay",
        "readers": "me",
        "masked": "employer",
        "published": "",
    }
    assert "Cutting a delay" in founded("entry", "list").stdout
    assert "servers that received it" in founded("entry", "remove", number, "--yes").stdout
    assert [row["id"] for row in json.loads(founded("entry", "list", "--json").stdout)] == [kept["id"]]


def test_what_cannot_be_is_a_sentence(founded: Fediprof) -> None:
    assert "no entry 17" in founded("entry", "remove", "17", "--yes", code=2).stderr
    assert "Choose at least one person" in founded("entry", "add", "x", "--readers", "people", code=2).stderr
    assert "Nobody was found" in founded("entry", "add", "x", "--readers", "people", "--to", "nobody", code=2).stderr
    assert "NAME=TEXT" in founded("entry", "add", "x", "--field", "employer", code=2).stderr
    assert "salary" in founded("entry", "add", "x", "--field", "salary=1", code=2).stderr
    line = ("entry", "add", "A line", "--kind", "experience", "--readers", "everyone")
    for _ in range(8):
        founded(*line)
    assert "confirm in writing" in founded(*line, code=2).stderr
    founded(*line, "--confirm-ceiling")
