"""WebFinger, the asking side: which actor a handle names, and how its server wants to be asked to follow or reply.

RFC 7033 and 7565; must-do rule 2 (one redirect of the subject, the second lookup must confirm); the OStatus subscribe
template and FEP-3b86 activity intents. That the actor names this handle in turn is for the caller to check. The
answering side is `federation`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import quote

import idna
import msgspec

from fediprof.errors import Malformed, NotFound, Refused, Unreachable
from fediprof.net.fetcher import Fetcher

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENT = "https://w3id.org/fep/3b86/"
ASK = "https://w3id.org/fediprof/ns#ask"
"""Where a member of a server of this kind is sent to ask about an entry: `{object}` is its address."""
MAX_BYTES = 65_536
MAX_LINKS = 64
MAX_URL = 2048
MAX_ACTORS = 4

_ACCEPT = "application/jrd+json, application/json;q=0.9"
_AS_PROFILE = "https://www.w3.org/ns/activitystreams"
_USER = re.compile(r"[\w.~!$&'*+=:-]{1,128}")
_PORT = re.compile(r":[0-9]{1,5}", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Handle:
    """`user@host`: the host in ASCII and lower case, with a port in development only."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a server says of a handle. `subject_acct`: `user@host`, its own spelling, confirmed by that host.

    `subscribe_template`: has `{uri}` in it, or None. `intents`: FEP-3b86 activity type (`Follow`, `Create`, …) →
    template. `ask_template`: of `ASK`, has `{object}` in it, or None.
    """

    subject_acct: str
    actor_iri: str
    subscribe_template: str | None
    intents: Mapping[str, str]
    ask_template: str | None = None
    actor_iris: tuple[str, ...] = ()
    """Where a name is more than one actor's (Lemmy: a person and a group), all of them, `actor_iri` first."""


def parse_handle(text: str, *, ports: bool = False) -> Handle:
    """`user@host`, `@user@host` or `acct:user@host`, names in any script. Raises Malformed.

    `ports`: in development, a host may have a port, and be a loopback address.
    """
    bare = text.strip().removeprefix("acct:").removeprefix("@")
    user, at, host = bare.rpartition("@")
    if not at or not _USER.fullmatch(user):
        raise Malformed(f"{text[:80]!r} is not a handle like user@host")
    port = ""
    if found := _PORT.search(host):
        if not ports or found.end() != len(host):
            raise Malformed(f"{text[:80]!r}: a handle has no port")
        host, port = host[: found.start()], found.group()
    try:
        ascii_host = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise Malformed(f"{text[:80]!r}: {error}") from error
    if not _HOST.fullmatch(ascii_host) and not (ports and _LOOPBACK.fullmatch(ascii_host)):
        raise Malformed(f"{text[:80]!r}: no such host name")
    return Handle(user, ascii_host + port)


async def discover(fetcher: Fetcher, handle: str, *, scheme: str = "https") -> Found:
    """Ask the handle's host. `scheme`: `http` for development, where the host may carry a port.

    Raises Malformed (not a handle), NotFound (no such account, or no actor behind it), Unreachable (no answer, or one
    that contradicts itself; Refused with the status it gave).
    """
    asked = parse_handle(handle, ports=scheme == "http")
    document = await _ask(fetcher, asked, scheme)
    subject = _subject(document, asked, scheme)
    if not _same(subject, asked):
        # A host may name an account under another domain; only that domain can say that this is so.
        document = await _ask(fetcher, subject, scheme)
        confirmed = _subject(document, subject, scheme)
        if not _same(confirmed, subject):
            raise Unreachable(f"{asked} leads to {subject}, which calls itself {confirmed}")
        subject = confirmed
    return _found(document, subject, scheme)


async def _ask(fetcher: Fetcher, handle: Handle, scheme: str) -> dict[str, Any]:
    resource = quote(f"acct:{handle}", safe="")
    url = f"{scheme}://{handle.host}/.well-known/webfinger?resource={resource}"
    answer = await fetcher.get(url, accept=_ACCEPT, max_bytes=MAX_BYTES)
    if answer.status in (404, 410):
        raise NotFound(f"{handle.host} knows no {handle}")
    if answer.status != 200:
        raise Refused(f"{url} answered {answer.status}", code=answer.status)
    try:
        document = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"{url} answered no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unreachable(f"{url} answered no JRD")
    return document


def _subject(document: dict[str, Any], asked: Handle, scheme: str) -> Handle:
    subject = document.get("subject")
    if subject is None:  # RFC 7033 §4.4.1: it SHOULD be there; without it the answer speaks of what was asked
        return asked
    if not isinstance(subject, str) or not subject.startswith("acct:"):
        raise Unreachable(f"{asked}: the subject of the answer is no account")
    try:
        return parse_handle(subject, ports=scheme == "http")
    except Malformed as error:
        raise Unreachable(f"{asked}: the subject of the answer: {error}") from error


def _same(one: Handle, other: Handle) -> bool:
    return (one.user.casefold(), one.host) == (other.user.casefold(), other.host)


def _found(document: dict[str, Any], subject: Handle, scheme: str) -> Found:
    links = document.get("links")
    selves: list[str] = []
    subscribe: str | None = None
    ask: str | None = None
    intents: dict[str, str] = {}
    for link in links[:MAX_LINKS] if isinstance(links, list) else []:
        if not isinstance(link, dict):
            continue
        rel, href, template = link.get("rel"), link.get("href"), link.get("template")
        if not isinstance(rel, str):
            continue
        if rel == "self" and _is_actor_type(link.get("type")) and _is_url(href, scheme):
            selves.append(href)
        elif rel == SUBSCRIBE and subscribe is None and _is_url(template, scheme) and "{uri}" in template:
            subscribe = template
        elif rel == ASK and ask is None and _is_url(template, scheme) and "{object}" in template:
            ask = template
        elif rel.startswith(INTENT) and _is_url(template, scheme):
            intents.setdefault(rel.removeprefix(INTENT)[:64], template)
    if not selves:
        raise NotFound(f"{subject} has no ActivityPub actor")
    return Found(str(subject), selves[0], subscribe, intents, ask, tuple(dict.fromkeys(selves))[:MAX_ACTORS])


def _is_actor_type(value: object) -> bool:
    if not isinstance(value, str):
        return False
    media_type, _, parameters = value.lower().partition(";")
    if media_type.strip() == "application/activity+json":
        return True
    return media_type.strip() == "application/ld+json" and _AS_PROFILE in parameters


def _is_url(value: object, scheme: str) -> TypeGuard[str]:
    """Whether `value` may be asked, or put into a link on our pages: `javascript:` and the like are not."""
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isprintable() or " " in value:
        return False
    return value.startswith("https://") or (scheme == "http" and value.startswith("http://"))
