"""A reader as strict as Mastodon and GoToSocial, from what they are known to do with groups (groups §4, §5, §10, §12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.groups.strict.shape import Doc, addressed, embedded, host, instants, is_url, object_id, post_in, public


def mastodon_strict(activity: Doc) -> list[str]:
    return list(_faults(activity))


def mastodon_history(activities: Iterable[Doc], groups: Iterable[str]) -> list[str]:
    """The faults of what was sent one after the other: each (actor, object) is boosted once until that is taken back,
    a group boosts no answers, and no id names two things."""
    return list(_history(activities, set(groups)))


def _faults(activity: Doc) -> Iterator[str]:
    kind = activity.get("type")
    if not is_url(activity.get("id")) or not is_url(activity.get("actor")):
        yield "no id, or no actor"
    elif host(activity["id"]) != host(activity["actor"]):
        yield "its id is not where its actor is"
    yield from instants(activity, "published", "updated")
    if kind == "Announce" and isinstance(activity.get("object"), str):
        if not activity.get("published"):
            yield "an Announce without its time"
        if not addressed(activity) and not public(activity):
            yield "an Announce to nobody"
    post = post_in(activity)
    if post is not None:
        yield from (f"object: {each}" for each in _post(post, activity))
    inner = embedded(activity)
    if kind == "Undo" and (inner is None or inner.get("actor") != activity.get("actor")):
        yield "an Undo that does not embed what its actor did"


def _post(post: Doc, activity: Doc) -> Iterator[str]:
    if host(post.get("id")) != host(activity.get("actor")):
        yield "not where its author is"
    if post.get("attributedTo") != activity.get("actor"):
        yield "its author is not who acts"
    if not isinstance(post.get("content"), str):
        yield "content is no string"
    if not post.get("published"):
        yield "without its time"
    if post.get("type") in ("Article", "Page") and not post.get("name"):
        yield "shown as a title and a link, and there is no title"
    named = set(addressed(post))
    for tag in post.get("tag") or []:
        if tag.get("type") != "Mention":
            continue
        if not is_url(tag.get("href")) or not str(tag.get("name", "")).startswith("@"):
            yield f"a Mention that cannot be read: {tag}"
        elif tag["href"] not in named:
            yield f"{tag['href']} is mentioned and not addressed"
    yield from instants(post, "published", "updated")


def _history(activities: Iterable[Doc], groups: set[str]) -> Iterator[str]:
    boosted: dict[tuple[str, str], str] = {}
    answers: set[str] = set()
    seen: dict[str, Doc] = {}
    for each in activities:
        kind, actor, iri = str(each.get("type")), str(each.get("actor")), str(each.get("id"))
        first = seen.setdefault(iri, each)
        if (first.get("type"), object_id(first)) != (kind, object_id(each)):
            yield f"{iri} names two things"
        for carried in (each, embedded(each) or {}):
            post = post_in(carried)
            if post is not None and post.get("inReplyTo"):
                answers.add(str(post.get("id")))
        if kind == "Announce" and isinstance(each.get("object"), str):
            about = object_id(each)
            if boosted.setdefault((actor, about), iri) != iri:
                yield f"{actor} boosts {about} a second time"
            if actor in groups and about in answers:
                yield f"{actor} boosts an answer: {about}"
        if kind == "Undo" and (inner := embedded(each)) is not None and inner.get("type") == "Announce":
            boosted.pop((actor, object_id(inner)), None)
