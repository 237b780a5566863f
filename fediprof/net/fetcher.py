"""Every HTTP request this server makes: one door, with limits on addresses, redirects, bytes and seconds.

On httpcore2, the engine of httpx2, itself: its HTTP/1.1, over connections of our own (`connections.py`) that only the guard
opens. What an answer means (type, id, JSON) is for the callers; statuses are given back, not raised. No proxy or
certificate settings are taken from the environment, no cookies are kept.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import httpcore2
import httpx2
from httpcore2 import AsyncNetworkBackend

from fediprof.errors import Forbidden, TooMuch, Unreachable
from fediprof.net.connections import IDLE_SECONDS, Connections
from fediprof.net.guard import Guard, Resolver

ORIGINS_KEPT = 256
GETS_AT_ONCE = 6  # per origin
POST_ANSWER_BYTES = 4096
LONGEST_URL = 2048

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What httpcore2 raises; TLS errors that pass through it; numbers in an answer that no integer holds; broken gzip.
_FAULTS = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    OSError,
    ValueError,
    zlib.error,
)
_NO_BODY = frozenset({204, 304})


class Signer(Protocol):
    """Given a request as it will be sent, the headers that sign it (Date, Signature, …). Asked anew at each hop.

    `headers` holds Host, Accept and User-Agent; `url` is percent-encoded as on the wire.
    """

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Response:
    """`url`: the final one, after redirects; as it was given, without fragment, when there were none.

    `headers` answers to names in any case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Origin:
    connections: Connections
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(GETS_AT_ONCE))
    busy: int = 0
    used: float = 0.0


