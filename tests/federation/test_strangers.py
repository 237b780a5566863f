"""A flood of signatures by keys nobody knows: the host they name is asked for some of them a minute, and no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fediprof import clock
from fediprof.net.budget import HostBudget
from fediprof.signatures import cavage
from fediprof.signatures.message import SignableRequest
from tests.support.remote import Network, Remote
from tests.support.rows import counted

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"
ONE_ENGINE = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
"""Refused before anything is kept: one engine shows it."""


def asked(network: Network, host: str) -> int:
    return sum(url.startswith(f"https://{host}/users/") for url in network.got)


@ONE_ENGINE
async def test_a_flood_of_unknown_keys_is_not_fetched_one_by_one(marie, services, remote, network, client) -> None:  # type: ignore[no-untyped-def]
    services.resolver.strangers = HostBudget(5)
    # Given keys that exist nowhere, and one that does
    flood = [Remote(network, client, f"https://victim.example/users/x{n}", f"x{n}") for n in range(40)]
    honest = remote("paul", "victim.example")
    answers = [await each.send(each.activity("Follow", MARIE)) for each in flood]
    # Then the host they name is asked for five
    assert asked(network, "victim.example") == 5
    assert [each.status_code for each in answers] == [401] * 5 + [503] * 35
    assert {each.headers.get("retry-after") for each in answers[5:]} == {"60"}
    # And an honest neighbour is asked to come again, not sent away
    assert (await honest.send(honest.activity("Follow", MARIE))).status_code == 503
    # And another host is not made to wait
    other = remote("zoe", "far.example")
    assert (await other.send(other.activity("Follow", MARIE))).status_code == 202
    # And who is known already is not made to wait either
    services.resolver.strangers = HostBudget(1)
    assert (await honest.send(honest.activity("Follow", MARIE))).status_code == 202
    assert (await honest.send(honest.activity("Like", MARIE))).status_code == 202
    assert (await counted(services))["inbox_activity"] == 3


@ONE_ENGINE
async def test_many_who_ask_for_one_key_at_once_cost_one(marie, services, remote, network) -> None:  # type: ignore[no-untyped-def]
    services.resolver.strangers = HostBudget(1)
    paul = remote("paul")
    answers = await asyncio.gather(*(paul.send(paul.activity("Like", MARIE)) for _ in range(6)))
    assert {each.status_code for each in answers} == {202}
    assert asked(network, "far.example") == 1


@ONE_ENGINE
@pytest.mark.parametrize(("secure", "status"), [(False, 200), (True, 503)])
async def test_reading_is_rationed_too(secure, status, marie, services, network, client, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    services.resolver.strangers = HostBudget(2)
    monkeypatch.setattr(
        services.perform, "settings", replace(services.settings, secure_fetch=secure, signed_collections=False)
    )
    last = None
    for number in range(6):
        who = Remote(network, client, f"https://victim.example/users/x{number}", f"x{number}")
        request = SignableRequest("GET", MARIE, {"host": "home.example", "accept": "application/activity+json"}, b"")
        signed = {**request.headers, **cavage.sign(request, who.rsa, clock.now())}
        last = await client.get("/u/marie/outbox", headers=signed)
    assert asked(network, "victim.example") == 2
    assert last is not None
    assert last.status_code == status
