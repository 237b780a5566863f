"""HTTP Message Signatures (RFC 9421) on the http-message-signatures library, with our policy instead of its defaults.

Policy: exactly one signature; `keyid` and `created` given; `@method` and the whole target covered; on requests with a
body `content-digest` covered and right. RSA (v1.5, SHA-256) and Ed25519 only, the key decides which.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NoReturn, cast

import http_sf
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    VerificationKey,
    algorithms,
)
from http_sf.compat import InnerList

from fediprof.errors import NotVerified, WrongKey
from fediprof.signatures import digest, window
from fediprof.signatures.keys import Algorithm, PrivateKey, PublicKey
from fediprof.signatures.message import SignableRequest

_LABEL = "sig1"
_LONGEST = 8192
_ALGORITHMS: dict[Algorithm, type[HTTPSignatureAlgorithm]] = {
    "rsa": algorithms.RSA_V1_5_SHA256,
    "ed25519": algorithms.ED25519,
}
_SIGNERS = {name: HTTPMessageSigner(signature_algorithm=algorithm) for name, algorithm in _ALGORITHMS.items()}


def sign(request: SignableRequest, key: PrivateKey, now: datetime) -> dict[str, str]:
    """The headers to add, lower-case: `content-digest` when there is a body to cover, `signature-input`, `signature`.

    Covers `@method`, `@target-uri` and the digest. Raises NotVerified when the URL cannot be signed.
    """
    added: dict[str, str] = {}
    covered = ["@method", "@target-uri"]
    if request.must_cover_body or request.header("content-digest") is not None:
        added["content-digest"] = digest.content_digest(request.body)
        covered.append("content-digest")
    try:
        prepared = _SIGNERS[key.algorithm].prepare(
            request.adding(added),
            key_id=key.id,
            created=now,
            label=_LABEL,
            include_alg=False,
            covered_component_ids=covered,
            use_existing_digest="content-digest" in added,
        )
    except Exception as error:  # the library lets errors of several kinds through
        raise NotVerified(f"this request cannot be signed: {error}") from error
    # The library's own `apply` parses and builds all of it again to find changes made meanwhile; here there are none.
    signature = base64.b64encode(key.sign(prepared.signature_base)).decode()
    added["signature-input"] = f"{_LABEL}={prepared.signature_params}"
    added["signature"] = f"{_LABEL}=:{signature}:"
    return added


def key_id(request: SignableRequest) -> str:
    """The `keyid` of the one signature there is. Raises NotVerified when there is none, several, or no keyid."""
    value = request.header("signature-input") or ""
    if len(value) > _LONGEST:
        raise NotVerified("Signature-Input is too long")
    try:
        members = http_sf.parse(value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
        if not isinstance(members, dict) or len(members) != 1:
            raise NotVerified("not exactly one signature")
        ((_, parameters),) = cast("Iterable[tuple[object, dict[str, object]]]", members.values())
        found = parameters.get("keyid")
    except NotVerified:
        raise
    except Exception as error:
        raise NotVerified("Signature-Input cannot be read") from error
    if not isinstance(found, str) or not found:
        raise NotVerified("the signature has no keyid")
    return found


def verify(request: SignableRequest, key: PublicKey, now: datetime) -> None:
    """Raises NotVerified unless the key signed this request, all of it that matters, and lately."""
    if key_id(request) != key.id:
        raise NotVerified("the signature names another key")
    # Without these three the library takes a day-old signature over `@method` alone, and any body.
    try:
        (result,) = _Verifier(key, now).verify(
            request,
            max_age=window.LIFE,
            require_components=("@method",),
            body=request.body,
        )
    except NotVerified:
        raise
    except Exception as error:  # the library lets errors of several kinds through
        raise WrongKey(f"the signature does not hold: {error}") from error
    if not _covers_target(set(result.covered_components), request):
        raise NotVerified("the target is not covered")
    if request.must_cover_body and result.body is None:
        raise NotVerified("content-digest is not covered")


def _covers_target(covered: set[str], request: SignableRequest) -> bool:
    if '"@target-uri"' in covered:
        return True
    path = {'"@path"', '"@query"'} if request.has_query else {'"@path"'}
    return '"@authority"' in covered and ('"@request-target"' in covered or path <= covered)


def _refuse_duplicate(name: str, context: str) -> NoReturn:
    raise NotVerified(f"{name} is given twice")


class _OneKey(HTTPSignatureKeyResolver):
    """The library asks for keys by name; it is given the one the caller chose."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> VerificationKey:
        return self._key.key


class _Verifier(HTTPMessageVerifier):
    """The library's verifier, at the time it is told and by our window."""

    def __init__(self, key: PublicKey, now: datetime) -> None:
        super().__init__(signature_algorithm=_ALGORITHMS[key.algorithm], key_resolver=_OneKey(key))
        self._now = now

    def validate_created_and_expires(self, sig_input: InnerList, max_age: timedelta | None = None) -> None:
        created = sig_input.params.get("created")
        expires = sig_input.params.get("expires")
        if type(created) is not int:
            raise NotVerified("the signature has no created")
        window.check_created(window.instant(created), self._now)
        if type(expires) is int:
            window.check_expires(window.instant(expires), self._now)
