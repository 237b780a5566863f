"""Poll: a Question of another server. It is shown; voting is not built."""

from __future__ import annotations

from typing import Any

from fediprof.clock import rfc3339
from fediprof.mastodon.entities import emoji
from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.posts.records import Post


def render(post: Post, answer: Answer) -> Entity:
    held: dict[str, Any] = post.poll or {}
    options = held.get("options") or []
    ends_at = held.get("ends_at")
    made: Entity = {
        "id": str(post.id),
        "expires_at": ends_at,
        "expired": bool(held.get("closed")) or (ends_at is not None and ends_at <= rfc3339(answer.here.now)),
        "multiple": bool(held.get("multiple")),
        "votes_count": sum(votes or 0 for _, votes in options),
        "voters_count": held.get("voters"),
        "options": [{"title": name, "votes_count": votes} for name, votes in options],
        "emojis": emoji.render(post.emojis, answer),
    }
    if answer.viewer is not None:
        made["voted"] = False
        made["own_votes"] = []
    return made
