"""Link headers, and the door throttle."""

from __future__ import annotations

import re

import pytest
from starlette.datastructures import QueryParams

from fediprof.errors import TooMuch
from fediprof.mastodon.paging import Cursor, links
from fediprof.mastodon.throttle import Throttle


def test_links_keep_every_other_parameter_and_the_public_address() -> None:
    query = QueryParams("limit=5&types[]=mention&types[]=follow&max_id=9&since_id=1")
    header = links("https://me.example", "/api/v1/notifications", query, 30, 10)["link"]
    following, previous = re.findall(r"<([^>]+)>", header)
    assert following.startswith("https://me.example/api/v1/notifications?")
    assert QueryParams(following.partition("?")[2]).multi_items() == [
        ("limit", "5"),
        ("types[]", "mention"),
        ("types[]", "follow"),
        ("max_id", "10"),
    ]
    assert QueryParams(previous.partition("?")[2]).multi_items()[-1] == ("min_id", "30")
    assert header.index('rel="next"') < header.index('rel="prev"')


def test_an_empty_page_leads_nowhere() -> None:
    assert links("https://me.example", "/x", QueryParams(""), None, None) == {}


def test_a_window_over_two_lists_is_the_newest_or_the_nearest_above() -> None:
    assert Cursor(2).window([5, 1, 9, 7]) == [9, 7]
    assert Cursor(2, min_id=0).window([5, 1, 9, 7]) == [5, 1]


def test_who_knocks_too_often_waits_and_others_do_not() -> None:
    now = 0.0
    throttle = Throttle(3, 10, clock=lambda: now)
    for _ in range(3):
        throttle.knock("192.0.2.1")
    with pytest.raises(TooMuch) as refused:
        throttle.knock("192.0.2.1")
    assert refused.value.retry_after == 10
    throttle.knock("192.0.2.2")
    now = 10.0
    throttle.knock("192.0.2.1")


def test_a_house_with_many_ipv6_addresses_is_one_house() -> None:
    throttle = Throttle(1, 10, clock=lambda: 0.0)
    throttle.knock("2001:db8::1")
    with pytest.raises(TooMuch):
        throttle.knock("2001:db8::2")
    throttle.knock("2001:db8:0:1::1")


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    throttle = Throttle(1, 10, clock=lambda: 0.0)
    for number in range(25_000):
        throttle.knock(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(throttle._full_at) <= 10_000
