"""Digests of bodies in headers: `Digest` (RFC 3230, what draft-cavage signs) and `Content-Digest` (RFC 9530).

Whether the header itself is covered by a signature is the scheme's question, not asked here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator

from fediprof.errors import NotVerified
from fediprof.signatures.message import SignableRequest

_HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha-256": lambda body: hashlib.sha256(body).digest(),
    "sha-512": lambda body: hashlib.sha512(body).digest(),
}
# One member each: `SHA-256=base64` of the old header, `sha-256=:base64:` of the new (a structured-field dictionary).
_FORMS = {
    "digest": re.compile(r"\s*([A-Za-z0-9-]+)=([A-Za-z0-9+/]*={0,2})\s*", re.ASCII),
    "content-digest": re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*", re.ASCII),
}


def digest(body: bytes) -> str:
    """The value of `Digest`: `SHA-256=…`."""
    return "SHA-256=" + base64.b64encode(_HASHES["sha-256"](body)).decode()


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest`: `sha-256=:…:`."""
    return f"sha-256=:{base64.b64encode(_HASHES['sha-256'](body)).decode()}:"


def check(request: SignableRequest) -> frozenset[str]:
    """Which of {"digest", "content-digest"} are present and right.

    Every digest of a kind we know must match the body; kinds we do not know are passed over. Raises NotVerified when
    one does not match, cannot be read, is given twice, or when a header has none that we know.
    """
    present = frozenset(name for name in _FORMS if request.header(name) is not None)
    for name in present:
        known = [(kind, value) for kind, value in _members(name, request) if kind in _HASHES]
        if not known:
            raise NotVerified(f"{name} has no sha-256 and no sha-512")
        if len({kind for kind, _ in known}) != len(known):
            raise NotVerified(f"{name} gives one algorithm twice")
        for kind, value in known:
            if not hmac.compare_digest(_decode(name, value), _HASHES[kind](request.body)):
                raise NotVerified(f"{name} does not match the body")
    return present


def _members(name: str, request: SignableRequest) -> Iterator[tuple[str, str]]:
    for member in (request.header(name) or "").split(","):
        match = _FORMS[name].fullmatch(member)
        if match is None:
            raise NotVerified(f"{name} cannot be read")
        yield match[1].lower(), match[2]


def _decode(name: str, value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except binascii.Error as error:
        raise NotVerified(f"{name} is not base64") from error
