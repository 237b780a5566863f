"""LinkedIn's data export, the small one and the complete one: CSV files in a zip, read by their names. Headers in English
or French. Only the files of `_FILES` are opened; messages never are.

Whatever is missing, is missing. Recommendations are other people's words: they land for the owner's eyes like all else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fediprof.errors import Malformed
from fediprof.portability import tables
from fediprof.portability.moments import moment, span
from fediprof.portability.records import (
    MAX_DRAFTS,
    MAX_PEOPLE,
    Arrival,
    Draft,
    LeftOut,
    Person,
    Section,
    clean,
    each_once,
    first_sentence,
    key,
    line,
    person,
    web_address,
    worded,
)
from fediprof.portability.wording import BROKEN, NEVER_READ, NO_HEADER, TOO_MANY, said, tag_for
from fediprof.portability.zips import Archive
from fediprof.profiles.records import FieldName, Kind

_COLUMNS: dict[str, tuple[str, ...]] = {
    "company": (
        "company name",
        "company",
        "organization",
        "nom de l entreprise",
        "entreprise",
        "societe",
        "organisation",
    ),
    "title": ("title", "job title", "role", "position", "titre", "intitule du poste", "poste", "fonction"),
    "description": ("description",),
    "location": ("location", "lieu", "localisation"),
    "started": ("started on", "start date", "date de debut", "debut", "debut le"),
    "finished": ("finished on", "end date", "date de fin", "fin", "fin le"),
    "school": ("school name", "nom de l ecole", "nom de l etablissement", "etablissement", "ecole"),
    "notes": ("notes", "remarques"),
    "degree": ("degree name", "nom du diplome", "intitule du diplome", "diplome"),
    "activities": ("activities", "activites", "activites et associations"),
    "name": ("name", "nom"),
    "proficiency": ("proficiency", "niveau", "niveau de competence", "competence", "maitrise"),
    "url": ("url", "lien", "adresse url"),
    "authority": ("authority", "organisme", "organisme de certification", "autorite", "autorite de certification"),
    "license": ("license number", "numero de licence", "numero de certification"),
    "published": ("published on", "date de publication", "publie le", "issued on", "date de delivrance"),
    "publisher": ("publisher", "editeur", "issuer", "emetteur"),
    "first": ("first name", "prenom"),
    "last": ("last name", "nom", "nom de famille"),
    "text": ("text", "texte", "recommendation", "recommandation"),
    "created": ("creation date", "date de creation"),
    "status": ("status", "statut"),
    "email": ("email address", "e mail address", "adresse e mail", "email", "e mail"),
    "connected": ("connected on", "date de connexion", "connecte le", "en relation depuis"),
    "headline": ("headline", "titre du profil", "titre professionnel", "titre"),
    "summary": ("summary", "profile summary", "resume", "resume du profil"),
    "cause": ("cause",),
    "number": ("number", "numero"),
}
Row = dict[str, str]


def read(archive: Archive, language: str = "en") -> Arrival:
    """Raises Malformed for a zip with none of LinkedIn's files, and what `zips.Archive` raises."""
    drafts: list[Draft] = []
    people: dict[str, Person] = {}
    left: list[LeftOut] = []
    known = 0
    for name in archive.names:
        stem = _stem(name)
        if not name.lower().endswith(".csv"):
            continue
        if stem in _MESSAGES:
            left.append(LeftOut(PurePosixPath(name).name, NEVER_READ))
            continue
        reader = _FILES.get(stem)
        if reader is None:
            continue
        known += 1
        columns = {each: frozenset(_COLUMNS[each]) for each in reader.columns}
        most = MAX_PEOPLE if reader.make is None else MAX_DRAFTS
        table = tables.read(archive.read(name), columns, most=most)
        if table is None:
            left.append(LeftOut(PurePosixPath(name).name, NO_HEADER))
            continue
        if table.broken:
            left.append(LeftOut(PurePosixPath(name).name, BROKEN, table.broken))
        if table.cut:
            left.append(LeftOut(PurePosixPath(name).name, TOO_MANY))
        for row in table.rows:
            if reader.make is None:
                if somebody := _person(row):
                    people.setdefault(somebody.key, somebody)
            elif draft := reader.make(row, language):
                drafts.append(draft)
    if not known:
        raise Malformed("none of LinkedIn's files", public="This zip holds none of the files we know how to read")
    drafts = _one_about(drafts)
    if len(drafts) > MAX_DRAFTS:
        left.append(LeftOut("LinkedIn", TOO_MANY, len(drafts) - MAX_DRAFTS))
    return Arrival("linkedin", each_once(drafts[:MAX_DRAFTS]), tuple(people.values()), tuple(left))


