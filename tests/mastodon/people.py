"""Members with an app in their hands: accounts, apps and tokens made by the commands, requests over HTTP."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx2

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.oauth.commands import (
    ExchangeCode,
    GrantCode,
    RegisterApp,
    exchange_code,
    grant_code,
    register_app,
)
from fediprof.oauth.records import OUT_OF_BAND
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member

SCOPES = "read write follow push profile"
_numbers = itertools.count(1)


@dataclass
class Person:
    """A member and one token. `ask` sends a request as their app would, and answers the response."""

    client: httpx2.AsyncClient
    actor: Actor
    by: Member
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.actor.id)

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **form: Any) -> Any:
        """The JSON of a POST with a form that must succeed."""
        answer = await self.ask("POST", path, data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(self, text: str, **form: Any) -> Any:
        return await self.post("/api/v1/statuses", status=text, **form)


async def token(services: Services, by: Member, scopes: str = SCOPES) -> str:
    """A token as an app gets it: registered, let in, code exchanged."""
    made = await services.perform(register_app, RegisterApp(f"App {next(_numbers)}", (OUT_OF_BAND,), scopes))
    code = await services.perform(grant_code, GrantCode(by, made.app.id, OUT_OF_BAND, tuple(scopes.split())))
    issued = await services.perform(exchange_code, ExchangeCode(made.app.id, True, code, OUT_OF_BAND))
    assert issued is not None
    return issued.secret


async def person(services: Services, client: httpx2.AsyncClient, username: str, scopes: str = SCOPES) -> Person:
    by = await make_member(services, username)
    actor = await services.read(lambda tx: actors.by_id(tx, by.actor_id))
    assert actor is not None
    return Person(client, actor, by, await token(services, by, scopes))
