"""Figures for Prometheus, with the extra `metrics`; without it the calls cost nothing and `/metrics` answers 404."""

from __future__ import annotations

from time import perf_counter
from typing import Literal

try:
    import prometheus_client as prometheus
except ModuleNotFoundError:  # the extra is not installed
    prometheus = None  # type: ignore[assignment]

if prometheus is not None:
    _inbox = prometheus.Counter(
        "fediprof_inbox_activities", "Incoming activities by type and outcome", ["type", "outcome"]
    )
    _deliveries = prometheus.Counter("fediprof_deliveries", "Deliveries by answer", ["answer"])
    _requests = prometheus.Histogram(
        "fediprof_request_seconds", "Time to answer, by kind of request", ["kind", "status"]
    )
    _units = prometheus.Histogram("fediprof_database_seconds", "Time of units of work, waiting included", ["kind"])
    _queue_age = prometheus.Gauge("fediprof_queue_age_seconds", "Age of the oldest row that waits", ["queue"])
    _UNITS = {kind: _units.labels(kind) for kind in ("read", "write")}

_KNOWN = frozenset(
    [
        "Create",
        "Update",
        "Delete",
        "Follow",
        "Accept",
        "Reject",
        "Like",
        "EmojiReact",
        "Announce",
        "Add",
        "Remove",
        "Undo",
        "Block",
        "Flag",
        "Move",
    ]
)


def inbox(type: str, outcome: str) -> None:
    """Count one activity. Unknown types are counted together: a stranger must not make us keep names."""
    if prometheus is not None:
        _inbox.labels(type if type in _KNOWN else "other", outcome).inc()


def delivered(answer: str) -> None:
    """`answer`: an HTTP status, or "unreachable"."""
    if prometheus is not None:
        _deliveries.labels(answer).inc()


def answered(kind: str, status: int, seconds: float) -> None:
    if prometheus is not None:
        _requests.labels(kind, str(status)).observe(seconds)


def queue_age(queue: str, seconds: float) -> None:
    if prometheus is not None:
        _queue_age.labels(queue).set(seconds)


class unit:
    """Time a unit of work, read or write, for as long as the block runs. Each request has several: no generator."""

    __slots__ = ("_begun", "_kind")

    def __init__(self, kind: Literal["read", "write"]) -> None:
        self._kind = kind

    def __enter__(self) -> None:
        self._begun = perf_counter()

    def __exit__(self, *error: object) -> None:
        if prometheus is not None:
            _UNITS[self._kind].observe(perf_counter() - self._begun)


def exposition() -> bytes | None:
    """What `/metrics` answers, or None without the extra."""
    return None if prometheus is None else prometheus.generate_latest()
