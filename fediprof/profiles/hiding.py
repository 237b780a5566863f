"""The hide-from list: people and domains that read what anybody reads and nothing more, whatever else was said."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from fediprof.db.database import Tx
from fediprof.effects import Done, Resolver
from fediprof.errors import Invalid
from fediprof.here import Here
from fediprof.principal import Member
from fediprof.profiles import store
from fediprof.profiles.people import people_of

MAX_HIDDEN = 500

_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class HideFrom:
    """`people`: handles. `domain`: a domain, with all under it; a mail address or a page's address is read for its domain.
    `actor_ids`: filled by `gathered`."""

    by: Member
    people: str = ""
    domain: str = ""
    actor_ids: frozenset[int] = frozenset()

    async def gathered(self, resolver: Resolver) -> HideFrom:
        """Raises Invalid(field people)."""
        return replace(self, actor_ids=await people_of(self.people, resolver))


@dataclass(frozen=True, slots=True)
class UnhideFrom:
    """`whom`: an actor's id as text, or a domain."""

    by: Member
    what: Literal["person", "domain"]
    whom: str


def hide_from(tx: Tx, request: HideFrom, here: Here) -> Done[None]:
    """From the next request on. Raises Invalid (field people, domain)."""
    if request.by.actor_id in request.actor_ids:
        raise Invalid("You cannot hide from yourself", field="people")
    domain = domain_in(request.domain) if request.domain.strip() else None
    if domain is None and not request.actor_ids:
        raise Invalid("Write a handle or a domain", field="people")
    held = store.hidden_from_of(tx, request.by.actor_id)
    if len(held.people | request.actor_ids) + len(held.domains) >= MAX_HIDDEN:
        raise Invalid(f"At most {MAX_HIDDEN} people and domains", field="people")
    for actor_id in request.actor_ids:
        store.hide_from(tx, request.by.actor_id, "person", str(actor_id), here.now)
    if domain is not None:
        store.hide_from(tx, request.by.actor_id, "domain", domain, here.now)
    return Done(None)


def unhide_from(tx: Tx, request: UnhideFrom, here: Here) -> Done[None]:
    store.unhide_from(tx, request.by.actor_id, request.what, request.whom)
    return Done(None)


def domain_in(written: str) -> str:
    """The domain of what was written, as host names are compared. Raises Invalid: one without a dot would be a whole
    country, or nothing."""
    text = written.strip().casefold().rpartition("@")[2]
    host = re.split(r"[/?#:]", text.partition("://")[2] or text, maxsplit=1)[0].removeprefix("*.").strip(".")
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        host = ""
    if not _DOMAIN.fullmatch(host):
        raise Invalid("Write a domain, like example.org", field="domain")
    return host
