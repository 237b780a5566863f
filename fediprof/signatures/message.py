"""The signable view of an HTTP request: what both signature schemes read, and nothing of any HTTP library.

Whoever builds one for a request that came in writes `url` from the public origin the server is configured with, not
from the Host header: then a signature made for another host cannot be replayed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fediprof.errors import NotVerified

BODILESS = frozenset({"GET", "HEAD"})

_URL = re.compile(r"(https?)://([^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?(?:#\S*)?", re.IGNORECASE | re.ASCII)
_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


@dataclass(frozen=True, slots=True)
class SignableRequest:
    """`method` in capitals; `url` absolute and as sent (percent-encoded); `headers` with lower-case names, repeated
    headers joined by ", "; `body` the bytes as sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path alone, "/" when the URL has none."""
        return self._parts()[1]

    @property
    def target(self) -> str:
        """Path and query string, as the request line has them."""
        _, path, query = self._parts()
        return path + query

    @property
    def authority(self) -> str:
        """Host, lower-case, with its port unless that is the scheme's own."""
        return self._parts()[0]

    @property
    def has_query(self) -> bool:
        return bool(self._parts()[2])

    @property
    def must_cover_body(self) -> bool:
        """Whether a signature without a digest would leave something unsigned."""
        return self.method not in BODILESS or bool(self.body)

    def is_for(self, host: str) -> bool:
        """Whether a Host header names this request's authority; a default port may be there or not."""
        scheme = self.url.partition(":")[0].lower()
        return host.lower().removesuffix(_DEFAULT_PORT.get(scheme, "")) == self.authority

    def header(self, name: str) -> str | None:
        """The value of a header, by its lower-case name."""
        return self.headers.get(name)

    def adding(self, headers: Mapping[str, str]) -> SignableRequest:
        """A copy with these headers added; lower-case names."""
        return SignableRequest(self.method, self.url, {**self.headers, **headers}, self.body)

    def _parts(self) -> tuple[str, str, str]:
        match = _URL.fullmatch(self.url)
        if match is None:
            raise NotVerified("the URL is not an absolute http(s) URL")
        scheme, authority, path, query = match.groups(default="")
        host = authority.lower().removesuffix(_DEFAULT_PORT[scheme.lower()])
        return host, path or "/", query


def read_date(text: str) -> datetime:
    """The instant a Date header names (IMF-fixdate, RFC 9110 §5.6.7). Raises NotVerified for any other form."""
    match = _DATE.fullmatch(text)
    month = _MONTHS.get(match[2]) if match else None
    if match is None or month is None:
        raise NotVerified("the Date header is not an HTTP date")
    try:
        return datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=UTC)
    except ValueError as error:
        raise NotVerified("the Date header names no instant") from error
