"""Forms are accepted from our own pages only: by what the browser says of where they come from, and by a token bound
to the session. Either alone would do; an old browser or a stripped header leaves the other (house rule: fail closed)."""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import Request

from fediprof.errors import NotAllowed
from fediprof.settings import Settings

FIELD = "token"


def token(secret: bytes, session_hash: str) -> str:
    """The value forms of one session carry; `session_hash` is "" before somebody logged in."""
    return hmac.new(secret, b"form:" + session_hash.encode(), hashlib.sha256).hexdigest()[:32]


def must_come_from_here(request: Request, settings: Settings) -> None:
    """Refuse what a page of another site sent, before the body is read. Raises NotAllowed."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise NotAllowed(f"form sent from {site}")
    if origin == "null" and site == "same-origin":
        return  # a page of ours that tells nobody where it is: its referrer policy blanks the origin too (Fetch, §3.2)
    if origin is not None and origin != settings.origin and not _local(request, settings, origin):
        raise NotAllowed(f"form sent from {origin[:80]}")


def must_carry_token(given: str, secret: bytes, session_hash: str, *, proven: bool) -> None:
    """`proven`: the browser itself said that the form is ours; then a visitor nobody knows needs no token."""
    if hmac.compare_digest(given.encode(), token(secret, session_hash).encode()):
        return
    if not (proven and not session_hash):
        raise NotAllowed("form without its session's token")


def is_proven(request: Request) -> bool:
    """After `must_come_from_here`: whether the browser spoke at all."""
    return "sec-fetch-site" in request.headers or "origin" in request.headers


def _local(request: Request, settings: Settings, origin: str) -> bool:
    """In development the same server answers at localhost and 127.0.0.1."""
    return settings.development and origin.partition("://")[2] == request.headers.get("host")
