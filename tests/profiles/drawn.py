"""Random profiles in which every text can be told from every other, and who may read which, said a second time in the
plainest words there are. The code under test is asked nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from fediprof.profiles.entries import Draft
from fediprof.profiles.records import FIELDS, KINDS, Entry, Field, FieldWords, Grant, HiddenFrom, Rule, Words

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_LETTERS = "bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True, slots=True)
class Person:
    """`id` None: nobody known."""

    id: int | None
    hosts: frozenset[str] = frozenset()
    contact: bool = False
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    owner_id: int
    entries: tuple[Entry, ...]
    grants: tuple[Grant, ...]
    hidden: HiddenFrom


class Tokens:
    """Words that occur nowhere else: letters only, so that no escaping changes them; the rest of a text is there to be
    escaped."""

    def __init__(self, random: Random, years: Iterator[int]) -> None:
        self._random, self._years = random, years

    def word(self) -> str:
        return "zq" + "".join(self._random.choices(_LETTERS, k=12)) + "qz"

    def text(self) -> str:
        before, after = self._random.choice([("", ""), ("é & ", " <b>"), ('"', "'"), ("100% ", " ☂"), ("<", ">")])
        return f"{before}{self.word()}{after}"

    def dates(self) -> str:
        year = next(self._years)
        return self._random.choice(
            [f"{year}", f"{year}-03", f"{year}-03-14", f"{year}/", f"{year}-03/{year + 50}-04"]
        )


def rule(random: Random, people: Sequence[int], groups: Sequence[int]) -> Rule:
    readers = random.choice(["everyone", "everyone", "contacts", "group", "people", "me"])
    some = frozenset(random.sample(list(people), random.randint(1, min(2, len(people)))))
    if readers == "people":
        return Rule("people", people=some)
    if readers == "group" and groups:
        return Rule("group", groups=frozenset(random.sample(list(groups), 1)))
    return Rule("me" if readers == "group" else readers)  # type: ignore[arg-type]


def years(random: Random) -> Iterator[int]:
    """Years that occur once in a profile, as starts of spans that end fifty years later."""
    return iter(random.sample(range(1901, 1950), 49))


def draft(random: Random, years: Iterator[int], people: Sequence[int], groups: Sequence[int] = ()) -> Draft:
    """At most 49 of them to one `years`."""
    tokens = Tokens(random, years)
    two = random.random() < 0.6
    fields = tuple(
        _in_two(
            Field(
                name,
                tokens.dates() if name == "dates" else tokens.text(),
                rule(random, people, groups),
                tokens.text() if random.random() < 0.5 else "",
            ),
            random,
            tokens,
            two,
        )
        for name in FIELDS
        if random.random() < 0.5
    )
    return Draft(
        random.choice(KINDS),
        _words(tokens),
        language=random.choice(["fr", "en"]) if two or random.random() < 0.5 else None,
        translations={"de": _words(tokens)} if two else {},
        tags=tuple(tokens.word() for _ in range(random.randint(0, 2))),
        link=f"https://example.org/{tokens.word()}" if random.random() < 0.3 else "",
        rule=rule(random, people, groups),
        fields=fields,
    )


def _in_two(field: Field, random: Random, tokens: Tokens, two: bool) -> Field:
    """With a value, a stand-in, both or neither in the second language."""
    if not two or random.random() < 0.25:
        return field
    value = tokens.text() if field.name != "dates" and random.random() < 0.7 else ""
    stand_in = tokens.text() if field.stand_in and random.random() < 0.7 else ""
    return replace(field, translations={"de": FieldWords(value, stand_in)} if value or stand_in else {})


def _words(tokens: Tokens) -> Words:
    return Words(tokens.text(), tokens.text(), tokens.text())


def grant(
    random: Random,
    number: int,
    owner_id: int,
    people: Sequence[int],
    entries: Sequence[Entry],
    now: datetime = NOW,
) -> Grant:
    parts = {
        each.id: frozenset(random.sample(FIELDS, random.randint(0, 3)))
        for each in random.sample(list(entries), random.randint(1, len(entries)))
    }
    starts = now + timedelta(days=random.choice([-30, -1, 0, 1]))
    ends = now + timedelta(days=random.choice([-2, 0, 0, 7, 30]), microseconds=random.choice([0, 1, -1]))
    revoked = now - timedelta(days=random.choice([0, 1])) if random.random() < 0.15 else None
    mode = "send" if random.random() < 0.15 else "show"
    return Grant(number, owner_id, random.choice(people), mode, parts, starts, ends, revoked)  # type: ignore[arg-type]


def profile(random: Random, people: Sequence[int], groups: Sequence[int], domains: Sequence[str]) -> Profile:
    owner_id = 1
    entries, once = [], years(random)
    for number in range(random.randint(1, 5)):
        made = draft(random, once, people, groups)
        values = {name: getattr(made, name) for name in made.__dataclass_fields__}
        entry = Entry(100 + number, owner_id, f"slug{number}", created_at=NOW, changed_at=NOW, **values)
        if entry.rule.readers == "everyone" and random.random() < 0.5:
            entry = replace(entry, post_id=900 + number, published_at=NOW)
        entries.append(entry)
    grants = tuple(grant(random, n, owner_id, people, entries) for n in range(random.randint(0, 4)))
    hidden = HiddenFrom(
        frozenset(each for each in people if random.random() < 0.15),
        frozenset(each for each in domains if random.random() < 0.15),
    )
    return Profile(owner_id, tuple(entries), grants, hidden)


# --- who may read what, said a second time


def is_hidden(person: Person, profile: Profile) -> bool:
    if person.id in profile.hidden.people:
        return True
    return any(
        host.lower() == domain or host.lower().endswith("." + domain)
        for host in person.hosts
        for domain in profile.hidden.domains
    )


def lets_in(rule: Rule, person: Person) -> bool:
    if rule.readers == "everyone":
        return True
    if person.id is None:
        return False
    if rule.readers == "contacts":
        return person.contact
    if rule.readers == "group":
        return bool(person.groups & rule.groups)
    return rule.readers == "people" and person.id in rule.people


def texts_for(profile: Profile, person: Person, now: datetime = NOW) -> dict[int, set[str]]:
    """{entry id: the texts of it that `person` may read}; an entry that is not there may not be read at all."""
    owner = person.id == profile.owner_id
    if not owner and is_hidden(person, profile):
        person = Person(None)
    found: dict[int, set[str]] = {}
    for entry in profile.entries:
        opened: set[str] | None = None
        for grant in profile.grants:
            if grant.to_actor_id != person.id or grant.mode != "show" or grant.revoked_at is not None:
                continue
            if entry.id in grant.parts and grant.starts_at <= now and now < grant.ends_at:
                opened = (opened or set()) | set(grant.parts[entry.id])
        if not (owner or lets_in(entry.rule, person) or opened is not None):
            continue
        found[entry.id] = own_texts(entry)
        for field in entry.fields:
            if owner or lets_in(field.rule, person) or (opened is not None and field.name in opened):
                found[entry.id] |= values_of(field)
            else:
                found[entry.id] |= stand_ins_of(field)
    return found


def own_texts(entry: Entry) -> set[str]:
    """What belongs to the entry itself: whoever reads it reads this."""
    words = [entry.words, *entry.translations.values()]
    texts = {text for each in words for text in (each.headline, each.story, each.question)}
    return texts | set(entry.tags) | ({entry.link} if entry.link else set())


def values_of(field: Field) -> set[str]:
    """What a field says, in all its languages: whoever reads it in one may read it in the others."""
    return {text for text in (field.value, *(each.value for each in field.translations.values())) if text}


def stand_ins_of(field: Field) -> set[str]:
    return {text for text in (field.stand_in, *(each.stand_in for each in field.translations.values())) if text}


def all_texts(entry: Entry) -> set[str]:
    return own_texts(entry).union(*(values_of(each) | stand_ins_of(each) for each in entry.fields))
