"""An entry as a document of its own, for one person it was opened to; and the list of what somebody may read of a
profile. What everybody may read is a post, and `posts.wire` writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import POST_CONTEXT
from fediprof.as2.model import Document
from fediprof.clock import rfc3339
from fediprof.here import Here
from fediprof.profiles import text
from fediprof.profiles.disclosure import Disclosed


def note(shown: Disclosed, owner: Actor, reader_iri: str, here: Here) -> Document:
    """For `reader_iri` alone. `fp:noStore` asks their server to show it and keep nothing: a promise, not a lock."""
    made = text.by_language(shown, here.tag)
    document: Document = {
        "@context": POST_CONTEXT,
        "id": here.entry_document(shown.slug),
        "type": "Note",
        "attributedTo": owner.iri,
        "url": here.entry(owner.username, shown.slug),
        "published": rfc3339(shown.published_at or shown.created_at),
        "updated": rfc3339(shown.changed_at),
        "to": [reader_iri],
        "name": shown.words.headline,
        "content": next(iter(made.values())),
        "tag": [{"type": "Hashtag", "href": here.tag(tag.casefold()), "name": f"#{tag}"} for tag in shown.tags],
        "fp:entry": text.document(shown),
        "fp:noStore": True,
    }
    if by_language := {language: html for language, html in made.items() if language}:
        document["contentMap"] = by_language
    if shown.until is not None:
        document["endTime"] = rfc3339(shown.until)
    return document


def collection(shown: Iterable[tuple[Disclosed, str]], owner: Actor, here: Here) -> Document:
    """`fp:profile`: addresses of what one asker may read, in the owner's order. `shown`: entries, each with its post's
    address, or "" where it is not on the wire as a post."""
    items = [iri or here.entry_document(entry.slug) for entry, iri in shown]
    return build.collection(f"{owner.iri}/profile", len(items), items=items, attributedTo=owner.iri)
