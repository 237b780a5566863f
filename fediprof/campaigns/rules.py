"""Which messages are compared, and within what. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import reader
from fediprof.campaigns import likeness
from fediprof.here import Here
from fediprof.posts.records import Post
from fediprof.text.html import plain


def one_here(people: Iterable[Actor], author: Actor) -> Actor | None:
    """The member a message from elsewhere is for; None when there is none, or they see that others of us got it."""
    here = [each for each in people if each.local and _is_person(each) and each.id != author.id]
    return here[0] if len(here) == 1 else None


def one_to(people: Iterable[Actor], author: Actor) -> Actor | None:
    """The one person a member's message is for."""
    others = [each for each in people if each.id != author.id]
    return others[0] if len(others) == 1 and _is_person(others[0]) else None


def says_more(written: as2.Post, here: Here) -> bool:
    """Whether a message from elsewhere is an ask, an introduction or an opening: its words are those of a form. Only where
    there is something to it, an entry of ours or a term: a mere name must not be a way around."""
    asked = (written.ask or {}).get("entries")
    entries = asked if isinstance(asked, list) else []
    about_ours = any(isinstance(each, str) and here.is_ours(each) and "/e/" in each for each in entries)
    terms = (written.introduction or {}).get("expires"), (written.grant or {}).get("expires")
    return about_ours or any((at := reader.instant(each)) is not None and at > here.now for each in terms)


def scope_of(author: Actor) -> str:
    """Texts are compared with others of the same server; of our members, with their own alone."""
    return f"member {author.id}" if author.local else author.host.lower()


def text_of(post: Post) -> str:
    """All that its reader reads of a post, in every language it has."""
    contents = dict.fromkeys((post.content, *(post.content_map or {}).values()))
    return "\n".join((post.title, post.warning, *(plain(each) for each in contents)))


def names_of(*people: Actor) -> frozenset[str]:
    """The bare words of their names."""
    return frozenset(word for each in people for word in likeness.bare(f"{each.name[:200]} {each.username}"))


def _is_person(actor: Actor) -> bool:
    return actor.type != "Group" and actor.gone_at is None
