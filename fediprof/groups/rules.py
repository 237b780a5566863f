"""Who may do what in a group: pure decisions on values. Everything that lets a post in, or lets a moderator act, asks here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fediprof.as2 import origin, reader
from fediprof.as2.names import PUBLIC_ALIASES
from fediprof.errors import Invalid, NotAllowed
from fediprof.groups.records import (
    KINDS,
    MAX_RULES,
    MAX_TITLE,
    MEMBERSHIPS,
    POSTINGS,
    Group,
    GroupPost,
    Moderator,
    Standing,
    State,
)
from fediprof.i18n.catalog import N_
from fediprof.posts.records import Visibility
from fediprof.text.html import plain

SHORTEST_TITLE = 3
LONGEST = 100_000
"""Bytes of text a post in a group has at most; one of a member has far less (rule 21)."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes in a group, as it knows them."""

    standing: Standing
    member: bool
    moderator: bool
    limited: bool = False
    """Their server, or they, are kept at arm's length here: what they write waits."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of a post, and why in words for its author ("" where nothing is to be said)."""

    state: State
    reason: str = ""


def admitted(
    group: Group, writer: Writer, visibility: Visibility, thread: GroupPost | None, now: datetime
) -> Decided | None:
    """Whether a post is taken into a group; None: it is none of its business (rule 21).

    What was not written for everyone is never taken into a public group, whoever sends it; what was written for everyone
    not into a private one. `thread`: the one it answers in; None: it begins one.
    """
    if group.private:
        if visibility != "group":
            return None
    elif visibility not in ("public", "quiet"):
        return None
    if group.closed_at is not None:
        return Decided("refused", N_("this group is closed"))
    if writer.standing.banned(now):
        return Decided("refused", N_("you are banned from this group"))
    if writer.moderator:
        return Decided("shown")
    if thread is not None and thread.locked_at is not None:
        return Decided("refused", N_("this thread is locked"))
    if thread is not None and thread.state in ("removed", "refused"):
        return Decided("refused", N_("this thread was taken out of the group"))
    if thread is None and group.posting == "moderators":
        return Decided("refused", N_("only moderators begin threads here"))
    if group.private and not writer.member:
        return Decided("refused", N_("only members write here"))
    if thread is None and group.posting == "members" and not writer.member:
        return Decided("refused", N_("only members begin threads here: follow the group first"))
    if thread is not None and thread.state == "held":
        return Decided("held", "what it answers waits for a moderator")
    if writer.limited or (group.hold_newcomers and not writer.standing.vetted):
        return Decided("held", "first posts of newcomers wait for a moderator")
    return Decided("shown")


def too_long(content: str) -> bool:
    return len(content) * 4 > LONGEST and len(content.encode()) > LONGEST


def may_be_boosted(created: Mapping[str, Any], group_iri: str) -> bool:
    """Whether an author lets the group boost a post: GoToSocial's `canAnnounce` names the public, or the group, or is not
    there. Else the group passes on the activity alone."""
    written = created.get("object")
    if not isinstance(written, Mapping):
        return False  # what it says was not passed on with it
    policy = written.get("interactionPolicy")
    said = policy.get("canAnnounce") if isinstance(policy, Mapping) else None
    if not isinstance(said, Mapping):
        return True
    names = ("automaticApproval", "always")  # the second until GoToSocial 0.21
    allowed = {each for name in names for each in reader.many(said.get(name)) if isinstance(each, str)}
    return bool(allowed & PUBLIC_ALIASES) or group_iri in allowed


def may_moderate(
    group_host: str, is_moderator: bool, actor_iri: str, object_iri: str, *, banned: bool = False
) -> bool:
    """Whether a moderation activity is believed: of the group's own host, of the object's own host, or of a listed
    moderator who is not banned (Lemmy's `verify_mod_action`; groups rule 26)."""
    if banned:
        return False
    host = origin.host_of(actor_iri)
    return host == group_host or is_moderator or host == origin.host_of(object_iri)


def must_be_moderator(is_moderator: bool, admin: bool = False) -> None:
    if not (is_moderator or admin):
        raise NotAllowed("not a moderator", public="Only moderators of this group may do that")


def may_dismiss(listed: Iterable[Moderator], by_iri: str, iri: str) -> bool:
    """Whether a moderator may dismiss another: themselves, or who was appointed after them (as with Lemmy)."""
    order = [each.iri for each in listed]
    if by_iri not in order or iri not in order:
        return False
    return order.index(by_iri) <= order.index(iri)


def must_be_readable_title(title: str) -> str:
    """A thread's title, on one line. Raises Invalid (field title)."""
    line = " ".join(title.split())
    if len(line) < SHORTEST_TITLE:
        raise Invalid("Give the thread a title", field="title")
    if len(line) > MAX_TITLE:
        raise Invalid(f"At most {MAX_TITLE} characters", field="title")
    return line


def must_be_settings(membership: str, posting: str, rules: Iterable[str]) -> list[str]:
    """A group's settings; returns its rules, each on one line. Raises Invalid naming the field."""
    if membership not in MEMBERSHIPS:
        raise Invalid("Choose who may join", field="membership")
    if posting not in POSTINGS:
        raise Invalid("Choose who may write", field="posting")
    lines = [line for line in (" ".join(each.split()) for each in rules) if line]
    if len(lines) > MAX_RULES:
        raise Invalid(f"At most {MAX_RULES} rules", field="rules")
    if any(len(line) > 300 for line in lines):
        raise Invalid("A rule has at most 300 characters", field="rules")
    return lines


def must_be_kind(kind: str) -> None:
    if kind not in (*KINDS, ""):
        raise Invalid("Choose what it is: a question, something told, something offered", field="kind")


def title_of(name: str, html: str) -> str:
    """The title of a thread: its name, else the first line of its text without the handles around it (rule 21)."""
    if name.strip():
        return " ".join(name.split())[:MAX_TITLE]
    for line in plain(html).splitlines():
        words = _HANDLES_AFTER.sub("", _HANDLES.sub("", line)).strip()
        if words:
            return words if len(words) <= MAX_TITLE else words[: MAX_TITLE - 1].rstrip() + "…"
    return ""


_HANDLE = r"[@!][\w.-]+(?:@[\w.:-]+)?"
_HANDLES = re.compile(rf"^(?:\s*{_HANDLE}[,:]?)+(?:\s+|$)")
_HANDLES_AFTER = re.compile(rf"(?:\s+{_HANDLE})+\s*$")


def visibility_in(group: Group, group_followers: str, visibility: Visibility, addressed: Iterable[str]) -> Visibility:
    """What a post's audience is once it is known to be for a group: for a private one, its members."""
    everyone = set(addressed)
    if visibility == "direct" and group.private and group_followers in everyone and not everyone & PUBLIC_ALIASES:
        return "group"
    return visibility
