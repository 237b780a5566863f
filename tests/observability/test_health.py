"""Live, ready, figures: what a service manager, a proxy and Prometheus ask."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from fediprof import clock
from fediprof.jobs import queue
from fediprof.services import Services

pytestmark = pytest.mark.anyio


async def test_live_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health/live")).text == "ok\n"
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "database": "ok",
        "schema": "current",
        "queues": {"inbox": "ok", "delivery": "ok", "jobs": "ok"},
    }


async def test_work_that_nobody_does_makes_it_unready(client: httpx2.AsyncClient, services: Services) -> None:
    long_ago = clock.now() - timedelta(minutes=6)
    await services.database.write(lambda tx: queue.add(tx, "thread", "x", {}, now=long_ago, delay=timedelta()))
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["queues"] == {"inbox": "ok", "delivery": "ok", "jobs": "late"}


async def test_a_database_that_is_gone_makes_it_unready(
    client: httpx2.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(unit: object) -> object:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(services.database, "read", gone)
        ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["database"]) == (503, "no answer")


async def test_figures_are_for_this_machine_alone(app, services: Services) -> None:  # type: ignore[no-untyped-def]
    async def asked(address: str, **headers: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app, client=(address, 5000))
        async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin) as client:
            return await client.get("/metrics", headers=headers)

    told = await asked("127.0.0.1")
    assert told.status_code == 200
    assert 'fediprof_queue_age_seconds{queue="delivery"}' in told.text
    assert (await asked("192.0.2.7")).status_code == 404
    assert (await asked("127.0.0.1", **{"X-Forwarded-For": "127.0.0.1"})).status_code == 404


async def test_what_arrived_is_told_back_but_no_cookie(client: httpx2.AsyncClient) -> None:
    headers = {"Cookie": "session=SECRET", "Signature": "keyId=x", "Content-Type": "text/plain"}
    told = (await client.post("/health/seen", content=b"hello", headers=headers)).json()
    assert told["headers"]["signature"] == "keyId=x"
    assert told["target"] == "/health/seen"
    assert "SECRET" not in str(told)
    assert (await client.post("/health/seen", content=b"x" * 5000)).status_code == 413
