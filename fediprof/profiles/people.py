"""The people a member names by their handles: for whom a part is, from whom it stays hidden. Asked of the network before a
command begins, since inside its transaction there is only SQL."""

from __future__ import annotations

import re

from fediprof.effects import Resolver
from fediprof.errors import Invalid, Unreachable

MAX_PEOPLE = 50

_BETWEEN = re.compile(r"[\s,;]+")


def handles_in(text: str) -> tuple[str, ...]:
    """`@anna@far.example, paul` → the handles, each once, without the first @."""
    return tuple(dict.fromkeys(filter(None, (each.lstrip("@") for each in _BETWEEN.split(text)))))


async def people_of(text: str, resolver: Resolver, *, field: str = "people") -> frozenset[int]:
    """Ids of the actors that a text names by handle or by address. Raises Invalid, saying which of them was not found: to
    leave one out in silence would show a part to fewer, or hide it from fewer, than was meant."""
    named = handles_in(text)
    if len(named) > MAX_PEOPLE:
        raise Invalid(f"At most {MAX_PEOPLE} people", field=field)
    return frozenset([await _one(handle, resolver, field) for handle in named])


async def _one(handle: str, resolver: Resolver, field: str) -> int:
    try:
        actor = await (resolver.actor(handle) if "://" in handle else resolver.handle(handle))
    except Unreachable:
        raise Invalid(f"The server of {handle[:100]} does not answer: try again later", field=field) from None
    if actor is None or actor.gone_at is not None:
        raise Invalid(f"Nobody was found at {handle[:100]}", field=field)
    return actor.id
