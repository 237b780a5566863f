"""How much one reader may read: pure counting with a clock of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediprof.refusals.limits import BLOCK_SECONDS, HOUR, Limits, Refused


def limits(people: int = 3, pages: int = 0, readers: int = 100) -> Limits:
    return Limits(people_per_hour=people, pages_per_minute=pages, readers=readers)


def test_the_budget_is_of_different_people() -> None:
    gate = limits()
    # Given an office behind one address, all of which reads the same three pages again and again
    for now in range(600):
        assert gate.look("203.0.113.0/24", f"p{now % 3}", float(now)) is None
    # Then a fourth person is too much, and the three stay open
    refused = gate.look("203.0.113.0/24", "p3", 600.0)
    assert refused == Refused("people", int(HOUR) - 600)
    assert gate.look("203.0.113.0/24", "p1", 601.0) is None
    # And another reader is not concerned
    assert gate.look("198.51.100.0/24", "p3", 601.0) is None


def test_one_more_is_let_through_exactly_when_it_was_said() -> None:
    gate = limits()
    for number in range(3):
        assert gate.look("a/24", f"p{number}", float(number)) is None
    refused = gate.look("a/24", "p9", 100.5)
    assert refused is not None
    assert gate.look("a/24", "p9", 100.5 + refused.retry_after - 1) is not None
    assert gate.look("a/24", "p9", 100.5 + refused.retry_after) is None


def test_pages_are_paced_and_a_pause_gives_them_back() -> None:
    gate = limits(people=0, pages=60)
    assert all(gate.look("a/24", None, 0.0) is None for _ in range(60))
    assert gate.look("a/24", None, 0.0) == Refused("pace", 1)
    assert gate.look("a/24", None, 1.0) is None
    assert gate.look("a/24", None, 1.0) is not None
    assert all(gate.look("a/24", None, 999.0) is None for _ in range(60))


def test_what_is_only_a_lookup_is_no_page() -> None:
    gate = limits(people=2, pages=1)
    assert gate.look("a/24", "p1", 0.0) is None
    assert gate.look("a/24", "p2", 0.0, paced=False) is None
    assert gate.look("a/24", "p3", 0.0, paced=False) == Refused("people", 3600)


def test_no_limit_is_no_limit() -> None:
    gate = limits(people=0, pages=0)
    assert all(gate.look("a/24", f"p{number}", 0.0) is None for number in range(5000))


def test_after_the_trap_nothing_is_open_for_an_hour() -> None:
    gate = limits()
    gate.block("a/24", 10.0)
    assert gate.look("a/24", None, 10.0) == Refused("trap", int(BLOCK_SECONDS))
    assert gate.look("a/24", None, 10.0 + BLOCK_SECONDS - 0.5) == Refused("trap", 1)
    assert gate.look("b/24", None, 11.0) is None
    assert gate.look("a/24", None, 10.0 + BLOCK_SECONDS) is None


def test_memory_has_an_end() -> None:
    gate = limits(people=5, readers=50)
    for number in range(500):
        for person in range(20):
            gate.look(f"{number}/24", f"p{person}", 0.0)
        gate.block(f"{number}/24", 0.0)
    assert len(gate._readers) == 50
    assert len(gate._blocked) == 50
    assert max(len(each.people) for each in gate._readers.values()) == 5
    # And who comes back often is not forgotten for those who come once
    gate = limits(people=1, readers=50)
    gate.look("a/24", "p1", 0.0)
    for number in range(500):
        gate.look(f"{number}/24", "p1", 0.0)
        assert gate.look("a/24", "p2", 0.0) is not None


@given(
    looks=st.lists(st.tuples(st.integers(0, 12), st.floats(0, 900, allow_nan=False)), max_size=80),
    budget=st.integers(1, 6),
)
def test_never_more_different_people_in_any_hour_than_the_budget(looks, budget) -> None:  # type: ignore[no-untyped-def]
    gate, now = limits(people=budget), 0.0
    first: dict[int, float] = {}
    for person, pause in looks:
        now += pause
        first = {each: at for each, at in first.items() if now - at < HOUR}
        refused = gate.look("a/24", str(person), now)
        if person not in first and len(first) == budget:
            assert refused is not None
            assert 1 <= refused.retry_after <= HOUR
        else:
            assert refused is None
            first.setdefault(person, now)


@pytest.mark.parametrize("people", [1, 60])
def test_a_spent_budget_is_spent_for_new_names_only_once(people: int) -> None:
    """Asking again and again for what is refused neither lengthens nor shortens the wait."""
    gate = limits(people=people)
    for number in range(people):
        gate.look("a/24", f"p{number}", 0.0)
    waits = [gate.look("a/24", f"x{number}", float(number)) for number in range(50)]
    assert [each.retry_after for each in waits if each] == [int(HOUR) - number for number in range(50)]
