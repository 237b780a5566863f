"""A group of this server, founded by its command, and what it sent."""

from __future__ import annotations

from typing import Any

import pytest

from fediprof.groups.founding import Charter, FoundGroup, found_group
from fediprof.groups.records import Hosted
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import sealed


async def make_group(services: Services, by: Member, name: str = "industry", **charter: Any) -> Hosted:
    values = {"name": name.title(), "hold_newcomers": False, **charter}
    keys = sealed(services.keystore, services.here().actor(name))
    return await services.perform(found_group, FoundGroup(by, name, Charter(**values), keys, True))


@pytest.fixture
async def industry(services: Services, marie: Member) -> Hosted:
    """Open to everybody; Marie moderates it."""
    return await make_group(services, marie, description="Work in *industry*.", rules=("Name the pay", "Be kind"))
