"""From a document to the model: which properties are read, under which names, and which must be there.

Malformed names the property that is missing or unreadable. Everything optional is read tolerantly (`reader`). Who may
say what is not judged here (`origin`), except that a document vouches only for keys of its own.
"""

from __future__ import annotations

import re
from typing import Final

from fediprof.as2 import names, reader
from fediprof.as2.attachments import attachments, image, media_type_of
from fediprof.as2.model import (
    Activity,
    Actor,
    Collection,
    Document,
    Field,
    Key,
    Option,
    Poll,
    PollVote,
    Post,
    Reference,
    Text,
    Tombstone,
)
from fediprof.as2.origin import same_origin
from fediprof.as2.reader import addressees, boolean, instant, integer, iri, iris, many, string
from fediprof.as2.tags import tags
from fediprof.errors import Malformed

SUMMARY_LENGTH: Final = 64 * 1024
FIELDS: Final = 50
OPTIONS: Final = 50
ALSO_KNOWN_AS: Final = 256
COLLECTION_ITEMS: Final = 5000


def activity(doc: Document) -> Activity:
    """Any document with an id, a type and one actor. Activities without an object (Arrive) are read too."""
    id_ = _required(doc, "id")
    type_ = _type(doc, names.ACTIVITY_TYPES)
    objects: list[Reference] = []
    object_ids: list[str] = []
    for item in many(doc.get("object")):
        found = iri(item)
        if isinstance(item, dict):
            objects.append(item)
        elif found is not None:
            objects.append(found)
        if found is not None:
            object_ids.append(found)
    first = objects[0] if objects else None
    embedded = first if isinstance(first, dict) else None
    return Activity(
        id=id_,
        type=type_,
        actor=_sole(doc, "actor"),
        object=first,
        object_id=iri(first),
        object_ids=tuple(dict.fromkeys(object_ids)),
        object_type=_known(reader.types(embedded), names.POST_TYPES) if embedded is not None else None,
        embedded=embedded,
        target=iri(doc.get("target")),
        origin=iri(doc.get("origin")),
        instrument=iri(doc.get("instrument")),
        result=iri(doc.get("result")),
        to=addressees(doc.get("to")),
        cc=addressees(doc.get("cc")),
        audience=addressees(doc.get("audience")),
        content=reader.text(doc, "content", SUMMARY_LENGTH).value,
        published=instant(doc.get("published")),
        emojis=tags(doc)[2] if "tag" in doc else (),
        document=doc,
    )


def actor(doc: Document) -> Actor:
    """A Person, Group, Organization, Application or Service with an id, an inbox and a name to address it by."""
    id_ = _required(doc, "id")
    type_ = _known(reader.types(doc), names.ACTOR_TYPES)
    if type_ not in names.ACTOR_TYPES:
        raise Malformed(f"type: {type_!r} of {id_} is no actor")
    webfinger = _address(doc.get("webfinger"))
    username = string(doc.get("preferredUsername"), 256) or (webfinger or "").partition("@")[0]
    if not username or not username.isprintable() or any(character in "@/ " for character in username):
        raise Malformed(f"preferredUsername: missing or unreadable on {id_}")
    endpoints = doc.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    return Actor(
        id=id_,
        type=type_,
        username=username,
        name=reader.text(doc, "name").value,
        summary=reader.text(doc, "summary", SUMMARY_LENGTH).value,
        url=_page(doc.get("url")),
        inbox=_required(doc, "inbox"),
        outbox=iri(doc.get("outbox")),
        shared_inbox=iri(shared) or iri(doc.get("sharedInbox")),
        followers=iri(doc.get("followers")),
        following=iri(doc.get("following")),
        featured=iri(doc.get("featured")),
        featured_tags=iri(doc.get("featuredTags")),
        icon=image(doc.get("icon")),
        image=image(doc.get("image")),
        keys=keys(doc),
        manually_approves_followers=boolean(doc.get("manuallyApprovesFollowers")),
        discoverable=boolean(doc.get("discoverable")),
        indexable=boolean(doc.get("indexable")),
        also_known_as=iris(doc.get("alsoKnownAs"), ALSO_KNOWN_AS),
        moved_to=iri(doc.get("movedTo")),
        fields=_fields(doc.get("attachment")),
        published=instant(doc.get("published")),
        updated=instant(doc.get("updated")),
        webfinger=webfinger,
        suspended=boolean(doc.get("suspended")),
        memorial=boolean(doc.get("memorial")),
        emojis=tags(doc)[2],
        moderators=_moderators(doc),
        posting_restricted_to_mods=boolean(doc.get("postingRestrictedToMods")),
        membership=string(doc.get("fp:membership"), 16) or "",
        attribution_domains=_domains(doc.get("attributionDomains")),
    )


