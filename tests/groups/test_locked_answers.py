"""One answer is locked, and what is below it, while its thread goes on; in a group here, and in one elsewhere."""

from __future__ import annotations

import pytest

from fediprof.errors import NotAllowed
from fediprof.posts import store as posts
from tests.conftest import make_member
from tests.groups.moderation import found, joined, placed, thread, wrapped
from tests.groups.test_inbound_moderation import act, moe, undo  # noqa: F401
from tests.groups.test_intake import created
from tests.web.in_a_group import answer, join

pytestmark = pytest.mark.anyio


async def answered(services, group, person, number: int, parent: str, drain):  # type: ignore[no-untyped-def]
    """None: it was not taken."""
    note = {"type": "Note", "name": None, "inReplyTo": parent}
    create = created(person, group, number, **note)
    await person.send(create)
    await drain()
    return await services.read(lambda tx: posts.by_iri(tx, create["object"]["id"]))


async def test_answers_below_a_locked_answer_are_refused_until_it_is_opened(
    services,
    industry,
    marie,
    moe,  # noqa: F811
    remote,
    network,
    drain,
) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    one = await answered(services, industry, paul, 2, post.iri, drain)
    below = await answered(services, industry, paul, 3, one.iri, drain)
    network.delivered.clear()
    lock = act(moe, "Lock", industry, one.iri, summary="enough")
    await moe.send(lock)
    await drain()
    assert wrapped(network, "Lock")[0] == lock, "passed on unchanged"
    assert (await placed(services, one)).locked_at is not None
    assert (await placed(services, post)).locked_at is None
    network.delivered.clear()
    assert await answered(services, industry, paul, 4, one.iri, drain) is None
    assert await answered(services, industry, paul, 5, below.iri, drain) is None
    assert [each["content"] for each in network.activities("Reject")] == ["this thread is locked"] * 2
    assert await answered(services, industry, paul, 6, post.iri, drain) is not None, "the thread goes on"
    lin = await make_member(services, "lin")
    await join(services, lin, industry)
    with pytest.raises(NotAllowed):
        await answer(services, lin, below, "May I?")
    await answer(services, marie, below, "Moderators may.")
    await moe.send(undo(moe, industry, lock))
    await drain()
    assert await answered(services, industry, paul, 7, below.iri, drain) is not None


async def test_an_answer_locked_in_a_group_elsewhere_is_not_answered_here(services, data, marie, paul, drain) -> None:
    await data.joined_by(marie)
    await data.pass_on(data.create(paul, data.page(paul, 1)))
    await data.pass_on(data.create(paul, data.answer(paul, 2, "https://far.example/post/1")))
    await data.pass_on(data.create(paul, data.answer(paul, 3, "https://far.example/post/2")))
    data.lists("moderators", [paul.iri])
    await drain()
    lock = paul.activity("Lock", "https://far.example/post/2", to=[data.iri], cc=[], audience=data.iri)
    await data.pass_on(lock)
    await drain()
    below = await found(services, "https://far.example/post/3")
    with pytest.raises(NotAllowed):
        await answer(services, marie, below, "May I?")
    await data.pass_on(paul.activity("Undo", lock, to=[data.iri], cc=[], audience=data.iri))
    await drain()
    await answer(services, marie, below, "Now I may.")
