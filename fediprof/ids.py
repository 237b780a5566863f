"""Identifiers: sortable numbers for our rows, unguessable slugs for our IRIs, hashed secrets for sessions and tokens."""

from __future__ import annotations

import hashlib
import random
import secrets
import threading
import time
from datetime import datetime

_EPOCH_MS = 1_700_000_000_000
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_lock = threading.Lock()
_last = 0


def new_id(at: datetime | None = None) -> int:
    """A 63-bit number that grows with time: 43 bits of milliseconds, 20 of counter and chance.

    Client apps sort their decimal text, and page by it. `at` dates a row back (a remote post takes the place of its
    publication time); without it, ids of one process are strictly increasing. They need not be hard to guess.
    """
    global _last
    if at is not None:
        ms = int(at.timestamp() * 1000)
        return (max(ms - _EPOCH_MS, 1) << 20) | random.getrandbits(20)
    with _lock:
        candidate = ((int(time.time() * 1000) - _EPOCH_MS) << 20) | random.getrandbits(12)
        _last = candidate if candidate > _last else _last + 1
        return _last


def slug(length: int = 16) -> str:
    """Random letters without look-alikes; 16 of them carry 93 bits, so addresses cannot be guessed or counted."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def secret() -> str:
    """A bearer secret (session, token, one-time link): 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(value: str) -> str:
    """What is stored of a secret: its SHA-256, so that a copy of the database opens no door."""
    return hashlib.sha256(value.encode()).hexdigest()
