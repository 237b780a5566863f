"""Notification. Each is a group of its own: grouping is version 2 of this list, which is not claimed."""

from __future__ import annotations

from fediprof.clock import rfc3339
from fediprof.mastodon.entities import account, status
from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.notifications.records import Notification


def render(told: Notification, answer: Answer) -> Entity:
    return {
        "id": str(told.id),
        "type": told.kind,
        "group_key": f"ungrouped-{told.id}",
        "created_at": rfc3339(told.at),
        "account": account.render(told.by, answer),
        "status": status.render(told.post, answer) if told.post else None,
    }
