"""A reader as strict as Lemmy, written from the rules of its parsing as they are known (groups §2, §4, §5, §7)."""

from __future__ import annotations

from collections.abc import Iterator

from fediprof.as2.names import PUBLIC, PUBLIC_ALIASES
from tests.groups.strict.shape import (
    Doc,
    addressed,
    embedded,
    host,
    instants,
    is_url,
    object_id,
    post_in,
    public,
    strings,
    wrapped,
)

BOTH = frozenset({"Create", "Update", "Announce", "Lock", "Block", "Add", "Remove", "Delete"})
NEVER_WRAPPED = frozenset({"Announce", "Follow", "Accept", "Reject", "Flag", "Join", "Leave"})
LINKS = {"Link": "href", "Image": "url", "Document": "url"}
TITLE = 200


def lemmy_strict(activity: Doc) -> list[str]:
    """The faults of an activity to, by or in a group."""
    return list(_activity(activity))


def lemmy_group(document: Doc) -> list[str]:
    """The faults of a group's actor document."""
    return list(_group(document))


def lemmy_outbox(document: Doc) -> list[str]:
    return list(_outbox(document))


def lemmy_post(post: Doc) -> list[str]:
    """The faults of a post in a group, by itself or inside a Create."""
    return list(_post(post))


def _activity(activity: Doc) -> Iterator[str]:
    kind = activity.get("type")
    for name in ("id", "actor"):
        if not is_url(activity.get(name)):
            yield f"{name} is no address"
    if host(activity.get("id")) != host(activity.get("actor")):
        yield "its id is not where its actor is"
    yield from instants(activity, "published", "updated", "endTime", "expires")
    if kind in BOTH:
        yield from _lists(activity)
    if "audience" in activity and not is_url(activity["audience"]):
        yield "audience is not one address"
    match kind:
        case "Announce":
            yield from _announce(activity)
        case "Create" | "Update" if post_in(activity) is not None:
            yield from _of_post(activity)
        case "Follow":
            to = strings(activity.get("to"))
            if not is_url(activity.get("object")):
                yield "a Follow of no address"
            if to and to[0] != activity.get("object"):
                yield "to[0] of a Follow is not its object"
        case "Undo" | "Accept" | "Reject":
            yield from _about(activity)
        case "Like" | "Dislike" | "Lock" | "Block":
            if not is_url(activity.get("object")):
                yield f"a {kind} of no address"
        case "Flag":
            if len(strings(activity.get("to"))) != 1:
                yield "a Flag goes to exactly one"
            if not is_url(activity.get("object")):
                yield "a Flag is about exactly one"
        case "Delete":
            gone = activity.get("object")
            if not is_url(gone) and not (isinstance(gone, dict) and is_url(gone.get("id"))):
                yield "a Delete of no address"
    if kind in ("Block", "Add", "Remove") and not is_url(activity.get("target")):
        yield f"{kind} without a target"


def _lists(activity: Doc) -> Iterator[str]:
    for name in ("to", "cc"):
        if not isinstance(activity.get(name), list):
            yield f"{name} is no array"
        elif len(strings(activity[name])) != len(activity[name]):
            yield f"{name} names something by other than its address"


def _announce(activity: Doc) -> Iterator[str]:
    inner = wrapped(activity)
    if inner is None:
        return
    group = activity["actor"]
    if inner.get("type") in NEVER_WRAPPED:
        yield f"{inner['type']} is never passed on"
    if activity.get("audience") != group:
        yield "an Announce that does not name its group as audience"
    if group not in addressed(activity):
        yield "an Announce that is not addressed to its group"
    if public(activity) and inner.get("type") in ("Create", "Update", "Block", "Lock") and not public(inner):
        yield "something not written for everybody is passed on to everybody"
    if host(inner.get("actor")) == host(group):  # what others wrote is passed on as it came
        yield from (f"inside: {each}" for each in _activity(inner))
        if inner.get("audience") not in (None, group):
            yield "inside: it is for another group"


def _of_post(activity: Doc) -> Iterator[str]:
    post = post_in(activity) or {}
    yield from (f"object: {each}" for each in _post(post))
    if post.get("attributedTo") != activity.get("actor"):
        yield "its author is not who acts"
    if host(post.get("id")) != host(activity.get("actor")):
        yield "the post is not where its author is"
    if activity.get("audience") != post.get("audience"):
        yield "the activity is for another group than the post"
    for name in ("to", "cc"):
        if set(strings(activity.get(name))) != set(strings(post.get(name))):
            yield f"{name} of the activity and of the post differ"


