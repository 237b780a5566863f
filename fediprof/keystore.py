"""The private keys of our actors: sealed at rest, loaded once, rotated.

Each local actor has an RSA-2048 key (HTTP signatures) and an Ed25519 key (FEP-8b32 proofs). They lie in the database
encrypted with AES-256-GCM under `keys/seal.key`, bound to their key id, so that neither the database nor the folder
alone signs anything. `keys/cookie.key` signs the addresses of the picture proxy and the forms.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select

from fediprof.db.database import Tx
from fediprof.errors import Misconfigured
from fediprof.schema.actors import private_key
from fediprof.signatures import keys
from fediprof.signatures.keys import PrivateKey

LOOKS_AGAIN = 30.0
"""Seconds after which a key in memory is compared with the database: another process may have rotated it."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What one actor signs with."""

    rsa: PrivateKey
    ed25519: PrivateKey


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A pair in memory, what it was opened from, and until when nobody asks whether that has changed."""

    pair: KeyPair
    sealed: frozenset[bytes]
    until: float


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One new private key, encrypted, with the public half as the actor document gives it (PEM or multibase)."""

    iri: str
    algorithm: str
    sealed: bytes
    public: str


class KeyStore:
    """Open one per process. Methods that take `tx` run inside a unit of work."""

    def __init__(self, seal: bytes, secret: bytes) -> None:
        self._seal = AESGCM(seal)
        self.secret = secret
        self._pairs: dict[int, _Loaded] = {}

    @classmethod
    def open(cls, folder: Path) -> KeyStore:
        """Read the instance's secrets, or make them where the folder has none. Raises Misconfigured."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(_secret(folder / "seal.key"), _secret(folder / "cookie.key"))
        except OSError as error:
            raise Misconfigured(f"keys: cannot use the folder {folder}: {error.strerror}") from None

    def make(self, actor_iri: str) -> tuple[SealedKey, SealedKey]:
        """New keys for an actor. RSA takes some 40 ms: call it outside the transaction, in a thread."""
        return (
            self._sealed(f"{actor_iri}#main-key", keys.generate_rsa()),
            self._sealed(f"{actor_iri}#ed25519-key", keys.generate_ed25519()),
        )

    def forget(self, actor_id: int) -> None:
        """After a rotation: load what is in the database now."""
        self._pairs.pop(actor_id, None)

    def pair(self, tx: Tx, actor_id: int) -> KeyPair:
        """What an actor signs with. Raises Misconfigured when the folder's key is not the one it was sealed with."""
        known = self._pairs.get(actor_id)
        if known is not None and time.monotonic() < known.until:
            return known.pair
        query = select(private_key).where(private_key.c.actor_id == actor_id, private_key.c.retired_at.is_(None))
        rows = tx.execute(query).all()
        sealed = frozenset(row.sealed for row in rows)
        if known is not None and known.sealed == sealed:
            self._pairs[actor_id] = replace(known, until=time.monotonic() + LOOKS_AGAIN)
            return known.pair
        found = {row.algorithm: keys.private_from_pem(row.iri, self.opened(row.iri, row.sealed)) for row in rows}
        pair = KeyPair(found["rsa"], found["ed25519"])
        self._pairs[actor_id] = _Loaded(pair, sealed, time.monotonic() + LOOKS_AGAIN)
        return pair

    def _sealed(self, iri: str, pem: bytes) -> SealedKey:
        key = keys.private_from_pem(iri, pem).public(iri)
        public = key.pem() if key.algorithm == "rsa" else key.multikey()
        return SealedKey(iri, key.algorithm, self.sealed(iri, pem), public)

    def sealed(self, label: str, value: bytes) -> bytes:
        """`value` encrypted, bound to what it is for."""
        nonce = secrets.token_bytes(12)
        return nonce + self._seal.encrypt(nonce, value, label.encode())

    def opened(self, label: str, sealed: bytes) -> bytes:
        """What `sealed` made. Raises Misconfigured when the folder's key is another, or the label is."""
        try:
            return self._seal.decrypt(sealed[:12], sealed[12:], label.encode())
        except InvalidTag:
            raise Misconfigured(
                "keys: seal.key is not the key this database was sealed with; restore the keys folder of this instance"
            ) from None


def keep(tx: Tx, actor_id: int, made: Iterable[SealedKey], now: datetime) -> None:
    """Store an actor's keys, in place of those of the same name."""
    for key in made:
        tx.execute(delete(private_key).where(private_key.c.iri == key.iri))
        row = {"actor_id": actor_id, "created_at": now, "iri": key.iri, "algorithm": key.algorithm}
        tx.execute(insert(private_key), row | {"sealed": key.sealed, "public": key.public})


def public_material(tx: Tx, actor_id: int) -> dict[str, tuple[str, str]]:
    """{algorithm: (key id, PEM or multibase)} of a local actor, for its document."""
    rows = tx.execute(
        select(private_key.c.algorithm, private_key.c.iri, private_key.c.public).where(
            private_key.c.actor_id == actor_id, private_key.c.retired_at.is_(None)
        )
    )
    return {row.algorithm: (row.iri, row.public) for row in rows}


def _secret(path: Path) -> bytes:
    """32 bytes, made on first use with no moment at which others could read them."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        held = path.read_bytes()
        if len(held) != 32:
            raise Misconfigured(f"keys: {path.name} must hold exactly 32 bytes") from None
        return held
    with os.fdopen(handle, "wb") as file:
        fresh = secrets.token_bytes(32)
        file.write(fresh)
    return fresh
