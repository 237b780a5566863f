"""Every line of the table, knocked on by those who may not; and what every answer carries, whatever it says."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from fediprof.mastodon import apps, oauth
from fediprof.mastodon.routes import ENDPOINTS
from fediprof.oauth.commands import IssueAppToken, RegisterApp, issue_app_token, register_app
from fediprof.services import Services
from tests.mastodon.people import Person, token

pytestmark = pytest.mark.anyio


def _path(pattern: str) -> str:
    return pattern.replace(":id", "100000000000000001")


def _bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def test_each_endpoint_asks_for_a_token_a_member_and_a_scope(
    client: httpx2.AsyncClient, services: Services, ada: Person
) -> None:
    made = await services.perform(
        register_app, RegisterApp("App", ("urn:ietf:wg:oauth:2.0:oob",), "read write follow")
    )
    app_token = (await services.perform(issue_app_token, IssueAppToken(made.app.id, ("read", "write")))).secret
    outside = await token(services, ada.by, "push")
    for each in ENDPOINTS:
        if not each.needs:
            continue
        optional = each.needs.startswith("optional ")
        expected = {
            "no token": None if optional else 401,
            "unknown token": 401,
            "not a bearer": 401,
            "an app alone": None if optional or each.needs == "app" else 401,
            "another scope": None if each.needs == "app" else 403,
        }
        headers = {
            "no token": {},
            "unknown token": _bearer("x" * 43),
            "not a bearer": {"authorization": "Basic eDp5"},
            "an app alone": _bearer(app_token),
            "another scope": _bearer(outside),
        }
        for who, status in expected.items():
            answer = await client.request(each.method, _path(each.path), headers=headers[who])
            what = f"{each.method} {each.path} with {who}"
            if status is None:
                assert answer.status_code not in (401, 403), what
            else:
                assert answer.status_code == status, what
                assert list(answer.json()) == ["error"], what
                assert answer.headers["access-control-allow-origin"] == "*", what


async def test_what_is_not_there_is_not_found_in_json(client: httpx2.AsyncClient, ada: Person) -> None:
    for path in (
        "/api/v1/markers",
        "/api/v1/timelines/public",
        "/api/v2/notifications",
        "/api/v1/nothing/at/all",
        "/api",
        "/oauth/userinfo",
        "/api/v1/accounts/0",
        "/api/v1/accounts/abc",
        "/api/v1/accounts/99999999999999999999999",
        "/api/v1/statuses/²",
        "/api/v1/statuses/1/context",
        "/api/v1/accounts/lookup?acct=nobody",
    ):
        answer = await ada.ask("GET", path)
        assert answer.status_code == 404, path
        assert isinstance(answer.json()["error"], str), path
        assert answer.headers["access-control-allow-origin"] == "*", path


async def test_another_method_is_refused_in_json_with_those_there_are(client: httpx2.AsyncClient) -> None:
    answer = await client.patch("/api/v1/statuses/1")
    assert answer.status_code == 405
    assert "error" in answer.json()
    assert answer.headers["allow"] == "DELETE, GET, OPTIONS, PUT"


async def test_a_preflight_needs_no_token_and_names_the_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/statuses", "/api/v1/nothing", "/oauth/token", "/oauth/revoke"):
        answer = await client.options(
            path,
            headers={
                "origin": "https://phanpy.example",
                "access-control-request-method": "PUT",
                "access-control-request-headers": "authorization,idempotency-key",
            },
        )
        assert answer.status_code in (200, 204), path
        assert answer.headers["access-control-allow-origin"] == "*"
        for name in ("Authorization", "Content-Type", "Idempotency-Key"):
            assert name in answer.headers["access-control-allow-headers"]
        for method in ("POST", "PUT", "DELETE", "GET", "PATCH", "OPTIONS"):
            assert method in answer.headers["access-control-allow-methods"]


async def test_answers_let_a_page_read_their_links_and_limits(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v2/instance", "/api/v1/timelines/home"):
        exposed = (await client.get(path)).headers["access-control-expose-headers"]
        for name in ("Link", "X-RateLimit-Limit", "X-RateLimit-Reset"):
            assert name in exposed


async def test_a_body_that_cannot_be_read_is_refused_in_json(ada: Person) -> None:
    answer = await ada.ask("POST", "/api/v1/statuses", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    answer = await ada.ask("POST", "/api/v1/statuses", data={"status": "x" * 1_200_000})
    assert answer.status_code == 413


async def test_our_own_mistake_is_told_in_json(
    client: httpx2.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(unit: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(services), "read", lambda self, unit: broken(unit))
    answer = await client.get("/api/v2/instance", headers={"origin": "https://phanpy.example"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_old_token_shuts_nobody_out_of_what_is_open_to_all(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/instance", "/api/v2/instance", "/api/v1/custom_emojis"):
        assert (await client.get(path, headers=_bearer("x" * 43))).status_code == 200


HOSTILE = (
    "a\0b",
    "9" * 19,
    "9" * 60,
    "-1",
    "²",
    "\ud7ff\U0010ffff",
    "' or 1=1 --",
    "%",
    "../..",
    "x" * 3000,
    "\u202e",
)
TAKEN: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/api/v2/search"): ("q", "type", "limit", "offset", "resolve"),
    ("GET", "/api/v1/accounts/lookup"): ("acct",),
    ("GET", "/api/v1/accounts/relationships"): ("id", "id[]"),
    ("GET", "/api/v1/accounts/:bob/statuses"): ("tagged", "pinned", "max_id", "min_id", "since_id", "limit"),
    ("GET", "/api/v1/timelines/home"): ("max_id", "min_id", "since_id", "limit"),
    ("GET", "/api/v1/notifications"): ("types[]", "exclude_types[]", "max_id", "min_id", "limit"),
    ("GET", "/api/v1/conversations"): ("max_id", "min_id"),
    ("GET", "/api/v1/follow_requests"): ("max_id", "min_id", "since_id"),
    ("POST", "/api/v1/statuses"): (
        "status",
        "spoiler_text",
        "visibility",
        "language",
        "in_reply_to_id",
        "media_ids[]",
    ),
    ("PUT", "/api/v1/statuses/:made"): ("spoiler_text", "language", "media_ids[]", "media_attributes[][id]"),
    ("POST", "/api/v1/statuses/:made/reblog"): ("visibility",),
    ("POST", "/api/v1/apps"): ("client_name", "redirect_uris", "scopes", "website"),
    ("POST", "/oauth/token"): ("client_id", "client_secret", "code", "grant_type", "scope"),
    ("POST", "/oauth/revoke"): ("client_id", "token"),
    ("GET", "/oauth/authorize"): ("client_id", "redirect_uri", "scope", "state", "code_challenge", "lang"),
}


async def test_hostile_values_are_refused_or_read_and_never_break_us(
    ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "knock", lambda request, door: None)
    monkeypatch.setattr(oauth, "knock", lambda request, door: None)
    made = await ada.write("Hello")
    for (method, pattern), names in TAKEN.items():
        path = pattern.replace(":made", made["id"]).replace(":bob", bob.id)
        for name in names:
            for value in HOSTILE:
                body = {
                    "status": "Fine",
                    "client_name": "Fine",
                    "redirect_uris": "https://fine.example/",
                    name: value,
                }
                sent = {"params": {name: value}} if method == "GET" else {"json": body}
                answer = await ada.ask(method, path, **sent)
                assert answer.status_code < 500, (method, path, name, value, answer.text)


async def test_odd_paths_are_not_found(ada: Person) -> None:
    for odd in ("a%00b", "9" * 60, "-1", "%C2%B2", "%FF", "..%2F..", "1%2F2"):
        for path in ("/api/v1/statuses/", "/api/v1/accounts/", "/api/v1/media/"):
            answer = await ada.ask("GET", path + odd)
            assert answer.status_code == 404, (path, odd, answer.text)
