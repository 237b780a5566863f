"""Which addresses are about people, which are never refused, and the one that only machines find."""

from __future__ import annotations

TRAP = "/members/all"
"""Stands in robots.txt as forbidden, and on pages as a link that nobody sees, hears or can step on to."""

_PERSONAL = ("/@", "/u/", "/p/", "/e/", "/tags/")
_OPEN_TO_ALL = ("/.well-known/", "/nodeinfo", "/static/", "/health/", "/limits", "/robots.txt", "/metrics")


def personal(path: str) -> bool:
    """Whether a page or document says something about people, and so is counted."""
    return path.startswith(_PERSONAL)


def person_in(path: str) -> str | None:
    """The name of the person a page or document is of, lower case; None where the address does not tell."""
    if path.startswith("/@"):
        name = path[2:]
    elif path.startswith("/u/"):
        name = path[3:]
    else:
        return None
    return name.partition("/")[0].partition(".")[0].lower()[:64] or None  # members' names have no dot


def open_to_machines(path: str) -> bool:
    """What even a refused machine may read: how to behave here, and what serves other servers; and every inbox."""
    return path.startswith(_OPEN_TO_ALL) or path.endswith("/inbox")
