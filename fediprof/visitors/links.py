"""Links that open a part to the person they were sent to, without a login: whoever has one opens it, once.

A GET of one changes nothing: programs look at links before people do. The browser that opens it may look again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.visitors import sessions, store
from fediprof.visitors.records import LINK_LASTS, Guest, Link

LENGTH = 22


@dataclass(frozen=True, slots=True)
class OpenLink:
    """`secret`: from the address. `looker`: the actor whose account is proven in this browser, if one is; a link does not
    turn one person into another. `guest`: the session an earlier link opened, if one did."""

    secret: str
    looker: int | None = None
    guest: Guest | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """`secret`: of the new session; None where the browser needs none. `owner`: whose page to go on to."""

    owner: Actor
    secret: str | None
    lasts_until: datetime


def make_link(tx: Tx, *, grant_id: int, owner_id: int, actor_id: int, now: datetime, uses: int = 1) -> str:
    """What follows `/c/` in a new link that opens `owner_id`'s grant to `actor_id`; told once. It lasts seven days, and no
    longer than the grant."""
    secret = ids.slug(LENGTH)
    store.insert_link(tx, Link(ids.fingerprint(secret), grant_id, owner_id, actor_id, uses, now, now + LINK_LASTS))
    return secret


def look(tx: Tx, request: OpenLink, now: datetime) -> Opened | None:
    """Where a link leads this browser already, or None: then it has to be opened. Raises NotFound, the same for a link
    that never was, is spent, is over, or is for somebody else."""
    link, owner = _usable(tx, request, now)
    guest = _same(request, link)
    if request.looker is not None or (guest is not None and guest.looks_at(owner.username)):
        return Opened(owner, None, link.expires_at)
    if link.uses_left < 1:
        raise NotFound("a spent link")
    return None


def open_link(tx: Tx, request: OpenLink, here: Here) -> Done[Opened]:
    """Spend one use. Raises NotFound."""
    already = look(tx, request, here.now)
    if already is not None:
        return Done(already)
    link, owner = _usable(tx, request, here.now)
    if not store.spend_link(tx, link.secret_hash):
        raise NotFound("a spent link")
    pages, until = {owner.username.lower()}, link.expires_at
    guest = _same(request, link)
    if guest is not None:  # another link brought them before: both hold
        pages |= set(guest.session.only_at or ())
        until = max(until, guest.session.expires_at)
        store.end_session(tx, guest.session.id)
    secret = sessions.opened(tx, link.actor_id, here.now, only_at=sorted(pages), until=until)
    return Done(Opened(owner, secret, until))


def _same(request: OpenLink, link: Link) -> Guest | None:
    """The session this browser has by another link to the same person."""
    return request.guest if request.guest is not None and request.guest.actor.id == link.actor_id else None


def _usable(tx: Tx, request: OpenLink, now: datetime) -> tuple[Link, Actor]:
    link = store.link(tx, ids.fingerprint(request.secret), now) if len(request.secret) == LENGTH else None
    owner = actors.by_id(tx, link.owner_id) if link is not None else None
    if link is None or owner is None or owner.gone_at is not None:
        raise NotFound("no such link")
    if request.looker is not None and request.looker != link.actor_id:
        raise NotFound("a link for somebody else")
    return link, owner
