"""Actors as values. Field order is the column order of `schema.actors.actor` (a test holds it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class ProfileField(NamedTuple):
    """One of the ≤ 4 lines of a profile. `value`: safe HTML; `source`: what a member wrote."""

    name: str
    value: str
    verified_at: str | None = None  # RFC 3339; a rel=me link back was seen
    source: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    id: int
    iri: str
    local: bool
    type: str
    username: str
    domain: str
    name: str
    summary: str
    summary_source: str | None
    url: str
    inbox: str
    shared_inbox: str | None
    host: str
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    icon: str | None
    header: str | None
    fields: list[list[str | None]]
    emojis: list[list[str]]
    also_known_as: list[str]
    moved_to: str | None
    locked: bool
    discoverable: bool
    indexable: bool
    published_at: datetime | None
    created_at: datetime
    fetched_at: datetime | None
    gone_at: datetime | None
    backfilled_at: datetime | None
    followers_count: int
    following_count: int
    posts_count: int
    last_post_at: datetime | None

    @property
    def handle(self) -> str:
        """`user@domain`."""
        return f"{self.username}@{self.domain}"

    @property
    def display(self) -> str:
        return self.name or self.username

    @property
    def profile_fields(self) -> tuple[ProfileField, ...]:
        return tuple(ProfileField(*line) for line in self.fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Follow:
    """Column order of `schema.actors.follow`."""

    id: int
    iri: str
    follower_id: int
    target_id: int
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Relationship:
    """How a member stands to another actor, both ways."""

    target_id: int
    following: bool = False
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
