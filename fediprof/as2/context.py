"""The @context we send, term by term, so that a receiver that expands JSON-LD finds every property we use declared.

Incoming contexts are never read. The spellings are those already in use on the network, also where they look odd:
Mastodon's `http://schema.org#` is not schema.org's own namespace, but it is the one profile fields are found by.
"""

from __future__ import annotations

from typing import Final

from fediprof.as2.names import AS2, DATA_INTEGRITY, MULTIKEY, SECURITY

Context = str | list[object]

DID: Final = "https://www.w3.org/ns/did/v1"
"""Declares assertionMethod, for FEP-521a."""

FP: Final = "https://w3id.org/fediprof/ns#"
"""Our own terms, as `fp:name`. Inlined as a prefix: there is nothing to fetch."""


def _reference(id_: str) -> dict[str, str]:
    return {"@id": id_, "@type": "@id"}


PREFIXES: Final[dict[str, object]] = {
    "toot": "http://joinmastodon.org/ns#",
    "gts": "https://gotosocial.org/ns#",
    "ostatus": "http://ostatus.org#",
    "pt": "https://joinpeertube.org/ns#",
    "fp": FP,
}

ACTOR_TERMS: Final[dict[str, object]] = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": _reference("as:movedTo"),
    "alsoKnownAs": _reference("as:alsoKnownAs"),
    "featured": _reference("toot:featured"),
    "featuredTags": _reference("toot:featuredTags"),
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "memorial": "toot:memorial",
    "attributionDomains": _reference("toot:attributionDomains"),
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "webfinger": {
        "@id": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "@type": "http://www.w3.org/2001/XMLSchema#string",
    },
    "sensitive": "as:sensitive",
    "lemmy": "https://join-lemmy.org/ns#",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "moderators": _reference("lemmy:moderators"),
    "fp:profile": _reference(f"{FP}profile"),
    "fp:membership": f"{FP}membership",
}

_FIELDS: Final = ("employer", "title", "dates", "place", "figures", "client")
ENTRY_TERMS: Final[dict[str, object]] = {
    name: f"fp:{name}"
    for name in (
        *("kind", "prompt", "data", "standIns", "evidence"),
        *_FIELDS,
        *("entries", "fields", "expires", "mode", "with"),
    )
} | {f"{name}Map": {"@id": f"fp:{name}", "@container": "@language"} for name in _FIELDS}
"""What stands inside `fp:entry`, `fp:grant`, `fp:ask` and `fp:introduction`: plain names there, ours once expanded."""

POST_TERMS: Final[dict[str, object]] = {
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "commentsEnabled": "pt:commentsEnabled",
    "conversation": "ostatus:conversation",
    "Emoji": "toot:Emoji",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "blurhash": "toot:blurhash",
    "votersCount": "toot:votersCount",
    "quote": _reference("https://w3id.org/fep/044f#quote"),
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "quoteUrl": "as:quoteUrl",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    "quoteAuthorization": _reference("https://w3id.org/fep/044f#quoteAuthorization"),
    "interactionPolicy": _reference("gts:interactionPolicy"),
    "canLike": _reference("gts:canLike"),
    "canReply": _reference("gts:canReply"),
    "canAnnounce": _reference("gts:canAnnounce"),
    "canQuote": _reference("gts:canQuote"),
    "automaticApproval": _reference("gts:automaticApproval"),
    "manualApproval": _reference("gts:manualApproval"),
}

ACTIVITY_TERMS: Final[dict[str, object]] = {
    "EmojiReact": "http://litepub.social/ns#EmojiReact",
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "interactingObject": _reference("gts:interactingObject"),
    "interactionTarget": _reference("gts:interactionTarget"),
    "Lock": "lemmy:Lock",
}

COLLECTION_CONTEXT: Final[Context] = AS2
"""Collections and plain activities use nothing beyond the vocabulary."""

PLAIN_CONTEXT: Final[Context] = [AS2, DATA_INTEGRITY]
"""For activities of the vocabulary about things named by IRI, and their proof: most of what is sent, kept small."""

ACTOR_CONTEXT: Final[Context] = [
    AS2,
    SECURITY,
    DID,
    DATA_INTEGRITY,
    MULTIKEY,
    PREFIXES | ACTOR_TERMS | {"Emoji": "toot:Emoji", "Hashtag": "as:Hashtag"},
]

POST_CONTEXT: Final[Context] = [AS2, DATA_INTEGRITY, PREFIXES | POST_TERMS | ENTRY_TERMS]

ACTIVITY_CONTEXT: Final[Context] = [
    AS2,
    DATA_INTEGRITY,
    PREFIXES | {"lemmy": "https://join-lemmy.org/ns#"} | POST_TERMS | ENTRY_TERMS | ACTIVITY_TERMS,
]
"""For activities that carry a post, or are of a kind beyond the vocabulary. For one with an actor: ACTOR_CONTEXT."""
