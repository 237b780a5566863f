"""Proofs inside documents: FEP-8b32 with the cryptosuite eddsa-jcs-2022 (W3C Data Integrity, JCS from RFC 8785).

A proof travels with its document, so it still speaks when the document arrives by another server. It says only that
the key signed; that the key may speak for the document's actor is asked of the key's owner elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import rfc8785

from fediprof.errors import NotVerified
from fediprof.signatures import multibase
from fediprof.signatures.keys import PrivateKey, PublicKey

_TYPE = "DataIntegrityProof"
_SUITE = "eddsa-jcs-2022"
_PURPOSE = "assertionMethod"
_MOST_PROOFS = 8
# Added to a document after it was proved: the proof itself, and the linked-data signature some peers put beside it.
# Both are therefore outside of what a proof covers.
_PROOF = "proof"
_LD_SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, read and not yet believed. `verification_method`: the IRI of its key; `options`: all that is signed of
    the proof itself; `value`: the signature in multibase; `expires`: an instant, when it states one."""

    verification_method: str
    options: Mapping[str, object]
    value: str
    expires: datetime | None


def attach(
    document: Mapping[str, object], key: PrivateKey, now: datetime, *, verification_method: str | None = None
) -> dict[str, object]:
    """A copy of the document with its proof, in place of any proof it had.

    `verification_method`: the IRI the key is published under, `key.id` by default. Raises NotVerified for a key that
    is not Ed25519 and for a document JCS has no form for (integers beyond 2^53, NaN).
    """
    if key.algorithm != "ed25519":
        raise NotVerified("eddsa-jcs-2022 takes an Ed25519 key")
    options: dict[str, object] = {
        "type": _TYPE,
        "cryptosuite": _SUITE,
        "verificationMethod": verification_method or key.id,
        "proofPurpose": _PURPOSE,
        "created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hash(options) + _hash(_without(document, _PROOF, _LD_SIGNATURE)))
    return {**document, _PROOF: {**options, "proofValue": multibase.encode(signature)}}


def proof_of(document: Mapping[str, object]) -> Proof | None:
    """The proof of a suite we know, the first when there are several; None without one, whatever else there is.

    Raises NotVerified when it is of our suite and cannot be read.
    """
    found = document.get(_PROOF)
    for candidate in found[:_MOST_PROOFS] if isinstance(found, list) else [found]:
        if isinstance(candidate, dict) and (candidate.get("type"), candidate.get("cryptosuite")) == (_TYPE, _SUITE):
            return _read(candidate)
    return None


def check(document: Mapping[str, object], proof: Proof, key: PublicKey) -> None:
    """Raises NotVerified unless the key, named by the proof, signed this document.

    `signature` and `proof` of the document's top level are not vouched for. Neither are contexts after those the
    proof repeats: the suite lets others append some.
    """
    if key.id != proof.verification_method or key.algorithm != "ed25519":
        raise NotVerified("the proof names another key, or one that is not Ed25519")
    if proof.options.get("proofPurpose") != _PURPOSE:
        raise NotVerified("the proof has another purpose")
    signature = multibase.decode(proof.value)
    head = _hash(proof.options)
    bare = _with_context_of(proof, _without(document, _PROOF))
    if key.holds(signature, head + _hash(_without(bare, _LD_SIGNATURE))):
        return
    # Or the linked-data signature came first and the proof covers it.
    if _LD_SIGNATURE in bare and key.holds(signature, head + _hash(bare)):
        return
    raise NotVerified("the proof does not hold")


def _read(proof: Mapping[str, object]) -> Proof:
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise NotVerified("the proof lacks verificationMethod or proofValue")
    if not isinstance(proof.get("created", ""), str):
        raise NotVerified("the proof's created is no text")
    return Proof(method, _without(proof, "proofValue"), value, _instant(proof.get("expires")))


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise NotVerified("the proof's expires is no instant")
    return found


def _with_context_of(proof: Proof, document: dict[str, object]) -> dict[str, object]:
    """The document under the contexts it was proved with, which must be the first of those it has now."""
    if "@context" not in proof.options:
        return document
    then, now = _list(proof.options["@context"]), _list(document.get("@context"))
    if list(now[: len(then)]) != list(then):
        raise NotVerified("the proof was made under other contexts")
    return {**document, "@context": proof.options["@context"]}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]


def _without(document: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}


def _hash(value: Mapping[str, object]) -> bytes:
    try:
        canonical = rfc8785.dumps(cast("dict[str, None]", dict(value)))
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise NotVerified("the document has no canonical form") from error
    return hashlib.sha256(canonical).digest()
