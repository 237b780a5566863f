"""CustomEmoji: those other servers' people use in their names and posts. This server has none of its own."""

from __future__ import annotations

from collections.abc import Iterable

from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.media import addresses


def render(emojis: Iterable[list[str]], answer: Answer) -> list[Entity]:
    """From [[shortcode, remote address], …]."""
    found = []
    for shortcode, url in emojis:
        address = addresses.emoji(url, answer.here, answer.pictures)
        found.append(
            {
                "shortcode": shortcode.strip(":"),
                "url": address,
                "static_url": address,
                "visible_in_picker": False,
                "category": None,
            }
        )
    return found
