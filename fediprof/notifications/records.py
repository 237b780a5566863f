"""Notifications as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fediprof.actors.records import Actor
from fediprof.posts.records import Shown

KINDS = ("mention", "reblog", "favourite", "follow", "follow_request", "status", "update", "poll")


@dataclass(frozen=True, slots=True)
class Notification:
    """`post` is as the person told may see it; None for follows, or when it is no longer to be seen."""

    id: int
    kind: str
    at: datetime
    by: Actor
    post: Shown | None
