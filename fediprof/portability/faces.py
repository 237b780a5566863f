"""A member's profile as a document, for one reader: the résumé's faces, and the card. All of it is made of what
`profiles.views` gives for that reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.here import Here
from fediprof.portability import jsonresume, ours, store, vcard
from fediprof.profiles import store as profiles
from fediprof.profiles import views
from fediprof.profiles.disclosure import Viewer
from fediprof.text.html import plain

Maker: TypeAlias = Callable[[Tx, Actor, Viewer, Here], bytes]


def resume(tx: Tx, owner: Actor, viewer: Viewer, here: Here) -> bytes:
    """The résumé as `viewer` may read it; its owner reads everything."""
    whole = kept_whole(tx, owner, here) if viewer.owner else None
    basics = jsonresume.basics_of(
        owner.display,
        plain(owner.summary),
        here.profile(owner.username),
        owner.handle,
        _image(owner, here),
        _links(owner),
    )
    address = f"{here.profile(owner.username)}/resume.json"
    entries = views.of_owner(tx, owner.id, viewer, here.now)
    made = jsonresume.document(basics, entries, address=address, now=owner.created_at, whole=whole)
    return msgspec.json.format(msgspec.json.encode(made), indent=2)


def card(tx: Tx, owner: Actor, viewer: Viewer, here: Here) -> bytes:
    """The vCard as `viewer` may read it."""
    entries = views.of_owner(tx, owner.id, viewer, here.now)
    return vcard.card(owner, entries, [link for _, link in _links(owner)], _image(owner, here), here)


def kept_whole(tx: Tx, owner: Actor, here: Here) -> ours.Document:
    """`ours.document` of a member: for their own eyes."""
    entries = profiles.of_actor(tx, owner.id)
    hidden = profiles.hidden_from_of(tx, owner.id)
    rules = [rule for each in entries for rule in (each.rule, *(part.rule for part in each.fields))]
    named = actors.by_ids(tx, hidden.people.union(*(rule.people | rule.groups for rule in rules)))
    handles = {number: each.handle for number, each in named.items()}
    return ours.document(owner.username, entries, store.sets(tx, owner.id), hidden, handles, here)


def _image(owner: Actor, here: Here) -> str:
    return here.upload(owner.icon) if owner.icon else ""


def _links(owner: Actor) -> list[tuple[str, str]]:
    """Other places of this person, as the lines of their page name them."""
    lines = owner.profile_fields
    return [(each.name, each.source) for each in lines if re.fullmatch(r"https?://[^\s<>\"]+", each.source)]
