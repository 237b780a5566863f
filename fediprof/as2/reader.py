"""Bounded, tolerant access to the properties of a document: a value may be absent, null, one, many, an IRI or a map.

Every getter has an upper bound and never raises on a strange value: what cannot be read is not there. Only `load`
refuses. Which properties matter, and which must be there, is `parse`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from fediprof.as2.model import Text
from fediprof.as2.names import PUBLIC, PUBLIC_ALIASES
from fediprof.errors import Malformed, TooMuch

MANY: Final = 512
"""Values read from one property; the rest is not looked at."""
IRI_LENGTH: Final = 2048
NAME_LENGTH: Final = 2048
CONTENT_LENGTH: Final = 256 * 1024
LANGUAGES: Final = 32

# Absolute http(s): no userinfo, no spaces or controls, nothing that two URL readers would split differently
# (backslash) or that leaves an attribute (quotes, angle brackets), nothing invisible or reordering.
_UNWELCOME: Final = r"\s\x00-\x20\x7f-\x9f\"<>\\^`{|}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_IRI: Final = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://"
    rf"(?:[^{_UNWELCOME}/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?(?:[/?#][^{_UNWELCOME}]*)?"
)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?\s?([Zz]|[+-]\d\d:?\d\d)?)?"
)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_PREFIXES: Final = ("as:", "https://www.w3.org/ns/activitystreams#", "toot:", "schema:", "sc:", "litepub:", "sec:")


def load(body: bytes, *, limit: int = 1_048_576, depth: int = 64) -> dict[str, object]:
    """The JSON object in `body`. TooMuch past `limit` bytes; Malformed if it is not UTF-8 JSON, not an object,
    or nested deeper than `depth`. Of a key given twice the last counts."""
    if len(body) > limit:
        raise TooMuch(f"document of {len(body)} bytes, over {limit}")
    try:
        value: object = msgspec.json.decode(body)
    except RecursionError:
        raise Malformed(f"JSON nested deeper than {depth}") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    if body.count(b"{") + body.count(b"[") > depth and _deeper(value, depth):
        raise Malformed(f"JSON nested deeper than {depth}")
    return value


def _deeper(value: object, depth: int) -> bool:
    level: list[object] = [value]
    for _ in range(depth):
        below: list[object] = []
        for each in level:
            inside = each.values() if isinstance(each, dict) else each
            below.extend(item for item in inside if isinstance(item, dict | list))  # type: ignore[attr-defined]
        if not below:
            return False
        level = below
    return True


def many(value: object, limit: int = MANY) -> list[object]:
    """A list of what is there: nothing for null, the items of a list, else the value itself."""
    if value is None:
        return []
    if isinstance(value, list):
        return value[:limit]
    if isinstance(value, dict):
        for wrapper in ("@list", "@set"):
            if isinstance(inner := value.get(wrapper), list):
                return inner[:limit]
    return [value]


def one(value: object) -> object:
    """The first of what is there, or None."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def iri(value: object) -> str | None:
    """An absolute http(s) IRI of at most 2048 characters: from a string, an object's `id` or a Link's `href`,
    or the first of a list."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("id") or value.get("@id") or value.get("href")
    if isinstance(value, str) and len(value) <= IRI_LENGTH and _IRI.fullmatch(value):
        return value
    return None


def iris(value: object, limit: int = MANY) -> tuple[str, ...]:
    """The IRIs among many, each once, in order."""
    if isinstance(value, str):
        return (value,) if iri(value) else ()
    return tuple(dict.fromkeys(found for item in many(value, limit) if (found := iri(item))))


def addressees(value: object, limit: int = 4 * MANY) -> tuple[str, ...]:
    """Like `iris`, for to, cc and audience: every spelling of Public comes out as its full IRI."""
    if not value:
        return ()
    found: dict[str, None] = {}
    for item in many(value, limit):
        if isinstance(item, str) and item in PUBLIC_ALIASES:
            found[PUBLIC] = None
        elif (each := iri(item)) is not None:
            found[PUBLIC if each in PUBLIC_ALIASES else each] = None
    return tuple(found)


def string(value: object, limit: int = NAME_LENGTH) -> str | None:
    """A text, cut at `limit` characters and without NUL (no database keeps it). Reads `{"@value": ...}`."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str):
        return None
    if "\0" in value:
        value = value.replace("\0", "")
    return value if len(value) <= limit else value[:limit]


def text(doc: dict[str, object], name: str, limit: int = NAME_LENGTH) -> Text:
    """`name` and its language map (`contentMap` for `content`). Either may be absent; a map in the place of the
    string is read as the map. Without a plain value the first of the map stands for it."""
    value = doc.get(name)
    mapped = value if isinstance(value, dict) and "@value" not in value else doc.get(name + "Map")
    plain = string(value, limit)
    if not isinstance(mapped, dict) or not mapped:
        return Text(plain) if plain else _NO_TEXT
    by_language: list[tuple[str, str]] = []
    for tag, each in mapped.items():
        if len(by_language) == LANGUAGES:
            break
        if isinstance(tag, str) and _LANGUAGE.fullmatch(tag) and (words := string(each, limit)):
            by_language.append((tag, words))
    if not plain and by_language:
        plain = by_language[0][1]
    return Text(plain or "", tuple(by_language))


_NO_TEXT: Final = Text()


def language(value: object) -> str | None:
    """A language tag by its shape; from a string, or PeerTube's and Lemmy's `{"identifier": ...}`."""
    if isinstance(value, dict):
        value = value.get("identifier")
    if isinstance(value, str) and _LANGUAGE.fullmatch(value) and value.lower() != "und":
        return value
    return None


def instant(value: object) -> datetime | None:
    """An RFC 3339 time as aware UTC. Also met, and read: no zone (UTC), a space for T, seven digits of fraction,
    a leap second, a date alone."""
    written = string(value, 64)
    if written is None or (match := _INSTANT.fullmatch(written)) is None:
        return None
    day, time, fraction, zone = match.groups()
    if time is None:
        time = "00:00:00"
    elif time.endswith(":60"):
        time = time[:-2] + "59"
    if len(time) == 5:
        time += ":00"
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{time}.{(fraction or '0')[:6]:0<6}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def types(doc: dict[str, object]) -> tuple[str, ...]:
    """The types of a document, without their prefixes; `@type` is read too."""
    value = doc.get("type")
    if isinstance(value, str) and ":" not in value:
        return (value[:100],)
    named = []
    for item in many(doc.get("@type") if value is None else value, 16):
        if isinstance(item, str):
            for prefix in _PREFIXES:
                if item.startswith(prefix):
                    item = item[len(prefix) :]
                    break
            named.append(item[:100])
    return tuple(named)


def boolean(value: object) -> bool:
    """True for true and for the text "true" in any case; also inside `{"@value": ...}`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return boolean(value.get("@value")) if not isinstance(value.get("@value"), dict) else False
    return isinstance(value, str) and value.lower() == "true"


def integer(value: object, *, least: int = 0, most: int = 2**53) -> int | None:
    """A whole number between `least` and `most`, or None. Whole floats and digits in a text are read."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        if not value.is_integer():  # nor is what is not finite
            return None
        value = int(value)
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and least <= value <= most:
        return value
    return None


def number(value: object, *, least: float, most: float) -> float | None:
    """A finite number between `least` and `most`, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if least <= value <= most else None
