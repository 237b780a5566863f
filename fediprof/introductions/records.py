"""Introductions as values. Field order is the column order of `schema.introductions` (a test holds it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from fediprof.actors.records import Actor

State: TypeAlias = Literal["asked", "opened", "ended", "withdrawn"]
"""Both were asked · both said yes, and a conversation is there · not now · who proposed took it back."""

Says: TypeAlias = Literal["yes", "no"]

LASTS = timedelta(days=14)
PAIR_RESTS = timedelta(days=90)
"""The same two are asked no second time within it, whoever proposes; a row is kept as long."""
MOST_OPEN = 5
MAX_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Introduction:
    """`held`: nobody is asked of it, and it ends as one that nobody answered: somebody hides from somebody, or blocks them,
    and who proposed must not learn that."""

    id: int
    by_id: int
    words: str
    language: str
    state: State
    held: bool
    created_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None
    conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two. `place`: one or two, as they were named. `note_iri`: the message that asked somebody elsewhere."""

    introduction_id: int
    person_id: int
    place: str
    answer: Says | Literal[""] = ""
    answered_at: datetime | None = None
    note_iri: str | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """An introduction as its proposer sees it: nothing of what anybody answered."""

    introduction: Introduction
    one: Actor
    two: Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """An introduction as one of the two sees it: who proposes, whom, why, and what they themselves said."""

    introduction: Introduction
    by: Actor
    other: Actor
    answer: Says | Literal[""]

    @property
    def opened(self) -> bool:
        return self.introduction.state == "opened"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The same once more, for their own archive: with when they answered."""

    asked: Asked
    answered_at: datetime | None
