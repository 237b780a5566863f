"""This server's own addresses, and the moment a command runs at.

Actor ids, inboxes and posts live at `origin`; handles at `domain`; the two may differ (federation with a split domain).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fediprof import ids

INSTANCE_ACTOR = "instance.actor"
"""The username of the server's own actor (FEP-2677); members cannot take it: theirs have no dot."""


@dataclass(frozen=True, slots=True)
class Here:
    """`origin`: scheme and host without a trailing slash. `domain`: what follows the second @. `now`: aware UTC."""

    origin: str
    domain: str
    now: datetime

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2]

    def actor(self, username: str) -> str:
        return f"{self.origin}/actor" if username == INSTANCE_ACTOR else f"{self.origin}/u/{username}"

    def profile(self, username: str) -> str:
        return f"{self.origin}/about" if username == INSTANCE_ACTOR else f"{self.origin}/@{username}"

    @property
    def shared_inbox(self) -> str:
        return f"{self.origin}/inbox"

    def new_post(self, username: str) -> tuple[str, str]:
        """(IRI, address of its page) of a post to be written."""
        slug = ids.slug()
        return f"{self.origin}/p/{slug}", f"{self.origin}/@{username}/p/{slug}"

    def entry(self, username: str, slug: str) -> str:
        """The page of an entry."""
        return f"{self.origin}/@{username}/e/{slug}"

    def entry_document(self, slug: str) -> str:
        """An entry's document for those it was opened to; everybody's is the post it is."""
        return f"{self.origin}/e/{slug}"

    def new_activity(self) -> str:
        """An IRI for an activity of ours; it is on our host, as receivers demand (federation rule 5)."""
        return f"{self.origin}/a/{ids.slug()}"

    def tag(self, name: str) -> str:
        return f"{self.origin}/tags/{quote(name)}"

    def upload(self, file: str) -> str:
        return f"{self.origin}/media/{file}"

    def is_ours(self, iri: str) -> bool:
        """Whether an IRI is on this server, compared as origins, not as text."""
        scheme, _, rest = iri.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}".lower() == self.origin
