"""The one door in: from a request or a document to `Verified`, or NotVerified with a reason for the log.

Two steps, because between them somebody must find the key, which may mean asking another server: `claim` reads whose
signature it claims to be, `prove` takes the key and believes it or not. `Verified` is made here and nowhere else, so
a function that asks for one cannot be reached without a proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from fediprof.errors import NotVerified
from fediprof.signatures import cavage, digest, integrity, rfc9421, window
from fediprof.signatures.cavage import CavageSignature
from fediprof.signatures.integrity import Proof
from fediprof.signatures.keys import PublicKey
from fediprof.signatures.message import SignableRequest

Scheme: TypeAlias = Literal["cavage", "rfc9421"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose key a request says it was signed with, by which scheme. Nothing of it is proved."""

    key_id: str
    scheme: Scheme
    signature: CavageSignature | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """A proof that held: the key, the actor who owns it, and where the proof was (`http`: it vouches for who sent the
    request; `proof`: for who made the document, whoever sent it)."""

    key_id: str
    owner: str
    scheme: Literal["cavage", "rfc9421", "eddsa-jcs-2022"]
    source: Literal["http", "proof"]


def claim(request: SignableRequest) -> Claim:
    """Read who signed: RFC 9421 when `Signature-Input` is there, else draft-cavage. Raises NotVerified when the
    request is not signed or the signature cannot be read."""
    if request.header("signature-input") is not None:
        return Claim(rfc9421.key_id(request), "rfc9421")
    signature = cavage.find(request)
    if signature is None:
        raise NotVerified("the request is not signed")
    return Claim(signature.key_id, "cavage", signature)


def prove(request: SignableRequest, claim: Claim, key: PublicKey, now: datetime) -> Verified:
    """Believe a claim by its key. Raises NotVerified when the key is another one or the signature does not hold."""
    if key.id != claim.key_id:
        raise NotVerified("the key is not the one the signature names")
    if claim.scheme == "rfc9421":
        digest.check(request)  # an old Digest beside it may be wrong too; the scheme looks at Content-Digest alone
        rfc9421.verify(request, key, now)
    elif claim.signature is not None:
        cavage.verify(claim.signature, request, key, now)
    else:
        raise NotVerified("a claim without its signature")
    return Verified(key.id, key.owner, claim.scheme, "http")


def prove_document(document: Mapping[str, object], proof: Proof, key: PublicKey, now: datetime) -> Verified:
    """Believe the proof a document carries (`integrity.proof_of`). Raises NotVerified as `integrity.check`, and when
    the proof states an end and it has come."""
    if proof.expires is not None:
        window.check_expires(proof.expires, now)
    integrity.check(document, proof, key)
    return Verified(key.id, key.owner, "eddsa-jcs-2022", "proof")
