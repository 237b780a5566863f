"""What the strict readers share: how a value on the wire is looked at. Each returns what is wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fediprof.as2.names import ACTIVITY_TYPES, PUBLIC, PUBLIC_ALIASES

Doc = Mapping[str, Any]

POSTS = frozenset({"Page", "Article", "Note", "Question", "Event", "Video"})
WITH_POST = frozenset({"Create", "Update"})


def is_url(value: object) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)


def host(value: object) -> str:
    return urlsplit(value).netloc if isinstance(value, str) else ""


def strings(value: object) -> list[str]:
    """A string or an array of strings, as an array; what is neither is left out."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str)]


def public(doc: Doc) -> bool:
    return bool({*strings(doc.get("to")), *strings(doc.get("cc"))} & PUBLIC_ALIASES)


def addressed(doc: Doc) -> list[str]:
    """`to`, then `cc`, without the public: the order receivers look for a group in."""
    return [each for each in (*strings(doc.get("to")), *strings(doc.get("cc"))) if each != PUBLIC]


def embedded(doc: Doc) -> Doc | None:
    found = doc.get("object")
    return found if isinstance(found, dict) else None


def wrapped(doc: Doc) -> Doc | None:
    """The activity inside an Announce of one."""
    inner = embedded(doc)
    return (
        inner if doc.get("type") == "Announce" and inner is not None and inner.get("type") in ACTIVITY_TYPES else None
    )


def post_in(doc: Doc) -> Doc | None:
    """The post a Create or Update carries."""
    inner = embedded(doc)
    return inner if doc.get("type") in WITH_POST and inner is not None and inner.get("type") in POSTS else None


def object_id(doc: Doc) -> str:
    found = doc.get("object")
    if isinstance(found, dict):
        found = found.get("id")
    return found if isinstance(found, str) else ""


def instants(doc: Doc, *names: str) -> Iterator[str]:
    """RFC 3339 with a zone, wherever one is given."""
    from datetime import datetime

    for name in names:
        if (written := doc.get(name)) is None:
            continue
        try:
            if datetime.fromisoformat(str(written)).tzinfo is None:
                yield f"{name} {written!r} has no zone"
        except ValueError:
            yield f"{name} {written!r} is no time"
