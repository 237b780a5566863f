"""What an entry must be to be kept, and to be published: pure decisions. Each refusal names its field."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fediprof.errors import Invalid
from fediprof.profiles import dates
from fediprof.profiles.records import (
    CAREER,
    FIELDS,
    KINDS,
    MAX_FIELD,
    MAX_HEADLINE,
    MAX_QUESTION,
    MAX_STORY,
    MAX_TAGS,
    READERS,
    Entry,
    Field,
    Rule,
    Words,
)
from fediprof.text.language import normalise

PUBLISHED_A_DAY = 3

_TAG = re.compile(r"[^\W_][\w]{0,99}")


def must_be_keepable(entry: Entry) -> None:
    """Raises Invalid. Much may be missing in a draft; what is there must be right."""
    if entry.kind not in KINDS:
        raise Invalid("Choose what kind of entry this is", field="kind")
    for language, words in {entry.language or "": entry.words, **entry.translations}.items():
        _must_fit(words)
        if language and normalise(language) is None:
            raise Invalid("This is not a language code", field="language")
    if entry.translations and not entry.language:
        raise Invalid("Say which language the first text is in", field="language")
    if entry.language in entry.translations:
        raise Invalid("Two texts are in the same language", field="translations")
    if len(entry.tags) > MAX_TAGS:
        raise Invalid(f"At most {MAX_TAGS} tags", field="tags")
    for tag in entry.tags:
        if not _TAG.fullmatch(tag):
            raise Invalid("A tag is one word of letters and figures", field="tags")
    if entry.link and not re.fullmatch(r"https?://[^\s<>\"]{3,2000}", entry.link):
        raise Invalid("An address begins with https://", field="link")
    _must_name(entry.rule, "readers")
    if len({each.name for each in entry.fields}) != len(entry.fields):
        raise Invalid("A field is there twice", field="fields")
    for each in entry.fields:
        if each.name not in FIELDS:
            raise Invalid("There is no such field", field="fields")
        if len(each.value) > MAX_FIELD or len(each.stand_in) > MAX_FIELD:
            raise Invalid(f"At most {MAX_FIELD} characters", field=each.name)
        if each.name == "dates" and each.value:
            dates.read(each.value)
        _must_name(each.rule, each.name)
        _must_be_translated(each, entry)


def _must_fit(words: Words) -> None:
    if not words.headline.strip():
        raise Invalid("Give it a line that says what it is about", field="headline")
    if len(words.headline) > MAX_HEADLINE:
        raise Invalid(f"At most {MAX_HEADLINE} characters", field="headline")
    if len(words.story) > MAX_STORY:
        raise Invalid(f"At most {MAX_STORY} characters", field="story")
    if len(words.question) > MAX_QUESTION:
        raise Invalid(f"At most {MAX_QUESTION} characters", field="question")


def _must_be_translated(each: Field, entry: Entry) -> None:
    for language, words in each.translations.items():
        value, stand_in = f"{each.name}-translated", f"{each.name}-stand_in-translated"
        if language not in entry.translations:
            raise Invalid("The entry has no text in this language", field=value)
        for field, text, first in ((value, words.value, each.value), (stand_in, words.stand_in, each.stand_in)):
            if len(text) > MAX_FIELD:
                raise Invalid(f"At most {MAX_FIELD} characters", field=field)
            if text and not first:
                raise Invalid("Write it in the first language too", field=field)
        if words.value and each.name == "dates":
            raise Invalid("Dates are not translated: each page puts them in words", field=value)


def _must_name(rule: Rule, field: str) -> None:
    if rule.readers not in READERS:
        raise Invalid("Choose who may read this", field=field)
    if rule.readers == "people" and not rule.people:
        raise Invalid("Choose at least one person", field=field)
    if rule.readers == "group" and not rule.groups:
        raise Invalid("Choose a group", field=field)


def must_hold_its_masks(entry: Entry) -> None:
    """Raises Invalid once others may read the entry. What is masked must not stand in the open text beside it: the reader of a stand-in would find it there."""
    if entry.rule.readers == "me":
        return
    open_text = " ".join(
        part
        for words in (entry.words, *entry.translations.values())
        for part in (words.headline, words.story, words.question)
    )
    stand_ins = " ".join(
        text
        for each in entry.fields
        for text in (each.stand_in, *(one.stand_in for one in each.translations.values()))
    )
    open_text = " ".join((open_text, stand_ins, " ".join(entry.tags), entry.link)).casefold()
    for each in entry.fields:
        if each.rule.readers == "everyone" or each.rule == entry.rule:
            continue
        for value in (each.value, *(words.value for words in each.translations.values())):
            hidden = value.strip().casefold()
            if hidden and re.search(rf"(?<!\w){re.escape(hidden)}(?!\w)", open_text):
                raise Invalid(
                    "The text or a stand-in says what you mask: change it, or unmask the field", field=each.name
                )


def must_be_publishable(entry: Entry, sent_today: int) -> None:
    if not entry.words.question.strip():
        raise Invalid("Close with a question people can ask you", field="question")
    if sent_today >= PUBLISHED_A_DAY:
        raise Invalid(f"At most {PUBLISHED_A_DAY} entries are sent out a day; this one is kept", field="publish")


def must_be_under_ceiling(entry: Entry, others: Iterable[Entry], ceiling: int, confirmed: bool) -> None:
    """The instance's ceiling: nobody publishes a whole career by accident."""
    if entry.kind not in CAREER or entry.rule.readers != "everyone" or confirmed:
        return
    public = sum(each.kind in CAREER and each.rule.readers == "everyone" for each in others if each.id != entry.id)
    if public >= ceiling:
        raise Invalid(
            f"{ceiling} public entries of your path are enough here: confirm in writing for more", field="ceiling"
        )
