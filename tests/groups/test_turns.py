"""A flood by one author, or through one group, is let in at a pace, in its order, and holds nobody else up (groups rules 21, 31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.groups import admitting, front, moderating, turns
from fediprof.groups import store as groups
from fediprof.groups.admitting import LetInDue
from fediprof.groups.founding import CloseGroup, close_group
from fediprof.groups.moderating import BanPerson
from fediprof.jobs import queue
from fediprof.moderation import policies
from fediprof.schema.inbox import job
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, found, joined, placed, wrapped
from tests.groups.test_intake import created
from tests.support.remote import Network

pytestmark = pytest.mark.anyio

Later = Callable[[float], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The clock is moved on, and else goes a millisecond each time it is looked at."""
    at = [clock.now()]

    def now() -> datetime:
        at[0] += timedelta(milliseconds=1)
        return at[0]

    monkeypatch.setattr(clock, "now", now)

    def move(seconds: float) -> None:
        at[0] += timedelta(seconds=seconds)

    return move


def announced(network: Network) -> list[str]:
    """Addresses of the posts that were passed on to one member's server, in order."""
    return [each["object"]["id"] for each in _creates(network, "reader.example")]


def _creates(network: Network, host: str) -> list[dict[str, Any]]:
    inner = [each.activity["object"] for each in network.delivered if f"//{host}/" in each.url]
    return [each for each in inner if isinstance(each, dict) and each["type"] == "Create"]


async def flooded(services, marie, remote, network, drain, **charter: Any):  # type: ignore[no-untyped-def]
    group = await make_group(services, marie, "busy", **{"author_pace": 6, **charter})
    paul, lea, reader = (
        remote(n, h) for n, h in (("paul", "far.example"), ("lea", "near.example"), ("r", "reader.example"))
    )
    await joined(group, (paul, lea, reader), drain, network)
    return group, paul, lea


async def test_a_flood_is_let_in_at_a_pace_in_its_order_and_others_are_not_held_up(
    services, marie, remote, network, drain, later
) -> None:
    group, paul, lea = await flooded(services, marie, remote, network, drain)
    for number in range(60):
        assert (await paul.send(created(paul, group, number))).status_code == 202
        if number % 20 == 10:
            assert (await lea.send(created(lea, group, 100 + number))).status_code == 202
    await drain()
    first = announced(network)
    assert [each for each in first if "near" in each] == [
        f"https://near.example/post/{100 + n}" for n in (10, 30, 50)
    ]
    mine = [f"https://far.example/post/{n}" for n in range(60)]
    assert [each for each in first if "far" in each] == mine[:6]
    minutes = 0
    while len(announced(network)) < 63:
        minutes += 1
        assert minutes < 12
        before = len(announced(network))
        for _ in range(12):
            later(5)
            await drain()
        assert 0 < len(announced(network)) - before <= 6, "in any minute"
    assert [each for each in announced(network) if "far" in each] == mine
    later(60)
    await drain()
    assert len(announced(network)) == 63
    left = await services.read(lambda tx: tx.execute(select(job.c.kind)).scalars().all())
    assert turns.CHORE not in left, "nothing is looked for any more"


async def test_what_is_answered_comes_before_its_answers(services, marie, remote, network, drain, later) -> None:
    group, paul, lea = await flooded(services, marie, remote, network, drain, author_pace=1)
    await paul.send(created(paul, group, 1))
    await paul.send(created(paul, group, 2))
    await drain()
    await lea.send(created(lea, group, 10, inReplyTo="https://far.example/post/2"))
    await drain()
    await paul.send(created(paul, group, 3, inReplyTo="https://near.example/post/10"))
    await lea.send(created(lea, group, 11))
    await drain()
    assert announced(network) == ["https://far.example/post/1", "https://near.example/post/11"]
    for _ in range(20):
        later(30)
        await drain()
    order = announced(network)
    assert sorted(order) == sorted(set(order))
    assert len(order) == 5
    assert order.index("https://far.example/post/2") < order.index("https://near.example/post/10")
    assert order.index("https://near.example/post/10") < order.index("https://far.example/post/3")


async def test_changes_and_ends_of_what_waits(services, marie, remote, network, drain, later) -> None:
    group, paul, _ = await flooded(services, marie, remote, network, drain, author_pace=1)
    sent = [created(paul, group, number) for number in range(4)]
    for each in sent:
        await paul.send(each)
    await drain()
    assert [(await placed(services, await found(services, each["object"]["id"]))).state for each in sent] == [
        "shown",
        "waiting",
        "waiting",
        "waiting",
    ]
    ended = await found(services, sent[2]["object"]["id"])
    later(1)
    revised = sent[1]["object"] | {"content": "<p>Eleven years.</p>", "updated": clock.rfc3339(clock.now())}
    await paul.send(paul.activity("Update", revised, to=revised["to"], cc=[], audience=group.actor.iri))
    await paul.send(paul.activity("Delete", {"id": sent[2]["object"]["id"], "type": "Tombstone"}, to=sent[2]["to"]))
    await drain()
    assert wrapped(network, "Update") == []
    assert wrapped(network, "Delete") == []
    assert (await placed(services, ended)).state == "removed"
    for _ in range(10):
        later(30)
        await drain()
    assert "Eleven" in str(wrapped(network, "Update")), "let in as it is now"
    assert sent[2]["object"]["id"] not in str([each.activity for each in network.delivered])
    assert announced(network) == [sent[0]["object"]["id"], sent[3]["object"]["id"]]


