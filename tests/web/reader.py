"""A person with a browser and no JavaScript: opens pages, reads them, fills their forms in and presses their buttons."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx2
from bs4 import BeautifulSoup, Tag

from fediprof.accounts.commands import IssueLink, issue_login_link
from fediprof.services import Services


@dataclass(slots=True)
class Reader:
    """`page` is what was read last; `answer` its HTTP response after redirects."""

    client: httpx2.AsyncClient
    origin: str
    answer: httpx2.Response | None = None
    page: BeautifulSoup = field(default_factory=lambda: BeautifulSoup("", "html.parser"))

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    @property
    def path(self) -> str:
        assert self.answer is not None
        return self.answer.url.path

    @property
    def text(self) -> str:
        main = self.page.find("main")
        return " ".join((main or self.page).get_text(" ").split())

    async def open(self, path: str, **headers: str) -> Reader:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Accept": "text/html,application/xhtml+xml", **named}
        return self._read(await self.client.get(path, headers=sent, follow_redirects=True))

    def form(self, action: str = "", button: str = "") -> Tag:
        """The form whose address ends with `action` and that has a button saying `button`."""
        for each in self.page.find_all("form"):
            target = each.get("action") or self.path
            names = [" ".join(b.get_text(" ").split()) for b in each.find_all("button")]
            if target.endswith(action) and (not button or any(button in name for name in names)):
                return each
        raise AssertionError(f"no form {action!r} {button!r} on {self.path}: {self.text[:500]}")

    def values(self, form: Tag) -> dict[str, list[str]]:
        """What the browser would send of a form left as it is."""
        found: dict[str, list[str]] = {}
        for each in form.find_all(["input", "textarea", "select"]):
            name, kind = each.get("name"), each.get("type", "")
            if not name or kind in ("file", "submit"):
                continue
            if kind in ("checkbox", "radio") and not each.has_attr("checked"):
                continue
            if each.name == "textarea":
                value = each.get_text().removeprefix("\n")
            elif each.name == "select":
                chosen = each.find("option", selected=True) or each.find("option")
                value = chosen["value"] if chosen else ""
            else:
                value = each.get("value", "")
            found.setdefault(name, []).append(value)
        return found

    async def press(
        self, action: str = "", button: str = "", *, files: dict[str, bytes] | None = None, **fields: str | None
    ) -> Reader:
        """Send a form with `fields` changed; None leaves a box unticked."""
        form = self.form(action, button)
        values = self.values(form)
        for name, value in fields.items():
            name = name.replace("__", "-")
            if value is None:
                values.pop(name, None)
            else:
                values[name] = [value]
        target = form.get("action") or self.path
        sent = {name: (f"{name}.png", data, "image/png") for name, data in (files or {}).items()}
        return self._read(
            await self.client.post(
                target,
                data=values,
                files=sent or None,
                headers={"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
                follow_redirects=True,
            )
        )

    async def log_in(self, services: Services, username: str) -> Reader:
        """By a one-time link."""
        secret = await services.perform(issue_login_link, IssueLink(username))
        await self.open(f"/login/link/{secret}")
        await self.press(button="Log in")
        assert self.status == 200
        return self

    def _read(self, answer: httpx2.Response) -> Reader:
        self.answer = answer
        html = answer.headers.get("content-type", "").startswith("text/html")
        self.page = BeautifulSoup(answer.text if html else "", "html.parser")
        return self
