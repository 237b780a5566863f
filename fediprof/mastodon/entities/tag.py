"""Tag, as a search finds it. toot needs `history`; this server keeps none."""

from __future__ import annotations

from fediprof.mastodon.entities.answer import Answer, Entity


def render(name: str, answer: Answer) -> Entity:
    return {
        "id": name,
        "name": name,
        "url": answer.here.tag(name),
        "history": [],
        "following": False,
        "featuring": False,
    }
