"""Search: people and posts by what names them exactly, then people by part of a name, then hashtags.

There is no search in the text of posts: whoever wrote them did not agree to be found that way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import Unreachable
from fediprof.here import INSTANCE_ACTOR
from fediprof.mastodon.accounts import by_handle
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import account, status, tag
from fediprof.mastodon.errors import json
from fediprof.moderation import limits
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.profiles import addresses
from fediprof.text.compose import tag_name

_HANDLE = re.compile(r"@?[\w.\-]+@[\w.\-]+(:\d+)?")
_OWN_POST = re.compile(r"/@[^/]+/p/([^/]+)|/p/([^/]+)")
_OWN_ACTOR = re.compile(r"/@([^/]+)|/u/([^/]+)")
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Exact:
    """What a full handle or an address names."""

    actor: Actor | None = None
    post_id: int | None = None


NOTHING = Exact()


async def search(call: Call) -> Response:
    """`resolve` asks other servers for what is not known here; that is for members only."""
    words = call.params.text("q").strip()[:_LONGEST]
    kind = call.params.text("type")
    limit, offset = call.params.limit(20, 40), max(0, call.params.cursor("offset") or 0)
    exact = await call.read(lambda tx: _known(tx, call, words)) if words else NOTHING
    if call.params.flag("resolve"):
        _ = call.by
        if exact == NOTHING and offset == 0:
            exact = await _fetched(call, words)

    def found(tx: Tx) -> Response:
        answer = call.answer()
        people = _people(tx, words, exact, limit, offset, call) if kind in ("", "accounts") and words else []
        shown = _post(tx, exact, call.viewer) if kind in ("", "statuses") and offset == 0 else None
        tags = _tags(tx, words, call.viewer) if kind in ("", "hashtags") and offset == 0 else []
        return json(
            {
                "accounts": [account.render(each, answer) for each in people],
                "statuses": [status.render(shown, answer)] if shown else [],
                "hashtags": [tag.render(each, answer) for each in tags],
            }
        )

    return await call.read(found)


def _known(tx: Tx, call: Call, words: str) -> Exact:
    """What a handle or address names among what is here; own addresses are never fetched."""
    if not words.startswith(("http://", "https://")):
        actor = by_handle(tx, words, call.here.domain) if _HANDLE.fullmatch(words) or words.startswith("@") else None
        return Exact(actor) if actor is not None and actor.gone_at is None else NOTHING
    if call.here.is_ours(words):
        return _own(tx, call, words)
    post = posts.by_iri(tx, words)
    return Exact(post_id=post.id) if post is not None else Exact(actors.by_iri(tx, words))


def _own(tx: Tx, call: Call, address: str) -> Exact:
    path = urlsplit(address).path.rstrip("/")
    if named := _OWN_POST.fullmatch(path):
        post = posts.by_iri(tx, f"{call.here.origin}/p/{named[1] or named[2]}")
        return Exact(post_id=post.id) if post is not None else NOTHING
    if post_id := addresses.post_at(tx, path, call.here):
        return Exact(post_id=post_id)
    if named := _OWN_ACTOR.fullmatch(path):
        return Exact(actors.local_by_username(tx, named[1] or named[2]))
    return NOTHING


async def _fetched(call: Call, words: str) -> Exact:
    """What other servers say. One that does not answer is one that has nothing."""
    resolver = call.services.resolver
    try:
        if words.startswith(("http://", "https://")):
            if call.here.is_ours(words):
                return NOTHING
            post = await resolver.post(words)
            return Exact(post_id=post.id) if post is not None else Exact(await resolver.actor(words))
        if _HANDLE.fullmatch(words) and words.rpartition("@")[2].lower() != call.here.domain:
            return Exact(await resolver.handle(words.lstrip("@")))
    except Unreachable:
        pass
    return NOTHING


def _people(tx: Tx, words: str, exact: Exact, limit: int, offset: int, call: Call) -> list[Actor]:
    """The one that is named first, then, for members, those whose handle or name has the words: a search by parts of
    names would be a list of the members, a letter at a time."""
    if exact.actor is not None and exact.actor.id in call.suspended:
        exact = NOTHING
    if call.viewer is None or words.startswith(("http://", "https://")) or exact.post_id is not None:
        return [call.look_at(tx, exact.actor)] if exact.actor else []
    known = limits.heard(tx, call.viewer, actors.matching(tx, words.lstrip("@"), limit, offset))
    others = [each for each in known if each.username != INSTANCE_ACTOR]
    if exact.actor is None:
        return others
    named = [exact.actor] if offset == 0 else []
    return [*named, *(each for each in others if each.id != exact.actor.id)][:limit]


def _post(tx: Tx, exact: Exact, viewer: int | None) -> Shown | None:
    return views.one(tx, exact.post_id, viewer) if exact.post_id is not None else None


def _tags(tx: Tx, words: str, viewer: int | None) -> list[str]:
    """The hashtag itself, where a member used it."""
    name = tag_name(words.lstrip("#"))
    return [name] if name and posts.with_tag(tx, name, viewer, limit=1) else []