def keys(doc: Document) -> tuple[Key, ...]:
    """The keys of an actor, of an actor's stub, or the one of a key document.

    An actor vouches for its own keys only: one that names another owner, or lives on another host, is left out, or
    a hostile actor could offer its key under someone else's key id.
    """
    id_ = iri(doc.get("id"))
    if id_ is None:
        return ()
    if "publicKeyPem" in doc or "publicKeyMultibase" in doc:
        owner = iri(doc.get("owner")) or iri(doc.get("controller"))
        return (_key(doc, id_, owner),) if owner is not None and same_origin(id_, owner) else ()
    found: dict[str, Key] = {}
    for name in ("publicKey", "assertionMethod"):
        for item in many(doc.get(name), 16):
            key_id = iri(item)
            if key_id is None or key_id in found or not same_origin(key_id, id_):
                continue
            if not isinstance(item, dict):
                found[key_id] = Key(key_id, id_)
            elif (iri(item.get("owner")) or iri(item.get("controller")) or id_) == id_:
                found[key_id] = _key(item, key_id, id_)
    return tuple(found.values())


def post(doc: Document) -> Post:
    """A Note, or any other thing someone wrote: it has an id, a type and an author."""
    id_ = _required(doc, "id")
    type_ = _known(reader.types(doc), names.POST_TYPES)
    if type_ is None:
        raise Malformed(f"type: missing on {id_}")
    if type_ not in names.POST_TYPES and _is_other(type_):
        raise Malformed(f"type: {type_!r} of {id_} is no post")
    mentions, hashtags, emojis, quoted = tags(doc)
    content = reader.text(doc, "content", reader.CONTENT_LENGTH)
    return Post(
        id=id_,
        type=type_,
        attributed_to=_author(doc),
        content=content,
        name=reader.text(doc, "name"),
        summary=reader.text(doc, "summary", SUMMARY_LENGTH),
        sensitive=boolean(doc.get("sensitive")) or boolean(doc.get("as:sensitive")),
        in_reply_to=iri(doc.get("inReplyTo")),
        published=instant(doc.get("published")),
        updated=instant(doc.get("updated")),
        url=_page(doc.get("url")),
        to=addressees(doc.get("to")),
        cc=addressees(doc.get("cc")),
        audience=addressees(doc.get("audience")),
        context=_opaque(doc.get("context")),
        conversation=_opaque(doc.get("conversation") or doc.get("ostatus:conversation")),
        mentions=mentions,
        hashtags=hashtags,
        emojis=emojis,
        attachments=attachments(doc, type_),
        replies=iri(doc.get("replies")),
        poll=_poll(doc),
        quote=_quote(doc) or quoted,
        quote_authorization=iri(doc.get("quoteAuthorization")),
        language=_language(doc, content),
        media_type=media_type_of(doc.get("mediaType")) if type_ != "Image" else None,
        source=_source(doc.get("source")),
        interaction_policy=policy if isinstance(policy := doc.get("interactionPolicy"), dict) else None,
        entry=entry if isinstance(entry := doc.get("fp:entry"), dict) else None,
        ask=asked if isinstance(asked := doc.get("fp:ask"), dict) else None,
        introduction=asks if isinstance(asks := doc.get("fp:introduction"), dict) else None,
        kind=string(doc.get("fp:kind"), 16) or "",
        grant=opened if isinstance(opened := doc.get("fp:grant"), dict) else None,
    )


