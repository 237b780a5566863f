"""Our words for who may read a post, and the client API's."""

from __future__ import annotations

from fediprof.errors import Invalid
from fediprof.posts.records import Visibility

_WORDS: dict[str, str] = {
    "public": "public",
    "quiet": "unlisted",
    "followers": "private",
    "direct": "direct",
    "group": "private",
}
_OURS: dict[str, Visibility] = {
    "public": "public",
    "unlisted": "quiet",
    "private": "followers",
    "direct": "direct",
}


def word(ours: str) -> str:
    return _WORDS.get(ours, "direct")


def ours(word: str, field: str = "visibility") -> Visibility:
    """Raises Invalid: a word we do not know must not become more public than it was meant."""
    found = _OURS.get(word)
    if found is None:
        raise Invalid(f"{field} must be public, unlisted, private or direct", field=field)
    return found
