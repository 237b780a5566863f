"""The SSRF guard: where our server may open a connection, checked on the address the socket will really use.

It stands at the single choke point, the HTTP client's network backend: a name is resolved once, every address of the
answer is checked, and a checked address is dialled by its number. So no second resolution can slip another address in
(DNS rebinding), literal addresses pass here too, and TLS still checks the certificate against the name.

Redirects, schemes, byte and time limits live in `fetcher.py`. Answers federation must-do rule 23; address blocks after
the IANA special-purpose registries (RFC 6890) and the cloud platforms' own documents.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from fediprof.errors import Forbidden, Misconfigured
from fediprof.net.sockets import Sockets

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port → addresses in text, in the order to try. Raises OSError where the name does not resolve."""

PUBLIC_PORTS = frozenset({80, 443})
ADDRESSES_TRIED = 4
CONNECT_SECONDS = 3.0

# `ipaddress.is_global` alone is not enough: it calls 192.88.99.1, NAT64, 6to4, fec0::/10 and multicast global on some
# of the Python versions we run on. So each block stands here with its reason, and is_global is asked besides.
REFUSED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network; reaches the machine itself on Linux"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT, and some clouds' metadata"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud platform's own services"),
    ("169.254.0.0/16", "link-local, and most clouds' metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "IETF protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved, and broadcast"),
    ("::/96", "unspecified, loopback, and IPv4-compatible: a v4 address in disguise"),
    ("::ffff:0:0:0/96", "IPv4-translated: a v4 address in disguise"),
    ("64:ff9b::/96", "NAT64: a v4 address in disguise"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard"),
    ("2001::/23", "IETF protocol assignments: Teredo, benchmarking, ORCHID"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4: a v4 address in disguise"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_NETWORKS = tuple((ip_network(block), reason) for block, reason in REFUSED)
_V4: tuple[tuple[IPv4Network, str], ...] = tuple((n, why) for n, why in _NETWORKS if isinstance(n, IPv4Network))
_V6: tuple[tuple[IPv6Network, str], ...] = tuple((n, why) for n, why in _NETWORKS if isinstance(n, IPv6Network))
_GLOBAL_UNICAST = IPv6Network("2000::/3")

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.ASCII)
_ENDS_IN_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.ASCII)

# Threads of our own for name lookups: a hostile name server can keep each lookup waiting for many seconds, and must
# not starve the loop's shared threads (uvloop has four) of everything else.
_lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="dns")


async def resolve(host: str, port: int) -> list[str]:
    """The system's answer for `host`, in its order of preference. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return [str(entry[4][0]) for entry in found]


def why_refused(address: Address) -> str | None:
    """The reason why `address` is not on the public internet, or None when it is. v4-mapped ones must be unmapped."""
    reason = next((why for network, why in _V4 if address in network), None) or next(
        (why for network, why in _V6 if address in network), None
    )
    if reason:
        return reason
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "outside global unicast"
    if not address.is_global or address.is_multicast:
        return "not global"
    return None


def unmapped(address: Address) -> Address:
    """`::ffff:10.0.0.1` → `10.0.0.1`; others as they are."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class Guard(AsyncNetworkBackend):
    """A network backend that connects to public addresses on ports 80 and 443, and nowhere else.

    development    loopback is allowed too, there on any port; nothing else changes
    loopback_only  for cleartext http, which may not leave the machine
    hosts          development only: name → (loopback address, port), for names asked on their default port, so that
                   several test servers on one machine each have a host name of their own
    inner          what really opens sockets; tests give a recorder
    """

    def __init__(
        self,
        *,
        development: bool = False,
        loopback_only: bool = False,
        hosts: Mapping[str, tuple[str, int]] | None = None,
        resolver: Resolver | None = None,
        inner: AsyncNetworkBackend | None = None,
    ) -> None:
        if hosts and not development:
            raise Misconfigured("A map of hosts (dev_hosts) is for development mode only")
        for name, (place, _) in (hosts or {}).items():
            if not ip_address(place).is_loopback:
                raise Misconfigured(f"dev_hosts: {name} must be on a loopback address, not on {place}")
        self._development = development
        self._loopback_only = loopback_only
        self._hosts = {name.lower(): place for name, place in (hosts or {}).items()}
        self._resolve = resolver or resolve
        self._inner = inner or Sockets()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Resolve once, check all, dial what was checked. Raises Forbidden, or httpcore2's connection errors."""
        places = await self._places(host.lower(), port)
        seconds = CONNECT_SECONDS if timeout is None else min(timeout, CONNECT_SECONDS)
        last: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address, at_port in places[:ADDRESSES_TRIED]:
            try:
                return await self._inner.connect_tcp(
                    address, at_port, timeout=seconds, local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise Forbidden("Unix sockets are not the network")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _places(self, host: str, port: int) -> list[tuple[str, int]]:
        if port not in PUBLIC_PORTS:
            if not self._development:
                raise Forbidden(f"{host}: port {port} is not one of the web's")
        elif host in self._hosts:
            return [self._hosts[host]]
        addresses = await self._addresses(host, port)
        # All of them, before any is dialled: a name that answers with a public and a private address is an attempt.
        for address in addresses:
            self._must_allow(host, port, address)
        return [(str(address), port) for address in dict.fromkeys(addresses)]

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            return [unmapped(ip_address(host))]
        except ValueError:
            pass
        # 127.1, 0x7f.1, 2130706433, 0177.0.0.1: the C library reads these as addresses. A name never ends in a number.
        if not _NAME.fullmatch(host) or _ENDS_IN_NUMBER.fullmatch(host):
            raise Forbidden(f"{host!r} is neither a host name nor an address in its usual form")
        try:
            answers = await self._resolve(host, port)
            return [unmapped(ip_address(answer)) for answer in answers]
        except (OSError, ValueError) as error:
            raise httpcore2.ConnectError(f"{host} does not resolve: {error}") from error

    def _must_allow(self, host: str, port: int, address: Address) -> None:
        if self._development and address.is_loopback:
            return
        reason = why_refused(address)
        if reason is not None:
            raise Forbidden(f"{host} is at {address}: {reason}")
        if self._loopback_only:
            raise Forbidden(f"{host} is at {address}: http without TLS does not leave this machine")
        if port not in PUBLIC_PORTS:
            raise Forbidden(f"{host}: port {port} is not one of the web's")