def is_one(names: list[str]) -> bool:
    """Whether a zip's names look like LinkedIn's."""
    return any(_stem(name) in _FILES for name in names if name.lower().endswith(".csv"))


def _stem(name: str) -> str:
    """`Basic_Export/Skills_252.csv` → `skills`; the number is the member's."""
    return tables.plain(re.sub(r"_\d+$", "", PurePosixPath(name).stem))


# --- a line of each file


def _position(row: Row, language: str) -> Draft | None:
    company, title = line(row.get("company")), line(row.get("title"))
    if not company and not title:
        return None
    return _job("work", "experience", company, title, row)


def _volunteering(row: Row, language: str) -> Draft | None:
    company, title = line(row.get("company")), line(row.get("title"))
    if not company and not title:
        return None
    return _job("volunteer", "volunteering", company, title or line(row.get("cause")), row)


def _job(section: Section, kind: Kind, company: str, title: str, row: Row) -> Draft:
    """The headline is what the person told of it. Where they told nothing it is the job's title, which then is no field of
    its own: a masked field beside a headline that says the same would mask nothing."""
    story = clean(row.get("description"))
    headline = first_sentence(story) or title
    told = span(row.get("started", ""), row.get("finished", ""))
    fields = _fields(
        employer=company,
        title=title if headline != title else "",
        dates=told,
        place=line(row.get("location")),
    )
    if not headline:
        headline = told.replace("/", " – ").strip(" –") or "…"
    return Draft(
        section,
        kind,
        worded(headline, story if story != headline else ""),
        key(section, company, title, told[:4]),
        fields,
    )


def _education(row: Row, language: str) -> Draft | None:
    school, degree = line(row.get("school")), line(row.get("degree"))
    if not school and not degree:
        return None
    told = span(row.get("started", ""), row.get("finished", ""))
    story = "\n\n".join(filter(None, (clean(row.get("notes")), clean(row.get("activities")))))
    return Draft(
        "education",
        "education",
        worded(degree or said("studies", language), story),
        key("education", school, degree, told[:4]),
        _fields(employer=school, dates=told),
    )


def _skill(row: Row, language: str) -> Draft | None:
    name = line(row.get("name"), 200)
    return Draft("skills", "skill", worded(name), key("skills", name)) if name else None


def _language(row: Row, language: str) -> Draft | None:
    name = line(row.get("name"), 200)
    if not name:
        return None
    words = worded(name, line(row.get("proficiency")))
    return Draft("languages", "skill", words, key("languages", name), tags=(tag_for("languages", language),))


def _certificate(row: Row, language: str) -> Draft | None:
    name = line(row.get("name"))
    if not name:
        return None
    authority = line(row.get("authority"))
    return Draft(
        "certificates",
        "education",
        worded(name),
        key("certificates", name, authority),
        _fields(
            employer=authority,
            dates=span(row.get("started", ""), row.get("finished", ""), open_ended=False),
            figures=line(row.get("license")),
        ),
        tags=(tag_for("certificates", language),),
        link=web_address(row.get("url")),
    )


def _project(row: Row, language: str) -> Draft | None:
    title = line(row.get("title"))
    if not title:
        return None
    told = span(row.get("started", ""), row.get("finished", ""))
    return Draft(
        "projects",
        "project",
        worded(title, clean(row.get("description"))),
        key("projects", title),
        _fields(dates=told),
        link=web_address(row.get("url")),
    )


def _publication(row: Row, language: str) -> Draft | None:
    name = line(row.get("name"))
    if not name:
        return None
    return Draft(
        "publications",
        "publication",
        worded(name, clean(row.get("description"))),
        key("publications", name),
        _fields(employer=line(row.get("publisher")), dates=moment(row.get("published", ""))),
        link=web_address(row.get("url")),
    )


def _award(row: Row, language: str) -> Draft | None:
    title = line(row.get("title"))
    if not title:
        return None
    return Draft(
        "awards",
        "free",
        worded(title, clean(row.get("description"))),
        key("awards", title),
        _fields(employer=line(row.get("publisher")), dates=moment(row.get("published", ""))),
        tags=(tag_for("awards", language),),
    )


