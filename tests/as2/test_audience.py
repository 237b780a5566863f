"""Visibility, both ways."""

from __future__ import annotations

from typing import get_args

import pytest

from fediprof.as2.audience import Visibility, address, strip_blind, visibility_of
from fediprof.as2.names import PUBLIC

FOLLOWERS = "https://a.example/u/alice/followers"
BOB = "https://b.example/u/bob"


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
def test_public_counts_in_each_spelling(public: str) -> None:
    assert visibility_of([public], [], FOLLOWERS) == "public"
    assert visibility_of([FOLLOWERS], [public], FOLLOWERS) == "quiet"


def test_followers_are_the_authors_own_collection_only() -> None:
    assert visibility_of([BOB], [FOLLOWERS], FOLLOWERS) == "followers"
    assert visibility_of([BOB, "https://b.example/u/bob/followers"], [], FOLLOWERS) == "direct"
    assert visibility_of([FOLLOWERS], [], None) == "direct"
    assert visibility_of([], [], FOLLOWERS) == "direct"


@pytest.mark.parametrize("visibility", sorted({*get_args(Visibility)} - {"group"}))  # that one is told by its group
def test_what_is_addressed_is_read_back(visibility: Visibility) -> None:
    to, cc = address(visibility, FOLLOWERS, [BOB, BOB])
    assert visibility_of(to, cc, FOLLOWERS) == visibility
    assert (to + cc).count(BOB) == 1


def test_a_direct_post_reaches_nobody_but_who_is_named() -> None:
    assert address("direct", FOLLOWERS, [BOB]) == ((BOB,), ())


def test_blind_copies_do_not_travel() -> None:
    document = {"to": [BOB], "bto": [BOB], "bcc": "x", "object": {"bcc": "x", "object": [{"bto": "y"}, "z"]}}
    assert strip_blind(document) == {"to": [BOB], "object": {"object": [{}, "z"]}}
    assert "bto" in document
