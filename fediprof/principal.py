"""Who asks. A value that was proven at a door; code that needs proof cannot be called without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from fediprof.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody known: a visitor, a search engine, an unsigned fetch."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person with an account here, proven by a session, a token or the command line."""

    account_id: int
    actor_id: int
    scopes: frozenset[str] = frozenset({"read", "write", "follow", "push", "profile"})
    app_id: int | None = None
    admin: bool = False


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """Another server, proven by a signature: it may speak for the actors of `host`, and fetch as them.

    `actor_iri` is the key's owner; on a fetch that is most often the server's own actor, not a person.
    """

    host: str
    actor_iri: str


Principal: TypeAlias = Anonymous | Member | RemoteServer
ANONYMOUS = Anonymous()


def must_run_server(by: Member) -> None:
    if not by.admin:
        raise NotAllowed("only for those who run this server")
