"""How old a signature may be, and how far its maker's clock may be from ours. One policy for both schemes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fediprof.errors import NotVerified

LIFE = timedelta(hours=1)
SKEW = timedelta(minutes=5)


def instant(seconds: int) -> datetime:
    """Seconds since 1970 as an instant. Raises NotVerified when no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotVerified("a timestamp names no instant") from error


def check_date(date: datetime, now: datetime) -> None:
    """A Date header: an hour and the skew, both ways, since senders with a wrong time zone are common."""
    if abs(now - date) > LIFE + SKEW:
        raise NotVerified("the date is too far from now")


def check_created(created: datetime, now: datetime) -> None:
    if created - now > SKEW:
        raise NotVerified("created in the future")
    if now - created > LIFE + SKEW:
        raise NotVerified("created too long ago")


def check_expires(expires: datetime, now: datetime) -> None:
    if now - expires > SKEW:
        raise NotVerified("expired")
