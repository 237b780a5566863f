"""Every way an introduction can go between members of one server, and what each of the three learns of it."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.conversations import store as conversations
from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.introductions import store
from fediprof.introductions.commands import WithdrawIntroduction, withdraw
from fediprof.introductions.records import Introduction, Party
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.profiles.hiding import HideFrom, hide_from
from fediprof.schema import introductions as schema
from fediprof.worker import Workers
from tests.introductions.conftest import WHY, actor_id, ended, kept, proposed, questions, said, told

pytestmark = pytest.mark.anyio


def test_records_are_the_rows_of_their_tables() -> None:
    assert [each.name for each in fields(Introduction)] == schema.introduction.c.keys()
    assert [each.name for each in fields(Party)] == schema.introduction_party.c.keys()


async def threads(services, person) -> list[conversations.Thread]:  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: conversations.threads(tx, person.actor_id, limit=9))


async def test_two_who_say_yes_are_in_one_conversation_of_three(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    assert await told(services, leo.actor_id) == [("introduction.asked", "marie")]
    assert await told(services, ines.actor_id) == [("introduction.asked", "marie")]
    assert await threads(services, leo) == []
    first = await said(services, leo.actor_id, asked.id, "yes")
    assert first.state == "asked"
    assert await told(services, marie.actor_id) == []
    opened = await said(services, ines.actor_id, asked.id, "yes")
    assert opened.state == "opened"
    for person, others in ((marie, {"leo", "ines"}), (leo, {"marie", "ines"}), (ines, {"marie", "leo"})):
        (thread,) = await threads(services, person)
        assert thread.conversation_id == opened.conversation_id
        assert {each.username for each in thread.people} == others
        assert thread.last.author.username == "marie"
        assert "builds them" in thread.last.post.content
    assert [kind for kind, _ in await told(services, marie.actor_id)] == ["introduction.opened"]
    # saying it again changes nothing; a no comes too late
    assert (await said(services, leo.actor_id, asked.id, "yes")).state == "opened"
    with pytest.raises(Conflict):
        await said(services, leo.actor_id, asked.id, "no")
    assert len(await threads(services, marie)) == 1


@pytest.mark.parametrize("order", [("no",), ("no", "yes"), ("yes", "no"), ("no", "no")])
async def test_who_says_no_is_told_to_nobody(services, marie, leo, ines, order) -> None:
    """However it was declined, the proposer has the same line, and the other sees what they saw."""
    asked = await proposed(services, marie)
    for person, says in zip((leo, ines), order, strict=False):
        before = [each for each in await questions(services, ines.actor_id, clock.now()) if person is leo]
        await said(services, person.actor_id, asked.id, says)
        if person is leo:
            seen = await questions(services, ines.actor_id, clock.now())
            assert [(each.by, each.other, each.answer) for each in seen] == [
                (each.by, each.other, each.answer) for each in before
            ]
            assert [kind for kind, _ in await told(services, ines.actor_id)] == ["introduction.asked"]
    assert (await kept(services, asked.id)).state == "ended"
    assert await told(services, marie.actor_id) == [("introduction.ended", "instance.actor")]
    assert await threads(services, marie) == []
    with pytest.raises(Conflict):
        await said(services, leo.actor_id if order[0] == "no" else ines.actor_id, asked.id, "yes")


async def test_a_yes_may_become_a_no_while_nothing_is_open(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    await said(services, leo.actor_id, asked.id, "yes")
    await said(services, leo.actor_id, asked.id, "no")
    await said(services, ines.actor_id, asked.id, "yes")
    assert (await kept(services, asked.id)).state == "ended"
    assert await threads(services, ines) == []


async def test_two_yes_at_the_same_moment_open_one_conversation(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    both = await asyncio.gather(*(said(services, each.actor_id, asked.id, "yes") for each in (leo, ines, leo, ines)))
    assert {each.state for each in both} <= {"asked", "opened"}
    assert (await kept(services, asked.id)).state == "opened"
    assert len(await threads(services, marie)) == 1


async def test_a_yes_and_a_no_at_the_same_moment_open_nothing(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    await asyncio.gather(said(services, leo.actor_id, asked.id, "yes"), said(services, ines.actor_id, asked.id, "no"))
    assert (await kept(services, asked.id)).state == "ended"
    assert await threads(services, marie) == []


async def test_fourteen_days_end_it_as_a_no_does(services, marie, leo, ines, later) -> None:
    asked = await proposed(services, marie)
    await said(services, leo.actor_id, asked.id, "yes")
    assert await ended(services) == 0
    later(timedelta(days=14, seconds=1))
    await Workers(services)._sweep()
    assert (await kept(services, asked.id)).state == "ended"
    assert await told(services, marie.actor_id) == [("introduction.ended", "instance.actor")]
    assert [kind for kind, _ in await told(services, leo.actor_id)] == ["introduction.asked"]
    assert await questions(services, leo.actor_id, clock.now()) == []
    with pytest.raises(NotFound):
        await said(services, ines.actor_id, asked.id, "yes")
    # and after the pair's rest it is forgotten
    later(timedelta(days=91))
    await ended(services)
    assert await services.read(lambda tx: store.mine(tx, marie.actor_id)) == []


async def test_a_proposal_is_taken_back(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    await said(services, leo.actor_id, asked.id, "yes")
    await services.perform(withdraw, WithdrawIntroduction(marie, asked.id))
    await services.perform(withdraw, WithdrawIntroduction(marie, asked.id))
    assert await questions(services, leo.actor_id, clock.now()) == []
    with pytest.raises(NotFound):
        await said(services, ines.actor_id, asked.id, "yes")
    with pytest.raises(NotFound):
        await services.perform(withdraw, WithdrawIntroduction(leo, asked.id))
    assert await threads(services, leo) == []


async def test_only_those_asked_answer(services, marie, leo, ines, remote) -> None:
    asked = await proposed(services, marie)
    stranger = await actor_id(services, remote("eve"))
    for person_id in (marie.actor_id, stranger):
        with pytest.raises(NotFound):
            await said(services, person_id, asked.id, "yes")
    with pytest.raises(NotFound):
        await said(services, leo.actor_id, asked.id + 1, "yes")


# --- what may be proposed


@pytest.mark.parametrize(
    ("one", "two", "words", "field"),
    [
        ("marie", "leo", WHY, "one"),
        ("leo", "leo", WHY, "two"),
        ("leo", "nobody", WHY, "two"),
        ("leo", "ines", "  ", "words"),
        ("leo", "ines", "x" * 1001, "words"),
        ("leo ines", "ines", WHY, "one"),
        ("", "ines", WHY, "one"),
        ("leo", "instance.actor", WHY, "two"),
    ],
)
async def test_what_cannot_be_proposed_says_which_field(services, marie, leo, ines, one, two, words, field) -> None:
    with pytest.raises(Invalid) as refused:
        await proposed(services, marie, one, two, words)
    assert refused.value.field == field


async def test_the_same_two_are_proposed_once_in_three_months_and_five_wait_at_most(
    services, marie, leo, ines, remote, later
) -> None:
    await proposed(services, marie)
    with pytest.raises(Conflict):
        await proposed(services, marie, "ines", "leo")
    for number in range(4):
        await proposed(services, marie, "leo", remote(f"person{number}", "far.example").handle)
    with pytest.raises(NotAllowed):
        await proposed(services, marie, "leo", remote("sixth", "far.example").handle)
    later(timedelta(days=91))
    await ended(services)
    await proposed(services, marie)


async def test_taking_back_and_asking_on_is_no_way_round_the_limit(services, marie, leo, remote) -> None:
    for number in range(5):
        asked = await proposed(services, marie, "leo", remote(f"person{number}", "far.example").handle)
        await services.perform(withdraw, WithdrawIntroduction(marie, asked.id))
    with pytest.raises(NotAllowed):
        await proposed(services, marie, "leo", remote("sixth", "far.example").handle)


# --- who is kept apart


async def hides(services, by, **whom: str) -> None:  # type: ignore[no-untyped-def]
    await services.perform(hide_from, HideFrom(by, **whom))


@pytest.mark.parametrize(
    "why", ["person", "proposer", "domain", "blocks", "blocked", "blocks proposer", "asked by another"]
)
async def test_who_is_kept_apart_is_never_asked_and_nobody_learns_why(
    services, marie, leo, ines, paul, later, network, drain, why
) -> None:
    """The proposer sees what they see when nobody answers: to the letter, and as long."""
    if why == "person":
        await hides(services, leo, people="ines")
    elif why == "proposer":
        await hides(services, leo, people="marie")
    elif why == "domain":
        await hides(services, leo, domain="mastodon.example")
    elif why == "asked by another":
        await proposed(services, ines, "leo", paul.handle)
    else:
        by, whom = {"blocks": (leo, ines), "blocked": (ines, leo), "blocks proposer": (leo, marie)}[why]
        await services.perform(block_actor, BlockActor(by, whom.actor_id))
    await drain()
    network.delivered.clear()
    before = await told(services, leo.actor_id)
    two = paul.handle if why in ("domain", "asked by another") else "ines"
    asked = await proposed(services, marie, "leo", two)
    await drain()
    assert asked.held
    assert network.activities() == []
    assert await told(services, leo.actor_id) == before
    assert [
        each for each in await questions(services, leo.actor_id, clock.now()) if each.by.username == "marie"
    ] == []
    with pytest.raises(NotFound):
        await said(services, leo.actor_id, asked.id, "yes")
    (line,) = await services.read(lambda tx: store.mine(tx, marie.actor_id))
    assert line.introduction.state == "asked"
    later(timedelta(days=14, seconds=1))
    await ended(services)
    assert (await kept(services, asked.id)).state == "ended"
    assert ("introduction.ended", "instance.actor") in await told(services, marie.actor_id)


async def test_who_hides_after_saying_yes_is_not_brought_together(services, marie, leo, ines) -> None:
    asked = await proposed(services, marie)
    await said(services, leo.actor_id, asked.id, "yes")
    await hides(services, leo, people="ines")
    assert (await said(services, ines.actor_id, asked.id, "yes")).state == "asked"
    assert await threads(services, leo) == []
    assert await told(services, marie.actor_id) == []


async def test_whom_one_blocks_oneself_is_said(services, marie, leo, ines) -> None:
    await services.perform(block_actor, BlockActor(marie, leo.actor_id))
    with pytest.raises(Invalid, match="block"):
        await proposed(services, marie)


@pytest.mark.parametrize("who", ["marie", "leo"])
async def test_who_leaves_takes_it_along(services, marie, leo, ines, who) -> None:
    asked = await proposed(services, marie)
    person = {"marie": marie, "leo": leo}[who]
    await services.perform(delete_own_account, DeleteAccount(person))
    assert await questions(services, ines.actor_id, clock.now()) == []
    with pytest.raises(NotFound):
        await said(services, ines.actor_id, asked.id, "yes")
