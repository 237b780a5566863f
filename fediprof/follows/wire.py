"""Follow and its answers on the wire. Answers embed the Follow with its own id and actor: receivers match on both."""

from __future__ import annotations

from fediprof.actors.records import Actor, Follow
from fediprof.as2 import build
from fediprof.as2.context import PLAIN_CONTEXT
from fediprof.as2.model import Document
from fediprof.here import Here


def follow(made: Follow, follower: Actor, target: Actor, *, inside: bool = False) -> Document:
    context = None if inside else PLAIN_CONTEXT
    return build.activity("Follow", made.iri, follower.iri, target.iri, to=(target.iri,), context=context)


def answer(type: str, made: Follow, follower: Actor, target: Actor, here: Here) -> Document:
    """`type`: Accept or Reject."""
    inner = follow(made, follower, target, inside=True)
    return build.activity(type, here.new_activity(), target.iri, inner, to=(follower.iri,), published=here.now)


def undo(made: Follow, follower: Actor, target: Actor, here: Here) -> Document:
    inner = follow(made, follower, target, inside=True)
    return build.activity("Undo", here.new_activity(), follower.iri, inner, to=(target.iri,), published=here.now)
