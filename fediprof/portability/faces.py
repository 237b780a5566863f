"""A member's profile as a document, for one reader: the résumé's faces, and the card. All of it is made of what was
disclosed to that reader (`profiles.views`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.here import Here
from fediprof.portability import jsonresume, ours, vcard
from fediprof.profiles import grant_store, views
from fediprof.profiles import store as profiles
from fediprof.profiles.disclosure import Disclosed
from fediprof.text.html import plain

Maker: TypeAlias = Callable[[Actor, Sequence[Disclosed], Here], bytes]


def resume(owner: Actor, shown: Sequence[Disclosed], here: Here, *, whole: ours.Document | None = None) -> bytes:
    """The résumé of what somebody is shown. `whole`: for the owner's own eyes, see `kept_whole`."""
    basics = jsonresume.basics_of(
        owner.display,
        plain(owner.summary),
        here.profile(owner.username),
        owner.handle,
        _image(owner, here),
        _links(owner),
    )
    address = f"{here.profile(owner.username)}/resume.json"
    made = jsonresume.document(basics, shown, address=address, now=owner.created_at, whole=whole)
    return msgspec.json.format(msgspec.json.encode(made), indent=2)


def card(owner: Actor, shown: Sequence[Disclosed], here: Here) -> bytes:
    """The vCard of what somebody is shown."""
    return vcard.card(owner, shown, [link for _, link in _links(owner)], _image(owner, here), here)


def everything(tx: Tx, owner: Actor, here: Here) -> bytes:
    """The résumé its owner keeps: all of it, and who may read what."""
    shown = views.of_owner(tx, owner.id, views.viewer_of(tx, owner.id, owner.id, here.now), here.now)
    return resume(owner, shown, here, whole=kept_whole(tx, owner, here))


def kept_whole(tx: Tx, owner: Actor, here: Here) -> ours.Document:
    """`ours.document` of a member: for their own eyes."""
    entries = profiles.of_actor(tx, owner.id)
    hidden = profiles.hidden_from_of(tx, owner.id)
    rules = [rule for each in entries for rule in (each.rule, *(part.rule for part in each.fields))]
    named = actors.by_ids(tx, hidden.people.union(*(rule.people | rule.groups for rule in rules)))
    handles = {number: each.handle for number, each in named.items()}
    sets = {each.name: each.parts for each in grant_store.sets_of(tx, owner.id)}
    return ours.document(owner.username, entries, sets, hidden, handles, here)


def _image(owner: Actor, here: Here) -> str:
    return here.upload(owner.icon) if owner.icon else ""


def _links(owner: Actor) -> list[tuple[str, str]]:
    """Other places of this person, as the lines of their page name them."""
    lines = owner.profile_fields
    return [(each.name, each.source) for each in lines if re.fullmatch(r"https?://[^\s<>\"]+", each.source)]
