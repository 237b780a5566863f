"""Addresses are counted by the network they are in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediprof.refusals.prefixes import prefix_of


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:DB8:1:ffff::1", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8:2::/48"),
        ("2001:db8:1::1%eth0", "2001:db8:1::/48"),
        # nothing is known of who asks
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:10.0.0.1", None),
        ("192.168.1.5", None),
        ("fe80::1%eth0", None),
        ("fd00::1", None),
        ("", None),
        ("unknown", None),
        ("203.0.113.7:4711", None),
        ("203.0.113.07", None),
        ("203.0.113.7, 198.51.100.1", None),
        ("x" * 5000, None),
    ],
)
def test_a_network_stands_for_its_addresses(address: str, prefix: str | None) -> None:
    assert prefix_of(address) == prefix


@given(st.ip_addresses())
def test_no_address_is_in_its_prefix(address) -> None:  # type: ignore[no-untyped-def]
    prefix = prefix_of(str(address))
    if prefix is not None:
        network = prefix.partition("/")[0]
        assert str(address) != network or int(address) % 256 == 0


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    prefix_of(text)
