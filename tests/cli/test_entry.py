"""Entries from the command line: the same commands as the pages, the same refusals."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

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


def test_an_entry_is_kept_in_two_languages(founded: Fediprof, tmp_path: Path) -> None:
    masked = ("--field", "employer=Zephyr", "--stand-in", "employer=a small company", "--field", "title=Foreman")
    french = {
        "headline": "Diviser un délai",
        "story": "Deux essais.",
        "question": "Pourquoi deux fois ?",
        "title": "Chef d’atelier",
        "employer:stand-in": "une PME",
    }
    translated = [word for part, text in french.items() for word in ("--in", "fr", f"{part}={text}")]
    words = ("--story", "Two tries.", "--question", "Why twice?", "--language", "en")
    founded("entry", "add", "Cutting a delay", *words, *masked, *translated)
    archive = tmp_path / "lea.zip"
    founded("export", "--to", str(archive))
    with zipfile.ZipFile(archive) as packed:
        entries = json.loads(packed.read("profile.json"))["entries"]
    [entry] = [each for each in entries if each["headline"] == "Cutting a delay"]
    assert entry["translations"] == {"fr": {part: french[part] for part in ("headline", "story", "question")}}
    fields = {each["name"]: each for each in entry["fields"]}
    assert fields["title"]["translations"] == {"fr": {"value": "Chef d’atelier", "standIn": ""}}
    assert fields["employer"]["translations"] == {"fr": {"value": "", "standIn": "une PME"}}
    # What cannot be is refused as on the page
    for wrong, why in (
        (("--in", "fr", "headline"), "PART=TEXT"),
        (("--in", "fr", "salary=1"), "salary"),
        (("--in", "fr", "headline=Un"), "which language the first text is in"),
        (("--language", "en", "--in", "fr", "story=Un"), "Give it a line"),
        (("--language", "en", "--in", "en", "headline=One"), "same language"),
        (("--language", "en", "--in", "fr", "headline=Un", "--in", "fr", "employer=Z"), "first language too"),
    ):
        assert why in founded("entry", "add", "One", *wrong, code=2).stderr


def test_an_entry_is_read_by_the_members_of_a_group(founded: Fediprof) -> None:
    founded("group", "found", "industry", "--title", "Industry")
    inside = ("entry", "add", "Inside", "--readers", "group")
    kept = json.loads(founded(*inside, "--group", "!industry", "--json").stdout)
    assert kept["readers"] == "group"
    assert "Choose a group" in founded(*inside, code=2).stderr
    assert "no group you are in" in founded(*inside, "--group", "!elsewhere@far.example", code=2).stderr
