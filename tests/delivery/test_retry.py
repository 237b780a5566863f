"""When something is tried again: growing, never the same for everybody, and not for ever."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fediprof.jobs import retry

WEEK = timedelta(days=7)


def test_the_delays_grow_threefold_to_twelve_hours() -> None:
    delays = [retry.delay(n, timedelta(), chance=lambda: 0.51) for n in range(1, 12)]
    seconds = [round(each.total_seconds()) for each in delays if each is not None]
    assert seconds == [15, 45, 135, 405, 1215, 3645, 10935, 32805, 43200, 43200, 43200]


@given(st.integers(1, 10_000), st.timedeltas(timedelta(), timedelta(days=30)), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_pure_and_bounded(attempts: int, waited: timedelta, chance: float) -> None:
    found = retry.delay(attempts, waited, chance=lambda: chance)
    assert found == retry.delay(attempts, waited, chance=lambda: chance)
    assert (found is None) == (waited >= WEEK)
    if found is not None:
        assert timedelta(seconds=12) <= found <= timedelta(hours=14, minutes=1)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=60, max_size=60))
def test_a_delivery_is_over_within_a_week_and_some_hours(chances: list[float]) -> None:
    waited, attempts = timedelta(), 0
    while attempts < 60:
        attempts += 1
        delay = retry.delay(attempts, waited, chance=iter(chances[attempts - 1 :]).__next__)
        if delay is None:
            break
        waited += delay
    assert WEEK <= waited <= WEEK + timedelta(hours=15)
    assert 20 <= attempts <= 32


def test_two_that_fail_together_do_not_come_back_together() -> None:
    early, late = (retry.delay(5, timedelta(), chance=lambda each=each: each) for each in (0.0, 0.999))
    assert early is not None
    assert late is not None
    assert late - early > early / 3
