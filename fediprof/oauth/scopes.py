"""What a client app may ask for: the scope words of the Mastodon client API, and which word covers which.

Any word of the grammar may be asked for, also one no endpoint here asks for yet: an app written for a newer server must
still be able to log in, and gets nothing it did not have before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fediprof.i18n.catalog import N_

DEFAULT = ("read",)
LISTED = ("read", "write", "follow", "push", "profile")
"""Named in the server metadata; the finer words are `read:…` and `write:…`."""

_MEANINGS = {
    "profile": N_("See your name and your picture"),
    "read": N_("Read what you can read: timelines, notifications, private messages, who you follow"),
    "write": N_("Act in your name: post, answer, boost, delete, change your profile"),
    "follow": N_("Follow, unfollow and block people in your name"),
    "push": N_("Send notifications to your device"),
}
"""What each family of scopes means to a person. Others open nothing here, and are shown as they are."""

_WORD = re.compile(r"(admin:)?(read|write)(:[a-z_]{1,40})?|follow|push|profile|crypto")
_FOLLOW = frozenset(f"{verb}:{thing}" for verb in ("read", "write") for thing in ("follows", "blocks", "mutes"))
_MOST = 100


def parse(text: str) -> tuple[str, ...] | None:
    """The words of a scope string (RFC 6749 §3.3), each once, in order; None when one of them is no scope."""
    words = tuple(dict.fromkeys(text.replace("+", " ").split()))
    return words if len(words) <= _MOST and all(_WORD.fullmatch(word) for word in words) else None


def covers(granted: Iterable[str], needed: str) -> bool:
    """Whether a grant reaches to `needed`: the word itself, its whole family, or `follow` for what it once meant."""
    held = frozenset(granted)
    return needed in held or needed.rpartition(":")[0] in held or ("follow" in held and needed in _FOLLOW)


def within(wanted: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether everything wanted is covered."""
    held = frozenset(granted)
    return all(covers(held, word) for word in wanted)


def meanings(words: Iterable[str]) -> list[tuple[str, str]]:
    """(what it means, yet to be translated; the scopes that say so): one line for a family, however many of its words
    were asked for."""
    families: dict[str, list[str]] = {}
    for each in words:
        families.setdefault(each if each in _MEANINGS else each.partition(":")[0], []).append(each)
    return [(_MEANINGS.get(family, family), " ".join(held)) for family, held in families.items()]
