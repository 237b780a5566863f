"""Readers at addresses of their own, who come through a proxy on our machine as they do in earnest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from fediprof.app import create_app
from fediprof.refusals.gate import Gate
from fediprof.services import Services

At = Callable[..., httpx2.AsyncClient]


class Hours:
    """A clock that stands until it is told to go on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def services(services: Services, hours: Hours) -> Services:
    """A budget of three people an hour, and thirty pages a minute."""
    settings = replace(services.settings, profiles_per_hour=3, profile_pages_per_minute=30)
    services.settings = services.perform.settings = settings
    services.gate = Gate(settings, now=hours)
    return services


@pytest.fixture
def at(services: Services) -> At:
    """`at("203.0.113.7")`: a client there. `through`: the address that connects to us; only our own proxy's word for
    whom it asks is taken. More headers may be given by name."""
    app = ProxyHeadersMiddleware(create_app(services), trusted_hosts=services.settings.trusted_proxies)

    def make(address: str, *, through: str = "127.0.0.1", **headers: str) -> httpx2.AsyncClient:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx2.ASGITransport(app, client=(through, 4711))  # type: ignore[arg-type]
        return httpx2.AsyncClient(
            transport=transport,
            base_url=services.settings.origin,
            headers={"accept": "text/html", "x-forwarded-for": address, **told},
        )

    return make
