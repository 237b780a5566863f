"""What is kept of pages is bounded, and the last used stays."""

from __future__ import annotations

from fediprof.web import cards
from fediprof.web.cards import Cards


def test_the_least_used_goes_first(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(cards, "MOST", 2)
    kept = Cards()
    kept.keep("a", "1")
    kept.keep("b", "2")
    assert kept.get("a") == "1"
    kept.keep("c", "3")
    assert [kept.get(name) for name in "abc"] == ["1", None, "3"]
