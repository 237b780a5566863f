"""A reader as strict as Mbin, from the rules of its reading as they are known (groups §2, §4, §5, §6)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.groups.strict.shape import Doc, host, post_in, public, strings, wrapped


def mbin_strict(activity: Doc, *, followers: str = "", receiver: str = "") -> list[str]:
    """`followers`: the collection of the group that announces. `receiver`: the host it is sent to."""
    return list(_faults(activity, followers, receiver))


def _faults(activity: Doc, followers: str, receiver: str) -> Iterator[str]:
    if not isinstance(activity.get("actor"), str):
        yield "actor is no string"
    if activity.get("type") == "Announce" and followers:
        if public(activity) and followers not in strings(activity.get("cc")):
            yield "cc of what a group passes on lacks its followers"
        inner = wrapped(activity)
        if inner is not None and inner.get("type") == "Announce":
            yield "an Announce inside an Announce goes round"
        if inner is not None and host(inner.get("actor")) == receiver and inner.get("type") in ("Follow", "Announce"):
            yield "what a local actor did is ignored"
    post = post_in(activity)
    if post is not None and post.get("inReplyTo") is None and activity.get("audience"):
        if post.get("type") not in ("Page", "Article"):
            yield "no thread: only Page and Article are"
        if not post.get("name"):
            yield "a thread without a title"
