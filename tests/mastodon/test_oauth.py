"""OAuth as client apps use it, and as those do who want what was not given to them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import update

from fediprof import ids
from fediprof.accounts.commands import IssueLink, RedeemLink, issue_login_link, redeem_login_link
from fediprof.mastodon.oauth import cookie_name
from fediprof.oauth.records import OUT_OF_BAND
from fediprof.schema.oauth import oauth_code
from fediprof.services import Services
from fediprof.web import visitor
from tests.mastodon.people import Person, token

pytestmark = pytest.mark.anyio

BACK = "https://app.example/back?keep=1"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Browser:
    """A member who is logged in on the pages."""

    client: httpx2.AsyncClient
    cookies: dict[str, str]

    async def open(self, **query: str) -> httpx2.Response:
        return await self.client.get("/oauth/authorize", params=query, headers=self._headers())

    async def send(self, form: dict[str, str]) -> httpx2.Response:
        return await self.client.post("/oauth/authorize", data=form, headers=self._headers())

    async def allow(self, **query: str) -> httpx2.Response:
        """Open the page and press its button."""
        page = await self.open(**query)
        assert page.status_code == 200, page.text
        return await self.send({**fields(page.text), "decision": "allow"})

    async def code(self, **query: str) -> str:
        answer = await self.allow(**query)
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    }


@pytest.fixture
async def browser(services: Services, client: httpx2.AsyncClient, ada: Person) -> Browser:
    secret = await services.perform(issue_login_link, IssueLink(ada.actor.username))
    opened = await services.perform(redeem_login_link, RedeemLink(secret))
    return Browser(client, {cookie_name(services.settings.origin): opened.secret})


async def registered(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    body = {"client_name": "Phone", "redirect_uris": BACK, "scopes": "read write", **more}
    answer = await client.post("/api/v1/apps", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def phone(client: httpx2.AsyncClient) -> dict[str, Any]:
    return await registered(client)


def asking(app: dict[str, Any], **more: str) -> dict[str, str]:
    query = {"client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": "read write"}
    return {**query, **more}


def buying(app: dict[str, Any], code: str, **more: str) -> dict[str, str]:
    form = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": BACK,
        "code": code,
    }
    return {name: value for name, value in {**form, **more}.items() if value}


async def whoami(client: httpx2.AsyncClient, secret: str) -> int:
    headers = {"authorization": f"Bearer {secret}"}
    return (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).status_code


# --- apps


SPELLINGS: list[dict[str, Any]] = [
    {"json": {"redirect_uris": f"{OUT_OF_BAND}\nkitapp://oauth"}},
    {"json": {"redirect_uris": [OUT_OF_BAND, "kitapp://oauth"]}},
    {"data": {"redirect_uris": f"{OUT_OF_BAND}\nkitapp://oauth"}},
    {"data": {"redirect_uris[]": [OUT_OF_BAND, "kitapp://oauth"]}},
]


async def test_an_app_names_its_addresses_in_any_way(client: httpx2.AsyncClient) -> None:
    for given in SPELLINGS:
        kind = next(iter(given))
        body = {"client_name": "Phone", "scopes": "read push", "website": "https://app.example", **given[kind]}
        answer = await client.post("/api/v1/apps", **{kind: body})
        assert answer.status_code == 200, given
        made = answer.json()
        assert made["redirect_uris"] == [OUT_OF_BAND, "kitapp://oauth"], given
        assert made["redirect_uri"] == f"{OUT_OF_BAND}\nkitapp://oauth"
        assert made["scopes"] == ["read", "push"]
        assert made["client_secret_expires_at"] == 0
        assert made["website"] == "https://app.example"
        assert {"id", "name", "client_id", "client_secret", "vapid_key"} <= made.keys()


WRONG_APPS = [
    {"redirect_uris": "javascript:alert(1)"},
    {"redirect_uris": "JavaScript:alert(1)"},
    {"redirect_uris": "data:text/html,x"},
    {"redirect_uris": "https://app.example/#fragment"},
    {"redirect_uris": "/relative"},
    {"redirect_uris": "https://"},
    {"redirect_uris": "http://[::1"},
    {"redirect_uris": ""},
    {"client_name": ""},
    {"client_name": "x" * 300},
    {"scopes": "read root"},
    {"website": "javascript:alert(1)"},
]


async def test_a_wrong_app_is_told_what_is_wrong(client: httpx2.AsyncClient) -> None:
    for wrong in WRONG_APPS:
        answer = await client.post("/api/v1/apps", json={"client_name": "Phone", "redirect_uris": BACK, **wrong})
        assert answer.status_code == 422, wrong
        assert next(iter(wrong)) in answer.json()["error"]


async def test_registering_too_often_is_slowed_down_with_its_headers(client: httpx2.AsyncClient) -> None:
    for _ in range(30):
        await registered(client)
    answer = await client.post("/api/v1/apps", json={"client_name": "Phone", "redirect_uris": BACK})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"].endswith("Z")
    assert "x-ratelimit-limit" in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"


# --- letting an app in


async def test_without_a_session_the_way_leads_over_the_login_page_and_back(
    client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    answer = await client.get("/oauth/authorize/", params=asking(phone, state="s & s"))
    assert answer.status_code == 303
    path, _, query = answer.headers["location"].partition("?")
    assert path == "/login"
    following = parse_qs(query)["back"][0]
    assert following.startswith("/oauth/authorize?")
    assert parse_qs(urlsplit(following).query)["state"] == ["s & s"]


async def test_the_page_says_who_asks_for_what_and_for_whom(browser: Browser, ada: Person, client: Any) -> None:
    app = await registered(client, client_name="<b>Phone</b>", website="https://app.example/")
    page = await browser.open(**asking(app))
    assert page.status_code == 200
    assert "&lt;b&gt;Phone&lt;/b&gt;" in page.text
    assert f"@{ada.actor.handle}" in page.text
    assert "app.example" in page.text
    assert "access-control-allow-origin" not in page.headers
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "no-store" in page.headers["cache-control"]


async def test_the_page_speaks_the_language_the_app_asks_for(browser: Browser, phone: dict[str, Any]) -> None:
    for language, words in (("fr", "La laisser entrer"), ("en", "Let it in")):
        page = await browser.open(**asking(phone, lang=language))
        assert page.headers["content-language"] == language
        assert words in page.text


async def test_yes_brings_a_code_to_the_app_and_the_code_a_token(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    answer = await browser.allow(**asking(phone, state="s & s", scope="read"))
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    query = parse_qs(back.query)
    assert (back.scheme, back.netloc, back.path) == ("https", "app.example", "/back")
    assert query["keep"] == ["1"]
    assert query["state"] == ["s & s"]
    bought = await client.post("/oauth/token", data=buying(phone, query["code"][0]))
    assert bought.status_code == 200
    found = bought.json()
    assert found["token_type"] == "Bearer"
    assert found["scope"] == "read"
    assert isinstance(found["created_at"], int)
    assert "expires_in" not in found
    assert bought.headers["access-control-allow-origin"] == "*"
    assert "no-store" in bought.headers["cache-control"]
    assert await whoami(client, found["access_token"]) == 200


async def test_no_brings_an_error_to_the_app(browser: Browser, phone: dict[str, Any]) -> None:
    page = await browser.open(**asking(phone, state="s"))
    answer = await browser.send({**fields(page.text), "decision": "deny"})
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (query["error"], query["state"]) == (["access_denied"], ["s"])
    assert "code" not in query


async def test_an_app_without_an_address_shows_the_code_to_copy(browser: Browser, client: httpx2.AsyncClient) -> None:
    app = await registered(client, redirect_uris=OUT_OF_BAND)
    page = await browser.allow(**asking(app, redirect_uri=OUT_OF_BAND))
    assert page.status_code == 200
    found = re.search(r"<code[^>]*>([^<]+)</code>", page.text)
    assert found is not None
    bought = await client.post("/oauth/token", json=buying(app, found[1], redirect_uri=OUT_OF_BAND))
    assert bought.status_code == 200


async def test_a_scheme_of_an_app_gets_its_code_in_its_own_shape(
    browser: Browser, client: httpx2.AsyncClient
) -> None:
    for uri in ("com.tapbots.Ivory.10217:/request_token", "kitapp://oauth", "http://127.0.0.1:9/x"):
        app = await registered(client, redirect_uris=uri)
        answer = await browser.allow(**asking(app, redirect_uri=uri))
        assert answer.headers["location"].startswith(f"{uri}?code=")


WRONG_PLACES = [
    {"client_id": "nobody"},
    {"redirect_uri": "https://evil.example/"},
    {"redirect_uri": BACK + "&more=1"},
    {"redirect_uri": BACK.replace("https", "http")},
    {"redirect_uri": ""},
]


async def test_a_wrong_app_or_address_is_shown_to_the_person_and_never_redirected_to(
    browser: Browser, phone: dict[str, Any]
) -> None:
    for wrong in WRONG_PLACES:
        answer = await browser.open(**asking(phone, **wrong))
        assert answer.status_code in (400, 401), wrong
        assert "location" not in answer.headers
    page = await browser.open(**asking(phone, client_id="nobody", lang="fr"))
    assert "déclarée ici" in page.text


WRONG_WISHES = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"scope": "read write follow"}, "invalid_scope"),
    ({"scope": "admin:write"}, "invalid_scope"),
    ({"scope": "root"}, "invalid_scope"),
    ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": CHALLENGE}, "invalid_request"),
    ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
]


async def test_what_is_wrong_besides_is_told_to_the_app(browser: Browser, phone: dict[str, Any]) -> None:
    for wrong, error in WRONG_WISHES:
        answer = await browser.open(**asking(phone, **wrong))
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error], wrong


async def test_without_a_scope_an_app_may_read(browser: Browser, client: httpx2.AsyncClient, phone: Any) -> None:
    code = await browser.code(**asking(phone, scope=""))
    assert (await client.post("/oauth/token", data=buying(phone, code))).json()["scope"] == "read"


async def test_a_form_of_another_site_or_session_lets_nobody_in(browser: Browser, phone: dict[str, Any]) -> None:
    form = {**fields((await browser.open(**asking(phone))).text), "decision": "allow"}
    assert (await browser.send({**form, "token": ""})).status_code == 403
    assert (await browser.send({**form, "token": "0" * 64})).status_code == 403
    assert (await Browser(browser.client, {}).send(form)).status_code == 403
    headers = {**browser._headers(), "sec-fetch-site": "cross-site"}
    answer = await browser.client.post("/oauth/authorize", data=form, headers=headers)
    assert answer.status_code == 403


async def test_the_form_cannot_be_changed_into_more_than_the_app_may(browser: Browser, phone: dict[str, Any]) -> None:
    form = {**fields((await browser.open(**asking(phone))).text), "decision": "allow"}
    answer = await browser.send({**form, "redirect_uri": "https://evil.example/"})
    assert answer.status_code == 400
    answer = await browser.send({**form, "scope": "read write push"})
    assert "error=invalid_scope" in answer.headers["location"]


async def test_the_session_of_the_pages_is_the_one_looked_for(services: Services) -> None:
    assert cookie_name(services.settings.origin) == visitor.cookie_name(services.settings)


# --- codes


async def test_a_code_is_good_once_and_its_second_use_ends_the_token(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    code = await browser.code(**asking(phone))
    secret = (await client.post("/oauth/token", data=buying(phone, code))).json()["access_token"]
    assert await whoami(client, secret) == 200
    again = await client.post("/oauth/token", data=buying(phone, code))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert again.json()["error_description"]
    assert await whoami(client, secret) == 401


async def test_a_code_is_good_for_ten_minutes(
    browser: Browser, services: Services, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    code = await browser.code(**asking(phone))
    past = services.here().now - timedelta(seconds=1)
    where = oauth_code.c.code_hash == ids.fingerprint(code)
    await services.database.write(lambda tx: tx.execute(update(oauth_code).where(where).values(expires_at=past)))
    assert (await client.post("/oauth/token", data=buying(phone, code))).json()["error"] == "invalid_grant"


async def test_a_code_is_of_no_use_to_another_app(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    code, other = await browser.code(**asking(phone)), await registered(client)
    assert (await client.post("/oauth/token", data=buying(other, code))).json()["error"] == "invalid_grant"
    assert (await client.post("/oauth/token", data=buying(phone, code))).status_code == 200


WRONG_EXCHANGES = [
    ({"redirect_uri": "https://app.example/other"}, 400, "invalid_grant"),
    ({"redirect_uri": ""}, 400, "invalid_grant"),
    ({"code": "guess"}, 400, "invalid_grant"),
    ({"client_secret": "guess"}, 401, "invalid_client"),
    ({"client_secret": ""}, 400, "invalid_grant"),
    ({"client_id": "guess"}, 401, "invalid_client"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": ""}, 400, "unsupported_grant_type"),
    ({"code_verifier": VERIFIER}, 400, "invalid_grant"),
]


async def test_a_wrong_exchange_is_refused_and_spends_nothing(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    code = await browser.code(**asking(phone))
    for wrong, status, error in WRONG_EXCHANGES:
        answer = await client.post("/oauth/token", data=buying(phone, **{"code": code, **wrong}))
        assert (answer.status_code, answer.json()["error"]) == (status, error), wrong
    assert (await client.post("/oauth/token", data=buying(phone, code))).status_code == 200


async def test_pkce_proves_the_one_who_asked(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for shown in ({}, {"client_secret": ""}):
        code = await browser.code(**asking(phone, **pkce))
        for wrong in ("w" * 64, ""):
            refused = await client.post("/oauth/token", data=buying(phone, code, code_verifier=wrong, **shown))
            assert refused.json()["error"] == "invalid_grant", (shown, wrong)
        answer = await client.post("/oauth/token", data=buying(phone, code, code_verifier=VERIFIER, **shown))
        assert answer.status_code == 200


async def test_an_app_may_show_its_secret_in_the_header(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    form = buying(phone, await browser.code(**asking(phone)), client_id="", client_secret="")
    wrong = await client.post("/oauth/token", data=form, auth=(phone["client_id"], "guess"))
    assert wrong.status_code == 401
    right = await client.post("/oauth/token", data=form, auth=(phone["client_id"], phone["client_secret"]))
    assert right.status_code == 200


# --- tokens


async def test_an_app_gets_a_token_for_itself_and_no_member_with_it(
    client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    form = {name: phone[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    for kind in ("data", "json"):
        bought = await client.post("/oauth/token", **{kind: form})  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {bought.json()['access_token']}"}
        mine = await client.get("/api/v1/apps/verify_credentials", headers=headers)
        assert mine.status_code == 200
        assert mine.json()["name"] == "Phone"
        assert "client_secret" not in mine.json()
        assert (await client.get("/api/v1/timelines/home", headers=headers)).status_code == 401
    assert (await client.post("/oauth/token", data={**form, "client_secret": ""})).status_code == 401
    assert (await client.post("/oauth/token", data={**form, "scope": "push"})).json()["error"] == "invalid_scope"


async def test_a_revoked_token_opens_nothing(
    browser: Browser, client: httpx2.AsyncClient, phone: dict[str, Any]
) -> None:
    other = await registered(client)
    for kind in ("data", "json"):
        code = await browser.code(**asking(phone))
        secret = (await client.post("/oauth/token", **{kind: buying(phone, code)})).json()["access_token"]  # type: ignore[arg-type]
        form = {"client_id": phone["client_id"], "client_secret": phone["client_secret"], "token": secret}
        foreign = {**form, "client_id": other["client_id"], "client_secret": other["client_secret"]}
        assert (await client.post("/oauth/revoke", data=foreign)).status_code == 403
        assert (await client.post("/oauth/revoke", data={**form, "client_secret": "guess"})).status_code == 401
        assert await whoami(client, secret) == 200
        answer = await client.post("/oauth/revoke", **{kind: form})  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()) == (200, {})
        assert await whoami(client, secret) == 401
        assert (await client.post("/oauth/revoke", data=form)).status_code == 200


async def test_only_fingerprints_of_secrets_are_stored(services: Services, ada: Person) -> None:
    secret = await token(services, ada.by)
    rows = await services.read(
        lambda tx: [str(list(row)) for table in ("oauth_token", "oauth_code", "oauth_app") for row in _all(tx, table)]
    )
    assert rows
    assert not any(secret in row for row in rows)
    assert any(ids.fingerprint(secret) in row for row in rows)


def _all(tx: Any, table: str) -> Any:
    return tx.exec_driver_sql(f"select * from {table}")


async def test_the_metadata_says_what_is_there(client: httpx2.AsyncClient, services: Services) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")
    found = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert found["issuer"].rstrip("/") == services.settings.origin
    assert found["code_challenge_methods_supported"] == ["S256"]
    for endpoint in ("token_endpoint", "revocation_endpoint", "app_registration_endpoint"):
        path = found[endpoint].removeprefix(services.settings.origin)
        assert (await client.post(path)).status_code in (400, 401, 422), endpoint
    assert "userinfo_endpoint" not in found