def poll_vote(doc: Document) -> PollVote:
    """A vote: a Note that has a name and no content, in reply to the poll."""
    id_ = _required(doc, "id")
    option = reader.text(doc, "name").value
    if not option:
        raise Malformed(f"name: missing on {id_}")
    if reader.text(doc, "content").value:
        raise Malformed(f"content: {id_} is a post, not a vote")
    return PollVote(id_, _author(doc), option, _required(doc, "inReplyTo"), addressees(doc.get("to")))


def is_poll_vote(doc: Document) -> bool:
    """Whether `poll_vote` would read it."""
    return (
        "inReplyTo" in doc
        and _known(reader.types(doc), frozenset({"Note"})) == "Note"
        and bool(reader.text(doc, "name"))
        and not reader.text(doc, "content")
        and iri(doc.get("inReplyTo")) is not None
    )


def collection(doc: Document) -> Collection:
    """A collection or a page of one. `id` may be absent on an embedded page."""
    type_ = _known(reader.types(doc), names.COLLECTION_TYPES)
    if type_ not in names.COLLECTION_TYPES:
        raise Malformed(f"type: {type_!r} is no collection")
    return _collection(doc, type_, pages=1)


def tombstone(doc: Document) -> Tombstone:
    """What is left of a deleted object."""
    id_ = _required(doc, "id")
    if names.TOMBSTONE not in reader.types(doc):
        raise Malformed(f"type: {id_} is no Tombstone")
    former = doc.get("formerType")
    return Tombstone(id_, string(former, 100), instant(doc.get("deleted")))


def _required(doc: Document, name: str) -> str:
    value = doc.get(name)
    found = iri(value)
    if found is None:
        raise Malformed(f"{name}: " + ("missing" if value is None else "not an http(s) IRI"))
    return found


def _sole(doc: Document, name: str) -> str:
    """One IRI and no second: who acts must not depend on which of two a reader looks at."""
    found = iris(doc.get(name), 8)
    if len(found) != 1 or len(many(doc.get(name))) != 1:
        raise Malformed(f"{name}: " + ("more than one" if found else "missing or not an http(s) IRI"))
    return found[0]


def _author(doc: Document) -> str:
    """attributedTo; of several (PeerTube: Person and Group) the Person, else the first. `actor` in its absence."""
    value = doc.get("attributedTo")
    if value is None:
        value = doc.get("actor")
    if isinstance(value, list):
        for item in value[:16]:
            if isinstance(item, dict) and item.get("type") == "Person" and (found := iri(item)):
                return found
    found = iri(value)
    if found is None:
        raise Malformed("attributedTo: " + ("missing" if value is None else "not an http(s) IRI"))
    return found


def _type(doc: Document, known: frozenset[str]) -> str:
    found = _known(reader.types(doc), known)
    if found is None:
        raise Malformed("type: missing")
    return found


def _known(found: tuple[str, ...], known: frozenset[str]) -> str | None:
    """The first of several types that we know, else the first."""
    if len(found) == 1:
        return found[0]
    return next((each for each in found if each in known), found[0] if found else None)


def _is_other(type_: str) -> bool:
    return (
        type_ in names.ACTOR_TYPES
        or type_ in names.ACTIVITY_TYPES
        or type_ in names.COLLECTION_TYPES
        or type_ in names.KEY_TYPES
        or type_ == names.TOMBSTONE
    )


def _opaque(value: object) -> str | None:
    """A conversation's name: any string without spaces; it is compared, never fetched unless it is http(s)."""
    if isinstance(value, dict):
        value = value.get("id")
    named = string(value)
    return named if named and not any(c.isspace() for c in named) else None


def _page(value: object) -> str | None:
    """The address for people: of several the one that is HTML, else the first."""
    if isinstance(value, list):
        for item in value[:64]:
            if isinstance(item, dict) and item.get("mediaType") == "text/html" and (found := iri(item.get("href"))):
                return found
        return next((found for item in value[:64] if (found := iri(item))), None)
    return iri(value.get("href") or value.get("id") if isinstance(value, dict) else value)


def _fields(value: object) -> tuple[Field, ...]:
    found = []
    for item in many(value):
        if isinstance(item, dict) and "PropertyValue" in reader.types(item):
            name, shown = string(item.get("name")), string(item.get("value"))
            if name and shown is not None:
                found.append(Field(name, shown))
    return tuple(found[:FIELDS])


