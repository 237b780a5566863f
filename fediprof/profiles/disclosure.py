"""Who may read what of a profile, and why: entries × masks × audiences × grants × hide-from × viewer × now.

One pure function decides, `disclose`; everything that leaves the server is made from what it returns. A `Disclosed`
holds no string its viewer may not read, so that a presenter cannot leak one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from fediprof.profiles.records import Entry, Field, FieldName, Grant, HiddenFrom, Kind, Readers, Rule, Words

Reason: TypeAlias = Literal["owner", "everyone", "contacts", "group", "people", "grant"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, as far as it was proven. `actor_id` None: nobody known. `hosts`: every host name that stands for this
    person (their handle's, their actor's). `contact`: both follow each other, and both follows were accepted.
    `groups`: ids of groups they are members of, as their host says."""

    actor_id: int | None = None
    hosts: frozenset[str] = frozenset()
    owner: bool = False
    contact: bool = False
    groups: frozenset[int] = frozenset()


ANYBODY = Viewer()
NOBODY = HiddenFrom()


@dataclass(frozen=True, slots=True)
class ShownField:
    """`stand_in`: the text stands for one that is not shown, and that may be asked for. `others`: (language, text) of the
    same in further languages of the entry's, for those that have one."""

    name: FieldName
    text: str
    stand_in: bool = False
    others: tuple[tuple[str, str], ...] = ()

    def told(self, language: str) -> str:
        """In a language of the entry's, else as it was first written."""
        return dict(self.others).get(language, self.text)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """An entry as one viewer may read it. `why`: what opened it. `grant_id`, `until`: the grant that opened the entry
    or a field of it, and its end. `by_grant`: the fields that nothing else opens to this viewer; of an entry that nothing
    else opens, all. `readers` is told to the owner only. `post_id`: its thread, for public ones.
    `public`: anybody reads exactly this; what is not must not be kept by anyone on the way."""

    id: int
    actor_id: int
    slug: str
    kind: Kind
    words: Words
    language: str | None
    translations: Mapping[str, Words]
    tags: tuple[str, ...]
    link: str
    fields: tuple[ShownField, ...]
    why: Reason
    public: bool
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None
    position: int
    post_id: int | None = None
    grant_id: int | None = None
    until: datetime | None = None
    by_grant: frozenset[FieldName] = frozenset()
    readers: Readers | None = None

    @property
    def noted(self) -> bool:
        """A grant alone opens something of it: its owner is told who read it."""
        return self.grant_id is not None and (self.why == "grant" or bool(self.by_grant))

    def named(self, name: FieldName) -> str | None:
        """A field's own text; a stand-in is no answer."""
        return next((each.text for each in self.fields if each.name == name and not each.stand_in), None)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What the grants that hold open of one entry, together."""

    grant_id: int
    until: datetime
    fields: set[FieldName] = field(default_factory=set)


def disclose(
    entries: Iterable[Entry],
    viewer: Viewer,
    now: datetime,
    *,
    grants: Sequence[Grant] = (),
    hidden_from: HiddenFrom = NOBODY,
) -> list[Disclosed]:
    """What `viewer` may read, in the order given; what they may not is not there. `grants` and `hidden_from`: the
    owner's. Hiding is the last word: who is hidden from reads what anybody reads, whatever was granted."""
    if is_hidden(viewer, hidden_from):
        viewer = ANYBODY
    opened = _opened(grants, viewer, now)
    found = (_one(entry, viewer, opened.get(entry.id)) for entry in entries)
    return [each for each in found if each is not None]


def is_hidden(viewer: Viewer, hidden_from: HiddenFrom) -> bool:
    if viewer.owner:
        return False
    if viewer.actor_id in hidden_from.people:
        return True
    return any(_within(host.casefold(), domain) for host in viewer.hosts for domain in hidden_from.domains)


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def admits(rule: Rule, viewer: Viewer) -> Reason | None:
    """Why a rule lets a viewer read, grants aside."""
    if viewer.owner:
        return "owner"
    match rule.readers:
        case "everyone":
            return "everyone"
        case "contacts" if viewer.contact:
            return "contacts"
        case "group" if viewer.actor_id is not None and rule.groups & viewer.groups:
            return "group"
        case "people" if viewer.actor_id in rule.people:
            return "people"
    return None


def _opened(grants: Sequence[Grant], viewer: Viewer, now: datetime) -> dict[int, _Opened]:
    found: dict[int, _Opened] = {}
    if viewer.actor_id is None or viewer.owner:
        return found
    for grant in sorted(grants, key=lambda each: each.ends_at, reverse=True):
        if grant.to_actor_id != viewer.actor_id or not grant.holds(now):
            continue
        for entry_id, names in grant.parts.items():
            found.setdefault(entry_id, _Opened(grant.id, grant.ends_at)).fields.update(names)
    return found


def _one(entry: Entry, viewer: Viewer, opened: _Opened | None) -> Disclosed | None:
    why = admits(entry.rule, viewer) or ("grant" if opened else None)
    if why is None:
        return None
    shown = [each for each in (_field(one, viewer, opened) for one in entry.fields) if each is not None]
    everyones = {each.name for each in entry.fields if each.rule.readers == "everyone"}
    return Disclosed(
        id=entry.id,
        actor_id=entry.actor_id,
        slug=entry.slug,
        kind=entry.kind,
        words=entry.words,
        language=entry.language,
        translations=entry.translations,
        tags=entry.tags,
        link=entry.link,
        fields=tuple(shown),
        why=why,
        public=entry.rule.readers == "everyone" and all(each.stand_in or each.name in everyones for each in shown),
        created_at=entry.created_at,
        changed_at=entry.changed_at,
        published_at=entry.published_at,
        position=entry.position,
        post_id=entry.post_id if viewer.owner or entry.rule.readers == "everyone" else None,
        grant_id=opened.grant_id if opened else None,
        until=opened.until if opened else None,
        by_grant=_by_grant(entry, viewer, why, shown) if opened else frozenset(),
        readers=entry.rule.readers if viewer.owner else None,
    )


def _by_grant(entry: Entry, viewer: Viewer, why: Reason, shown: Sequence[ShownField]) -> frozenset[FieldName]:
    own = {each.name for each in shown if not each.stand_in}
    ruled = {each.name for each in entry.fields if admits(each.rule, viewer)} if why != "grant" else set()
    return frozenset(own - ruled)


def _field(each: Field, viewer: Viewer, opened: _Opened | None) -> ShownField | None:
    if each.value and (admits(each.rule, viewer) or (opened is not None and each.name in opened.fields)):
        others = tuple((code, words.value) for code, words in each.translations.items() if words.value)
        return ShownField(each.name, each.value, others=others)
    if not each.stand_in:
        return None
    others = tuple((code, words.stand_in) for code, words in each.translations.items() if words.stand_in)
    return ShownField(each.name, each.stand_in, stand_in=True, others=others)
