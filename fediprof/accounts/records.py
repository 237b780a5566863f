"""People who log in, and their sessions. Field order is the column order of `schema.accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    actor_id: int
    password_hash: str | None
    language: str
    admin: bool
    default_visibility: str
    notifications_seen_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    account_id: int
    secret_hash: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
