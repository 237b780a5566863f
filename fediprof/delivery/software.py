"""What a server can make of what a group passes on, by the software its NodeInfo names (groups §5, §7.1, rule 23).

A server nobody asked yet gets both forms of a thread: what it does not know it drops, what it does not get is lost."""

from __future__ import annotations

from typing import Final

from fediprof.effects import Form

READS_WRAPPED: Final = frozenset({"lemmy", "piefed", "mbin", "kbin", "nodebb", "discourse", "fediprof"})
"""Take the activities a group announces (FEP-1b12); a boost beside them would be a second copy."""

READS_VOTES: Final = READS_WRAPPED | {"friendica", "hubzilla", "streams", "forte"}

KNOWS_NO_GROUPS: Final = frozenset(
    [
        "mastodon",
        "hometown",
        "glitchcafe",
        "gotosocial",
        "misskey",
        "sharkey",
        "firefish",
        "iceshrimp",
        "iceshrimp.net",
        "pleroma",
        "akkoma",
        "pixelfed",
        "hollo",
        "takahe",
        "snac",
        "mitra",
        "bridgy-fed",
        "ghost",
        "wordpress",
        "writefreely",
    ]
)
"""Know a group as an account that boosts: anything wrapped would cost them a fetch and come to nothing."""


def reads(software: str | None, form: Form) -> bool:
    """Whether a server is sent something of this form."""
    name = (software or "").lower()
    if form == "vote":
        return name in READS_VOTES
    if form == "wrapped":
        return name not in KNOWS_NO_GROUPS
    if form == "boost":
        return name not in READS_WRAPPED
    return True
