"""JSON Resume 1.2.1 out: an object of the standard's twelve sections, made of what one reader may read and nothing else.

Twelve sections hold ten kinds of entries. Certificates, languages, awards and references are entries whose tag says so, in
English or French; what is open to, or invites to ask, is an interest; a talk and a free entry are projects of that `type`.
`meta.fediprof` holds the audiences and each entry as it is here, and stands only in the owner's own whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from fediprof.clock import rfc3339
from fediprof.errors import Invalid
from fediprof.portability.wording import SECTION_OF_TAG
from fediprof.profiles import dates
from fediprof.profiles.disclosure import Disclosed
from fediprof.profiles.records import FieldName, Kind

Document: TypeAlias = dict[str, Any]
Face: TypeAlias = Literal["public", "granted", "everything"]
FACES: tuple[Face, ...] = ("public", "granted", "everything")
VERSION = "v1.2.1"
SECTIONS = (
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
)

BY_KIND: Mapping[Kind, str] = {
    "experience": "work",
    "project": "projects",
    "education": "education",
    "skill": "skills",
    "talk": "projects",
    "publication": "publications",
    "volunteering": "volunteer",
    "open_to": "interests",
    "ask_me": "interests",
    "free": "projects",
}
_BY_TAG_OF: Mapping[Kind, frozenset[str]] = {
    "education": frozenset({"certificates"}),
    "skill": frozenset({"languages"}),
    "free": frozenset({"awards", "references"}),
}


def document(
    basics: Document, entries: Sequence[Disclosed], *, address: str, now: datetime, whole: Document | None = None
) -> Document:
    """The résumé. `basics`: see `basics_of`. `address`: where it can be had again. `whole`: what stands in
    `meta.fediprof`, for the owner's own file alone."""
    found: Document = {"basics": basics}
    for each in entries:
        section = section_of(each.kind, each.tags)
        found.setdefault(section, []).append(_filled(_MAKERS[section](each)))
    changed = max((each.changed_at for each in entries), default=now)
    meta: Document = {"canonical": address, "version": VERSION, "lastModified": rfc3339(changed)}
    if whole is not None:
        meta["fediprof"] = whole
    return found | {"meta": meta}


def basics_of(
    name: str, summary: str, address: str, handle: str, image: str, links: Iterable[tuple[str, str]]
) -> Document:
    """`links`: (what it is called, address) of other places of this person. No e-mail, no telephone: we hold none."""
    profiles = [{"network": "Fediverse", "username": f"@{handle}", "url": address}]
    profiles += [{"network": called, "url": link} for called, link in links]
    return _filled({"name": name, "summary": summary, "url": address, "image": image, "profiles": profiles})


def section_of(kind: Kind, tags: Iterable[str]) -> str:
    for tag in tags:
        section = SECTION_OF_TAG.get(tag.casefold().removeprefix("#"), "")
        if section in _BY_TAG_OF.get(kind, frozenset()):
            return section
    return BY_KIND[kind]


# --- an entry in each section


def _work(each: Disclosed) -> Document:
    return {"name": _shown(each, "employer"), "location": _shown(each, "place"), **_post(each)}


def _volunteer(each: Disclosed) -> Document:
    return {"organization": _shown(each, "employer"), **_post(each)}


def _post(each: Disclosed) -> Document:
    title = _shown(each, "title")
    return {
        "position": title or each.words.headline,
        "url": _uri(each.link),
        **_begun_and_ended(each),
        "summary": _told(each, headline=bool(title)),
        "highlights": _highlights(each),
    }


def _education(each: Disclosed) -> Document:
    return {
        "institution": _shown(each, "employer"),
        "url": _uri(each.link),
        "studyType": each.words.headline,
        **_begun_and_ended(each),
        "score": _shown(each, "figures"),
        "summary": _told(each),
    }


def _award(each: Disclosed) -> Document:
    return {
        "title": each.words.headline,
        "date": _day(each),
        "awarder": _shown(each, "employer"),
        "summary": _told(each),
    }


def _certificate(each: Disclosed) -> Document:
    return {
        "name": each.words.headline,
        "date": _day(each),
        "url": _uri(each.link),
        "issuer": _shown(each, "employer"),
        "summary": _told(each),
    }


def _publication(each: Disclosed) -> Document:
    return {
        "name": each.words.headline,
        "publisher": _shown(each, "employer"),
        "releaseDate": _day(each),
        "url": _uri(each.link),
        "summary": _told(each),
    }


def _skill(each: Disclosed) -> Document:
    return {"name": each.words.headline, "level": each.words.story, "keywords": list(each.tags)}


def _language(each: Disclosed) -> Document:
    return {"language": each.words.headline, "fluency": each.words.story}


def _interest(each: Disclosed) -> Document:
    return {"name": each.words.headline, "keywords": list(each.tags), "summary": _told(each)}


def _reference(each: Disclosed) -> Document:
    return {"name": each.words.headline, "reference": each.words.story}


def _project(each: Disclosed) -> Document:
    return {
        "name": each.words.headline,
        "description": _told(each),
        "highlights": _highlights(each),
        "keywords": list(each.tags),
        **_begun_and_ended(each),
        "url": _uri(each.link),
        "roles": [title] if (title := _shown(each, "title")) else [],
        "entity": _shown(each, "employer") or _shown(each, "client"),
        "type": {"talk": "talk", "free": "text"}.get(each.kind, ""),
    }


_MAKERS = {
    "work": _work,
    "volunteer": _volunteer,
    "education": _education,
    "awards": _award,
    "certificates": _certificate,
    "publications": _publication,
    "skills": _skill,
    "languages": _language,
    "interests": _interest,
    "references": _reference,
    "projects": _project,
}


def _shown(each: Disclosed, name: FieldName) -> str:
    """A field's text as this reader reads it: its own, or the stand-in."""
    return next((part.text for part in each.fields if part.name == name), "")


def _uri(link: str) -> str:
    """An address as RFC 3986 writes it: the standard's readers ask for one."""
    return quote(link, safe="%/:?#[]@!$&'()*+,;=~-._")


def _told(each: Disclosed, *, headline: bool = False) -> str:
    words = each.words
    return "\n\n".join(filter(None, (words.headline if headline else "", words.story, words.question)))


def _highlights(each: Disclosed) -> list[str]:
    figures = _shown(each, "figures")
    return [figures] if figures else []


def _span(each: Disclosed) -> dates.Span | None:
    """When it was, as far as this reader may know: a stand-in can be a coarser date, or ("the nineties") none."""
    written = _shown(each, "dates")
    try:
        return dates.read(written) if written else None
    except Invalid:
        return None


def _begun_and_ended(each: Disclosed) -> Document:
    span = _span(each)
    return {} if span is None else {"startDate": span.start, "endDate": span.end or ""}


def _day(each: Disclosed) -> str:
    span = _span(each)
    return span.start if span else ""


def _filled(values: Document) -> Document:
    """Without what is empty: an address that is "" would be no address."""
    return {name: value for name, value in values.items() if value not in ("", [], None)}
