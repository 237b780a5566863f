"""Signing what goes out, and the double knock: one scheme, then the other where the first was refused.

No I/O: `knock` is a generator that yields signed requests and is sent the status of each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Final

from fediprof.signatures import cavage, rfc9421
from fediprof.signatures.keys import PrivateKey
from fediprof.signatures.message import BODILESS, SignableRequest
from fediprof.signatures.verify import Scheme

# Answers that may mean "I cannot read this kind of signature".
REFUSALS: Final = frozenset({400, 401, 403})

_SIGN: dict[Scheme, Callable[[SignableRequest, PrivateKey, datetime], dict[str, str]]] = {
    "cavage": cavage.sign,
    "rfc9421": rfc9421.sign,
}
_OTHER: dict[Scheme, Scheme] = {"cavage": "rfc9421", "rfc9421": "cavage"}


def signed(request: SignableRequest, key: PrivateKey, now: datetime, scheme: Scheme = "cavage") -> SignableRequest:
    """The request with its signature headers; it must carry `host`."""
    return request.adding(_SIGN[scheme](request, key, now))


def knock(
    request: SignableRequest, key: PrivateKey, now: datetime, first: Scheme = "cavage"
) -> Generator[SignableRequest, int, Scheme | None]:
    """Yield the request signed with `first`; when the status sent back is a refusal, yield it once more signed with
    the other scheme. Returns what to remember for the host, as `remember`: usually nothing."""
    status = yield signed(request, key, now, first)
    if status not in REFUSALS:
        return None
    again = yield signed(request, key, now, _OTHER[first])
    return remember(status, again, request.method, first)


def remember(first_status: int, second_status: int | None, method: str, first: Scheme = "cavage") -> Scheme | None:
    """The scheme to begin with at this host from now on, or None when the answers prove nothing.

    Only a refusal followed by an acceptance teaches. And since there are servers that answer 200 to a delivery signed
    by RFC 9421 and drop it, a 200 to a POST teaches nothing about that scheme; 202, which means queued, does.
    """
    if first_status not in REFUSALS or second_status is None or not 200 <= second_status < 300:
        return None
    second = _OTHER[first]
    if second == "rfc9421" and method not in BODILESS and second_status == 200:
        return None
    return second
