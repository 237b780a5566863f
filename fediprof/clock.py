"""The time, in one place. All times in fediprof are aware UTC datetimes; tests freeze `time.time`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-11-22T23:09:24.952Z`: milliseconds and Z, as the wire and the client API want it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def http_date(instant: datetime) -> str:
    """`Sun, 22 Nov 2026 23:09:24 GMT` (RFC 9110 §5.6.7), whatever the machine's locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    at = instant.astimezone(UTC)
    return f"{days[at.weekday()]}, {at:%d} {months[at.month - 1]} {at:%Y %H:%M:%S} GMT"
