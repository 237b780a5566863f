"""One answer being written: the addresses of this server, and the accounts already rendered for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fediprof.here import Here
from fediprof.media.proxy import PictureProxy

Entity: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Answer:
    """`viewer`: the actor id of the member who reads, or None. A timeline names the same few people again and again:
    each is rendered once per answer (`accounts`). `suspended`: actor ids."""

    here: Here
    pictures: PictureProxy
    viewer: int | None = None
    suspended: frozenset[int] = frozenset()
    accounts: dict[int, Entity] = field(default_factory=dict)
