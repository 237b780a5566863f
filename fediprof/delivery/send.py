"""One POST, signed now. The row it came from is marked by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from fediprof import clock
from fediprof.as2 import origin
from fediprof.as2.names import MEDIA_TYPE
from fediprof.errors import FediprofError, Forbidden
from fediprof.follows.synchronization import HEADER
from fediprof.net.fetcher import Fetcher, Response
from fediprof.signatures import sign
from fediprof.signatures.keys import PrivateKey
from fediprof.signatures.message import SignableRequest
from fediprof.signatures.verify import Scheme

SECONDS = 15.0

Verdict = Literal["sent", "again", "never"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`verdict`: sent; again (later); never (the host has said its last word). `host_failed`: it is the server that
    cannot, not this delivery. `wait`: what Retry-After asked for. `learnt`: the scheme it turned out to need."""

    verdict: Verdict
    status: int | None
    error: str | None = None
    host_failed: bool = False
    wait: timedelta | None = None
    learnt: Scheme | None = None


async def post(
    fetcher: Fetcher, inbox: str, body: bytes, key: PrivateKey, scheme: Scheme, synchronization: str = ""
) -> Answer:
    """Knock with the scheme the host is known to need, and once more with the other when it refuses.

    `synchronization`: the value of that header (FEP-8fcf), covered by the signature.
    """
    headers = {"host": origin.host_of(inbox), "content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
    if synchronization:
        headers[HEADER] = synchronization
    request = SignableRequest("POST", inbox, headers, body)
    knocking = sign.knock(request, key, clock.now(), scheme)
    learnt: Scheme | None = None
    try:
        signed = next(knocking)
        response = await fetcher.post(inbox, body, headers=signed.headers, seconds=SECONDS)
        first = response
        try:
            while True:
                signed = knocking.send(response.status)
                response = await fetcher.post(inbox, body, headers=signed.headers, seconds=SECONDS)
        except StopIteration as done:
            learnt = done.value
        if response is not first and not 200 <= response.status < 300:
            response = first
    except Forbidden as error:
        return Answer("never", None, str(error))
    except FediprofError as error:
        return Answer("again", None, str(error), host_failed=True)
    return _judged(response, learnt, clock.now())


def _judged(response: Response, learnt: Scheme | None, now: datetime) -> Answer:
    """2xx: sent. 404 and 410: gone. 401, 408, 425, 429 and 5xx: may be otherwise later. Other 4xx: refused for good."""
    status = response.status
    if 200 <= status < 300:
        return Answer("sent", status, learnt=learnt)
    error = response.body[:200].decode("utf-8", "replace").strip()
    if status in (429, 503):
        return Answer("again", status, error, host_failed=True, wait=_retry_after(response, now))
    if status >= 500:
        return Answer("again", status, error, host_failed=True)
    if status in (401, 408, 425):
        return Answer("again", status, error)
    return Answer("never", status, error)


def _retry_after(response: Response, now: datetime) -> timedelta | None:
    """Both forms of RFC 9110 §10.2.3; at most a day, so that no host puts us off for ever."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return timedelta(seconds=min(max(seconds, 0.0), 86_400.0))
