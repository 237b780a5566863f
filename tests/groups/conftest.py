"""A group of this server, founded by its command, and what it sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fediprof import worker
from fediprof.groups.founding import Charter, FoundGroup, found_group
from fediprof.groups.records import Hosted
from fediprof.net.pace import HostPace
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import sealed
from tests.groups.elsewhere import Elsewhere
from tests.support.remote import Network, Remote


async def make_group(services: Services, by: Member, name: str = "industry", **charter: Any) -> Hosted:
    values = {"name": name.title(), "hold_newcomers": False, "author_pace": 0, "pace": 0, **charter}
    keys = sealed(services.keystore, services.here().actor(name))
    return await services.perform(found_group, FoundGroup(by, name, Charter(**values), keys, True))


@pytest.fixture
async def industry(services: Services, marie: Member) -> Hosted:
    """Open to everybody; Marie moderates it."""
    return await make_group(services, marie, description="Work in *industry*.", rules=("Name the pay", "Be kind"))


@pytest.fixture
def data(
    services: Services, network: Network, remote: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
) -> Elsewhere:
    """`data@lemmy.example`: a group of a Lemmy."""
    monkeypatch.setattr(worker, "HostPace", lambda: HostPace(0))  # nobody here to be gentle with
    made = Elsewhere(services, network, remote("data", "lemmy.example"))
    made.publish()
    for name in ("moderators", "featured", "outbox"):
        made.lists(name, [])
    return made


@pytest.fixture
def ana(remote: Callable[..., Remote]) -> Remote:
    """A person on the group's own server."""
    return remote("ana", "lemmy.example")


@pytest.fixture
def paul(remote: Callable[..., Remote]) -> Remote:
    """A person on a third server."""
    return remote("paul", "far.example")
