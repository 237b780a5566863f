"""A reader as strict as PieFed, from the rules of its reading as they are known (groups §3, §4, §12)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.groups.strict.shape import Doc, embedded, host, is_url, object_id, post_in, wrapped

LONGEST = 100
"""Characters of an id; longer ones are cut, and never found again."""
LONGEST_HOST = 40
"""With ids of what we make, there must be room for the name of a server, not of the tests' alone."""


def piefed_strict(activity: Doc) -> list[str]:
    return list(_faults(activity))


def _faults(activity: Doc) -> Iterator[str]:
    yield from _id("id", activity.get("id"))
    if not isinstance(activity.get("actor"), str):
        yield "actor is no string"
    if not activity.get("type"):
        yield "no type"
    if "to" in activity and activity["to"] is None:
        yield "to is null"
    if (post := post_in(activity)) is not None:
        yield from _id("id of the post", post.get("id"))
        if post.get("type") == "Note" and post.get("inReplyTo") is None and activity.get("audience"):
            yield "a thread without a title is a microblog there"
    inner = wrapped(activity)
    if inner is not None:
        if missing := [name for name in ("id", "type", "actor", "object") if not inner.get(name)]:
            yield f"inside: no {', '.join(missing)}: dropped"
        elif host(inner["actor"]) == host(activity.get("actor")):
            yield from (f"inside: {each}" for each in _faults(inner))
    about = embedded(activity)
    if about is not None and activity.get("type") in ("Accept", "Reject", "Undo"):
        if not is_url(about.get("actor")) or not object_id(about):
            yield "about something without actor or object"
        yield from _id("id of what it is about", about.get("id"), ours=False)


def _id(name: str, value: object, *, ours: bool = True) -> Iterator[str]:
    if not is_url(value):
        yield f"{name} is no address"
    elif ours and len(str(value)) - len(host(value)) + LONGEST_HOST > LONGEST:
        yield f"{name} {value} would be longer than {LONGEST} characters on a server with a long name"
