"""Keys, RSA and Ed25519: read from PEM, Multikey (FEP-521a) and did:key, written as SPKI and Multikey.

Which actor a key belongs to is stated by the caller (`owner`), who has fetched and checked it. Private keys at rest
are the key store's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fediprof.errors import Malformed, NotVerified
from fediprof.signatures import multibase

Algorithm: TypeAlias = Literal["rsa", "ed25519"]
Hash: TypeAlias = Literal["sha256", "sha512"]

_PKCS1 = padding.PKCS1v15()
_HASHES: dict[Hash, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
# Multicodec prefixes, as varints: ed25519-pub 0xed, rsa-pub 0x1205.
_ED25519_PUB = b"\xed\x01"
_RSA_PUB = b"\x85\x24"
_RSA_BITS = range(2048, 8192 + 1)
_RSA_EXPONENTS = range(3, 2**32)
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`id`: the IRI signatures name; `owner`: the actor it speaks for. Build with the `public_from_…` functions: they
    refuse weak keys, the constructor does not."""

    id: str
    owner: str
    algorithm: Algorithm
    key: RSAPublicKey | Ed25519PublicKey

    def holds(self, signature: bytes, data: bytes, digest: Hash = "sha256") -> bool:
        """Whether the signature over the data is this key's. `digest` concerns RSA (PKCS #1 v1.5) alone."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, data, _PKCS1, _HASHES[digest])
            else:
                self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def spki(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def pem(self) -> str:
        """SubjectPublicKeyInfo, PEM: what `publicKeyPem` of an actor holds."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def multikey(self) -> str:
        """What `publicKeyMultibase` of a Multikey holds."""
        if isinstance(self.key, RSAPublicKey):
            return multibase.encode(_RSA_PUB + self.key.public_bytes(Encoding.DER, PublicFormat.PKCS1))
        return multibase.encode(_ED25519_PUB + self.key.public_bytes_raw())


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """`id`: the IRI our signatures name."""

    id: str
    algorithm: Algorithm
    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """RSA: PKCS #1 v1.5 with SHA-256. Ed25519: as it is."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, _PKCS1, _HASHES["sha256"])
        return self.key.sign(data)

    def public(self, owner: str) -> PublicKey:
        """The public half."""
        return PublicKey(self.id, owner, self.algorithm, self.key.public_key())


def public_from_pem(id: str, owner: str, pem: str) -> PublicKey:
    """From SPKI or PKCS #1 PEM. Raises NotVerified when it is no key, of another kind, or of a size not trusted."""
    return PublicKey(id, owner, *_from_pem(pem))


def public_from_spki(id: str, owner: str, spki: bytes) -> PublicKey:
    """From what `spki()` gave. Raises as `public_from_pem`."""
    return PublicKey(id, owner, *_from_der(spki))


def public_from_multibase(id: str, owner: str, encoded: str) -> PublicKey:
    """From `publicKeyMultibase` (ed25519-pub, rsa-pub). Raises as `public_from_pem`."""
    return PublicKey(id, owner, *_from_multikey(encoded))


def public_from_material(id: str, owner: str, material: str) -> PublicKey:
    """From whichever of `publicKeyPem` and `publicKeyMultibase` was kept. Raises as `public_from_pem`."""
    read = public_from_pem if "-----BEGIN" in material else public_from_multibase
    return read(id, owner, material)


def public_from_did_key(did: str) -> PublicKey:
    """From `did:key:z6Mk…`, with or without its `#z6Mk…`; the key is its own owner. Raises as `public_from_pem`."""
    subject, _, fragment = did.partition("#")
    encoded = subject.removeprefix("did:key:")
    if encoded == subject or fragment not in ("", encoded):
        raise NotVerified("not a did:key")
    return PublicKey(did, subject, *_from_multikey(encoded))


def generate_rsa() -> bytes:
    """A new RSA-2048 private key, PKCS #8 PEM, not encrypted. 40 ms of computing, or much more: use a thread."""
    return _private_pem(generate_private_key(public_exponent=65537, key_size=2048))


def generate_ed25519() -> bytes:
    """A new Ed25519 private key, PKCS #8 PEM, not encrypted."""
    return _private_pem(Ed25519PrivateKey.generate())


def private_from_pem(id: str, pem: bytes, *, trusted: bool = True) -> PrivateKey:
    """From what `generate_…` gave. `trusted` skips the check of the RSA numbers, which takes 28 ms: right for keys we
    made ourselves and kept sealed, wrong for keys somebody hands us. Raises Malformed."""
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=trusted)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Malformed("not a private key") from error
    if isinstance(key, RSAPrivateKey):
        return PrivateKey(id, "rsa", key)
    if isinstance(key, Ed25519PrivateKey):
        return PrivateKey(id, "ed25519", key)
    raise Malformed("a private key neither RSA nor Ed25519")


_Loaded: TypeAlias = tuple[Algorithm, RSAPublicKey | Ed25519PublicKey]


@lru_cache(maxsize=_REMEMBERED)
def _from_pem(pem: str) -> _Loaded:
    return _usable(lambda: load_pem_public_key(pem.encode()))


@lru_cache(maxsize=_REMEMBERED)
def _from_der(der: bytes) -> _Loaded:
    return _usable(lambda: load_der_public_key(der))


@lru_cache(maxsize=_REMEMBERED)
def _from_multikey(encoded: str) -> _Loaded:
    data = multibase.decode(encoded)
    kind, material = data[:2], data[2:]
    if kind == _ED25519_PUB:
        return _usable(lambda: Ed25519PublicKey.from_public_bytes(material))
    if kind == _RSA_PUB:
        return _usable(lambda: load_der_public_key(material))
    raise NotVerified("a Multikey neither Ed25519 nor RSA")


def _usable(load: Callable[[], object]) -> _Loaded:
    try:
        key = load()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NotVerified("not a public key") from error
    if isinstance(key, Ed25519PublicKey):
        return "ed25519", key
    if not isinstance(key, RSAPublicKey):
        raise NotVerified("a public key neither RSA nor Ed25519")
    if key.key_size not in _RSA_BITS or key.public_numbers().e not in _RSA_EXPONENTS:
        raise NotVerified("an RSA key of a size we do not trust")
    return "rsa", key


def _private_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
