"""The tables, a module per aggregate. Statements live in the aggregates' `store.py`; here is only what is kept.

Every module may read joins across tables; each aggregate writes only its own.
"""

from fediprof.schema import (
    accounts,
    actors,
    campaigns,
    delivery,
    groups,
    inbox,
    interactions,
    introductions,
    media,
    moderation,
    oauth,
    portability,
    posts,
    processes,
    profiles,
    refusals,
    timelines,
    visitors,
)
from fediprof.schema.columns import metadata

__all__ = [
    "accounts",
    "actors",
    "campaigns",
    "delivery",
    "groups",
    "inbox",
    "interactions",
    "introductions",
    "media",
    "metadata",
    "moderation",
    "oauth",
    "portability",
    "posts",
    "processes",
    "profiles",
    "refusals",
    "timelines",
    "visitors",
]
