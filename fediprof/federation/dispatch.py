"""What this server understands: (activity, object) → handler. FEDERATION.md lists exactly this; a test compares them.

None stands for any object, or one that is only an IRI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fediprof.as2 import model as as2
from fediprof.as2 import names
from fediprof.federation.handlers import (
    accept,
    announce,
    block,
    collection,
    create,
    delete,
    flag,
    follow,
    like,
    lock,
    move,
    undo,
    update,
)
from fediprof.federation.inbound import Inbound

Handler = Callable[[Inbound], Awaitable[str]]

HANDLERS: Final[dict[tuple[str, str | None], Handler]] = {
    ("Create", "post"): create.post,
    ("Create", None): create.post,
    ("Update", "post"): update.post,
    ("Update", None): update.post,
    ("Update", "actor"): update.actor,
    ("Delete", None): delete.anything,
    ("Follow", None): follow.member,
    ("Accept", None): accept.follow,
    ("Reject", None): accept.rejected_follow,
    ("Like", None): like.post,
    ("EmojiReact", None): like.post,
    ("Dislike", None): like.post,
    ("Join", None): follow.group,
    ("Leave", None): undo.left,
    ("Announce", None): announce.post,
    ("Add", None): collection.added,
    ("Remove", None): collection.removed,
    ("Undo", None): undo.anything,
    ("Block", None): block.member,
    ("Flag", None): flag.report,
    ("Lock", None): lock.thread,
    ("Move", None): move.actor,
}


def handler_for(activity: as2.Activity) -> Handler | None:
    """The handler of an activity, or None: then it is kept as refused, with its type as the reason."""
    kind = None
    if activity.object_type in names.ACTOR_TYPES or (
        activity.type == "Update" and activity.object_id == activity.actor
    ):
        kind = "actor"
    elif activity.object_type in names.POST_TYPES:
        kind = "post"
    if (activity.type, kind) in HANDLERS:
        return HANDLERS[activity.type, kind]
    if kind is None or activity.type in ("Create", "Update"):
        return None  # a kind of thing we do not keep
    return HANDLERS.get((activity.type, None))
