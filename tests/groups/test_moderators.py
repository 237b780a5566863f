"""Who moderates a group: named, dismissed, resigned, here and elsewhere; and that there is always one."""

from __future__ import annotations

import pytest

from fediprof.errors import Conflict, Invalid, NotAllowed
from fediprof.groups import store as groups
from fediprof.groups.moderators import AppointModerator, DismissModerator, Resign, appoint, dismiss, resign
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.moderation import decisions, joined, kinds, must_be_sound, wrapped

pytestmark = pytest.mark.anyio

MARIE, LIN = "https://home.example/u/marie", "https://home.example/u/lin"


async def test_a_member_is_named_told_and_listed(services, industry, marie, remote, network, drain, client) -> None:
    lea = remote("lea", "lemmy.example")
    await joined(industry, (lea,), drain, network)
    lin = await make_member(services, "lin")
    await services.perform(appoint, AppointModerator(marie, industry.id, handle="@lin"))
    await drain()
    added = wrapped(network, "Add")[0]
    assert added["object"] == LIN
    assert added["target"] == f"{industry.actor.iri}/moderators"
    assert "group.appointed" in await kinds(services, lin.actor_id)
    accept = {"accept": "application/activity+json"}
    assert (await client.get("/u/industry/moderators", headers=accept)).json()["orderedItems"] == [MARIE, LIN]
    with pytest.raises(Conflict):
        await services.perform(appoint, AppointModerator(marie, industry.id, person_id=lin.actor_id))
    must_be_sound(network, industry)


async def test_somebody_elsewhere_is_named_by_handle(services, industry, marie, remote, network, drain) -> None:
    moe = remote("moe", "lemmy.example")
    await services.perform(appoint, AppointModerator(marie, industry.id, handle="@moe@lemmy.example"))
    await drain()
    assert await services.read(lambda tx: groups.moderates(tx, industry.id, moe.iri))
    [note] = network.activities("Create")
    assert note["to"] == [moe.iri]
    assert "moderator" in note["object"]["content"]
    with pytest.raises(Invalid) as refused:
        await services.perform(appoint, AppointModerator(marie, industry.id, handle="@nobody@lemmy.example"))
    assert refused.value.field == "handle"


async def test_the_last_one_is_dismissed_by_nobody_and_may_resign(services, industry, marie) -> None:
    with pytest.raises(Conflict):
        await services.perform(dismiss, DismissModerator(marie, industry.id, MARIE))
    lin = await make_member(services, "lin")
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=lin.actor_id))
    await services.perform(resign, Resign(marie, industry.id))
    await services.perform(resign, Resign(lin, industry.id))
    assert [each.action for each in await decisions(services, industry)][-3:] == ["appoint", "resign", "resign"]


async def test_who_came_later_dismisses_nobody_before_them(services, network, drain) -> None:
    first, second, third = [await make_member(services, name) for name in ("one", "two", "three")]
    group = await make_group(services, first, "plain")
    for each in (second, third):
        await services.perform(appoint, AppointModerator(first, group.id, person_id=each.actor_id))
    with pytest.raises(NotAllowed):
        await services.perform(dismiss, DismissModerator(third, group.id, "https://home.example/u/two"))
    await services.perform(dismiss, DismissModerator(second, group.id, "https://home.example/u/three", "inactive"))
    assert "group.dismissed" in await kinds(services, third.actor_id)
    with pytest.raises(NotAllowed):
        await services.perform(resign, Resign(third, group.id))
    outsider = await make_member(services, "four")
    for command, request in (
        (appoint, AppointModerator(outsider, group.id, person_id=outsider.actor_id)),
        (dismiss, DismissModerator(outsider, group.id, "https://home.example/u/one")),
        (resign, Resign(outsider, group.id)),
    ):
        with pytest.raises(NotAllowed):
            await services.perform(command, request)


async def test_of_a_private_group_only_members_are_named(services, marie, remote, network, drain) -> None:
    closed = await make_group(services, marie, "closed", membership="private")
    lin = await make_member(services, "lin")
    with pytest.raises(Invalid):
        await services.perform(appoint, AppointModerator(marie, closed.id, person_id=lin.actor_id))
