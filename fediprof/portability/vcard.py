"""vCard 4.0 (RFC 6350, SOCIALPROFILE of RFC 9554) of what one reader may read of a person: name, address of the page, picture, a text, and of their
entries the present post and their topics. Masked fields are as that reader reads them; an e-mail address is never there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fediprof.actors.records import Actor
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.profiles import dates
from fediprof.profiles.disclosure import Disclosed
from fediprof.text.html import plain

_LINE = 75
"""Octets of a line before it is folded (§3.2)."""


def card(actor: Actor, entries: Sequence[Disclosed], links: Iterable[str], image: str, here: Here) -> bytes:
    """`links`: other places of this person. Lines end with CRLF."""
    present = next((each for each in entries if each.kind == "experience" and _goes_on(each)), None)
    skills = [each.words.headline for each in entries if each.kind == "skill"]
    changed = max((each.changed_at for each in entries), default=actor.created_at)
    found = [
        ("KIND", "individual"),
        ("UID", _uri(actor.iri)),
        ("FN", _text(actor.display)),
        ("URL", _uri(here.profile(actor.username))),
        ("SOURCE", _uri(f"{here.profile(actor.username)}.vcf")),
        ("SOCIALPROFILE;SERVICE-TYPE=Fediverse", _uri(actor.iri)),
        ("PHOTO", _uri(image)),
        *(("URL", _uri(each)) for each in links),
        ("NOTE", _text(plain(actor.summary))),
        ("ORG", _text(_shown(present, "employer"))),
        ("TITLE", _text(_shown(present, "title"))),
        ("CATEGORIES", ",".join(_text(each) for each in skills[:30])),
        ("REV", f"{changed:%Y%m%dT%H%M%SZ}"),
    ]
    lines = ["BEGIN:VCARD", "VERSION:4.0", *(f"{name}:{value}" for name, value in found if value), "END:VCARD"]
    return b"".join(_folded(each) + b"\r\n" for each in lines)


def _goes_on(each: Disclosed) -> bool:
    """As far as this reader knows: who may not read the dates is told of no present post."""
    written = each.named("dates")
    try:
        return written is not None and dates.read(written).going_on
    except Invalid:
        return False


def _shown(each: Disclosed | None, name: str) -> str:
    return "" if each is None else next((part.text for part in each.fields if part.name == name), "")


def _text(value: str) -> str:
    """§3.4: the characters with a meaning escaped; a line end is `\\n`, so that no value begins a property."""
    value = re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return re.sub(r"([\\,;])", r"\\\1", value).replace("\n", "\\n")


def _uri(value: str) -> str:
    return re.sub(r"[\x00-\x20\x7f]", "", value)


def _folded(line: str) -> bytes:
    """In pieces of at most 75 octets, none of which cuts a character in two."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        octets = character.encode("utf-8", "replace")
        if len(piece) + len(octets) > (_LINE if not pieces else _LINE - 1):
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece])
