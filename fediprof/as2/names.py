"""The names of the vocabulary: contexts, types, media types, the Public collection and its aliases.

Answers ActivityStreams 2.0 Vocabulary, ActivityPub §3.2 and §5.6. Not here: the context we send (`context`).
"""

from __future__ import annotations

from typing import Final

AS2: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_ALIASES: Final = frozenset({PUBLIC, "as:Public", "Public"})

MEDIA_TYPE: Final = "application/activity+json"
MEDIA_TYPE_LD: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
ACCEPT: Final = f"{MEDIA_TYPE}, {MEDIA_TYPE_LD}"

ACTOR_TYPES: Final = frozenset({"Person", "Group", "Organization", "Application", "Service"})

POST_TYPES: Final = frozenset(
    {
        "Note",
        "Article",
        "Page",
        "Question",
        "Event",
        "Video",
        "Audio",
        "Image",
        "Document",
        "Album",
        "ChatMessage",
        "Proposal",
        "Place",
        "Profile",
    }
)
"""What `parse.post` reads. A type outside the vocabulary that carries text is shown like a Note."""

COLLECTION_TYPES: Final = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage", "Conversation"}
)
PAGE_TYPES: Final = frozenset({"CollectionPage", "OrderedCollectionPage"})
TOMBSTONE: Final = "Tombstone"
KEY_TYPES: Final = frozenset({"Key", "CryptographicKey", "Multikey"})

ACTIVITY_TYPES: Final = frozenset(
    {
        "Accept",
        "Add",
        "Announce",
        "Arrive",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "EmojiReact",
        "EmojiReaction",
        "Flag",
        "Follow",
        "Ignore",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "Listen",
        "Lock",
        "Move",
        "Offer",
        "QuoteRequest",
        "Read",
        "Reject",
        "Remove",
        "TentativeAccept",
        "TentativeReject",
        "Travel",
        "Undo",
        "Update",
        "View",
    }
)
"""Activities met in the field. `parse.activity` reads any type that has an actor; dispatch decides the rest."""


def is_as2_media_type(value: str) -> bool:
    """Whether a Content-Type may carry an ActivityStreams document. Loose, for what comes in:
    parameters, their order and their spelling do not matter, and `application/ld+json` needs no profile."""
    essence = value.partition(";")[0].strip().lower()
    return essence in {"application/activity+json", "application/ld+json"}
