"""JSON Resume in, of any of its versions and with what people write into it by hand: each of the twelve sections gives
drafts, what is of another type than it should be is passed over. A résumé of ours brings its entries whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from fediprof.errors import Malformed, TooMuch
from fediprof.portability import ours
from fediprof.portability.moments import moment, span
from fediprof.portability.records import (
    MAX_DRAFTS,
    Arrival,
    Draft,
    LeftOut,
    clean,
    each_once,
    hashtags,
    key,
    line,
    web_address,
    worded,
)
from fediprof.portability.tables import decoded
from fediprof.portability.wording import NOT_A_LINE, TOO_MANY, said, tag_for
from fediprof.profiles.records import FieldName, Kind

MAX_BYTES = 8 * 1024 * 1024

Item = dict[str, Any]


def read(data: bytes, language: str = "en") -> Arrival:
    """Raises Malformed for what is no JSON object, TooMuch for one too large."""
    if len(data) > MAX_BYTES:
        raise TooMuch("JSON too large", public="This file is too large to be a résumé")
    try:
        found = msgspec.json.decode(decoded(data).encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Malformed("no JSON", public="This file is no JSON that can be read") from None
    if not isinstance(found, dict):
        raise Malformed("no object", public="This JSON file is no résumé")
    return of_document(found, language)


def of_document(found: Item, language: str) -> Arrival:
    meta = found.get("meta")
    whole = meta.get("fediprof") if isinstance(meta, dict) else None
    if isinstance(whole, dict) and isinstance(whole.get("entries"), list):
        return ours.read(whole)
    drafts: list[Draft] = []
    left: list[LeftOut] = []
    seen = False
    for names, make in _SECTIONS.items():
        for name in names:
            items = found.get(name)
            if items is None:
                continue
            seen = True
            items = items if isinstance(items, list) else [items]
            made = [make(each, language) if isinstance(each, dict) else None for each in items[: MAX_DRAFTS + 1]]
            if missing := sum(each is None for each in made if name != "basics"):
                left.append(LeftOut(name, NOT_A_LINE, missing))
            drafts += [each for each in made if each is not None]
    if not seen:
        raise Malformed("no section", public="This JSON file is no résumé")
    if len(drafts) > MAX_DRAFTS:
        left.append(LeftOut("JSON Resume", TOO_MANY, len(drafts) - MAX_DRAFTS))
    return Arrival("jsonresume", each_once(drafts[:MAX_DRAFTS]), (), tuple(left))


def _about(item: Item, language: str) -> Draft | None:
    label, summary = line(item.get("label"), 200), clean(item.get("summary"))
    if not label and not summary:
        return None
    return Draft("about", "free", worded(label or said("about", language), summary), key("about"))


def _work(item: Item, language: str) -> Draft | None:
    employer, title = line(item.get("name") or item.get("company")), line(item.get("position"))
    if not employer and not title:
        return None
    story = _told(item)
    told = _when(item)
    words = worded(title or said("work", language), story)
    fields = _fields(employer=employer, dates=told, place=line(item.get("location")))
    return Draft("work", "experience", words, key("work", employer, title, told[:4]), fields, link=_link(item))


def _volunteer(item: Item, language: str) -> Draft | None:
    organisation, title = line(item.get("organization")), line(item.get("position"))
    if not organisation and not title:
        return None
    told = _when(item)
    words = worded(title or said("volunteer", language), _told(item))
    fields = _fields(employer=organisation, dates=told)
    return Draft(
        "volunteer", "volunteering", words, key("volunteer", organisation, title, told[:4]), fields, link=_link(item)
    )


def _education(item: Item, language: str) -> Draft | None:
    school = line(item.get("institution"))
    degree = ", ".join(filter(None, (line(item.get("studyType")), line(item.get("area")))))
    if not school and not degree:
        return None
    told = _when(item)
    courses = (
        [clean(each) for each in item.get("courses") or [] if clean(each)]
        if isinstance(item.get("courses"), list)
        else []
    )
    story = "\n\n".join(filter(None, (clean(item.get("summary")), "\n".join(courses))))
    fields = _fields(employer=school, dates=told, figures=line(item.get("score") or item.get("gpa")))
    words = worded(degree or said("studies", language), story)
    return Draft(
        "education", "education", words, key("education", school, degree, told[:4]), fields, link=_link(item)
    )


def _award(item: Item, language: str) -> Draft | None:
    return _thing(item, language, "awards", "free", title="title", by="awarder", at="date", tagged=True)


def _certificate(item: Item, language: str) -> Draft | None:
    return _thing(item, language, "certificates", "education", title="name", by="issuer", at="date", tagged=True)


def _publication(item: Item, language: str) -> Draft | None:
    return _thing(item, language, "publications", "publication", title="name", by="publisher", at="releaseDate")


def _thing(
    item: Item, language: str, section: Any, kind: Kind, *, title: str, by: str, at: str, tagged: bool = False
) -> Draft | None:
    name, whose = line(item.get(title)), line(item.get(by))
    if not name:
        return None
    return Draft(
        section,
        kind,
        worded(name, clean(item.get("summary"))),
        key(section, name, whose) if section == "certificates" else key(section, name),
        _fields(employer=whose, dates=moment(line(item.get(at) or item.get("awardDate")))),
        tags=(tag_for(section, language),) if tagged else (),
        link=_link(item),
    )


def _skill(item: Item, language: str) -> Draft | None:
    name = line(item.get("name"), 200)
    if not name:
        return None
    return Draft(
        "skills",
        "skill",
        worded(name, line(item.get("level"))),
        key("skills", name),
        tags=hashtags(item.get("keywords")),
    )


def _language(item: Item, language: str) -> Draft | None:
    name = line(item.get("language") or item.get("name"), 200)
    if not name:
        return None
    words = worded(name, line(item.get("fluency")))
    return Draft("languages", "skill", words, key("languages", name), tags=(tag_for("languages", language),))


def _interest(item: Item, language: str) -> Draft | None:
    name = line(item.get("name"), 200)
    if not name:
        return None
    words = worded(name, clean(item.get("summary")))
    return Draft("interests", "ask_me", words, key("interests", name), tags=hashtags(item.get("keywords")))


def _reference(item: Item, language: str) -> Draft | None:
    name, text = line(item.get("name"), 200), clean(item.get("reference"))
    if not text:
        return None
    words = worded(name or "…", text)
    return Draft(
        "references", "free", words, key("references", name, text[:80]), tags=(tag_for("references", language),)
    )


def _project(item: Item, language: str) -> Draft | None:
    name = line(item.get("name"))
    if not name:
        return None
    kinds: dict[str, Kind] = {"talk": "talk", "presentation": "talk", "conference": "talk", "text": "free"}
    roles = item.get("roles")
    role = ", ".join(filter(None, (line(each) for each in roles))) if isinstance(roles, list) else line(roles)
    return Draft(
        "projects",
        kinds.get(line(item.get("type")).casefold(), "project"),
        worded(name, _told(item)),
        key("projects", name),
        _fields(title=line(role), employer=line(item.get("entity")), dates=_when(item)),
        tags=hashtags(item.get("keywords")),
        link=_link(item),
    )


_SECTIONS: dict[tuple[str, ...], Callable[[Item, str], Draft | None]] = {
    ("basics", "bio"): _about,
    ("work",): _work,
    ("volunteer",): _volunteer,
    ("education",): _education,
    ("awards",): _award,
    ("certificates",): _certificate,
    ("publications",): _publication,
    ("skills",): _skill,
    ("languages",): _language,
    ("interests", "hobbies"): _interest,
    ("references",): _reference,
    ("projects",): _project,
}
"""The names a section had over the versions."""


def _told(item: Item) -> str:
    """Summary and highlights as one text, a line each."""
    highlights = item.get("highlights")
    points = (
        [f"- {text}" for each in highlights if (text := line(each, 1000))] if isinstance(highlights, list) else []
    )
    parts = (clean(item.get("summary")), clean(item.get("description")), "\n".join(points))
    return "\n\n".join(dict.fromkeys(filter(None, parts)))


def _when(item: Item) -> str:
    return span(line(item.get("startDate")), line(item.get("endDate")))


def _link(item: Item) -> str:
    return web_address(item.get("url") or item.get("website"))


def _fields(**values: str) -> dict[FieldName, str]:
    return {name: value for name, value in values.items() if value}  # type: ignore[misc]
