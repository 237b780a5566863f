"""Texts are complete in both languages, well set in French, and chosen by the visitor."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime, timedelta

import pytest

from fediprof.i18n import extract, po
from fediprof.i18n.catalog import LANGUAGES, catalogue, choose, texts

NOW = datetime(2026, 11, 22, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def collected() -> dict[str, po.Entry]:
    return extract.collect()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_code_is_in_the_catalogue_and_nothing_else(language: str, collected) -> None:  # type: ignore[no-untyped-def]
    """After a change of texts: `make catalog`, then write what is empty."""
    held = catalogue(language)
    assert sorted(collected.keys() - held.keys()) == []
    assert sorted(held.keys() - collected.keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_written_with_the_values_of_its_message(language: str) -> None:
    for name, entry in catalogue(language).items():
        assert entry.texts, name
        for text in entry.texts:
            assert text.strip(), name
            assert fields(text) == fields(name) | (fields(entry.many) if entry.many else set()) - missing_n(text), (
                name
            )


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def missing_n(text: str) -> set[str]:
    """The form for one may leave the number unsaid."""
    return set() if "{n}" in text else {"n"}


def test_french_is_set_as_french_is() -> None:
    """Thin no-break space before ; ! ?, a no-break space before : and inside « », typographic apostrophes."""
    for entry in catalogue("fr").values():
        for text in entry.texts:
            assert not re.search(r"(?<![\u202f&#\w;])[;!?](?=\s|$)|\w[!?](?=\s|$)", text), text
            assert not re.search(r"[^\u00a0]:(?=\s|$)", text), text
            assert "'" not in text, text
            assert not re.search(r"«(?!\u00a0)|(?<!\u00a0)»", text), text


def test_templates_hold_no_text_of_their_own() -> None:
    """What stands between tags comes from the catalogue, a value or a sign."""
    for path in sorted(extract.PACKAGE.rglob("web/templates/**/*.html")):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        bare = re.sub(r'<svg.*?</svg>|<[^<>]*>|[\w-]+="[^"]*"|&\w+;', " ", bare, flags=re.DOTALL)
        assert not re.search(r"[A-Za-zÀ-ÿ]{2,}", bare), (path.name, bare.split())


def test_no_word_of_the_trade_reaches_people() -> None:
    for language in LANGUAGES:
        for entry in catalogue(language).values():
            if all(place.startswith("web/") for place in entry.places):
                for text in entry.texts:
                    assert not re.search(
                        r"\b(instance|federat\w*|fédér\w*|actor|acteur|toot|timeline)\b", text, re.I
                    ), text


def test_dates_are_said_as_people_say_them() -> None:
    fr, en = texts("fr"), texts("en")
    assert fr.date(datetime(2026, 8, 1, tzinfo=UTC)) == "1er août 2026"
    assert en.date(datetime(2026, 8, 1, tzinfo=UTC)) == "1 August 2026"
    assert fr.moment(NOW) == "22 novembre 2026 à 23:09 UTC"
    assert [
        fr.ago(NOW - timedelta(**ago), NOW) for ago in ({"seconds": 5}, {"minutes": 1}, {"hours": 5}, {"days": 6})
    ] == [
        "à l’instant",
        "il y a 1 minute",
        "il y a 5 heures",
        "il y a 6 jours",
    ]
    assert en.ago(NOW - timedelta(days=9), NOW) == "13 November 2026"


def test_zero_is_singular_in_french_and_plural_in_english() -> None:
    assert texts("fr").plural("{n} day ago", "{n} days ago", 0) == "il y a 0 jour"
    assert texts("en").plural("{n} day ago", "{n} days ago", 0) == "0 days ago"


@pytest.mark.parametrize(
    ("said", "accept", "chosen"),
    [
        ((None, None), "fr-FR,en;q=0.8", "fr"),
        ((None, None), "en;q=0.4, fr;q=0.9", "fr"),
        ((None, None), "de, it;q=0.5", "en"),
        ((None, None), "", "en"),
        ((None, "fr"), "en", "fr"),
        (("en", "fr"), "fr", "en"),
        (("xx", "fr"), "en", "fr"),
        ((None, None), "fr;q=nonsense, en;q=0.1", "en"),
        ((None, None), "fr;q=0", "en"),
    ],
)
def test_the_visitor_is_asked_first(said: tuple[str | None, ...], accept: str, chosen: str) -> None:
    assert choose(*said, accept=accept, default="en") == chosen


def test_a_sentence_that_holds_its_values_is_recognised() -> None:
    assert texts("fr").told("At most 5 posts can be pinned") == "Au plus 5 publications peuvent être épinglées"
    assert texts("fr").told("Nothing we ever said") is None


def test_a_catalogue_is_written_as_it_was_read() -> None:
    entries = [po.Entry('a "b"\n\\c', "", ["é\t1"], ["x.py"]), po.Entry("{n} day", "{n} days", ["un", "deux"])]
    read = po.read(po.write({"Language": "fr"}, entries))
    assert read[""].texts == ["Language: fr\n"]
    assert [read[each.one] for each in entries] == entries
