"""Passwords: Argon2id (RFC 9106), kept as PHC strings. Slow on purpose: call in a thread, a few at a time."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from fediprof.errors import Invalid

SHORTEST = 8
LONGEST = 200


def hashed(password: str) -> str:
    """`$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Raises Invalid for one too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"Between {SHORTEST} and {LONGEST} characters", field="password")
    return Argon2id(salt=os.urandom(16), length=32, iterations=2, lanes=1, memory_cost=19 * 1024).derive_phc_encoded(
        password.encode()
    )


def matches(password: str, kept: str) -> bool:
    if len(password) > LONGEST:
        return False
    try:
        Argon2id.verify_phc_encoded(password.encode(), kept)
    except InvalidKey:
        return False
    return True


_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def match_nobody(password: str) -> bool:
    """Takes as long as `matches`, so that a name without an account, or without a password, cannot be told by time."""
    matches(password, _NOBODY)
    return False
