"""The rules of JSON Resume 1.2.1, as its schema has them: what a section's members are. Members it does not name are free.
`tests/portability/test_official_schema.py` asks the schema itself, where it is installed."""

from __future__ import annotations

import re
from typing import Any

DATE = re.compile(r"([1-2][0-9]{3}-[0-1][0-9]-[0-3][0-9]|[1-2][0-9]{3}-[0-1][0-9]|[1-2][0-9]{3})")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-;=?-\[\]_a-z~%]+", re.IGNORECASE)

_TEXT, _DATE, _URI, _TEXTS = "text", "date", "uri", "texts"
SECTIONS: dict[str, dict[str, str]] = {
    "work": dict.fromkeys(("name", "location", "description", "position", "summary"), _TEXT)
    | {"url": _URI, "startDate": _DATE, "endDate": _DATE, "highlights": _TEXTS},
    "volunteer": dict.fromkeys(("organization", "position", "summary"), _TEXT)
    | {"url": _URI, "startDate": _DATE, "endDate": _DATE, "highlights": _TEXTS},
    "education": dict.fromkeys(("institution", "area", "studyType", "score"), _TEXT)
    | {"url": _URI, "startDate": _DATE, "endDate": _DATE, "courses": _TEXTS},
    "awards": {"title": _TEXT, "date": _DATE, "awarder": _TEXT, "summary": _TEXT},
    "certificates": {"name": _TEXT, "date": _DATE, "url": _URI, "issuer": _TEXT},
    "publications": {"name": _TEXT, "publisher": _TEXT, "releaseDate": _DATE, "url": _URI, "summary": _TEXT},
    "skills": {"name": _TEXT, "level": _TEXT, "keywords": _TEXTS},
    "languages": {"language": _TEXT, "fluency": _TEXT},
    "interests": {"name": _TEXT, "keywords": _TEXTS},
    "references": {"name": _TEXT, "reference": _TEXT},
    "projects": dict.fromkeys(("name", "description", "entity", "type"), _TEXT)
    | {"url": _URI, "startDate": _DATE, "endDate": _DATE}
    | dict.fromkeys(("highlights", "keywords", "roles"), _TEXTS),
}
BASICS = dict.fromkeys(("name", "label", "image", "phone", "summary"), _TEXT) | {"url": _URI}
PROFILE = {"network": _TEXT, "username": _TEXT, "url": _URI}
META = {"canonical": _URI, "version": _TEXT, "lastModified": _TEXT}


def faults(resume: Any) -> list[str]:
    """What the schema would refuse, as paths."""
    found = _object("basics", resume.get("basics", {}), BASICS)
    found += _object("meta", resume.get("meta", {}), META)
    for number, each in enumerate(resume.get("basics", {}).get("profiles", [])):
        found += _object(f"basics.profiles.{number}", each, PROFILE)
    for name, members in SECTIONS.items():
        items = resume.get(name, [])
        if not isinstance(items, list):
            found.append(f"{name} is no list")
            continue
        for number, each in enumerate(items):
            found += _object(f"{name}.{number}", each, members)
    return found


def _object(path: str, value: Any, members: dict[str, str]) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    return [f"{path}.{name}" for name, kind in members.items() if name in value and not _is(value[name], kind)]


def _is(value: Any, kind: str) -> bool:
    if kind == _TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not isinstance(value, str):
        return False
    if kind == _DATE:
        return DATE.fullmatch(value) is not None
    return kind == _TEXT or URI.fullmatch(value) is not None
