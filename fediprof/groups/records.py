"""Groups as values. Field order is the column order of `schema.groups` (a test holds it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from fediprof.actors.records import Actor

Membership: TypeAlias = Literal["open", "approval", "private"]
MEMBERSHIPS: tuple[Membership, ...] = ("open", "approval", "private")
"""Who asks gets in · a moderator says yes or no · the same, and only members read."""

Posting: TypeAlias = Literal["everyone", "members", "moderators"]
POSTINGS: tuple[Posting, ...] = ("everyone", "members", "moderators")

Kind: TypeAlias = Literal["ask", "tell", "offer", ""]
KINDS: tuple[Kind, ...] = ("ask", "tell", "offer")
"""What a thread is: a question, something told, something offered."""

State: TypeAlias = Literal["sent", "shown", "held", "waiting", "lacking", "refused", "removed"]
"""Of a post in a group: sent to a group elsewhere that has not passed it on yet · in the group · waits for a moderator ·
waits for its turn (`turns`) · an offer that does not say what the group asks (`offers`) · not taken · taken out."""

UNDECIDED: tuple[State, ...] = ("held", "waiting", "lacking")
"""Not in the group, and may still come in."""

THREAD_TYPE = "Article"
"""What a member's thread in a group is on the wire. Every FEP-1b12 receiver we know of takes Article with a name, Discourse
takes nothing else; "Page" is what Lemmy itself sends, and may stand here as well (both are tested)."""

DEEPEST = 50
"""Where an answer stands at most; Lemmy refuses what stands deeper."""

MAX_TITLE = 200
MAX_RULES = 20


@dataclass(frozen=True, slots=True)
class Group:
    """What is kept of a group besides its actor."""

    actor_id: int
    local: bool
    membership: Membership
    posting: Posting
    rules: list[str]
    hold_newcomers: bool
    votes: bool
    language: str | None
    moderators: str | None
    founder_id: int | None
    closed_at: datetime | None
    closing_words: str
    fetched_at: datetime | None
    created_at: datetime
    author_pace: int = 6
    pace: int = 60
    offers_a_month: int = 3
    offers_name_pay: bool = False
    offers_name_contact: bool = False
    group_followers: bool = False

    @property
    def private(self) -> bool:
        return self.membership == "private"


@dataclass(frozen=True, slots=True)
class Hosted:
    """A group that lives here, with its actor: what commands about it are given."""

    actor: Actor
    group: Group

    @property
    def id(self) -> int:
        return self.actor.id


@dataclass(frozen=True, slots=True)
class Moderator:
    group_id: int
    iri: str
    appointed_by: str
    appointed_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands in a group. Whether they are a member is told by their follow."""

    group_id: int
    actor_id: int
    vetted: bool = False
    listed: bool = False
    role: str = ""
    ban_iri: str | None = None
    ban_reason: str = ""
    banned_at: datetime | None = None
    ban_ends_at: datetime | None = None

    def banned(self, now: datetime) -> bool:
        return self.banned_at is not None and (self.ban_ends_at is None or now < self.ban_ends_at)


@dataclass(frozen=True, slots=True)
class GroupPost:
    """A post in a group, or on its way there. `received`: the Create that brought it, as it came."""

    post_id: int
    group_id: int
    thread_id: int
    kind: Kind
    state: State
    reason: str
    locked_at: datetime | None
    pinned_at: datetime | None
    ups: int
    downs: int
    active_at: datetime
    answers: int
    activity_iri: str | None
    received: bytes | None
    announce_iri: str | None
    created_at: datetime
    let_in_at: datetime | None = None

    @classmethod
    def placed(
        cls,
        post_id: int,
        group_id: int,
        under: GroupPost | None,
        state: State,
        now: datetime,
        *,
        kind: Kind = "",
        reason: str = "",
        active_at: datetime | None = None,
        activity_iri: str | None = None,
        received: bytes | None = None,
    ) -> GroupPost:
        """A post's place when it comes: a thread of its own, or in that of a post it stands `under`. Only threads have a kind."""
        return cls(
            post_id=post_id,
            group_id=group_id,
            thread_id=post_id if under is None else under.thread_id,
            kind=kind if under is None else "",
            state=state,
            reason=reason,
            locked_at=None,
            pinned_at=None,
            ups=0,
            downs=0,
            active_at=active_at or now,
            answers=0,
            activity_iri=activity_iri,
            received=received,
            announce_iri=None,
            created_at=now,
        )

    @property
    def starts_thread(self) -> bool:
        return self.post_id == self.thread_id


@dataclass(frozen=True, slots=True)
class Event:
    """One decision of moderation, as it stands in the log. `group_id` None: of the whole server."""

    id: int
    group_id: int | None
    by_iri: str
    action: str
    subject_id: int | None
    subject_iri: str
    post_id: int | None
    reason: str
    rule: int | None
    ends_at: datetime | None
    undone_at: datetime | None
    activity_iri: str | None
    created_at: datetime
