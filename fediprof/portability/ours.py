"""A profile as our own archive holds it (`profile.json`): entries with fields, stand-ins and audiences, sets and whom it
hides from. Written whole for its owner. Read again on another server it opens nothing to anybody: people are named there
by handles that may mean others by now, so audiences and grants are for reading, not for restoring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from fediprof.clock import rfc3339
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.portability.records import (
    MAX_DRAFTS,
    MAX_PEOPLE,
    Arrival,
    Draft,
    LeftOut,
    Person,
    clean,
    each_once,
    hashtags,
    key,
    line,
    person,
    web_address,
    worded,
)
from fediprof.portability.wording import NAME_THEM_AGAIN, NOT_A_LINE, NOT_OPENED_AGAIN, TOO_MANY
from fediprof.profiles import dates
from fediprof.profiles.records import (
    FIELDS,
    KINDS,
    MAX_QUESTION,
    Entry,
    Field,
    FieldName,
    FieldWords,
    HiddenFrom,
    Rule,
    Words,
)
from fediprof.text.language import normalise

FORMAT = "fediprof profile"
VERSION = 1
SLUG_KEY = "entry:"
"""Of an entry that was written here, not brought: its address is what it is known by."""

Document = dict[str, Any]


def key_of(entry: Entry) -> str:
    return entry.import_key or f"{SLUG_KEY}{entry.slug}"


def document(
    username: str,
    entries: Iterable[Entry],
    sets: Mapping[str, Mapping[int, Iterable[FieldName]]],
    hidden: HiddenFrom,
    handles: Mapping[int, str],
    here: Here,
) -> Document:
    """`handles`: id → handle of everybody an audience or the hide-from list names."""
    entries = list(entries)
    keys = {each.id: key_of(each) for each in entries}
    return {
        "format": FORMAT,
        "version": VERSION,
        "entries": [_entry(each, username, handles, here) for each in entries],
        "sets": {
            name: {keys[number]: sorted(fields) for number, fields in parts.items() if number in keys}
            for name, parts in sets.items()
        },
        "hiddenFrom": {
            "people": sorted(handles[each] for each in hidden.people if each in handles),
            "domains": sorted(hidden.domains),
        },
    }


def _entry(each: Entry, username: str, handles: Mapping[int, str], here: Here) -> Document:
    return {
        "key": key_of(each),
        "address": here.entry(username, each.slug),
        "kind": each.kind,
        **_words(each.words),
        "language": each.language,
        "translations": {language: _words(words) for language, words in each.translations.items()},
        "tags": list(each.tags),
        "link": each.link,
        "audience": _audience(each.rule, handles),
        "fields": [
            {
                "name": part.name,
                "value": part.value,
                "standIn": part.stand_in,
                **({"translations": _translated(part)} if part.translations else {}),
                "audience": _audience(part.rule, handles),
            }
            for part in each.fields
        ],
        "createdAt": rfc3339(each.created_at),
        "changedAt": rfc3339(each.changed_at),
        "publishedAt": _time(each.published_at),
    }


def _words(words: Words) -> Document:
    return {"headline": words.headline, "story": words.story, "question": words.question}


def _translated(part: Field) -> Document:
    return {
        language: {"value": words.value, "standIn": words.stand_in} for language, words in part.translations.items()
    }


def _audience(rule: Rule, handles: Mapping[int, str]) -> Document:
    named = sorted(handles.get(each, "?") for each in rule.people | rule.groups)
    return {"readers": rule.readers, **({"named": named} if named else {})}


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


# --- in


def read(found: Document, people: Iterable[Document] = ()) -> Arrival:
    """What such a document brings; of what does not fit, as much as does. `people`: rows of its address book."""
    drafts: list[Draft] = []
    missing = opened = 0
    items = found.get("entries")
    for item in items if isinstance(items, list) else []:
        draft = _draft(item) if isinstance(item, dict) else None
        if draft is None:
            missing += 1
            continue
        drafts.append(draft)
        opened += not _is_private(item)
    left = [LeftOut("profile.json", NOT_A_LINE, missing)] if missing else []
    if opened:
        left.append(LeftOut("profile.json", NOT_OPENED_AGAIN, opened))
    if hidden := _hidden_people(found.get("hiddenFrom")):
        left.append(LeftOut("profile.json", NAME_THEM_AGAIN, hidden))
    if len(drafts) > MAX_DRAFTS:
        left.append(LeftOut("profile.json", TOO_MANY, len(drafts) - MAX_DRAFTS))
    known = each_once(drafts[:MAX_DRAFTS])
    return Arrival(
        "fediprof",
        known,
        tuple(each for each in (_person(row) for row in list(people)[:MAX_PEOPLE]) if each is not None),
        tuple(left),
        _sets(found.get("sets"), {each.import_key for each in known}),
        _domains(found.get("hiddenFrom")),
    )


def _draft(item: Document) -> Draft | None:
    words = _read_words(item)
    kind = item.get("kind")
    if words is None or kind not in KINDS:
        return None
    fields: dict[FieldName, str] = {}
    stand_ins: dict[FieldName, str] = {}
    translated: dict[FieldName, Mapping[str, FieldWords]] = {}
    language, translations = _languages(item)
    parts = item.get("fields")
    for part in parts if isinstance(parts, list) else []:
        name = part.get("name") if isinstance(part, dict) else None
        if name not in FIELDS:
            continue
        value, stand_in = line(part.get("value")), line(part.get("standIn"))
        if name == "dates" and not _is_span(value):
            value = ""
        if value:
            fields[name] = value
        if stand_in:
            stand_ins[name] = stand_in
        if others := _field_words(part, name, translations, value, stand_in):
            translated[name] = others
    return Draft(
        "entries",
        kind,
        words,
        line(item.get("key"), 200) or key("entries", words.headline, words.story),
        fields,
        hashtags(item.get("tags")),
        web_address(item.get("link")),
        language,
        translations,
        stand_ins,
        translated,
    )


def _field_words(
    part: Document, name: FieldName, languages: Iterable[str], value: str, stand_in: str
) -> dict[str, FieldWords]:
    """A field in the further languages of its entry: what stands beside a first one, as an entry must have it."""
    found: dict[str, FieldWords] = {}
    others = part.get("translations")
    for code, told in list(others.items())[:10] if isinstance(others, dict) else ():
        language = normalise(line(code))
        if language is None or language not in languages or not isinstance(told, dict):
            continue
        words = FieldWords(
            line(told.get("value")) if value and name != "dates" else "",
            line(told.get("standIn")) if stand_in else "",
        )
        if words != FieldWords():
            found[language] = words
    return found


def _languages(item: Document) -> tuple[str | None, dict[str, Words]]:
    language = normalise(line(item.get("language"))) if item.get("language") else None
    found: dict[str, Words] = {}
    others = item.get("translations")
    if language is None or not isinstance(others, dict):
        return language, found
    for code, told in list(others.items())[:10]:
        words = _read_words(told) if isinstance(told, dict) else None
        other = normalise(line(code))
        if words is not None and other is not None and other != language:
            found[other] = words
    return language, found


def _read_words(item: Document) -> Words | None:
    headline = clean(item.get("headline"))
    return worded(headline, clean(item.get("story")), line(item.get("question"), MAX_QUESTION)) if headline else None


def _is_span(value: str) -> bool:
    try:
        dates.read(value)
    except Invalid:
        return False
    return True


def _is_private(item: Document) -> bool:
    audience = item.get("audience")
    return isinstance(audience, dict) and audience.get("readers") == "me"


def _sets(found: object, keys: set[str]) -> dict[str, dict[str, tuple[FieldName, ...]]]:
    made: dict[str, dict[str, tuple[FieldName, ...]]] = {}
    for name, parts in list(found.items())[:100] if isinstance(found, dict) else ():
        if not line(name, 100) or not isinstance(parts, dict):
            continue
        chosen = {
            entry: tuple(cast("FieldName", each) for each in fields if each in FIELDS)
            for entry, fields in parts.items()
            if entry in keys and isinstance(fields, list)
        }
        if chosen:
            made[line(name, 100)] = chosen
    return made


def _domains(found: object) -> tuple[str, ...]:
    domains = found.get("domains") if isinstance(found, dict) else None
    read = (line(each, 253).casefold() for each in domains) if isinstance(domains, list) else ()
    return tuple(dict.fromkeys(each for each in read if "." in each and " " not in each))[:500]


def _hidden_people(found: object) -> int:
    """How many people it hides from: only their owner knows who they are from here."""
    people = found.get("people") if isinstance(found, dict) else None
    return len(people) if isinstance(people, list) else 0


def _person(row: Document) -> Person | None:
    return person(
        name=line(row.get("name"), 200),
        organisation=line(row.get("organisation")),
        title=line(row.get("title")),
        email=line(row.get("email")),
        link=web_address(row.get("link")),
        since=line(row.get("since"), 10),
        note=clean(row.get("note"))[:2000],
    )
