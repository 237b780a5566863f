"""Members who use the server through apps."""

from __future__ import annotations

import httpx2
import pytest

from fediprof.services import Services
from tests.mastodon.people import Person, person


@pytest.fixture
async def ada(services: Services, client: httpx2.AsyncClient) -> Person:
    return await person(services, client, "ada")


@pytest.fixture
async def bob(services: Services, client: httpx2.AsyncClient) -> Person:
    return await person(services, client, "bob")
