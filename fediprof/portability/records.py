"""What a file brings, before any of it is anybody's: drafts of entries, people for the private address book, and what was
left out. Plain data: it waits as JSON between the preview and the word to go on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Literal, TypeAlias

from fediprof.profiles.records import MAX_HEADLINE, MAX_STORY, MAX_TAGS, FieldName, FieldWords, Kind, Words

Source: TypeAlias = Literal["linkedin", "jsonresume", "fediprof"]
Section: TypeAlias = Literal[
    "about",
    "work",
    "volunteer",
    "education",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
    "references",
    "projects",
    "entries",
]
"""Where in a file something stood: JSON Resume's names, which LinkedIn's files are brought under as well. `entries`: in
the form of our own archive."""

MAX_DRAFTS = 1000
MAX_PEOPLE = 40_000
MAX_LEFT_OUT = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as a file describes it. It bears no audience: whoever imports is its only reader. `stand_ins`: what the
    owner once wrote to stand for a field. `translated`: fields in the further languages of the entry."""

    section: Section
    kind: Kind
    words: Words
    import_key: str
    fields: Mapping[FieldName, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    link: str = ""
    language: str | None = None
    translations: Mapping[str, Words] = field(default_factory=dict)
    stand_ins: Mapping[FieldName, str] = field(default_factory=dict)
    translated: Mapping[FieldName, Mapping[str, FieldWords]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the owner knows, for their eyes alone. `since`: a shortened ISO date, or empty."""

    key: str
    name: str
    organisation: str = ""
    title: str = ""
    email: str = ""
    link: str = ""
    since: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`what`: a file or section of the upload. `why`: a message of the catalogue."""

    what: str
    why: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """All a file brings. `sets`: name → import key of an entry → fields, of our own archive alone. `hidden_domains`: whom
    its owner hides from."""

    source: Source
    drafts: tuple[Draft, ...] = ()
    people: tuple[Person, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    sets: Mapping[str, Mapping[str, tuple[FieldName, ...]]] = field(default_factory=dict)
    hidden_domains: tuple[str, ...] = ()


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,}")
_WORD = re.compile(r"[^\W_]+")


def clean(text: object) -> str:
    """Text of a file as text of ours: no control characters, LF line ends, nothing UTF-8 cannot say. What is no text
    gives "". A value that begins like a spreadsheet's formula is text like any other."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return ""
    plain = str(text).replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFC", _CONTROL.sub("", plain)).strip()


def line(text: object, most: int = 300) -> str:
    """The same on one line, of at most `most` characters."""
    return shortened(" ".join(clean(text).split()), most)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def worded(headline: str, story: str = "", question: str = "") -> Words:
    """Words that fit an entry: what a headline is too short for goes to the story's beginning."""
    whole, story = " ".join(headline.split()), story.strip()
    if len(whole) > MAX_HEADLINE:
        story = f"{whole}\n\n{story}".strip()
    return Words(shortened(whole, MAX_HEADLINE), shortened(story, MAX_STORY), question)


def first_sentence(text: str, most: int = 140) -> str:
    """What a story is recognised by."""
    start = " ".join(text.strip().lstrip("•-*–·").split("\n", 1)[0].split())
    found = re.match(r".{12,}?[.!?](?=\s|$)", start)
    return shortened((found[0].rstrip(".") if found else start).strip(), most)


def hashtags(names: object) -> tuple[str, ...]:
    """Keywords as hashtags: `supply chain` → `SupplyChain`, each once."""
    found: dict[str, str] = {}
    for name in names if isinstance(names, list | tuple) else ():
        words = _WORD.findall(clean(name))
        tag = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
        if tag and not tag.isdigit() and len(tag) <= 60:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())[:MAX_TAGS]


def web_address(text: object) -> str:
    """An address of the web as an entry may have one, or ""."""
    link = clean(text)
    return link if len(link) <= 2000 and _ADDRESS.fullmatch(link) else ""


def person(
    *, name: str, organisation: str, title: str, email: str, link: str, since: str, note: str = ""
) -> Person | None:
    """Known by their page, else by their mail, else by name and organisation; None where nothing names them."""
    email = email.casefold()
    if not name and not email:
        return None
    known_by = link.casefold().rstrip("/") or email or f"{name}\x1f{organisation}"
    return Person(key("person", known_by), name or email, organisation, title, email, link, since, note)


def key(section: str, *parts: str) -> str:
    """What a second import knows a line by: the same for the same line in any of the forms we read."""
    plain = "\x1f".join(_plain(part) for part in parts)
    return f"{section}:{blake2b(plain.encode(), digest_size=12).hexdigest()}"


def _plain(text: str) -> str:
    """Without case, accents and white space."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each) and not each.isspace())


def each_once(drafts: list[Draft]) -> tuple[Draft, ...]:
    """Two lines that look the same are two, and stay so: the second is told from the first by its number."""
    seen: dict[str, int] = {}
    found = []
    for draft in drafts:
        seen[draft.import_key] = number = seen.get(draft.import_key, 0) + 1
        if number > 1:
            draft = replace(draft, import_key=f"{draft.import_key}:{number}")
        found.append(draft)
    return tuple(found)
