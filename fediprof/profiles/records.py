"""Entries as their owner wrote them. What somebody else may read of one is a `disclosure.Disclosed`, and nothing else
is ever handed to a page, a document or an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "experience",
    "project",
    "education",
    "skill",
    "talk",
    "publication",
    "volunteering",
    "open_to",
    "ask_me",
    "free",
]
KINDS: tuple[Kind, ...] = (
    "experience",
    "project",
    "education",
    "skill",
    "talk",
    "publication",
    "volunteering",
    "open_to",
    "ask_me",
    "free",
)
CAREER: frozenset[Kind] = frozenset({"experience", "education"})
"""Kinds the instance's ceiling counts: together they are a whole career."""

FieldName: TypeAlias = Literal["employer", "title", "dates", "place", "figures", "client"]
FIELDS: tuple[FieldName, ...] = ("employer", "title", "dates", "place", "figures", "client")
"""What can be masked inside an entry; only its owner reads it until they say otherwise. `employer` is a school for
education, an organisation for volunteering."""

Readers: TypeAlias = Literal["everyone", "contacts", "group", "people", "me"]
READERS: tuple[Readers, ...] = ("everyone", "contacts", "group", "people", "me")

MAX_HEADLINE = 200
MAX_STORY = 5000
MAX_QUESTION = 300
MAX_FIELD = 300
MAX_TAGS = 10
MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may read a thing. `people` and `groups`: ids of actors, meant only by the readers of that name."""

    readers: Readers = "me"
    people: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()


ONLY_ME = Rule()
EVERYONE = Rule("everyone")


@dataclass(frozen=True, slots=True)
class Words:
    """An entry's text in one language, as it was written. `question`: what others are invited to ask."""

    headline: str
    story: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """A field in a further language of its entry's; what is empty is read in the first language there too."""

    value: str = ""
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """`rule` counts among those who may read the entry, in whatever language. `stand_in`: what the others read in its
    place, written by the owner; empty: for them the field does not exist. `value` of `dates`: see `profiles.dates`; it is
    not translated, for each page puts it in words of its own language. What stands in for it is."""

    name: FieldName
    value: str
    rule: Rule = ONLY_ME
    stand_in: str = ""
    translations: Mapping[str, FieldWords] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """`slug`: the last part of its address, as hard to guess as a password; a new one for each life. `link`: evidence,
    an https address or empty. `post_id`: the post it is on the wire, while everyone may read it and it was published.
    `import_key`: what a second import knows it by."""

    id: int
    actor_id: int
    slug: str
    kind: Kind
    words: Words
    created_at: datetime
    changed_at: datetime
    language: str | None = None
    translations: Mapping[str, Words] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    link: str = ""
    rule: Rule = ONLY_ME
    fields: tuple[Field, ...] = ()
    position: int = 0
    published_at: datetime | None = None
    post_id: int | None = None
    import_key: str | None = None

    def named(self, name: FieldName) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class HiddenFrom:
    """Whom nothing but the public part is ever shown to, whatever else says they may. `domains`: casefolded, each with
    all under it."""

    people: frozenset[int] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """A part of a profile opened to one person, until a day. `parts`: entry id → fields opened inside it. Only `show`
    opens anything here; what was sent is a message, and stays with its receiver."""

    id: int
    actor_id: int
    to_actor_id: int
    mode: Literal["show", "send"]
    parts: Mapping[int, frozenset[FieldName]]
    starts_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    conversation_id: int | None = None
    label: str = ""

    def holds(self, now: datetime) -> bool:
        """At the very moment of its end it has ended."""
        return self.mode == "show" and self.revoked_at is None and self.starts_at <= now < self.ends_at


Step: TypeAlias = Literal["aim", "readers", "import", "entry", "question", "done"]
STEPS: tuple[Step, ...] = ("aim", "readers", "import", "entry", "question", "done")
Aim: TypeAlias = Literal["quiet", "search", "known", "meet", "look"]
AIMS: tuple[Aim, ...] = ("quiet", "search", "known", "meet", "look")
"""What a member came for: to change without the employer knowing, to find work, to be asked about what they know, to meet
people of their trade, to look around."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A member's first steps, so that they can be left and gone on with. `readers`: of what they will write, until they
    say otherwise. `step`: the question to go on with. `entry_id`: their first entry."""

    actor_id: int
    aim: Aim = "look"
    readers: Readers = "me"
    step: Step = "aim"
    entry_id: int | None = None
