"""What private messages of other servers say in terms beside their text: that something is asked for (`fp:ask`), that a
part was opened to somebody here (`fp:grant`), or that somebody would be introduced (`fp:introduction`)."""

from __future__ import annotations

from typing import cast

from fediprof.as2 import origin, reader
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.introductions import store as introductions
from fediprof.introductions.records import LASTS
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import Arrival, ReceivePost
from fediprof.posts.records import Post
from fediprof.profiles import asks, grant_store
from fediprof.profiles.addresses import is_entry
from fediprof.profiles.records import FIELDS, FieldName

MOST_ASKED = 10
MOST_OPENED = 50


def receive_message(tx: Tx, request: ReceivePost, here: Here) -> Done[Arrival]:
    """Take in a post; of a private one, also what it asks for and what it opens."""
    done = receive.receive_post(tx, request, here)
    post = done.value.post
    if post is not None and done.value.outcome == "stored" and post.visibility == "direct":
        _note_asking(tx, request, post, here)
        _keep_opening(tx, request, post, here)
        _keep_question(tx, request, post, here)
    return done


def _keep_question(tx: Tx, request: ReceivePost, post: Post, here: Here) -> None:
    """That an introduction is asked about, and until when: its reader gets two buttons."""
    ends_at = reader.instant((request.written.introduction or {}).get("expires"))
    if ends_at is not None and ends_at > here.now:
        introductions.keep_question(tx, post.id, min(ends_at, here.now + LASTS))


def _note_asking(tx: Tx, request: ReceivePost, post: Post, here: Here) -> None:
    said = request.written.ask or {}
    named, wanted = said.get("entries"), said.get("fields")
    fields = frozenset(name for name in wanted if name in FIELDS) if isinstance(wanted, list) else frozenset()
    urls = (
        [each for each in named if isinstance(each, str)] if isinstance(named, list) else asks.links_in(request.html)
    )
    owners = [who for who, _ in posts.mentions_of(tx, [post.id]).get(post.id, ())]
    asked = dict.fromkeys(urls[:MOST_ASKED], cast("frozenset[FieldName]", fields))
    asks.note(tx, request.author, owners, post, asked, here)


def _keep_opening(tx: Tx, request: ReceivePost, post: Post, here: Here) -> None:
    """The addresses of what was opened, on its author's own server, and until when. Nothing of what stands there."""
    said = request.written.grant or {}
    named, ends_at = said.get("entries"), reader.instant(said.get("expires"))
    if said.get("mode") != "show" or not isinstance(named, list) or ends_at is None:
        return
    urls = [each for each in named[:MOST_OPENED] if isinstance(each, str) and len(each) <= 500]
    theirs = [each for each in urls if is_entry(each, here) and origin.same_origin(each, request.author.iri)]
    if theirs:
        grant_store.keep_received(tx, post.id, list(dict.fromkeys(theirs)), ends_at)
