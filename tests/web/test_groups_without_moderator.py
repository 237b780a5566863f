"""A group whose last moderator leaves, in whichever way: who runs the server is told, the group's page says so, and another is
named."""

from __future__ import annotations

from typing import Any

import pytest

from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.actors import store as actors
from fediprof.actors.commands import MoveAway
from fediprof.groups import departure
from fediprof.groups import store as groups
from fediprof.groups.moderators import AppointModerator, Resign, appoint, resign
from fediprof.moderation.sanctions import LiftSanction, SanctionActor, lift_sanction, sanction_actor
from fediprof.notifications import store as notifications
from fediprof.services import Services
from tests.conftest import make_member
from tests.groups.conftest import make_group

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lin(services, marie):  # type: ignore[no-untyped-def]
    return await make_member(services, "lin", name="Lin")


@pytest.fixture
async def guild(services, lin):  # type: ignore[no-untyped-def]
    """Lin alone moderates it; Marie runs the server."""
    return await make_group(services, lin, "guild")


async def left(services: Services, guild: Any, marie: Any) -> bool:
    """Whether it has no moderator, and Marie was told."""
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=40))
    known = [each.by.id for each in told if each.kind == "group.unmoderated"] == [guild.id]
    none = await services.read(lambda tx: groups.unmoderated(tx)) == [guild.id]
    assert known == none
    return none


async def test_they_resign_and_another_is_named(services, marie, lin, guild, browse, member, visitor) -> None:
    await visitor.open("/@guild")
    assert "No moderator" not in visitor.text
    reader = await browse("lin")
    await reader.open("/@guild/settings")
    assert "When the last one stops" in reader.text
    await reader.press("/settings/people", "Stop being a moderator")
    assert "You are a moderator of this group no more." in reader.text
    assert "No moderator." in reader.text
    assert not reader.page.find("a", string="Name a moderator")
    assert await left(services, guild, marie)
    await visitor.open("/@guild")
    assert "No moderator. Those who run this server know, and decide here until they name one." in visitor.text
    await member.open("/notifications")
    assert "Guild has no moderator any more" in member.text
    await member.open("/admin")
    assert "Groups without a moderator" in member.text
    await member.open("/admin/groups")
    assert "no moderator" in member.text
    await member.open("/@guild")
    await member.open(member.page.find("a", string="Name a moderator")["href"])
    await member.press("/settings/people", "Appoint", handle="@lin@home.example")
    assert "They are a moderator now." in member.text
    await visitor.open("/@guild")
    assert "No moderator" not in visitor.text
    await member.open("/admin")
    assert "Groups without a moderator" not in member.text


async def test_their_account_is_deleted(services, marie, lin, guild) -> None:
    await services.perform(delete_own_account, DeleteAccount(lin))
    assert await left(services, guild, marie)


async def test_they_are_suspended_and_given_back(services, marie, lin, guild, visitor) -> None:
    await services.perform(sanction_actor, SanctionActor(marie, lin.actor_id, "suspend", "Threats", 30))
    assert await left(services, guild, marie)
    await visitor.open("/@guild")
    assert "No moderator." in visitor.text
    assert "Lin" not in visitor.text
    await services.perform(lift_sanction, LiftSanction(marie, lin.actor_id))
    assert await services.read(lambda tx: groups.unmoderated(tx)) == []
    await visitor.open("/@guild")
    assert "Lin" in visitor.text


async def test_they_move(services, marie, lin, guild, remote) -> None:
    new = remote("lin", "far.example", alsoKnownAs=["https://home.example/u/lin"])
    assert await services.resolver.actor(new.iri)
    await services.perform(departure.move_away, MoveAway(lin, "lin@far.example"))
    assert await left(services, guild, marie)


async def test_they_were_on_another_server(services, marie, lin, guild, remote, drain) -> None:
    moe, zoe = remote("moe", "lemmy.example"), remote("zoe", "lemmy.example")
    for person in (moe, zoe):
        await services.perform(appoint, AppointModerator(lin, guild.id, handle=person.handle))
    await services.perform(resign, Resign(lin, guild.id))
    assert not await left(services, guild, marie)
    await zoe.send(zoe.activity("Delete", zoe.iri))
    await drain()
    assert not await left(services, guild, marie)
    away = moe.activity("Remove", moe.iri, target=f"{guild.actor.iri}/moderators", cc=[guild.actor.iri])
    await moe.send(away)
    await drain()
    assert await left(services, guild, marie)


async def test_one_elsewhere_moves(services, marie, lin, guild, remote, drain) -> None:
    moe = remote("moe", "lemmy.example")
    await services.perform(appoint, AppointModerator(lin, guild.id, handle=moe.handle))
    await services.perform(resign, Resign(lin, guild.id))
    new = remote("moe2", "masto.example", alsoKnownAs=[moe.iri])
    await moe.send(moe.activity("Move", moe.iri, target=new.iri))
    await drain()
    assert (await services.read(lambda tx: actors.by_iri(tx, moe.iri))).moved_to == new.iri
    assert await left(services, guild, marie)
