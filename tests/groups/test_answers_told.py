"""Members are told when a group lets them in, does not, or ends their membership: a group here, and one elsewhere."""

from __future__ import annotations

import pytest

from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership
from fediprof.groups.membership import AnswerRequest
from fediprof.notifications import store as notifications
from fediprof.notifications.records import KINDS
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.mastodon.people import token

pytestmark = pytest.mark.anyio


async def told(services, member) -> list[str]:  # type: ignore[no-untyped-def]
    found = await services.read(lambda tx: notifications.page(tx, member.actor_id, limit=40))
    return [each.kind for each in found if each.kind.startswith("group.")]


async def test_by_a_group_here(services, marie, client) -> None:
    group = await make_group(services, marie, "quiet", membership="approval")
    lin = await make_member(services, "lin")
    answer = AnswerRequest(marie, group.id, lin.actor_id)
    await services.perform(membership.join, RequestFollow(lin, group.id))
    await services.perform(membership.turn_away, answer)
    assert await told(services, lin) == ["group.turned_away"]
    await services.perform(membership.join, RequestFollow(lin, group.id))
    await services.perform(membership.admit, answer)
    assert await told(services, lin) == ["group.admitted"], "the last answer"
    await services.perform(membership.admit, answer)
    await services.perform(membership.turn_away, answer)
    assert await told(services, lin) == ["group.put_out"]
    headers = {"Authorization": f"Bearer {await token(services, lin)}"}
    answered = await client.get("/api/v1/notifications", headers=headers)
    assert answered.json() == [], "apps know no such kind"
    assert not set(KINDS) & {"group.admitted", "group.turned_away", "group.put_out"}


async def test_by_a_group_elsewhere_that_chooses_its_members(services, data, marie, drain) -> None:
    data.publish(manuallyApprovesFollowers=True)
    follow = await data.joined_by(marie, answered=False)
    assert await told(services, marie) == []
    await data.group.send(data.group.activity("Reject", follow))
    await drain()
    assert await told(services, marie) == ["group.turned_away"]
    await data.group.send(data.group.activity("Reject", follow))
    await drain()
    assert await told(services, marie) == ["group.turned_away"], "once"
    await data.joined_by(marie)
    await drain()
    assert await told(services, marie) == ["group.admitted"]
    follow = await data.services.read(lambda tx: _follow(tx, data, marie))
    await data.group.send(data.group.activity("Reject", follow))
    await drain()
    assert await told(services, marie) == ["group.put_out"]


async def test_who_is_let_in_at_once_is_told_nothing(services, data, marie, drain) -> None:
    await data.joined_by(marie)
    await drain()
    assert await told(services, marie) == []


def _follow(tx, data, member) -> str:  # type: ignore[no-untyped-def]
    from fediprof.actors import store as actors
    from fediprof.follows import store as follows

    return follows.between(tx, member.actor_id, actors.by_iri(tx, data.iri).id).iri
