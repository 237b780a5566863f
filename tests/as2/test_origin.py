"""Who may speak for what: each attack that a check is there for, tried."""

from __future__ import annotations

import pytest

from fediprof.as2 import origin
from fediprof.errors import Malformed, NotAllowed, NotVerified

ALICE = "https://a.example/u/alice"
MALLORY = "https://evil.example/u/mallory"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://a.example/1", "https://a.example/2"),
        ("https://A.Example/1", "https://a.example"),
        ("https://a.example:443/1", "https://a.example/1"),
        ("https://bücher.example/1", "https://xn--bcher-kva.example/1"),
        ("https://a.example./1", "https://a.example/1"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
    ],
)
def test_one_host_in_two_spellings_is_one_origin(a: str, b: str) -> None:
    assert origin.same_origin(a, b)


@pytest.mark.parametrize(
    "other",
    [
        "http://a.example/1",
        "https://a.example:8443/1",
        "https://sub.a.example/1",
        "https://a.example.evil.example/1",
        "https://а.example/1",  # a Cyrillic letter
        "https://a.example@evil.example/1",
        "https://user@a.example/1",
        "https://a.example\\@evil.example/1",
        "https://a.example:99999/1",
        "https://ａ.example/1",  # a full-width letter
        "https://a。example/1",  # an ideographic full stop
        "did:key:z6Mk",
        "",
    ],
)
def test_a_look_alike_is_another_origin(other: str) -> None:
    assert not origin.same_origin("https://a.example/1", other)


def test_hosts_are_named_as_they_are_compared() -> None:
    assert origin.host_of("https://Bücher.example:443/x") == "xn--bcher-kva.example"
    assert origin.host_of("http://localhost:3000/x") == "localhost:3000"
    assert origin.host_of("http://[::1]:8080/") == "[::1]:8080"
    for broken in ("x", "https://", "ftp://a.example/", "https://[/", "https://\u2488com/"):
        with pytest.raises(Malformed):
            origin.host_of(broken)


def test_an_activity_id_of_another_server_is_not_verified() -> None:
    origin.must_be_from("https://a.example/like/1", ALICE)
    with pytest.raises(NotVerified):
        origin.must_be_from("https://a.example/like/1", MALLORY)


def test_a_signer_acts_only_as_itself() -> None:
    origin.must_be_signed_by(ALICE, ALICE)
    with pytest.raises(NotVerified):
        origin.must_be_signed_by(ALICE, "https://a.example/u/neighbour")


def test_words_are_put_in_nobodys_mouth() -> None:
    origin.must_own("https://a.example/n/1", ALICE, ALICE)
    with pytest.raises(NotAllowed, match="attributed"):
        origin.must_own("https://evil.example/n/1", ALICE, MALLORY)


def test_what_lives_elsewhere_is_not_overwritten_by_a_copy() -> None:
    with pytest.raises(NotAllowed, match="origin"):
        origin.must_own("https://a.example/n/1", MALLORY, MALLORY)
    with pytest.raises(NotAllowed):
        origin.must_share_origin("https://a.example/n/1", MALLORY)
    origin.must_share_origin("https://a.example/n/1", ALICE)


def test_a_document_speaks_only_for_the_address_it_came_from() -> None:
    origin.must_match_url(ALICE, ALICE)
    origin.must_match_url(f"{ALICE}#main-key", ALICE)
    origin.must_match_url("https://a.example", "https://A.example:443/")
    for claimed in ("https://a.example/uploads/1", "https://b.example/u/alice", f"{ALICE}?x=1", f"{ALICE}/"):
        with pytest.raises(NotVerified):
            origin.must_match_url(ALICE, claimed)
