"""Followers lists kept in step between two servers (FEP-8fcf): with a post for followers a server says what it believes
its follower list to be, as far as the receiver is concerned; the receiver mends what differs. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from fediprof.actors.records import Actor

HEADER = "collection-synchronization"
_PARAMETER = re.compile(r'([a-zA-Z]+)="([^"\\]{0,2048})"')


@dataclass(frozen=True, slots=True)
class Stated:
    """`collection`: the followers collection; `url`: the receiver's part of it; `digest`: of that part."""

    collection: str
    url: str
    digest: str


def digest_of(iris: Iterable[str]) -> str:
    """The SHA-256 of each follower's IRI, XORed; 64 hexadecimal digits."""
    total = 0
    for iri in iris:
        total ^= int.from_bytes(hashlib.sha256(iri.encode()).digest())
    return f"{total:064x}"


def header(actor: Actor, iris: Iterable[str]) -> str:
    """What goes with a delivery. `iris`: the actor's followers on the receiving host."""
    url = f"{actor.followers}/synchronization"
    return f'collectionId="{actor.followers}", url="{url}", digest="{digest_of(iris)}"'


def parse(value: str) -> Stated | None:
    """None for what is not such a header."""
    found = dict(_PARAMETER.findall(value[:8192]))
    if not {"collectionId", "url", "digest"} <= found.keys() or not re.fullmatch(r"[0-9a-fA-F]{64}", found["digest"]):
        return None
    return Stated(found["collectionId"], found["url"], found["digest"].lower())
