"""An entry as text that stands by itself: kind and headline, the story, what may be said of when and where, and the
question at the end. Made from a `Disclosed`, in the entry's own language; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from fediprof.i18n.catalog import LANGUAGES, N_, Texts, texts
from fediprof.profiles import dates
from fediprof.profiles.disclosure import Disclosed, ShownField
from fediprof.profiles.records import FieldName, Kind, Words
from fediprof.text.compose import compose

KINDS: Mapping[Kind, str] = {
    "experience": N_("Experience"),
    "project": N_("Project"),
    "education": N_("Education"),
    "skill": N_("Skill"),
    "talk": N_("Talk"),
    "publication": N_("Publication"),
    "volunteering": N_("Volunteering"),
    "open_to": N_("Open to"),
    "ask_me": N_("Ask me about"),
    "free": N_("Entry"),
}
"""Message of each kind's name."""

FIELDS: Mapping[FieldName, str] = {
    "title": N_("Job title"),
    "employer": N_("Employer or organisation"),
    "client": N_("Client"),
    "dates": N_("Dates"),
    "place": N_("Place"),
    "figures": N_("Figures"),
}
"""Message of each field's name."""

_QUESTION = N_("Ask me: {question}")


def words_in(shown: Disclosed, language: str) -> tuple[str, Words]:
    """(language, words) of a translation where there is one, else the first text."""
    for code, words in shown.translations.items():
        if code.partition("-")[0] == language:
            return code, words
    return shown.language or "", shown.words


def span(text: str, t: Texts) -> str:
    """Dates in words: « mars 2019 – juin 2021 », "since 2020"."""
    when = dates.read(text)
    start = t.month(when.start)
    if when.end is None:
        return start
    return t(N_("since {start}"), start=start) if when.going_on else f"{start} – {t.month(when.end)}"


def field_text(field: ShownField, t: Texts, language: str = "") -> str:
    """A field as it is read with the entry's words in `language`; a stand-in for dates is the owner's own words."""
    return span(field.text, t) if field.name == "dates" and not field.stand_in else field.told(language)


def html(shown: Disclosed, language: str, words: Words, tag_url: Callable[[str], str]) -> str:
    """Safe HTML of the whole entry in one of its languages."""
    ours = language.partition("-")[0]
    t = texts(ours if ours in LANGUAGES else "en")
    parts = [f"<p><strong>{escape(t(KINDS[shown.kind]))} · {escape(words.headline)}</strong></p>"]
    if words.story.strip():
        parts.append(compose(words.story, mentions={}, tag_url=tag_url).html)
    line = " · ".join(field_text(each, t, language) for each in shown.fields)
    if line:
        parts.append(f"<p>{escape(line)}</p>")
    if shown.link:
        parts.append(compose(shown.link, mentions={}, tag_url=None).html)
    if words.question.strip():
        parts.append(f"<p>{escape(t(_QUESTION, question=words.question.strip()))}</p>")
    if shown.tags:
        tags = " ".join(f"#{tag}" for tag in shown.tags)
        parts.append(compose(tags, mentions={}, tag_url=tag_url).html)
    return "".join(parts)


def by_language(shown: Disclosed, tag_url: Callable[[str], str]) -> dict[str, str]:
    """{language: HTML}; the first text first, under "" where its language was not said."""
    first = shown.language or ""
    return {
        code: html(shown, code, words, tag_url) for code, words in {first: shown.words, **shown.translations}.items()
    }


def document(shown: Disclosed) -> dict[str, Any]:
    """What stands as `fp:entry`: kind, headline, question, and the fields that may be read. A field that is masked is
    absent, not blanked; `standIns` holds the words its owner put in its place. What is there in further languages has its
    map beside it, as AS2's `name` has `nameMap`: `{"employer": …, "employerMap": {"fr": …, "en": …}}`."""
    made: dict[str, Any] = {"kind": shown.kind, "name": shown.words.headline}
    if shown.words.question:
        made["prompt"] = shown.words.question
    data = _with_maps(shown, (each for each in shown.fields if not each.stand_in))
    stand_ins = _with_maps(shown, (each for each in shown.fields if each.stand_in))
    if data:
        made["data"] = data
    if stand_ins:
        made["standIns"] = stand_ins
    if shown.link:
        made["evidence"] = shown.link
    return made


def _with_maps(shown: Disclosed, fields: Iterable[ShownField]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for each in fields:
        made[each.name] = each.text
        if each.others and shown.language:
            made[f"{each.name}Map"] = {shown.language: each.text, **dict(each.others)}
    return made
