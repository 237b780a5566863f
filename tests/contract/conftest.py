"""A running server with two members, and a browser that says yes to apps as a person would."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest

from fediprof.accounts import passwords
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member
from tests.support.live import serving

PASSWORD = "correct horse battery staple"


@dataclass
class Home:
    """The server, and its members `ada` and `bob`, who have the same password."""

    services: Services
    members: dict[str, Member]

    @property
    def url(self) -> str:
        return self.services.settings.origin

    @property
    def domain(self) -> str:
        return self.services.settings.domain

    async def allow(self, authorize_url: str, username: str) -> str:
        """Open an app's page in a browser without a session, log in, press "Let it in". Returns the code."""

        async def keeps_the_window(answer: httpx2.Response) -> None:
            assert "cross-origin-opener-policy" not in answer.headers, answer.url

        hooks = {"response": [keeps_the_window]}  # apps in a browser wait for what their small window brings back
        async with httpx2.AsyncClient(base_url=self.url, event_hooks=hooks) as browser:
            answer = await browser.get(authorize_url)
            assert answer.status_code == 303, answer.text
            login = await browser.get(urljoin(self.url, answer.headers["location"]))
            assert login.status_code == 200, login.text
            form = {**hidden(login.text), "username": username, "password": PASSWORD}
            answer = await browser.post("/login", data=form, headers={"origin": self.url})
            assert answer.status_code == 303, answer.text
            page = await browser.get(urljoin(self.url, answer.headers["location"]))
            assert page.status_code == 200, page.text
            assert f"@{username}@{self.domain}" in page.text
            form = {**hidden(page.text), "decision": "allow"}
            answer = await browser.post("/oauth/authorize", data=form, headers={"origin": self.url})
            if answer.status_code == 303:
                return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
            shown = re.search(r"<code[^>]*>([^<]+)</code>", answer.text)
            assert shown is not None, answer.text
            return shown[1]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form, in whatever order their attributes stand."""
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden":
            fields[unescape(attributes["name"])] = unescape(attributes.get("value", ""))
    return fields


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """On SQLite: what these tests ask is whether other people's clients understand us."""
    async with serving(tmp_path, f"sqlite:///{tmp_path / 'home.sqlite3'}") as services:
        kept = passwords.hashed(PASSWORD)
        names = ("ada", "bob")
        members = {n: await make_member(services, n, password_hash=kept, admin=n == "ada") for n in names}
        yield Home(services, members)
