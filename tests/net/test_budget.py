from __future__ import annotations

from fediprof.net.budget import HostBudget


def test_a_host_is_asked_so_often_a_minute_and_no_more() -> None:
    now = 100.0
    budget = HostBudget(6, clock=lambda: now)
    assert [budget.take("a.example") for _ in range(7)] == [True] * 6 + [False]
    assert budget.take("B.example")
    now += 10
    assert [budget.take("A.example") for _ in range(2)] == [True, False]
    now += 3600
    assert [budget.take("a.example") for _ in range(7)] == [True] * 6 + [False]


def test_asking_in_vain_does_not_keep_a_host_waiting() -> None:
    now = 0.0
    budget = HostBudget(60, clock=lambda: now)
    while budget.take("a.example"):
        pass
    for _ in range(4):
        now += 0.25
        granted = budget.take("a.example")
    assert granted


def test_what_is_remembered_is_bounded() -> None:
    budget = HostBudget(1, hosts=10, clock=lambda: 0.0)
    for number in range(1000):
        budget.take(f"h{number}.example")
    assert len(budget._buckets) == 10
