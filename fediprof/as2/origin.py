"""Who may speak for what: the same-origin checks of FEP-fe34, each with the attack it stops.

Pure comparisons. Fetching a document again from its own host, when a check fails, is the caller's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

import idna

from fediprof.errors import Malformed, NotAllowed, NotVerified

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEAD = re.compile(r"[^/?#]*//[^/?#]*")

_OTHER_DOTS = "\u3002\uff0e\uff61"
"""Read as a dot by some resolvers and as a letter by others."""


@lru_cache(maxsize=4096)
def ascii_host(host: str) -> str:
    """A host name as it is compared: lower case, punycode, no final dot.

    `Bücher.example` and `xn--bcher-kva.example` are one host (IDNA 2008). Malformed for what is no host name,
    look-alikes by compatibility (full-width letters, other dots) among it.
    """
    name = host.lower().rstrip(".")
    if not name.isascii():
        if any(dot in name for dot in _OTHER_DOTS):
            raise Malformed(f"host {host!r}: a dot that is none")
        try:
            name = idna.encode(name).decode("ascii")
        except UnicodeError as error:
            raise Malformed(f"host {host!r}: {error}") from None
    if not name or len(name) > 253:
        raise Malformed(f"host {host!r}: empty or too long")
    return name


def _origin(iri: str) -> tuple[str, str, int]:
    if "\\" in iri:
        raise Malformed(f"IRI {iri[:200]!r}: a backslash")
    head = _HEAD.match(iri)
    return _read(iri if head is None else head[0])


@lru_cache(maxsize=4096)
def _read(iri: str) -> tuple[str, str, int]:
    """Asked with scheme and authority alone: nearly every object's id is new, their hosts are few."""
    try:
        parts = urlsplit(iri)
        port = parts.port
    except ValueError as error:
        raise Malformed(f"IRI {iri[:200]!r}: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise Malformed(f"IRI {iri[:200]!r}: not absolute http(s)")
    if "@" in parts.netloc:
        raise Malformed(f"IRI {iri[:200]!r}: userinfo")
    return parts.scheme, ascii_host(parts.hostname), port or _DEFAULT_PORTS[parts.scheme]


def host_of(iri: str) -> str:
    """The host of an absolute http(s) IRI as `ascii_host`; with `:port` where it is not the scheme's own.

    Malformed otherwise. Stops a name that looks like another only in case or alphabet from passing for a new server.
    """
    scheme, host, port = _origin(iri)
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"


def same_origin(a: str, b: str) -> bool:
    """Whether scheme, host and port agree. False where either is unreadable.

    Stops another port, plain http or a sub-domain of a host from speaking for it.
    """
    try:
        return _origin(a) == _origin(b)
    except Malformed:
        return False


def must_be_from(activity_id: str, actor: str) -> None:
    """NotVerified unless the activity's id is on its actor's origin.

    Stops a server from minting activities under another server's ids: the real one would then be refused as seen.
    """
    if not same_origin(activity_id, actor):
        raise NotVerified(f"activity {activity_id} is not on the origin of its actor {actor}")


def must_be_signed_by(actor: str, signer: str) -> None:
    """NotVerified unless who signed is who acts. Stops one account of a server from acting as its neighbour,
    and any server from acting as an account elsewhere."""
    if actor != signer:
        raise NotVerified(f"actor {actor} is not the signer {signer}")


def must_own(object_id: str, attributed_to: str, actor: str) -> None:
    """NotAllowed unless the actor is the author named by the object, and the object is on the actor's origin.

    Stops putting words in another's mouth (attributedTo is someone else) and overwriting an object that lives on
    another server by sending a changed copy of it.
    """
    if attributed_to != actor:
        raise NotAllowed(f"{actor} acts on {object_id}, which is attributed to {attributed_to}")
    if not same_origin(object_id, actor):
        raise NotAllowed(f"{object_id} is not on the origin of {actor}")


def must_share_origin(object_id: str, actor: str) -> None:
    """NotAllowed unless both are on one origin. For Delete and Update where only ids are at hand: stops one server
    from deleting what lives on another."""
    if not same_origin(object_id, actor):
        raise NotAllowed(f"{object_id} is not on the origin of {actor}")


def must_match_url(doc_id: str, fetched_url: str) -> None:
    """NotVerified unless the document's id is the address it came from (after redirects; a fragment aside).

    Stops an upload or a page on a host from claiming to be any document: only what answers at an id speaks for it.
    """
    if doc_id == fetched_url:
        return
    claimed, found = doc_id.partition("#")[0], fetched_url.partition("#")[0]
    if not same_origin(claimed, found) or _path(claimed) != _path(found):
        raise NotVerified(f"document at {fetched_url} says its id is {doc_id}")


def _path(iri: str) -> str:
    parts = urlsplit(iri)
    return (parts.path or "/") + ("?" + parts.query if parts.query else "")