class Fetcher:
    """Built once for the process; `close()` at its end.

    development  http is allowed, towards loopback only; see `Guard`
    hosts        development: host name → (loopback address, port), so that test servers have names of their own
    ssl_context  whom to trust; the system's authorities when not given
    resolver, backend   for tests: how names become addresses, and what opens the sockets
    """

    def __init__(
        self,
        *,
        user_agent: str,
        development: bool,
        ssl_context: ssl.SSLContext | None = None,
        hosts: Mapping[str, tuple[str, int]] | None = None,
        resolver: Resolver | None = None,
        backend: AsyncNetworkBackend | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._ssl_context = ssl_context
        self._guards = {
            "https": Guard(development=development, hosts=hosts, resolver=resolver, inner=backend),
        }
        if development:
            self._guards["http"] = Guard(
                development=True, loopback_only=True, hosts=hosts, resolver=resolver, inner=backend
            )
        self._origins: OrderedDict[tuple[str, str, int], _Origin] = OrderedDict()

    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Signer | None = None,
        max_bytes: int = 1_048_576,
        seconds: float = 10,
        redirects: int = 3,
    ) -> Response:
        """GET `url`, following up to `redirects` redirects; `seconds` for all of it, `max_bytes` after decompression.

        Raises Forbidden (address, port, scheme, a redirect too many), TooMuch (bytes), Unreachable (anything else that
        kept a whole answer from us).
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(url.partition("#")[0], accept, sign, max_bytes, redirects)
        except TimeoutError:
            raise Unreachable(f"{url}: no whole answer within {seconds} s") from None

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = 10) -> Response:
        """POST `body` once, with `headers` (signature and content type are the caller's). Redirects are not followed.

        The first 4096 bytes of the answer's body are kept. Raises Forbidden and Unreachable.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._once("POST", url, dict(headers), body, POST_ANSWER_BYTES, cut=True)
        except TimeoutError:
            raise Unreachable(f"{url}: no whole answer within {seconds} s") from None

    async def close(self) -> None:
        """Close all connections."""
        origins = list(self._origins.values())
        self._origins.clear()
        for origin in origins:
            await origin.connections.close()

    async def _follow(self, url: str, accept: str, sign: Signer | None, max_bytes: int, redirects: int) -> Response:
        for _ in range(redirects + 1):
            target = self._target(url)
            headers = {"Host": target.netloc.decode("ascii"), "Accept": accept, "User-Agent": self._user_agent}
            if sign is not None:
                headers |= sign("GET", str(target), dict(headers), b"")
            answer = await self._once("GET", url, headers, b"", max_bytes)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            url = _next_hop(url, location)
        raise Forbidden(f"{url}: more than {redirects} redirects")

    async def _once(
        self, method: str, url: str, headers: dict[str, str], body: bytes, max_bytes: int, *, cut: bool = False
    ) -> Response:
        """One request, one answer. `cut`: a longer body is cut at `max_bytes` instead of refused."""
        target = self._target(url)
        sent = {name.lower().encode(): value.encode() for name, value in headers.items()}
        sent.setdefault(b"host", target.netloc)
        sent.setdefault(b"user-agent", self._user_agent.encode())
        sent[b"accept-encoding"] = b"identity"
        if method == "POST":
            sent[b"content-length"] = str(len(body)).encode()
        where = httpcore2.URL(
            scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
        )
        request = httpcore2.Request(method, where, headers=list(sent.items()), content=body)
        try:
            async with (
                self._borrow(target, where.origin, gated=method == "GET") as connections,
                connections.ask(request) as response,
            ):
                got = httpx2.Headers(response.headers)
                if response.status in _REDIRECTS or response.status in _NO_BODY:
                    content = b""
                else:
                    content = await _read(response, got, max_bytes, cut=cut)
        except _FAULTS as error:
            raise Unreachable(f"{url}: {type(error).__name__} {error}") from error
        return Response(url, response.status, got, content)

    def _target(self, url: str) -> httpx2.URL:
        """`url` read, when it is one we ask at all: https (http in development), a host, no user name in it."""
        if len(url) > LONGEST_URL:
            raise Forbidden(f"{url[:80]}…: longer than {LONGEST_URL} characters")
        try:
            target = _parsed(url)
        except httpx2.InvalidURL as error:
            raise Forbidden(f"{url!r} is not a URL: {error}") from error
        if target.scheme not in self._guards:
            raise Forbidden(f"{url}: {target.scheme or 'no scheme'} is not asked, only {', '.join(self._guards)}")
        if not target.raw_host or target.userinfo or not 0 < _port(target) < 65536:
            raise Forbidden(f"{url}: not the address of a public document")
        return target

    @asynccontextmanager
    async def _borrow(
        self, target: httpx2.URL, where: httpcore2.Origin, *, gated: bool
    ) -> AsyncIterator[Connections]:
        key = (target.scheme, target.host, where.port)
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = _Origin(self._connections(where))
        self._origins.move_to_end(key)
        origin.busy += 1
        try:
            await self._retire()
            if gated:
                async with origin.gate:
                    yield origin.connections
            else:
                yield origin.connections
        finally:
            origin.busy -= 1
            origin.used = time.monotonic()

    def _connections(self, where: httpcore2.Origin) -> Connections:
        if where.scheme == b"http":
            return Connections(where, self._guards["http"], None)
        if self._ssl_context is None:
            self._ssl_context = httpx2.create_ssl_context(trust_env=False)
        self._ssl_context.set_alpn_protocols(["http/1.1"])
        return Connections(where, self._guards["https"], self._ssl_context)

    async def _retire(self) -> None:
        """Close what has been idle, and the longest unused beyond ORIGINS_KEPT."""
        stale = time.monotonic() - IDLE_SECONDS
        surplus = len(self._origins) - ORIGINS_KEPT
        oldest = next(iter(self._origins.values()))
        if surplus <= 0 and (oldest.busy or oldest.used > stale):
            return  # as nearly always; it is asked at each request
        retired: list[_Origin] = []
        for key, origin in list(self._origins.items()):
            if surplus <= 0 and (origin.busy or origin.used > stale):
                break
            if not origin.busy:
                retired.append(self._origins.pop(key))
                surplus -= 1
        for origin in retired:
            await origin.connections.close()


@lru_cache(maxsize=2048)  # the same inboxes again and again
def _parsed(url: str) -> httpx2.URL:
    return httpx2.URL(url)


def _port(target: httpx2.URL) -> int:
    if target.port is not None:
        return target.port
    return 443 if target.scheme == "https" else 80


def _next_hop(url: str, location: str) -> str:
    """Where a redirect leads; never from https to http. Fragments are no part of a request."""
    try:
        here = httpx2.URL(url)
        target = here.join(location).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Forbidden(f"{url} redirects to no URL: {error}") from error
    if here.scheme == "https" and target.scheme != "https":
        raise Forbidden(f"{url} redirects out of TLS, to {target}")
    return str(target)


async def _read(response: httpcore2.Response, headers: httpx2.Headers, max_bytes: int, *, cut: bool) -> bytes:
    """The body, counted after decompression: a few compressed kilobytes must not become gigabytes here (zip bomb)."""
    # We ask for no compression; some servers hold their files compressed and send them so all the same.
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Unreachable(f"The answer is encoded as {encoding!r}, which was not asked for")
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding.endswith("gzip") else None
    length = headers.get("content-length", "")
    if not cut and length.isascii() and length.isdigit() and int(length) > max_bytes:
        raise TooMuch(f"The answer announces {length} bytes; at most {max_bytes} are read")
    parts: list[bytes] = []
    left = max_bytes
    async for chunk in response.aiter_stream():
        part = unzip.decompress(chunk, left + 1) if unzip else chunk
        if len(part) > left and not cut:
            raise TooMuch(f"The answer is longer than {max_bytes} bytes")
        parts.append(part[:left])
        left -= len(part[:left])
        if cut and left == 0:
            break
    if unzip and not unzip.eof and not cut:
        raise Unreachable("The compressed answer ends before its end")
    return b"".join(parts)