def _moderators(doc: Document) -> str | None:
    """The address of a Group's moderators. A list of people there (Smithereen, PeerTube) is none."""
    for name in ("attributedTo", "moderators"):
        if isinstance(value := doc.get(name), str) and (found := iri(value)) is not None:
            return found
    return None


def _domains(value: object) -> tuple[str, ...]:
    return tuple(name.lower() for item in many(value, 100) if (name := string(item, 253)))


def _address(value: object) -> str | None:
    """`user@host` of FEP-2c59's webfinger property, which some send with acct: or @ in front."""
    written = (string(value, 512) or "").removeprefix("acct:").removeprefix("@")
    user, _, host = written.partition("@")
    return written if user and host and "@" not in host and not any(c.isspace() for c in written) else None


def _key(doc: Document, id_: str, owner: str | None) -> Key:
    pem = string(doc.get("publicKeyPem"), 16_384)
    return Key(
        id=id_,
        owner=owner or "",
        pem=_lines(pem) if pem else None,
        multibase=string(doc.get("publicKeyMultibase"), 16_384) or None,
    )


def _lines(pem: str) -> str:
    """Some servers send a PEM with spaces where its line ends were."""
    if "\n" in pem.strip():
        return pem
    parts = re.fullmatch(r"\s*(-----BEGIN [A-Z ]+-----)(.*)(-----END [A-Z ]+-----)\s*", pem, re.DOTALL)
    return "\n".join((parts[1], *parts[2].split(), parts[3], "")) if parts else pem


def _poll(doc: Document) -> Poll | None:
    multiple = "anyOf" in doc
    listed = doc.get("anyOf") if multiple else doc.get("oneOf")
    if listed is None:
        return None
    options: dict[str, Option] = {}
    for item in many(listed, OPTIONS):
        if isinstance(item, dict) and (name := reader.text(item, "name").value):
            replies = item.get("replies")
            votes = integer(replies.get("totalItems")) if isinstance(replies, dict) else None
            options.setdefault(name, Option(name, votes or 0))
    if not options:
        return None
    return Poll(
        options=tuple(options.values()),
        multiple=multiple,
        ends_at=instant(doc.get("endTime")),
        closed_at=instant(doc.get("closed")),
        voters=integer(doc.get("votersCount")),
    )


def _quote(doc: Document) -> str | None:
    """FEP-044f's `quote`, or one of the older names."""
    for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        if name in doc and (found := iri(doc[name])) is not None:
            return found
    return None


def _language(doc: Document, content: Text) -> str | None:
    """What the sender calls the language: the only one of contentMap, the one the content equals, or `language`."""
    if len(content.by_language) == 1:
        return reader.language(content.by_language[0][0])
    for tag, words in content.by_language:
        if words == content.value:
            return reader.language(tag)
    named = doc.get("language")
    return reader.language(named[0] if isinstance(named, list) and named else named)


def _source(value: object) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    written = string(value.get("content"), reader.CONTENT_LENGTH)
    return (written, media_type_of(value.get("mediaType")) or "text/plain") if written else None


def _collection(doc: Document, type_: str, *, pages: int) -> Collection:
    items: list[Reference] = []
    for item in many(doc.get("orderedItems", doc.get("items")), COLLECTION_ITEMS):
        if isinstance(item, dict):
            items.append(item)
        elif (found := iri(item)) is not None:
            items.append(found)
    first = doc.get("first")
    first_page = None
    if pages and isinstance(first, dict):
        page_type = _known(reader.types(first), names.PAGE_TYPES)
        if page_type in names.PAGE_TYPES:
            first_page = _collection(first, page_type, pages=pages - 1)
    return Collection(
        id=iri(doc.get("id")),
        type=type_,
        total=integer(doc.get("totalItems")),
        first=iri(first),
        next=iri(doc.get("next")),
        prev=iri(doc.get("prev")),
        items=tuple(items),
        part_of=iri(doc.get("partOf")),
        first_page=first_page,
        attributed_to=iri(doc.get("attributedTo")),
    )
