"""Who a thing is for: to and cc read as one of four visibilities, and a visibility written as to and cc.

Answers ActivityPub §5.6 and §6 and the field's reading of them (Public in `to`: public; in `cc`: quiet; the author's
followers: followers; else direct). Whether a given reader may see it is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fediprof.as2.model import Document
from fediprof.as2.names import PUBLIC, PUBLIC_ALIASES

Visibility = Literal["public", "quiet", "followers", "direct", "group"]


def visibility_of(to: Iterable[str], cc: Iterable[str], followers_iri: str | None) -> Visibility:
    """`followers_iri`: the author's own followers collection as its actor document names it, never a guess from the
    look of an address: a neighbour's collection would open a direct message to the wrong people."""
    first, second = set(to), set(cc)
    if first & PUBLIC_ALIASES:
        return "public"
    if second & PUBLIC_ALIASES:
        return "quiet"
    if followers_iri is not None and followers_iri in first | second:
        return "followers"
    return "direct"


def address(
    visibility: Visibility, followers_iri: str, mentioned: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to, cc). Who is mentioned is always addressed, or their server would not notify them; each IRI once."""
    named = tuple(dict.fromkeys(mentioned))
    to: tuple[str, ...]
    cc: tuple[str, ...]
    match visibility:
        case "public":
            to, cc = (PUBLIC,), (followers_iri, *named)
        case "quiet":
            to, cc = (followers_iri,), (PUBLIC, *named)
        case "followers":
            to, cc = (followers_iri,), named
        case "direct" | "group":  # of a group that is gone: nobody but those named
            to, cc = named, ()
    return to, tuple(each for each in dict.fromkeys(cc) if each not in to)


def strip_blind(doc: Document) -> Document:
    """A copy without bto and bcc, on it and on the objects in it (ActivityPub §6: removed before delivery)."""
    kept = {name: value for name, value in doc.items() if name not in {"bto", "bcc"}}
    inner = kept.get("object")
    if isinstance(inner, dict):
        kept["object"] = strip_blind(inner)
    elif isinstance(inner, list):
        kept["object"] = [strip_blind(item) if isinstance(item, dict) else item for item in inner]
    return kept
