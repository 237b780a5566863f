"""A person with an account: a browser that is logged in, and an app that was let in the way apps are."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.interop.support.server import Server

SCOPES = "read write follow"
REDIRECT = "https://app.example/back"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], what: str, seconds: float = 30) -> Seen:
    """What `look` gives, as soon as it gives something. Fails with `what` did not happen."""
    until, pause, found = time.monotonic() + seconds, 0.05, look()
    while not found:
        assert time.monotonic() < until, f"within {seconds} s this did not happen: {what}"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.4)
        found = look()
    return found


@dataclass(slots=True, eq=False)
class Member:
    """`browser` carries the session, `token` the app's right."""

    server: Server
    username: str
    browser: httpx2.Client
    token: str = ""
    account: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def arrive(cls, server: Server, username: str, link: str) -> Member:
        """Log in at a running server by the link the command printed, and let an app in."""
        member = cls(server, username, server.internet.client(server.origin, follow_redirects=True))
        path = urlsplit(link).path
        try:
            member.submit(path, path)
            member.let_app_in()
            member.account = member.get("/api/v1/accounts/verify_credentials")
        except BaseException:
            member.browser.close()
            raise
        return member

    @property
    def handle(self) -> str:
        return f"{self.username}@{self.server.domain}"

    @property
    def iri(self) -> str:
        return f"{self.server.origin}/u/{self.username}"

    @property
    def id(self) -> str:
        return str(self.account["id"])

    # --- the browser

    def submit(self, page: str, action: str | None = None, **values: Any) -> httpx2.Response:
        """Open `page` and send its form to `action`, with the token the page carries."""
        shown = self.browser.get(page)
        assert shown.status_code == 200, f"{page}: {shown.status_code}"
        found = _TOKEN.search(shown.text)
        assert found is not None, f"{page} has no form"
        answer = self.browser.post(
            action or page, data={"token": found[1], **values}, headers={"origin": self.server.origin}
        )
        assert answer.status_code == 200, f"{action or page}: {answer.status_code} {_words(answer)}"
        return answer

    def revise_profile(self, **changes: str) -> None:
        """The profile form, as a browser fills it in: what is not changed is sent as it is."""
        shown = self.browser.get("/settings/profile").text
        values = {
            name: value
            for name, value in re.findall(r'<input[^>]*name="([a-z0-9-]+)"[^>]*value="([^"]*)"', shown)
            if name not in ("token", "icon", "header", "locked", "discoverable", "indexable")
        }
        values |= {"summary": ""} | changes
        self.submit("/settings/profile", **values)

    # --- the app

    def let_app_in(self) -> None:
        """Register an app where there is none yet, let it in on the consent page, exchange the code (RFC 6749 §4.1)."""
        if not self.server.app:
            asked = {"client_name": "Interop", "redirect_uris": REDIRECT, "scopes": SCOPES}
            self.server.app = self.browser.post("/api/v1/apps", data=asked).json()
        app = self.server.app
        query = {
            "client_id": app["client_id"],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPES,
            "state": "xyz",
        }
        consent = self.browser.get("/oauth/authorize", params=query)
        found = _TOKEN.search(consent.text)
        assert found is not None, _words(consent)
        answer = self.browser.post(
            "/oauth/authorize",
            data={**query, "token": found[1], "decision": "allow"},
            headers={"origin": self.server.origin},
            follow_redirects=False,
        )
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        assert back["state"] == ["xyz"]
        given = self.browser.post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": back["code"][0],
                "redirect_uri": REDIRECT,
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
            },
        )
        assert given.status_code == 200, given.text
        self.token = given.json()["access_token"]

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self.browser.request(method, path, headers={"authorization": f"Bearer {self.token}"}, **more)

    def get(self, path: str, **params: Any) -> Any:
        return self._answered(self.ask("GET", path, params=params))

    def post(self, path: str, **form: Any) -> Any:
        return self._answered(self.ask("POST", path, data=form))

    def _answered(self, answer: httpx2.Response) -> Any:
        assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    # --- what people do

    def find(self, handle: str) -> dict[str, Any]:
        """The account behind a handle, looked for all over the internet."""
        found: list[dict[str, Any]] = self.get("/api/v2/search", q=handle, resolve="true", type="accounts")[
            "accounts"
        ]
        assert found, f"{self.handle} finds nobody called {handle}"
        return found[0]

    def find_post(self, url: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.get("/api/v2/search", q=url, resolve="true", type="statuses")["statuses"]
        assert found, f"{self.handle} finds no post at {url}"
        return found[0]

    def follow(self, other: Member) -> str:
        """Ask to follow, and wait for the answer. Returns the account's id here."""
        number = self.ask_to_follow(other)
        eventually(lambda: self.relationship(number)["following"], f"{self.handle} follows {other.handle}")
        return number

    def ask_to_follow(self, other: Member) -> str:
        number = str(self.find(other.handle)["id"])
        self.post(f"/api/v1/accounts/{number}/follow")
        return number

    def relationship(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/v1/accounts/relationships", **{"id[]": number})[0]
        return found

    def write(self, text: str, **form: Any) -> dict[str, Any]:
        written: dict[str, Any] = self.post("/api/v1/statuses", status=text, **form)
        return written

    def home(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/timelines/home", limit="40")
        return found

    def sees(self, uri: str, seconds: float = 30) -> dict[str, Any]:
        """A post on the home timeline, once it has arrived."""
        return eventually(lambda: self.at_home(uri), f"{self.handle} sees {uri} at home", seconds)

    def at_home(self, uri: str) -> dict[str, Any] | None:
        return next((each for each in self.home() if each["uri"] == uri), None)

    def news(self, kind: str, handle: str) -> list[dict[str, Any]]:
        """Notifications of a kind about somebody."""
        found = self.get("/api/v1/notifications", limit="40")
        return [each for each in found if each["type"] == kind and each["account"]["acct"] == handle]

    def told(self, kind: str, handle: str) -> dict[str, Any]:
        return eventually(lambda: self.news(kind, handle), f"{self.handle} is told of {kind} by {handle}")[-1]

    def held(self, uri: str) -> dict[str, Any] | None:
        """A post as this server holds it, without asking elsewhere."""
        found = self.get("/api/v2/search", q=uri, type="statuses")["statuses"]
        return found[0] if found else None


def _words(answer: httpx2.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|<style.*?</style>", " ", answer.text))[:400]
