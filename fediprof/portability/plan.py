"""What an import would do, before it is done: each draft beside the entry it is known as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fediprof.portability import ours
from fediprof.portability.records import Arrival, Draft, Section
from fediprof.profiles.entries import Draft as EntryDraft
from fediprof.profiles.records import Entry, Field, FieldName

State: TypeAlias = Literal["new", "changed", "same", "yours"]
"""`yours`: changed by hand since it was brought, or written here: an import leaves it alone."""


_AS_KEPT: tuple[FieldName, ...] = ("title", "employer", "client", "dates", "place", "figures")
"""The order in which an entry's fields come from the database: two that say the same are then equal."""


@dataclass(frozen=True, slots=True)
class Line:
    draft: Draft
    state: State


def plan(arrival: Arrival, entries: Iterable[Entry]) -> list[Line]:
    known = {ours.key_of(each): each for each in entries}
    return [Line(draft, _state(draft, known)) for draft in arrival.drafts]


def _state(draft: Draft, known: Mapping[str, Entry]) -> State:
    before = known.get(draft.import_key)
    if before is None:
        return "new"
    if before.import_key is None:
        return "yours"
    if _content(before) == _content_of(as_entry(draft)):
        return "same"
    return "changed" if before.changed_at == before.created_at else "yours"


def by_section(lines: Iterable[Line]) -> dict[Section, list[Line]]:
    found: dict[Section, list[Line]] = {}
    for each in lines:
        found.setdefault(each.draft.section, []).append(each)
    return found


def as_entry(draft: Draft) -> EntryDraft:
    """A draft as `profiles.entries.write_entries` takes it: nobody but its owner reads it, nor any part of it."""
    names = sorted({*draft.fields, *draft.stand_ins}, key=_AS_KEPT.index)
    return EntryDraft(
        kind=draft.kind,
        words=draft.words,
        language=draft.language,
        translations=draft.translations,
        tags=draft.tags,
        link=draft.link,
        fields=tuple(_field(draft, name) for name in names),
        import_key=draft.import_key,
    )


def _field(draft: Draft, name: FieldName) -> Field:
    return Field(
        name,
        draft.fields.get(name, ""),
        stand_in=draft.stand_ins.get(name, ""),
        translations=draft.translated.get(name, {}),
    )


def _content(each: Entry) -> object:
    return _told(each, each.fields)


def _content_of(each: EntryDraft) -> object:
    return _told(each, each.fields)


def _told(each: Entry | EntryDraft, fields: tuple[Field, ...]) -> object:
    parts = {part.name: (part.value, part.stand_in, dict(part.translations)) for part in fields}
    return each.kind, each.words, each.language, dict(each.translations), each.tags, each.link, parts
