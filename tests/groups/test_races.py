"""What comes in another order than it was done, at once, or by a clock that is wrong, ends as if it had not (groups §13.10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership
from fediprof.groups import store as groups
from fediprof.posts import store as posts
from fediprof.schema.inbox import inbox_activity
from tests.groups.test_bad_input import lea, passed, paul, placed_of  # noqa: F401
from tests.groups.test_intake import created

pytestmark = pytest.mark.anyio


async def waited(services, drain) -> None:  # type: ignore[no-untyped-def]
    """What was put off is due now."""

    def due(tx):  # type: ignore[no-untyped-def]
        waiting = inbox_activity.c.state == "waiting"
        tx.execute(update(inbox_activity).where(waiting).values(next_at=clock.now(), lease_until=None))

    await services.database.write(due)
    await drain()


def revised(create: dict[str, object], content: str, number: int = 1) -> dict[str, object]:
    changed = {**create["object"], "content": content, "updated": f"2026-11-20T1{number}:00:00Z"}  # type: ignore[dict-item]
    return {**create, "type": "Update", "id": f"{create['id']}/update/{number}", "object": changed}


async def test_a_vote_before_its_post_counts_once_it_is_there(industry, paul, lea, services, network, drain) -> None:  # noqa: F811
    create = created(paul, industry, 1)
    like = lea.activity("Like", "https://far.example/post/1", audience=industry.actor.iri)
    await lea.send(like)
    await drain()
    assert network.delivered == []
    await paul.send(create)
    await drain()
    await waited(services, drain)
    assert [each["type"] for each in passed(network)[0]] == ["Create", "Like"]
    assert (await placed_of(services, "https://far.example/post/1")).ups == 1


async def test_a_vote_taken_back_before_it_came_is_none(industry, paul, lea, services, network, drain) -> None:  # noqa: F811
    await paul.send(created(paul, industry, 1))
    await drain()
    like = lea.activity("Like", "https://far.example/post/1", audience=industry.actor.iri)
    await lea.send(lea.activity("Undo", like))
    await drain()
    await lea.send(like)
    await drain()
    assert (await placed_of(services, "https://far.example/post/1")).ups == 0
    assert [each["type"] for each in passed(network)[0]] == ["Create"]


async def test_a_change_before_its_post_is_the_post_and_the_older_text_never_comes_back(
    industry,
    paul,  # noqa: F811
    services,
    network,
    drain,
) -> None:
    create = created(paul, industry, 1)
    update_ = revised(create, "<p>newer</p>")
    await paul.send(update_)
    await drain()
    await paul.send(create)
    await drain()
    found = await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))
    assert found.content == "<p>newer</p>"
    assert passed(network) == ([update_], ["https://far.example/post/1"])


async def test_changes_in_the_wrong_order_end_with_the_newest(industry, paul, services, network, drain) -> None:  # noqa: F811
    create = created(paul, industry, 1)
    await paul.send(create)
    for number in (3, 1, 2):
        await paul.send(revised(create, f"<p>text {number}</p>", number))
    await drain()
    found = await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))
    assert found.content == "<p>text 3</p>"
    assert [each["id"] for each in passed(network)[0]] == [create["id"], f"{create['id']}/update/3"]


async def test_a_post_deleted_before_it_came_never_comes(industry, paul, services, network, drain) -> None:  # noqa: F811
    create = created(paul, industry, 1)
    await paul.send(paul.activity("Delete", "https://far.example/post/1", to=create["to"], cc=[]))
    await drain()
    for late in (create, revised(create, "late")):
        await paul.send(late)
        await drain()
    assert passed(network) == ([], [])
    assert await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1")) is None


async def test_the_same_activity_by_three_paths_at_once_is_one(industry, paul, services, network, drain) -> None:  # noqa: F811
    create = created(paul, industry, 1)
    doors = ("/inbox", "/u/industry/inbox", "/u/marie/inbox")
    answers = await asyncio.gather(*(paul.send(create, to=door) for door in doors for _ in range(3)))
    assert {each.status_code for each in answers} == {202}
    await asyncio.gather(drain(), drain())
    await drain()
    assert passed(network) == ([create], ["https://far.example/post/1"])


async def test_a_thread_and_its_answers_and_votes_all_at_once(industry, paul, lea, services, network, drain) -> None:  # noqa: F811
    thread = created(paul, industry, 1)
    answers = [
        created(lea, industry, n, type="Note", name=None, inReplyTo="https://far.example/post/1")
        for n in range(2, 12)
    ]
    votes = [lea.activity("Like", f"https://near.example/post/{n}") for n in range(2, 5)]
    network.documents["https://far.example/post/1"] = thread["object"]  # type: ignore[assignment]
    await asyncio.gather(*(lea.send(each) for each in (*answers, *votes)), paul.send(thread))
    await drain()
    await waited(services, drain)
    wrapped, boosts = passed(network)
    assert boosts == ["https://far.example/post/1"]
    assert sorted(each["id"] for each in wrapped if each["type"] == "Create") == sorted(
        each["id"] for each in (thread, *answers)
    )
    root = await placed_of(services, "https://far.example/post/1")
    for n in range(2, 12):
        assert (await placed_of(services, f"https://near.example/post/{n}")).thread_id == root.post_id


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_an_hour_wrong_is_no_reason(hours, industry, paul, services, network, drain) -> None:  # noqa: F811
    wrong = clock.now() + timedelta(hours=hours)
    create = created(paul, industry, 1, published=clock.rfc3339(wrong))
    assert (await paul.send(create)).status_code == 202
    await drain()
    assert passed(network) == ([create], ["https://far.example/post/1"])
    found = await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))
    assert found.published_at <= found.received_at
    update_ = revised(create, "<p>changed</p>")
    update_["object"]["updated"] = clock.rfc3339(wrong + timedelta(seconds=5))  # type: ignore[index]
    await paul.send(update_)
    await drain()
    found = await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))
    assert found.content == "<p>changed</p>"


async def test_an_answer_before_the_follow_is_there_opens_nothing(marie, remote, services, network, drain) -> None:
    """A group's Accept that names a Follow nobody made is no membership; the one that answers ours is."""
    cats = remote("cats", "lemmy.example", type="Group")
    known = await services.resolver.actor(cats.iri)
    me = "https://home.example/u/marie"
    early = {"id": "https://home.example/a/guessed", "type": "Follow", "actor": me, "object": cats.iri}
    await cats.send(cats.activity("Accept", early))
    await drain()
    assert await services.read(lambda tx: follows.between(tx, marie.actor_id, known.id)) is None
    # And one that comes while the Follow is being written
    asked = asyncio.gather(
        services.perform(membership.join, RequestFollow(marie, known.id)),
        cats.send(cats.activity("Accept", {**early, "id": "https://home.example/a/other"})),
    )
    await asked
    await drain()
    [follow] = network.activities("Follow")
    await cats.send(cats.activity("Accept", follow))
    await cats.send(cats.activity("Accept", follow["id"]))
    await drain()
    assert await services.read(lambda tx: groups.is_member(tx, known.id, marie.actor_id))
    group = await services.read(lambda tx: actors.by_id(tx, known.id))
    assert group is not None
    person = await services.read(lambda tx: actors.by_id(tx, marie.actor_id))
    assert person.following_count <= 2
