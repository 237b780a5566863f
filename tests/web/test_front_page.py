"""What stands at /: a group instance shows its group to those who are not logged in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fediprof.groups.founding import CloseGroup, close_group
from tests.groups.conftest import make_group

pytestmark = pytest.mark.anyio


async def test_a_group_stands_at_the_front_for_strangers_and_members_go_home(
    services, marie, visitor, member, monkeypatch
) -> None:
    industry = await make_group(services, marie, description="Who makes *things* here.")
    settings = replace(services.settings, front_group="industry")
    monkeypatch.setattr(services.perform, "settings", settings)
    monkeypatch.setattr(services, "settings", settings, raising=False)
    front = await visitor.client.get("/")
    assert front.status_code == 200
    assert "Industry" in front.text
    assert "Who makes" in front.text
    assert front.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert (await member.client.get("/")).headers["location"] == "/home"
    await services.perform(close_group, CloseGroup(marie, industry.id))
    closed = await visitor.client.get("/")
    assert closed.headers["location"] == "/@marie"


async def test_without_one_the_only_member_stands_there(visitor, marie) -> None:
    assert (await visitor.client.get("/")).headers["location"] == "/@marie"
