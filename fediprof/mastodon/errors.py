"""`{"error": …}` for everything that goes wrong, with the status clients act upon: a wrong one logs people out.

Codes are those of the Mastodon client API: 401 no or unknown token, 403 a scope is missing or it is not allowed, 404 not
there or not to be seen, 422 what was sent breaks a rule, 429 with its `X-RateLimit-` headers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from fediprof.clock import now, rfc3339
from fediprof.errors import Conflict, FediprofError, NotAllowed, NotVerified, TooMuch, TryLater, Unreachable

MISSING_SCOPE = "This action is outside the authorized scopes"
INVALID_TOKEN = "The access token is invalid"  # noqa: S105
NO_SUCH_ENDPOINT = "Not found"


_HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"private, no-store")]


def json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Any JSON answer of this door. Private by default: what a token opens is in no shared cache."""
    answer = Response(None, status)
    answer.body = msgspec.json.encode(body)
    answer.raw_headers = [*_HEADERS, (b"content-length", b"%d" % len(answer.body))]
    for name, value in (headers or {}).items():
        answer.raw_headers.append((name.encode("latin-1"), value.encode("latin-1")))
    return answer


def refusal(error: FediprofError) -> Response:
    """The answer to an error raised by meaning."""
    headers: dict[str, str] = {}
    status = error.status
    if isinstance(error, NotVerified):
        headers["www-authenticate"] = 'Bearer realm="fediprof"'
    elif isinstance(error, TooMuch) and error.retry_after is not None:
        headers = rate_limited(error.retry_after)
    elif isinstance(error, TryLater):
        headers["retry-after"] = str(error.retry_after)
    elif isinstance(error, Conflict):
        status = 422  # clients know no 409
    elif isinstance(error, Unreachable):
        status = 503  # 502 reads as "this server is down"
    return json({"error": _sentence(error)}, status, headers)


def rate_limited(retry_after: int, limit: int = 0) -> dict[str, str]:
    """`retry_after`: seconds. `limit`: requests in a window, where one is known."""
    reset = (now() + timedelta(seconds=retry_after)).astimezone(UTC)
    return {
        "retry-after": str(retry_after),
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": rfc3339(reset),
    }


def until(instant: datetime) -> int:
    """Whole seconds from now, at least one."""
    return max(1, int((instant - now()).total_seconds()) + 1)


def _sentence(error: FediprofError) -> str:
    """Validation is announced as Mastodon announces it: apps show the sentence as it is."""
    if error.status == 422 and not error.public.startswith("Validation failed"):
        return f"Validation failed: {error.public}"
    if isinstance(error, NotAllowed) and error.public == NotAllowed.sentence:
        return "This action is not allowed"
    return error.public
