"""What a member does with a private conversation: open it."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.here import Here
from fediprof.notifications import store as notifications
from fediprof.principal import Member


@dataclass(frozen=True, slots=True)
class OpenConversation:
    by: Member
    conversation_id: int


def open_conversation(tx: Tx, request: OpenConversation, here: Here) -> Done[None]:
    """What came in it so far counts as read; the others wait on. One that is not there, or another's, changes nothing."""
    notifications.opened(tx, request.by.actor_id, request.conversation_id)
    return Done(None)
