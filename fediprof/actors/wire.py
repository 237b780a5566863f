"""Actors on the wire: the document of a member or of the server itself, and another server's document read in.

All of federation rule 6, FEP-521a (Ed25519 beside RSA), FEP-2c59 (`webfinger`), FEP-5feb (`indexable`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fediprof.actors.records import Actor, ProfileField
from fediprof.as2 import build
from fediprof.as2 import model as as2
from fediprof.as2.context import ACTOR_CONTEXT
from fediprof.as2.model import Document
from fediprof.as2.origin import host_of
from fediprof.clock import rfc3339
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.text.html import plain, sanitise

_USERNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
MAX_FIELDS = 4


def document(actor: Actor, keys: Mapping[str, tuple[str, str]], here: Here, *, context: bool = True) -> Document:
    """A local actor. `keys`: {algorithm: (key id, PEM or multibase)} of `keystore.public_material`."""
    rsa_id, pem = keys["rsa"]
    ed_id, multibase = keys["ed25519"]
    doc: Document = {"@context": ACTOR_CONTEXT} if context else {}
    doc |= {
        "id": actor.iri,
        "type": actor.type,
        "preferredUsername": actor.username,
        "webfinger": actor.handle,
        "name": actor.name or actor.username,
        "summary": actor.summary,
        "url": actor.url,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "featuredTags": f"{actor.iri}/tags",
        "fp:profile": f"{actor.iri}/profile",
        "endpoints": {"sharedInbox": here.shared_inbox},
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "published": rfc3339(actor.published_at or actor.created_at),
        "publicKey": {"id": rsa_id, "owner": actor.iri, "publicKeyPem": pem},
        "assertionMethod": [
            {"id": ed_id, "type": "Multikey", "controller": actor.iri, "publicKeyMultibase": multibase}
        ],
        "attachment": [_field(line) for line in actor.profile_fields],
        "tag": [],
        "alsoKnownAs": actor.also_known_as,
        "attributionDomains": [here.domain],
    }
    if actor.moved_to:
        doc["movedTo"] = actor.moved_to
    for name, file in (("icon", actor.icon), ("image", actor.header)):
        if file:
            doc[name] = {"type": "Image", "mediaType": _media_type(file), "url": here.upload(file)}
    if actor.username == INSTANCE_ACTOR:
        for name in ("followers", "following", "featured", "featuredTags", "fp:profile", "attributionDomains"):
            del doc[name]
    return doc


def update(actor: Actor, keys: Mapping[str, tuple[str, str]], here: Here) -> Document:
    return build.activity(
        "Update",
        here.new_activity(),
        actor.iri,
        document(actor, keys, here, context=False),
        to=("https://www.w3.org/ns/activitystreams#Public",),
        cc=(actor.followers or "",),
        published=here.now,
        context=ACTOR_CONTEXT,
    )


def _field(line: ProfileField) -> Document:
    return {"type": "PropertyValue", "name": line.name, "value": line.value}


def _media_type(file: str) -> str:
    return {"png": "image/png", "webp": "image/webp", "gif": "image/gif"}.get(file.rpartition(".")[2], "image/jpeg")


# --- reading


@dataclass(frozen=True, slots=True)
class Described:
    """What a remote actor's document says, as the columns it fills. `keys`: (key id, owner, material)."""

    iri: str
    values: dict[str, object]
    keys: tuple[tuple[str, str, str], ...]


def described(doc: as2.Actor, *, domain: str, now: datetime) -> Described:
    """`domain`: of the handle, confirmed by WebFinger where it differs from the id's host."""
    fields = [ProfileField(plain(each.name)[:255], sanitise(each.value_html[:2047])) for each in doc.fields[:20]]
    values: dict[str, object] = {
        "type": doc.type,
        "username": doc.username,
        "domain": domain,
        "name": plain(doc.name)[:255],
        "summary": sanitise(doc.summary[:20_000]),
        "url": doc.url or doc.id,
        "inbox": doc.inbox,
        "shared_inbox": doc.shared_inbox,
        "host": host_of(doc.inbox),
        "outbox": doc.outbox,
        "followers": doc.followers,
        "following": doc.following,
        "featured": doc.featured,
        "icon": doc.icon.url if doc.icon else None,
        "header": doc.image.url if doc.image else None,
        "fields": [list(each) for each in fields],
        "emojis": [[each.shortcode, each.url] for each in doc.emojis[:50]],
        "also_known_as": list(doc.also_known_as),
        "moved_to": doc.moved_to,
        "locked": doc.manually_approves_followers,
        "discoverable": doc.discoverable,
        "indexable": doc.indexable,
        "published_at": doc.published,
        "fetched_at": now,
        "gone_at": None,
    }
    keys = tuple((key.id, key.owner, key.pem or key.multibase or "") for key in doc.keys if key.pem or key.multibase)
    return Described(doc.id, values, keys)


def is_username(name: str) -> bool:
    """Whether a remote name can stand in a handle."""
    return bool(_USERNAME.fullmatch(name)) and len(name) <= 128
