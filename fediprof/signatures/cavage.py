"""Draft-cavage HTTP signatures, version 12: the scheme nearly every peer speaks. Sign, parse, verify.

The algorithm follows from the key, never from the header: a header may only agree. Beyond the draft, a signature must
cover what would otherwise be replayable: `(request-target)`, `host`, a time, and on requests with a body the digest.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fediprof import clock
from fediprof.errors import NotVerified, WrongKey
from fediprof.signatures import digest, window
from fediprof.signatures.keys import Algorithm, Hash, PrivateKey, PublicKey
from fediprof.signatures.message import SignableRequest, read_date

_TARGET = "(request-target)"
_CREATED = "(created)"
_EXPIRES = "(expires)"

# What a header may call the algorithm, by what the key is; and the hashes that name leaves to try.
_AGREED: dict[Algorithm, dict[str | None, tuple[Hash, ...]]] = {
    "rsa": {
        None: ("sha256",),
        "rsa-sha256": ("sha256",),
        "rsa-sha512": ("sha512",),
        "hs2019": ("sha256", "sha512"),
    },
    "ed25519": {None: ("sha512",), "hs2019": ("sha512",), "ed25519": ("sha512",), "ed25519-sha512": ("sha512",)},
}
_NAME_WE_SEND: dict[Algorithm, str] = {"rsa": "rsa-sha256", "ed25519": "hs2019"}

# One parameter and what separates it from the next; quoted values without escapes, numbers bare or quoted.
_PARAMETER = re.compile(
    r"""[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*=[ \t]*(?:"([ !#-\[\]-~]*)"|(\d+))[ \t]*(,|$)""", re.ASCII
)
_HEADER_NAME = re.compile(r"\((?:request-target|created|expires)\)|[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_LONGEST = 8192
_MOST_HEADERS = 32


@dataclass(frozen=True, slots=True)
class CavageSignature:
    """A Signature header, read and not yet believed. `headers`: the covered names, lower-case, in their order."""

    key_id: str
    algorithm: str | None
    headers: tuple[str, ...]
    signature: bytes
    created: int | None
    expires: int | None


def sign(
    request: SignableRequest, key: PrivateKey, now: datetime, *, headers: Sequence[str] | None = None
) -> dict[str, str]:
    """The headers to add, lower-case: `date`, `digest` when there is a body to cover, `signature`.

    The request must carry `host` already. `headers` replaces what is covered: by default the request line, host,
    date, and with a body its digest and type; never `accept`, which proxies rewrite. Raises NotVerified when a header
    to be covered is absent.
    """
    added = {"date": clock.http_date(now)}
    covered: list[str] = [_TARGET, "host", "date"]
    if request.must_cover_body:
        added["digest"] = digest.digest(request.body)
        covered.append("digest")
        if request.header("content-type") is not None:
            covered.append("content-type")
        if request.header("collection-synchronization") is not None:  # FEP-8fcf asks for it to be covered
            covered.append("collection-synchronization")
    covered = list(headers) if headers is not None else covered
    text = _signing_string(covered, request.adding(added), request.target, None, None)
    signature = base64.b64encode(key.sign(text)).decode()
    added["signature"] = (
        f'keyId="{key.id}",algorithm="{_NAME_WE_SEND[key.algorithm]}",'
        f'headers="{" ".join(covered)}",signature="{signature}"'
    )
    return added


def find(request: SignableRequest) -> CavageSignature | None:
    """What is in `Signature`, or else in `Authorization: Signature …`; None without either. Raises as `parse`."""
    value = request.header("signature")
    if value is None:
        scheme, _, value = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "signature":
            return None
    return parse(value)


def parse(value: str) -> CavageSignature:
    """Read a Signature header. Raises NotVerified for anything but a plain list of parameters, each given once."""
    if len(value) > _LONGEST:
        raise NotVerified("the Signature header is too long")
    parameters = _parameters(value)
    key_id = parameters.get("keyid")
    encoded = parameters.get("signature")
    if not key_id or not encoded:
        raise NotVerified("the Signature header lacks keyId or signature")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise NotVerified("the signature is not base64") from error
    return CavageSignature(
        key_id=key_id,
        algorithm=parameters.get("algorithm"),
        headers=_covered(parameters.get("headers", "date")),
        signature=signature,
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def verify(signature: CavageSignature, request: SignableRequest, key: PublicKey, now: datetime) -> None:
    """Raises NotVerified unless the key signed this request, all of it that matters, and lately."""
    hashes = _AGREED[key.algorithm].get(signature.algorithm)
    if hashes is None:
        known = any(signature.algorithm in names for names in _AGREED.values())
        error = WrongKey if known else NotVerified
        raise error(f"algorithm {signature.algorithm} is not one of an {key.algorithm} key")
    _check_coverage(signature, request)
    _check_times(signature, request, now)
    if request.must_cover_body and "digest" not in digest.check(request):
        raise NotVerified("no Digest header")
    # Some peers sign the path without its query string.
    for target in (request.target, request.path) if request.has_query else (request.target,):
        text = _signing_string(signature.headers, request, target, signature.created, signature.expires)
        if any(key.holds(signature.signature, text, name) for name in hashes):
            return
    raise WrongKey("the signature does not hold")


def _parameters(value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while True:
        match = _PARAMETER.match(value, position)
        if match is None:
            raise NotVerified("the Signature header cannot be read")
        name, quoted, number, separator = match.groups()
        name = name.lower()
        if name in found:
            raise NotVerified(f"the Signature header gives {name} twice")
        found[name] = number if quoted is None else quoted
        if not separator:
            return found
        position = match.end()


def _covered(value: str) -> tuple[str, ...]:
    names = tuple(value.lower().split(" "))
    if len(names) > _MOST_HEADERS or len(set(names)) != len(names):
        raise NotVerified("the covered headers are too many or repeat")
    if not all(_HEADER_NAME.fullmatch(name) for name in names):
        raise NotVerified("the covered headers cannot be read")
    return names


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not _SECONDS.fullmatch(value):
        raise NotVerified(f"{name} is not a number of seconds")
    return int(value)


def _check_coverage(signature: CavageSignature, request: SignableRequest) -> None:
    covered = set(signature.headers)
    needed = {_TARGET, "host"} | ({"digest"} if request.must_cover_body else set())
    if not needed <= covered:
        raise NotVerified(f"not covered: {', '.join(sorted(needed - covered))}")
    if not covered & {"date", _CREATED}:
        raise NotVerified("neither date nor (created) is covered")
    if covered & {_CREATED, _EXPIRES} and (signature.algorithm or "").startswith("rsa-"):
        raise NotVerified("(created) and (expires) do not go with an rsa-… algorithm")
    if not request.is_for(request.header("host") or ""):
        raise NotVerified("signed for another host")


def _check_times(signature: CavageSignature, request: SignableRequest, now: datetime) -> None:
    if "date" in signature.headers:
        window.check_date(read_date(request.header("date") or ""), now)
    if _CREATED in signature.headers:
        if signature.created is None:
            raise NotVerified("(created) is covered and not given")
        window.check_created(window.instant(signature.created), now)
    if signature.expires is not None:
        window.check_expires(window.instant(signature.expires), now)


def _signing_string(
    names: Sequence[str], request: SignableRequest, target: str, created: int | None, expires: int | None
) -> bytes:
    special = {
        _TARGET: f"{request.method.lower()} {target}",
        _CREATED: None if created is None else str(created),
        _EXPIRES: None if expires is None else str(expires),
    }
    lines = []
    for name in names:
        value = special[name] if name in special else request.header(name)
        if value is None or "\n" in value or "\r" in value:
            raise NotVerified(f"{name} is covered and absent, or has a line break")
        lines.append(f"{name}: {value.strip()}")
    try:
        return "\n".join(lines).encode("latin-1")
    except UnicodeEncodeError as error:
        raise NotVerified("a covered header has characters no header can have") from error
