"""Relationship: how the member stands to an account. All keys are always there: apps refuse a list over one missing."""

from __future__ import annotations

from fediprof.actors.records import Relationship
from fediprof.mastodon.entities.answer import Entity


def render(held: Relationship) -> Entity:
    return {
        "id": str(held.target_id),
        "following": held.following,
        "showing_reblogs": held.following,
        "notifying": False,
        "languages": [],
        "followed_by": held.followed_by,
        "blocking": held.blocking,
        "blocked_by": held.blocked_by,
        "muting": False,
        "muting_notifications": False,
        "muting_expires_at": None,
        "requested": held.requested,
        "requested_by": held.requested_by,
        "domain_blocking": False,
        "endorsed": False,
        "note": "",
    }
