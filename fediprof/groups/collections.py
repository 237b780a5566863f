"""A group's collections as other servers read them: its latest threads as it announced them, its moderators, what is on top
(groups rule 17). Of a private group nothing but the moderators is given to who is not let in; that is for the caller."""

from __future__ import annotations

import msgspec

from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT, POST_CONTEXT
from fediprof.as2.model import Document, Reference
from fediprof.db.database import Tx
from fediprof.groups import store, wire
from fediprof.groups.records import Hosted
from fediprof.here import Here
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts import wire as post_wire

LATEST = 20


def outbox(tx: Tx, hosted: Hosted, here: Here) -> Document:
    """The newest threads as `Announce{Create}`, inline: that is what Lemmy reads; others take `first`."""
    base = hosted.actor.outbox or ""
    items = _announced(tx, hosted, here)
    total = store.threads_shown(tx, hosted.id)
    return build.collection(base, total, f"{base}?page=true", items=items, context=ACTIVITY_CONTEXT)


def outbox_page(tx: Tx, hosted: Hosted, here: Here) -> Document:
    base = hosted.actor.outbox or ""
    return build.collection_page(f"{base}?page=true", base, _announced(tx, hosted, here), context=ACTIVITY_CONTEXT)


def _announced(tx: Tx, hosted: Hosted, here: Here) -> list[Reference]:
    chosen = store.latest_threads(tx, hosted.id, LATEST)
    placed = store.posts(tx, chosen)
    ours = {each.post.id: each for each in views.shown(tx, chosen, hosted.id)}
    items: list[Reference] = []
    for post_id in chosen:
        each = placed[post_id]
        if each.received is not None:
            inner: Document = msgspec.json.decode(each.received)
        elif post_id in ours:
            inner = post_wire.create(ours[post_id], here)
        else:
            continue
        if inner.get("type") != "Create":
            continue  # came as an Update of what was never sent here: readers of this list take a Create alone
        items.append(
            wire.announce(hosted, inner, each.announce_iri or f"{hosted.actor.iri}#{post_id}", each.created_at)
        )
    return items


def moderators(tx: Tx, hosted: Hosted) -> Document:
    return wire.moderators(hosted.actor, [each.iri for each in store.moderators(tx, hosted.id)])


def featured(tx: Tx, hosted: Hosted, here: Here) -> Document:
    """Threads on top: ours embedded, others' by address."""
    pinned = store.pinned(tx, hosted.id)
    found = posts.by_ids(tx, pinned)
    shown = {each.post.id: each for each in views.shown(tx, pinned, hosted.id)}
    items: list[Reference] = []
    for post_id in pinned:
        if post_id in shown and found[post_id].local:
            items.append(post_wire.note(shown[post_id], here, context=False))
        elif post_id in found:
            items.append(found[post_id].iri)
    return build.collection(hosted.actor.featured or "", len(items), items=items, context=POST_CONTEXT)
