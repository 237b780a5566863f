"""No page of another site, and nobody without a session, sends a member's forms."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from fediprof.web import csrf
from fediprof.web.routes import routes

pytestmark = pytest.mark.anyio

POSTS = sorted(route.path for route in routes if isinstance(route, Route) and "POST" in (route.methods or ()))
OPEN = {
    route.path for route in routes if isinstance(route, Route) and route.endpoint.__qualname__.startswith("everybody")
}
"""Which these may be is held by tests/doors/test_without_a_key.py."""


def filled(path: str) -> str:
    return re.sub(r"\{\w+(:int)?\}", "1", path.replace("{name}", "marie").replace("{step}", "aim"))


async def test_a_form_from_another_site_is_refused(services, marie, member) -> None:
    token = member.values(member.form(button="Save"))[csrf.FIELD][0]
    for path in POSTS:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": services.settings.origin},
        ):
            answer = await member.client.post(filled(path), data={csrf.FIELD: token}, headers=headers)
            assert answer.status_code == 403, (path, headers)


async def test_a_page_that_tells_nobody_where_it_is_may_have_forms(services, marie, visitor) -> None:
    """Browsers blank the origin then, and still say that the form is ours; no other page's form gets through so."""
    for site, status in (("same-origin", 303), ("cross-site", 403), ("same-site", 403), ("none", 403)):
        headers = {"Origin": "null", "Sec-Fetch-Site": site}
        answer = await visitor.client.post("/visit/leave", data={}, headers=headers)
        assert answer.status_code == status, site


async def test_a_form_without_the_sessions_token_is_refused(services, marie, member) -> None:
    for path in POSTS:
        for given in ({}, {csrf.FIELD: "0" * 32}, {csrf.FIELD: csrf.token(services.keystore.secret, "")}):
            answer = await member.client.post(filled(path), data=given, headers={"Origin": services.settings.origin})
            assert answer.status_code == 403, (path, given)


async def test_a_form_without_a_session_leads_to_the_login(marie, visitor) -> None:
    for path in POSTS:
        if path not in OPEN:
            answer = await visitor.client.post(filled(path), data={"name": "hello"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path


PAGES = [
    route.path
    for route in routes
    if isinstance(route, Route)
    and "GET" in (route.methods or ())
    and route.endpoint.__qualname__.startswith("members")
]


async def test_a_members_page_without_a_session_leads_to_the_login(marie, visitor) -> None:
    for path in PAGES:
        answer = await visitor.client.get(filled(path), headers={"Accept": "text/html"})
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login?back="), path


def test_the_lists_above_are_not_empty() -> None:
    assert len(POSTS) > 30
    assert len(PAGES) > 20
