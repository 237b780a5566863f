"""Conversation: private messages with the same people, by its last one."""

from __future__ import annotations

from fediprof.conversations.store import Thread
from fediprof.mastodon.entities import account, status
from fediprof.mastodon.entities.answer import Answer, Entity


def render(thread: Thread, answer: Answer) -> Entity:
    """`accounts`: the others."""
    return {
        "id": str(thread.conversation_id),
        "unread": thread.unread,
        "accounts": [account.render(person, answer) for person in thread.people],
        "last_status": status.render(thread.last, answer),
    }
