"""What the tests of this package share: the published vectors, their keys, and requests made from them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fediprof.signatures import keys
from fediprof.signatures.keys import PrivateKey, PublicKey
from fediprof.signatures.message import SignableRequest

VECTORS = Path(__file__).parents[3] / "shared" / "wire" / "vectors"
OWNER = "https://a.example/u/ana"
KEY_ID = f"{OWNER}#main-key"
NOW = datetime(2026, 3, 10, 9, 30, 30, tzinfo=UTC)
BODY = b'{"type":"Follow"}'


def vectors(name: str) -> Any:
    """A file of vectors; skips the module where the shared wire files are not beside the repository."""
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"the shared vectors are not here: {name}", allow_module_level=True)
    return json.loads(path.read_bytes())


@cache
def rsa() -> PrivateKey:
    return keys.private_from_pem(KEY_ID, keys.generate_rsa())


@cache
def ed25519() -> PrivateKey:
    return keys.private_from_pem(f"{OWNER}#ed25519-key", keys.generate_ed25519())


def public(key: PrivateKey) -> PublicKey:
    return key.public(OWNER)


def published(id: str, pem: str) -> PublicKey:
    """A key of a specification's appendix, which may be smaller than the loaders accept."""
    key: Any = load_pem_public_key(pem.encode())
    return PublicKey(id, OWNER, "rsa" if hasattr(key, "key_size") else "ed25519", key)


def delivery(url: str = "https://b.example/inbox?a=1&b=2", body: bytes = BODY) -> SignableRequest:
    return SignableRequest(
        "POST", url, {"host": "b.example", "content-type": "application/activity+json", "user-agent": "x/1"}, body
    )


def fetch(url: str = "https://b.example/u/bob?page=2") -> SignableRequest:
    return SignableRequest("GET", url, {"host": "b.example", "accept": "application/activity+json"})


def with_headers(request: SignableRequest, **changes: str | None) -> SignableRequest:
    """The request with headers replaced, or taken away by None; `_` in a name stands for `-`."""
    headers = dict(request.headers)
    for name, value in changes.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    return replace(request, headers=headers)
