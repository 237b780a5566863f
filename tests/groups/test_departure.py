"""Who is gone is gone from groups too; and what a ban takes with it is taken in portions."""

from __future__ import annotations

import pytest

from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.groups import measures, moderating
from fediprof.groups import store as groups
from fediprof.groups.moderating import BanPerson
from fediprof.groups.moderators import AppointModerator, appoint
from tests.conftest import make_member
from tests.groups.moderation import actor, decisions, joined, placed, thread
from tests.groups.test_moderating import begun
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio


async def test_an_erased_member_is_gone_from_groups_and_their_servers_are_told(
    services, industry, marie, remote, network, drain
) -> None:
    lea, moe = remote("lea", "masto.example"), remote("moe", "lemmy.example")
    await joined(industry, (lea, moe), drain, network)
    lin = await make_member(services, "lin")
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=lin.actor_id))
    await begun(services, industry, lin)
    await drain()
    network.delivered.clear()
    await services.perform(delete_own_account, DeleteAccount(lin))
    await drain()
    deletes = [each for each in network.delivered if each.activity["type"] == "Delete"]
    assert {each.url for each in deletes} == {"https://masto.example/inbox", "https://lemmy.example/inbox"}
    assert {each.activity["object"] for each in deletes} == {"https://home.example/u/lin"}
    assert network.activities("Announce") == []
    assert not await services.read(lambda tx: groups.moderates(tx, industry.id, "https://home.example/u/lin"))
    assert (await decisions(services, industry))[-1].action == "resign"


async def test_somebody_elsewhere_who_is_gone(services, industry, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    await joined(industry, (paul, lea), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    delete = paul.proven(paul.activity("Delete", paul.iri, to=[PUBLIC], cc=[]))
    await paul.send(delete)
    await drain()
    passed = [each for each in network.delivered if each.activity["type"] == "Delete"]
    assert [each.url for each in passed] == ["https://masto.example/inbox"]
    assert passed[0].activity == delete, "unchanged"
    undone = [each for each in network.activities("Undo") if each["object"]["type"] == "Announce"]
    assert {each["object"]["object"] for each in undone} == {post.iri}


async def test_a_ban_takes_everything_in_portions(
    services, industry, marie, remote, network, drain, monkeypatch
) -> None:
    monkeypatch.setattr(measures, "AT_ONCE", 2)
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    written = [await thread(services, industry, paul, number, drain) for number in range(5)]
    person = await actor(services, paul.iri)
    asked = BanPerson(marie, industry.id, person.id, "spam", remove_posts=True)
    await services.perform(moderating.ban_person, asked)
    states = [(await placed(services, each)).state for each in written]
    assert sorted(states) == ["removed", "removed", "shown", "shown", "shown"], "two at once"
    await drain()
    assert {(await placed(services, each)).state for each in written} == {"removed"}
