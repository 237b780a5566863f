"""An address as it is counted: the network it is in, never the address itself.

A /24 of IPv4 and a /48 of IPv6 are what one customer is commonly given, or can change within at will.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

V4_BITS, V6_BITS = 24, 48

_SAYS_NOTHING = tuple(
    ip_network(each)
    for each in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Our own machine and private networks: behind a proxy that does not say for whom it asks, everybody comes from there,
and one scraper would shut everybody out."""


@lru_cache(maxsize=4096)
def prefix_of(address: str) -> str | None:
    """`203.0.113.0/24` or `2001:db8:1::/48`; None for what says nothing about who asks: no address, or a private one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if any(parsed in network for network in _SAYS_NOTHING):
        return None
    if isinstance(parsed, IPv4Address):
        return f"{IPv4Address(int(parsed) >> 32 - V4_BITS << 32 - V4_BITS)}/{V4_BITS}"
    return f"{IPv6Address(int(parsed) >> 128 - V6_BITS << 128 - V6_BITS)}/{V6_BITS}"
