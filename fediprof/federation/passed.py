"""What a group of ours passed on, under the id it went out with: receivers that got a boost or a nested activity may ask for
it (groups §5, §9). Kept as long as its deliveries are (`worker.DELIVERIES_KEPT`); of nobody but groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fediprof.as2 import names, reader
from fediprof.db.database import Tx
from fediprof.delivery import store as deliveries
from fediprof.groups import store as groups
from fediprof.groups.records import Hosted
from fediprof.posts import store as posts
from fediprof.principal import Anonymous, RemoteServer

_WITH_CONTENT = frozenset({"Create", "Update"})


def activity(tx: Tx, iri: str, asker: Anonymous | RemoteServer) -> bytes | None:
    """The bytes that were sent. None, for whatever reason: it is not there, it is not a group's, it was for somebody alone,
    its group is private and the asker's server has nobody in it, or it holds a post that has been taken away since."""
    sent = deliveries.activity(tx, iri)
    hosted = groups.hosted(tx, sent.actor_id) if sent is not None else None
    if sent is None or hosted is None or hosted.actor.gone_at is not None:
        return None
    document = msgspec.json.decode(sent.body)
    return sent.body if _may_read(tx, hosted, document, asker) and _stands(tx, document, sent.object_iri) else None


def _may_read(tx: Tx, hosted: Hosted, document: Mapping[str, Any], asker: Anonymous | RemoteServer) -> bool:
    addressed = {*reader.iris(document.get("to")), *reader.iris(document.get("cc"))}
    if not hosted.group.private:
        return names.PUBLIC in addressed
    if hosted.actor.followers not in addressed or not isinstance(asker, RemoteServer):
        return False
    return groups.has_member_on(tx, hosted.id, asker.host)


def _stands(tx: Tx, document: Mapping[str, Any], object_iri: str) -> bool:
    """An Announce of a post, and of what carries one, is given as long as the post is in the group."""
    inner = document.get("object")
    if document.get("type") != "Announce" or (isinstance(inner, dict) and inner.get("type") not in _WITH_CONTENT):
        return True
    post = posts.by_iri(tx, object_iri)
    if post is None or post.deleted_at is not None:
        return False
    placed = groups.post(tx, post.id)
    return placed is not None and placed.state == "shown"
