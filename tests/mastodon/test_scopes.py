"""Which scope covers which."""

from __future__ import annotations

import pytest

from fediprof.oauth import scopes


@pytest.mark.parametrize(
    ("granted", "needed", "covered"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read", False),
        ("read", "write:statuses", False),
        ("write", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "read:blocks", True),
        ("follow", "write:statuses", False),
        ("admin:read", "read:statuses", False),
        ("admin:read", "admin:read:accounts", True),
        ("read", "admin:read:accounts", False),
        ("profile", "read:accounts", False),
    ],
)
def test_a_family_covers_its_words_and_no_other_family(granted: str, needed: str, covered: bool) -> None:
    assert scopes.covers(granted.split(), needed) is covered


@pytest.mark.parametrize(
    "text", ["read write follow push", "read+write", "read:collections profile", "admin:read", ""]
)
def test_words_of_the_grammar_may_be_asked_for(text: str) -> None:
    assert scopes.parse(text) is not None


@pytest.mark.parametrize(
    "text", ["root", "read:", "READ", "read;drop", "write:*", " ".join(f"read:a{'b' * n}" for n in range(200))]
)
def test_other_words_may_not(text: str) -> None:
    assert scopes.parse(text) is None
