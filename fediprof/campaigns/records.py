"""Campaigns as values. Field order is the column order of `schema.campaigns` (a test holds it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FEWEST = 3
"""Different people with about the same first message: from so many on it is a campaign. With fewer members, nothing that
comes in is compared."""
KEPT = timedelta(days=30)
RENEWED = timedelta(days=1)
"""A signature this old gives way to that of the next copy: none is kept for longer than texts like it are compared."""
MOST_COMPARED = 1000
"""Texts kept of one server, or one member, at a time; the least and oldest gives way."""
MOST_TO_ONE = 3
"""Copies remembered of those one person got."""
OTHERS_READ = 200
"""Copies of others that one is compared with, sentence by sentence."""
MOST_SENDERS = 10
MAX_WORDS = 3000


@dataclass(frozen=True, slots=True)
class Campaign:
    id: int
    scope: str
    member_id: int | None
    signature: bytes
    signed_at: datetime
    begun_at: datetime
    last_at: datetime
    reached: int
    dismissed_at: datetime | None = None
    dismissed_by: int | None = None
    told_at: datetime | None = None
    told_by: int | None = None
    told_iris: tuple[str, ...] | list[str] = ()

    @property
    def host(self) -> str | None:
        """The server it comes from; None when somebody here sends it."""
        return self.scope if self.member_id is None else None


@dataclass(frozen=True, slots=True)
class Copy:
    post_id: int
    campaign_id: int
    sender_id: int
    recipient: int
    sentences: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """What one reader is told of a message. `reached`: people who got about the same text, the reader among them. `own`:
    its sentences that no other copy has; None when the reader wrote it. `by_member`: who wrote it has an account here."""

    reached: int
    by_member: bool
    own: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign in the console. `senders`: ids of those who wrote it, those with most copies first."""

    campaign: Campaign
    senders: tuple[int, ...]
