"""Activities, collections, pages and tombstones as JSON-ready dicts. Plain: the caller decides every value.

Posts and actors are written by their aggregates' `wire`. The result shares no list with its arguments, except the
context, which nobody may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from fediprof.as2.context import COLLECTION_CONTEXT, PLAIN_CONTEXT, Context
from fediprof.as2.model import Document, Reference
from fediprof.clock import rfc3339


def activity(
    type: str,  # the property's own name, here and below
    id: str,
    actor: str,
    object: Reference | Sequence[Reference],
    *,
    to: Iterable[str] = (),
    cc: Iterable[str] = (),
    published: datetime | None = None,
    target: Reference | None = None,
    context: Context | None = PLAIN_CONTEXT,
    **more: object,
) -> Document:
    """An activity. `context=None` for one that goes inside another. `more`: further properties by their wire names;
    a None among them is left out. See `embedded` for an object that has a context of its own."""
    doc: Document = {} if context is None else {"@context": context}
    doc |= {"id": id, "type": type, "actor": actor}
    if published is not None:
        doc["published"] = rfc3339(published)
    in_group = more.get("audience") is not None  # where receivers demand both, empty or not (FEP-1b12 as deployed)
    if (recipients := list(to)) or in_group:
        doc["to"] = recipients
    if (copies := list(cc)) or in_group:
        doc["cc"] = copies
    doc["object"] = [*object] if isinstance(object, list | tuple) else object
    if target is not None:
        doc["target"] = target
    doc |= {name: value for name, value in more.items() if value is not None}
    return doc


def embedded(doc: Document) -> Document:
    """A copy to go inside another document: without the `@context`, which is the outer one's to give."""
    return {name: value for name, value in doc.items() if name != "@context"}


def collection(
    id: str,
    total: int | None,
    first: str | None = None,
    *,
    items: Iterable[Reference] | None = None,
    ordered: bool = True,
    context: Context | None = COLLECTION_CONTEXT,
    **more: object,
) -> Document:
    """A collection that names its first page, or holds its `items`. `total=None` keeps the count to ourselves."""
    doc: Document = {} if context is None else {"@context": context}
    doc |= {"id": id, "type": "OrderedCollection" if ordered else "Collection"}
    if total is not None:
        doc["totalItems"] = total
    if first is not None:
        doc["first"] = first
    if items is not None:
        doc["orderedItems" if ordered else "items"] = list(items)
    doc |= {name: value for name, value in more.items() if value is not None}
    return doc


def collection_page(
    id: str,
    part_of: str,
    items: Iterable[Reference],
    next: str | None = None,
    prev: str | None = None,
    *,
    ordered: bool = True,
    context: Context | None = COLLECTION_CONTEXT,
) -> Document:
    """One page. Give POST_CONTEXT or ACTIVITY_CONTEXT as `context` when the items are embedded."""
    doc: Document = {} if context is None else {"@context": context}
    doc |= {"id": id, "type": "OrderedCollectionPage" if ordered else "CollectionPage", "partOf": part_of}
    if prev is not None:
        doc["prev"] = prev
    if next is not None:
        doc["next"] = next
    doc["orderedItems" if ordered else "items"] = list(items)
    return doc


def tombstone(
    id: str,
    former_type: str | None = None,
    deleted: datetime | None = None,
    *,
    context: Context | None = COLLECTION_CONTEXT,
) -> Document:
    """What answers, with 410, where an object was."""
    doc: Document = {} if context is None else {"@context": context}
    doc |= {"id": id, "type": "Tombstone"}
    if former_type is not None:
        doc["formerType"] = former_type
    if deleted is not None:
        doc["deleted"] = rfc3339(deleted)
    return doc