async def test_a_held_post_its_author_took_back_is_nothing_to_decide(
    services, marie, remote, network, drain, later
) -> None:
    group, paul, _ = await flooded(services, marie, remote, network, drain, hold_newcomers=True)
    note = created(paul, group, 1)
    await paul.send(note)
    await drain()
    assert await services.read(lambda tx: front.waiting_in(tx, group.id)) == 1
    await paul.send(paul.activity("Delete", {"id": note["object"]["id"], "type": "Tombstone"}, to=note["to"]))
    await drain()
    assert await services.read(lambda tx: front.waiting_in(tx, group.id)) == 0


async def test_the_pace_of_a_group_is_shared_by_turns(services, marie, remote, network, drain, later) -> None:
    group, paul, lea = await flooded(services, marie, remote, network, drain, author_pace=0, pace=4)
    for number in range(8):
        await paul.send(created(paul, group, number))
    await drain()
    for number in range(3):
        await lea.send(created(lea, group, number))
    await drain()
    assert len(announced(network)) == 4
    later(61)
    await drain()
    assert len(announced(network)) == 8
    second = announced(network)[4:]
    assert len([each for each in second if "near" in each]) == 2, second
    await lea.send(created(lea, group, 9))
    await drain()
    assert len(announced(network)) == 8, "who comes now stands behind those that wait"
    for _ in range(4):
        later(61)
        await drain()
    assert len(announced(network)) == len(set(announced(network))) == 12


async def test_a_process_that_dies_at_it_loses_nothing(services, marie, remote, network, drain, later) -> None:
    group, paul, _ = await flooded(services, marie, remote, network, drain, author_pace=2)
    for number in range(5):
        await paul.send(created(paul, group, number))
    await drain()
    later(61)
    taken = await services.perform.database.write(lambda tx: queue.claim(tx, clock.now(), 99))
    assert [each.kind for each in taken] == [turns.CHORE], "taken by a process that is killed then"
    await drain()
    assert len(announced(network)) == 2
    for _ in range(3):
        later(61)
        await drain()
    assert announced(network) == [f"https://far.example/post/{n}" for n in range(5)]


async def test_what_waits_of_somebody_who_is_banned_is_not_let_in(
    services, marie, remote, network, drain, later
) -> None:
    group, paul, _ = await flooded(services, marie, remote, network, drain, author_pace=1)
    for number in range(4):
        await paul.send(created(paul, group, number))
    await drain()
    person = await actor(services, paul.iri)
    await services.perform(moderating.ban_person, BanPerson(marie, group.id, person.id, "spam", remove_posts=True))
    for _ in range(4):
        later(61)
        await drain()
    assert announced(network) == ["https://far.example/post/0"]
    assert await services.read(lambda tx: groups.count_of(tx, group.id, person.id, "waiting")) == 0


async def test_nothing_that_waits_is_let_in_of_a_server_blocked_since_or_into_a_group_closed_since(
    services, marie, remote, network, drain, later
) -> None:
    group, paul, lea = await flooded(services, marie, remote, network, drain, author_pace=1)
    for number in range(3):
        await paul.send(created(paul, group, number))
        await lea.send(created(lea, group, number))
    await drain()
    blocked = policies.blank("far.example", "block", clock.now())
    await services.perform.database.write(lambda tx: policies.keep(tx, blocked))
    later(61)
    await drain()
    assert [each for each in announced(network) if each.endswith("/1")] == ["https://near.example/post/1"]
    await services.perform(close_group, CloseGroup(marie, group.id))
    for _ in range(3):
        later(61)
        await drain()
    assert len(announced(network)) == 3
    person = await actor(services, lea.iri)
    assert await services.read(lambda tx: groups.count_of(tx, group.id, person.id, "waiting")) == 0


async def test_who_comes_while_the_last_is_let_in_is_not_forgotten(
    services, marie, remote, network, drain, later
) -> None:
    """Nothing waited when it was looked; then something came, before the chore was put away."""
    group, paul, _ = await flooded(services, marie, remote, network, drain, author_pace=1)
    for number in range(2):
        await paul.send(created(paul, group, number))
    await drain()
    later(61)
    [held] = await services.perform.database.write(lambda tx: queue.claim(tx, clock.now(), 99))
    assert await services.perform(admitting.let_in_due, LetInDue(group.id)) is None
    await paul.send(created(paul, group, 2))
    await drain()
    await services.perform.database.write(lambda tx: queue.finish(tx, held))
    later(61)
    await drain()
    assert announced(network) == [f"https://far.example/post/{n}" for n in range(3)]


def test_when_a_turn_comes() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert turns.turn([], 0, 2, now) == now
    assert turns.turn([now - minute / 2], 0, 1, now) == now + minute / 2
    assert turns.turn([now, now], 0, 2, now) == now + minute
    assert turns.turn([now, now], 3, 2, now) == now + 2 * minute
