"""What the software of a group elsewhere understands of its moderators on other servers, as far as it is known (groups §2,
§7.2). Pure."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from fediprof.as2 import reader
from fediprof.as2.model import Document
from fediprof.groups.records import GroupPost

Act: TypeAlias = Literal["remove", "restore", "lock", "unlock", "pin", "unpin", "ban", "unban", "appoint", "dismiss"]

_POSTS: frozenset[Act] = frozenset({"remove", "restore"})
_ALL: frozenset[Act] = _POSTS | {"lock", "unlock", "pin", "unpin", "ban", "unban", "appoint", "dismiss"}
_PINS: frozenset[Act] = frozenset({"pin", "unpin"})
_BY_SOFTWARE: dict[str, frozenset[Act]] = {
    "": _ALL,  # nobody told us yet: the group decides
    "fediprof": _ALL,
    "kbin": _ALL - {"lock", "unlock"},
    "lemmy": _ALL,
    "mbin": _ALL,
    "nodebb": _POSTS,
    "piefed": _ALL,
}
"""Software → acts. What is not named here has no moderators on other servers."""

LOCKS_ANSWERS = frozenset({"", "fediprof", "lemmy"})
"""Where a single answer can be locked as well as a thread."""


def acts(software: str, *, pins: bool) -> frozenset[Act]:
    """`software`: in lower case, "" while it is unknown. `pins`: whether the group has an address for what is on top."""
    known = _BY_SOFTWARE.get(software, frozenset())
    return known if pins else known - _PINS


def act_of(activity: Document, featured: str | None) -> Act | None:
    """What a moderator's activity asks for; None for what is not one."""
    match activity.get("type"):
        case "Delete":
            return "remove"
        case "Lock":
            return "lock"
        case "Block":
            return "ban"
        case "Add" | "Remove" as kind:
            return _listed(kind, activity, featured)
        case "Undo":
            inner: Any = activity.get("object")
            undone = act_of(inner, featured) if isinstance(inner, dict) else None
            return _UNDONE.get(undone) if undone is not None else None
    return None


def subject_of(activity: Document) -> str:
    """The address of the post or person a moderator's activity is about."""
    inner: Any = activity.get("object")
    if isinstance(inner, dict) and activity.get("type") == "Undo":
        return subject_of(inner)
    return reader.iri(inner) or ""


def holds(act: Act, placed: GroupPost | None, *, banned: bool) -> bool:
    """Whether what was asked for is so. `placed`: the post it is about; `banned`: its author."""
    if act in ("ban", "unban"):
        return banned == (act == "ban")
    if placed is None:
        return False
    match act:
        case "remove" | "restore":
            return (placed.state == "removed") == (act == "remove")
        case "lock" | "unlock":
            return (placed.locked_at is not None) == (act == "lock")
        case "pin" | "unpin":
            return (placed.pinned_at is not None) == (act == "pin")
    return False


_UNDONE: dict[Act, Act] = {"remove": "restore", "lock": "unlock", "ban": "unban"}
REVERSED: dict[Act, Act] = {after: before for before, after in _UNDONE.items()} | {
    "unpin": "pin",
    "dismiss": "appoint",
}
"""An act that undoes another → that other."""


def _listed(kind: str, activity: Document, featured: str | None) -> Act:
    on_top = featured is not None and reader.iri(activity.get("target")) == featured
    if kind == "Add":
        return "pin" if on_top else "appoint"
    return "unpin" if on_top else "dismiss"
