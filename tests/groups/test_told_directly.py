"""What the server of a group elsewhere tells us of it without an Announce around it, and takes back so: as when it is passed on,
and from that server alone."""

from __future__ import annotations

from typing import Any

import pytest

from fediprof.actors import store as actors
from fediprof.groups import store as groups
from tests.groups.elsewhere import Elsewhere
from tests.support.remote import PUBLIC, Remote

pytestmark = pytest.mark.anyio

POST = "https://far.example/post/1"


@pytest.fixture
async def group(data: Elsewhere, marie, paul, drain) -> Elsewhere:  # type: ignore[no-untyped-def]
    """Marie is in it, and Paul wrote in it."""
    await data.joined_by(marie)
    await data.pass_on(data.create(paul, data.page(paul, 1)))
    await drain()
    return data


def act(by: Remote, type: str, object: object, group: Elsewhere, **more: Any) -> dict[str, Any]:
    return by.activity(type, object, to=[PUBLIC], cc=[group.iri], audience=group.iri, **more)


def undo(by: Remote, inner: dict[str, Any], group: Elsewhere, **more: Any) -> dict[str, Any]:
    return act(by, "Undo", {name: value for name, value in inner.items() if name != "@context"}, group, **more)


async def banned(group: Elsewhere, person: Remote) -> bool:
    def find(tx: Any) -> bool:
        home, known = actors.by_iri(tx, group.iri), actors.by_iri(tx, person.iri)
        return groups.standing(tx, home.id, known.id).banned_at is not None

    return await group.services.read(find)


async def test_a_removal_a_lock_and_a_ban_are_taken_back(group, ana, paul, drain) -> None:
    remove = act(ana, "Delete", POST, group, summary="an ad")
    lock = act(ana, "Lock", POST, group)
    ban = act(ana, "Block", paul.iri, group, target=group.iri)
    for each in (remove, lock, ban):
        await ana.send(each)
    await drain()
    placed = await group.placed(POST)
    assert placed.state == "removed"
    assert placed.locked_at is not None
    assert await banned(group, paul)
    for each in (remove, lock, ban):
        await ana.send(undo(ana, each, group))
    await drain()
    placed = await group.placed(POST)
    assert placed.state == "shown"
    assert placed.locked_at is None
    assert not await banned(group, paul)


async def test_another_of_its_moderators_takes_back_what_one_did(group, ana, paul, remote, drain) -> None:
    """As Lemmy has it: the Undo is of its admin, the Block of a moderator who lives elsewhere."""
    moe = remote("moe", "other.example")
    group.lists("moderators", [moe.iri])
    await group.services.resolver.actor(moe.iri)
    ban = act(moe, "Block", paul.iri, group, target=group.iri)
    await group.pass_on(act(group.group, "Add", moe.iri, group, target=f"{group.iri}/moderators"))
    await group.pass_on(ban)
    await drain()
    assert await banned(group, paul)
    await ana.send(undo(ana, ban, group))
    await drain()
    assert not await banned(group, paul)


async def test_by_its_address_alone(group, ana, paul, drain) -> None:
    acts = [
        act(ana, "Delete", POST, group, summary="an ad"),
        act(ana, "Lock", POST, group),
        act(ana, "Block", paul.iri, group, target=group.iri),
    ]
    for each in acts:
        await ana.send(each)
    await drain()
    for each in acts:
        await ana.send(act(ana, "Undo", each["id"], group))
    await drain()
    placed = await group.placed(POST)
    assert (placed.state, placed.locked_at) == ("shown", None)
    assert not await banned(group, paul)


async def test_nobody_else_s_server_is_believed(group, ana, paul, remote, drain) -> None:
    remove = act(ana, "Delete", POST, group, summary="an ad")
    lock = act(ana, "Lock", POST, group)
    ban = act(ana, "Block", paul.iri, group, target=group.iri)
    for each in (remove, lock, ban):
        await ana.send(each)
    await drain()
    eve = remote("eve", "evil.example")
    for kind, what in (("Delete", POST), ("Lock", POST), ("Block", paul.iri)):
        mine = act(eve, kind, what, group, **({"target": group.iri} if kind == "Block" else {}))
        await eve.send(undo(eve, mine, group))
    await eve.send(undo(eve, remove, group))  # of what somebody else did
    await eve.send(act(eve, "Lock", "https://far.example/post/2", group))
    await drain()
    placed = await group.placed(POST)
    assert placed.state == "removed"
    assert placed.locked_at is not None
    assert await banned(group, paul)
