"""Entries as pages show them, made from `Disclosed` values alone: which words, which fields, who may read, and the card
on a profile. A card says nothing of who looks but through the value it was made from, so equal values share one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fediprof.actors.records import Actor
from fediprof.i18n.catalog import N_
from fediprof.profiles import text
from fediprof.profiles.disclosure import Disclosed, ShownField
from fediprof.profiles.records import Kind, Words
from fediprof.text.compose import compose
from fediprof.text.html import excerpt
from fediprof.web import audiences
from fediprof.web.cards import Cards
from fediprof.web.view import Page

WHOLE = 700
"""Characters of a story that a profile shows whole; of a longer one it shows the beginning."""

BEGINNING = 420

SECTIONS: tuple[tuple[str, str, tuple[Kind, ...]], ...] = (
    ("ask", N_("Ask me about"), ("ask_me",)),
    ("projects", N_("Projects"), ("project",)),
    ("public", N_("Talks and publications"), ("talk", "publication")),
    ("skills", N_("Skills"), ("skill",)),
    ("path", N_("Experience"), ("experience",)),
    ("given", N_("Volunteering"), ("volunteering",)),
    ("learnt", N_("Education"), ("education",)),
    ("more", N_("And also"), ("free",)),
    ("open", N_("Open to"), ("open_to",)),
)
"""(anchor, title, kinds) in the order of a page: what can be talked about first, where and when later."""

RESUME: Mapping[Kind, str] = {
    "experience": "p-experience h-event",
    "project": "p-experience h-event",
    "volunteering": "p-experience h-event",
    "education": "p-education h-event",
    "skill": "p-skill",
}
"""The microformat (h-resume) of each kind; the others are plain h-entries."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field as it is read. `ask`: the path where the text behind a stand-in is asked for, or "". `language`: of the text,
    where it is its owner's own words."""

    name: str
    label: str
    text: str
    stand_in: bool
    ask: str
    language: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in the words a page shows. `language`: of these words; `others`: languages it can be read in besides.
    `story`: safe HTML; `cut`: there is more of it. `readers`: who may read it, in words, for the owner."""

    entry: Disclosed
    owner: Actor
    path: str
    kind: str
    words: Words
    language: str
    others: tuple[str, ...]
    story: str
    cut: bool
    parts: tuple[Part, ...]
    readers: str = ""

    @property
    def own(self) -> bool:
        return self.entry.why == "owner"


def path_of(owner: Actor, entry: Disclosed) -> str:
    return f"/@{owner.username}/e/{entry.slug}"


def told(page: Page, owner: Actor, entry: Disclosed, *, whole: bool = True, language: str = "") -> Told:
    """`language`: the one asked for, else the page's, else the one it was written in. `whole`: the story to its end."""
    written, words = text.words_in(entry, language or page.t.language)
    codes = (entry.language or "", *entry.translations)
    cut = not whole and len(words.story) > WHOLE
    story = excerpt(compose(words.story, mentions={}, tag_url=None).html, BEGINNING) if cut else words.story
    return Told(
        entry=entry,
        owner=owner,
        path=path_of(owner, entry),
        kind=page.t(text.KINDS[entry.kind]),
        words=words,
        language=written,
        others=tuple(code for code in codes if code and code != written),
        story=compose(story, mentions={}, tag_url=page.here.tag).html if story.strip() else "",
        cut=cut,
        parts=tuple(
            Part(
                each.name,
                page.t(text.FIELDS[each.name]),
                text.field_text(each, page.t, written),
                each.stand_in,
                f"/ask/{entry.slug}?field={each.name}" if each.stand_in and entry.why != "owner" else "",
                "" if each.name == "dates" and not each.stand_in else _language(entry, each, written),
            )
            for each in entry.fields
        ),
        readers=page.t(audiences.WORDS[entry.readers]) if entry.readers else "",
    )


def _language(entry: Disclosed, field: ShownField, written: str) -> str:
    """The language that a field stands in beside words in `written`."""
    return written if written in dict(field.others) else entry.language or ""


def card(page: Page, kept: Cards, owner: Actor, entry: Disclosed, *, open: bool, pinned: bool = False) -> str:
    """The entry on its owner's page. `open`: machines may read it as part of a résumé."""
    member = page.visitor is not None
    key = (
        *("entry", page.t.language, owner.username, owner.display, open, pinned, member),
        *(entry.slug, entry.changed_at, entry.fields, entry.why, entry.until, entry.readers, entry.post_id),
    )
    known = kept.get(key)
    if known is not None:
        return str(known)
    macro = page.macro("macros/entry.html", "card")
    made = told(page, owner, entry, whole=False)
    return str(kept.keep(key, str(macro(made, open, pinned, RESUME.get(entry.kind, "h-entry"), member))))


def in_sections(entries: Iterable[Disclosed]) -> list[tuple[str, str, list[Disclosed]]]:
    """(anchor, title, entries) of the sections that are not empty; each keeps its owner's order."""
    found = list(entries)
    made = ((anchor, title, [each for each in found if each.kind in kinds]) for anchor, title, kinds in SECTIONS)
    return [section for section in made if section[2]]