def _post(post: Doc) -> Iterator[str]:
    group = post.get("audience")
    yield from _lists(post)
    yield from instants(post, "published", "updated")
    if not is_url(post.get("id")):
        yield "id is no address"
    if not isinstance(post.get("attributedTo"), str):
        yield "attributedTo is no address"
    if not isinstance(post.get("content"), str):
        yield "content is no string"
    if not is_url(group):
        yield "audience is not one address"
    elif (looked_up := addressed(post)) and looked_up[0] != group:
        yield f"{looked_up[0]} is looked up before the group is"
    if {*strings(post.get("to")), *strings(post.get("cc"))} & (PUBLIC_ALIASES - {PUBLIC}):
        yield "the public by a short name"
    answers = post.get("inReplyTo")
    if answers is None:
        yield from _thread(post)
    elif not is_url(answers):
        yield "inReplyTo is no address"
    elif post.get("type") != "Note":
        yield "an answer that is no Note"
    if not isinstance(post.get("tag", []), list):
        yield "tag is no array"
    yield from _attachments(post.get("attachment", []))
    source = post.get("source")
    if source is not None and not (isinstance(source, dict) and source.get("mediaType") == "text/markdown"):
        yield "source is not Markdown, and is not read"
    language = post.get("language")
    if language is not None and not (isinstance(language, dict) and {"identifier", "name"} <= set(language)):
        yield "language is not {identifier, name}"


def _thread(post: Doc) -> Iterator[str]:
    if post.get("type") not in ("Page", "Article"):
        yield f"a thread begun by a {post.get('type')}: its group is not found"
    name = post.get("name")
    if not isinstance(name, str) or not name.strip():
        yield "a thread without a title"
    elif len(name) > TITLE:
        yield "a title that would be cut"


def _attachments(found: object) -> Iterator[str]:
    if not isinstance(found, list):
        yield "attachment is no array"
        return
    for each in found:
        kind = each.get("type") if isinstance(each, dict) else None
        if kind not in LINKS:
            yield f"attachment of type {kind}: the whole post is refused"
        elif not is_url(each.get(LINKS[kind])):
            yield f"{kind} without its {LINKS[kind]}"


def _about(activity: Doc) -> Iterator[str]:
    inner = embedded(activity)
    if inner is None:
        if not is_url(activity.get("object")):
            yield f"{activity['type']} of no address"
        return
    if not is_url(inner.get("id")) or not is_url(inner.get("actor")) or not object_id(inner):
        yield f"{activity['type']} of something without id, actor or object"
    if activity["type"] == "Undo" and inner.get("actor") != activity.get("actor"):
        yield "an Undo of what somebody else did"


def _group(document: Doc) -> Iterator[str]:
    for name in ("id", "inbox", "outbox", "followers", "featured", "attributedTo", "url"):
        if not is_url(document.get(name)):
            yield f"{name} is not one address"
    if document.get("type") != "Group":
        yield "it is no Group"
    for name in ("preferredUsername", "name", "summary"):
        if not isinstance(document.get(name), str):
            yield f"{name} is no string"
    key = document.get("publicKey")
    if not isinstance(key, dict) or not {"id", "owner", "publicKeyPem"} <= set(key):
        yield "publicKey is not one key"
    elif key["owner"] != document.get("id"):
        yield "its key is somebody else's"
    for name in ("manuallyApprovesFollowers", "discoverable", "postingRestrictedToMods", "sensitive"):
        if not isinstance(document.get(name), bool):
            yield f"{name} is neither true nor false"
    if str(document.get("id")) not in str(document.get("featured")):
        yield "featured may be another actor's too"
    shared = document.get("endpoints")
    if not isinstance(shared, dict) or not is_url(shared.get("sharedInbox")):
        yield "no shared inbox"
    source = document.get("source")
    if not isinstance(source, dict) or source.get("mediaType") != "text/markdown":
        yield "source is not Markdown"
    yield from instants(document, "published", "updated")


def _outbox(document: Doc) -> Iterator[str]:
    items = document.get("orderedItems")
    if document.get("type") not in ("OrderedCollection", "OrderedCollectionPage") or not isinstance(items, list):
        yield "no inline orderedItems"
        return
    if len(items) > 20:
        yield "more than 20 inline"
    if document.get("type") == "OrderedCollection" and not isinstance(document.get("totalItems"), int):
        yield "no totalItems"
    for each in items:
        inner = wrapped(each) if isinstance(each, dict) else None
        if inner is None or inner.get("type") != "Create":
            yield "holds something else than an Announce of a Create"
        else:
            yield from _activity(each)
