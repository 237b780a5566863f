"""What search engines read of a page (schema.org, as JSON-LD): of what anybody may read, and only where its owner lets
their page be listed. Callers see to both; what is not in a `Disclosed` cannot be said here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from fediprof.actors.records import Actor
from fediprof.clock import rfc3339
from fediprof.here import Here
from fediprof.profiles import dates
from fediprof.profiles.disclosure import Disclosed
from fediprof.text.html import excerpt

Document = dict[str, Any]
_CONTEXT = "https://schema.org"


def person(actor: Actor, topics: Sequence[str], entries: Sequence[Disclosed], here: Here) -> Markup:
    """A ProfilePage about a Person, with the entries as what they wrote."""
    about = _person(actor) | {"identifier": f"@{actor.handle}"}
    if actor.summary:
        about["description"] = excerpt(actor.summary, 300)
    if topics:
        about["knowsAbout"] = list(topics)
    if works_for := [_organisation(each) for each in entries if _going_on(each) and each.named("employer")]:
        about["worksFor"] = works_for
    if alumni_of := [_organisation(each) for each in entries if each.kind == "education" and each.named("employer")]:
        about["alumniOf"] = alumni_of
    page: Document = {"@context": _CONTEXT, "@type": "ProfilePage", "url": actor.url, "mainEntity": about}
    if entries:
        page["hasPart"] = [_work(actor, each, here) for each in entries]
    return _written(page)


def work(actor: Actor, entry: Disclosed, here: Here) -> Markup:
    """One entry on its own page."""
    story = {"articleBody": entry.words.story} if entry.words.story else {}
    return _written({"@context": _CONTEXT} | _work(actor, entry, here) | story | {"author": _person(actor)})


def _person(actor: Actor) -> Document:
    return {"@type": "Person", "@id": actor.iri, "name": actor.display, "url": actor.url}


def _organisation(entry: Disclosed) -> Document:
    return {"@type": "Organization", "name": entry.named("employer")}


def _going_on(entry: Disclosed) -> bool:
    when = entry.named("dates")
    return entry.kind == "experience" and when is not None and dates.read(when).going_on


def _work(actor: Actor, entry: Disclosed, here: Here) -> Document:
    made: Document = {
        "@type": "Article",
        "headline": entry.words.headline,
        "url": here.entry(actor.username, entry.slug),
        "dateModified": rfc3339(entry.changed_at),
    }
    if entry.language:
        made["inLanguage"] = entry.language
    if entry.tags:
        made["keywords"] = list(entry.tags)
    return made


def _written(document: Document) -> Markup:
    """JSON for a script element: nothing in it can end the element or begin a comment."""
    text = msgspec.json.encode(document).decode()
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 - escaped for where it stands