def _course(row: Row, language: str) -> Draft | None:
    name = line(row.get("name"))
    return Draft("education", "education", worded(name), key("courses", name)) if name else None


def _received(row: Row, language: str) -> Draft | None:
    return _recommendation(row, language, "received")


def _given(row: Row, language: str) -> Draft | None:
    return _recommendation(row, language, "given")


def _recommendation(row: Row, language: str, side: str) -> Draft | None:
    name, text = _name(row), clean(row.get("text"))
    if not text:
        return None
    told = ", ".join(filter(None, (name, line(row.get("title")), line(row.get("company")))))
    return Draft(
        "references",
        "free",
        worded(said(side, language).format(name or "…"), f"{text}\n\n— {told}" if told else text),
        key("references", side, name, moment(row.get("created", "")) or text[:80]),
        _fields(dates=moment(row.get("created", ""))),
        tags=(tag_for("references", language),),
    )


def _about(row: Row, language: str) -> Draft | None:
    headline, summary = line(row.get("headline"), 200), clean(row.get("summary"))
    if not headline and not summary:
        return None
    return Draft("about", "free", worded(headline or said("about", language), summary), key("about"))


def _one_about(drafts: list[Draft]) -> list[Draft]:
    """The complete archive tells the same summary twice, in two files."""
    abouts = [each for each in drafts if each.section == "about"]
    if len(abouts) < 2:
        return drafts
    whole = max(abouts, key=lambda each: len(each.words.story))
    headline = next(
        (
            each.words.headline
            for each in abouts
            if each.words.headline not in (said("about", "en"), said("about", "fr"))
        ),
        whole.words.headline,
    )
    one = replace(whole, words=replace(whole.words, headline=headline))
    return [one, *(each for each in drafts if each.section != "about")]


def _person(row: Row) -> Person | None:
    """None for who left: LinkedIn empties their line."""
    return person(
        name=_name(row),
        organisation=line(row.get("company")),
        title=line(row.get("title")),
        email=line(row.get("email")),
        link=web_address(row.get("url")),
        since=moment(row.get("connected", "")),
    )


def _name(row: Row) -> str:
    return line(f"{row.get('first', '')} {row.get('last', '')}", 200)


def _fields(**values: str) -> dict[FieldName, str]:
    return {name: value for name, value in values.items() if value}  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class _File:
    """`columns`: the first to claim a header has it. `make` None: people."""

    columns: tuple[str, ...]
    make: Callable[[Row, str], Draft | None] | None


_RECOMMENDED = ("first", "last", "company", "title", "text", "created", "status")
_FILES: dict[str, _File] = {
    "profile": _File(("first", "headline", "summary"), _about),
    "profile summary": _File(("summary",), _about),
    "positions": _File(("company", "title", "description", "location", "started", "finished"), _position),
    "education": _File(("school", "degree", "started", "finished", "notes", "activities"), _education),
    "skills": _File(("name",), _skill),
    "languages": _File(("name", "proficiency"), _language),
    "certifications": _File(("name", "url", "authority", "started", "finished", "license"), _certificate),
    "projects": _File(("title", "description", "url", "started", "finished"), _project),
    "publications": _File(("name", "published", "description", "publisher", "url"), _publication),
    "recommendations received": _File(_RECOMMENDED, _received),
    "recommendations given": _File(_RECOMMENDED, _given),
    "volunteering": _File(("company", "title", "cause", "started", "finished", "description"), _volunteering),
    "honors": _File(("title", "description", "published", "publisher"), _award),
    "courses": _File(("name", "number"), _course),
    "connections": _File(("first", "last", "url", "email", "company", "title", "connected"), None),
}
for _french, _english in {
    "profil": "profile",
    "resume du profil": "profile summary",
    "postes": "positions",
    "experience": "positions",
    "experiences": "positions",
    "formation": "education",
    "formations": "education",
    "competences": "skills",
    "langues": "languages",
    "projets": "projects",
    "recommandations recues": "recommendations received",
    "recommandations donnees": "recommendations given",
    "benevolat": "volunteering",
    "volunteer": "volunteering",
    "distinctions": "honors",
    "cours": "courses",
    "relations": "connections",
    "connexions": "connections",
}.items():
    _FILES[_french] = _FILES[_english]
_MESSAGES = frozenset(
    {
        "messages",
        "messagerie",
        "guide messages",
        "learning coach messages",
        "learningcoachmessages",
        "learning role play messages",
        "coach messages",
    }
)
