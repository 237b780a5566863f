"""Who gets into a group that asks its moderators, and how they come out again."""

from __future__ import annotations

import pytest

from fediprof.groups import store as groups
from fediprof.groups.membership import AnswerRequest, admit, turn_away
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, decisions, kinds
from tests.groups.test_intake import created

pytestmark = pytest.mark.anyio


async def test_asked_let_in_and_put_out_again(services, marie, remote, network, drain) -> None:
    group = await make_group(services, marie, "asks", membership="approval")
    lea = remote("lea", "masto.example")
    follow = lea.activity("Follow", group.actor.iri)
    await lea.send(follow)
    await drain()
    assert network.activities() == [], "no answer until a moderator decides"
    assert "group.request" in await kinds(services, marie.actor_id)
    person = await actor(services, lea.iri)
    await services.perform(admit, AnswerRequest(marie, group.id, person.id))
    await drain()
    [accept] = network.activities("Accept")
    assert accept["actor"] == group.actor.iri
    assert accept["object"]["id"] == follow["id"]
    assert await services.read(lambda tx: groups.is_member(tx, group.id, person.id))
    await services.perform(turn_away, AnswerRequest(marie, group.id, person.id, "gone quiet"))
    await drain()
    [reject] = network.activities("Reject")
    assert reject["object"]["id"] == follow["id"]
    assert not await services.read(lambda tx: groups.is_member(tx, group.id, person.id))
    assert [each.action for each in await decisions(services, group)][-2:] == ["admit", "turn_away"]
    network.delivered.clear()
    await lea.send(created(lea, group, 1))
    await drain()
    assert network.activities("Announce") == []


@pytest.mark.parametrize(
    ("software", "answers"),
    [
        ("lemmy", []),
        ("piefed", []),
        ("fediprof", []),
        ("mbin", ["Reject"]),
        ("kbin", ["Reject"]),
        ("mastodon", ["Reject"]),
    ],
)
async def test_into_a_private_group_only_software_is_let_that_keeps_it_private(
    services, marie, remote, network, drain, software, answers
) -> None:
    group = await make_group(services, marie, "closed", membership="private")
    lea = remote("lea", "peer.example")

    def says(tx):  # type: ignore[no-untyped-def]
        tx.exec_driver_sql(
            "insert into peer (host, software, failures, failing_days) "
            f"values ('peer.example', '{software}', 0, '[]')"
        )

    await services.perform.database.write(says)
    await lea.send(lea.activity("Follow", group.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == answers
