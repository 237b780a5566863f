"""Likes and announces on the wire. Pure."""

from __future__ import annotations

from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import PLAIN_CONTEXT
from fediprof.as2.model import Document
from fediprof.as2.names import PUBLIC
from fediprof.here import Here
from fediprof.interactions.store import Interaction
from fediprof.posts.records import Post


def like(made: Interaction, by: Actor, post: Post, author: Actor, *, inside: bool = False) -> Document:
    context = None if inside else PLAIN_CONTEXT
    return build.activity("Like", made.iri, by.iri, post.iri, to=(author.iri,), context=context)


def announce(made: Interaction, by: Actor, post: Post, author: Actor, *, inside: bool = False) -> Document:
    """A boost: public or quiet by the announcer's choice, the author always told."""
    followers = by.followers or ""
    public = made.visibility == "public"
    to = (PUBLIC,) if public else (followers,)
    cc = (followers, author.iri) if public else (*((PUBLIC,) if made.visibility == "quiet" else ()), author.iri)
    context = None if inside else PLAIN_CONTEXT
    return build.activity(
        "Announce",
        made.iri,
        by.iri,
        post.iri,
        to=to,
        cc=cc,
        published=made.published_at,
        context=context,
    )


def undo(of: Document, by: Actor, here: Here) -> Document:
    """Undo embeds the whole original: receivers look for its id and actor."""
    return build.activity(
        "Undo",
        f"{of['id']}/undo/{here.now:%Y%m%d%H%M%S}",
        by.iri,
        build.embedded(of),
        to=of.get("to", ()),  # type: ignore[arg-type]
        cc=of.get("cc", ()),  # type: ignore[arg-type]
        published=here.now,
    )
