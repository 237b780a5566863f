"""Real pages in a real browser: Debian's Chromium driven by Playwright, a whole server on loopback, a member with some
life on her pages. One engine is enough here; what pages show is held on both by tests/web."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright

from fediprof import clock, ids
from fediprof.accounts.commands import IssueLink, SetPassword, issue_login_link, set_password
from fediprof.actors import store as actors
from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.oauth.commands import ExchangeCode, GrantCode, RegisterApp, exchange_code, grant_code, register_app
from fediprof.oauth.records import OUT_OF_BAND
from fediprof.posts import store as posts
from fediprof.posts.commands import PinPost, PublishPost, pin_post, publish_post
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Entry, Field, Rule, Words
from fediprof.services import Services
from tests.conftest import make_member
from tests.support.live import serving

PASSWORD = "a sentence is long enough"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@dataclass(slots=True)
class Site:
    """A running server, and the addresses of what is on it."""

    services: Services
    marie: Member
    paul: Member
    post: Post
    private: Post
    stranger: Actor
    entry: Entry
    close: Entry

    @property
    def origin(self) -> str:
        return self.services.settings.origin

    def path(self, post: Post) -> str:
        return post.url.removeprefix(self.origin)


@pytest.fixture
async def site(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Site]:
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    async with serving(tmp_path, f"sqlite:///{path}") as services:
        marie = await make_member(services, "marie", name="Marie Duval", admin=True)
        paul = await make_member(services, "paul", name="Paul")
        await services.perform(set_password, SetPassword(marie, None, PASSWORD))
        fields = (("Mon site", "https://marie.example/"), ("Parlons de", "#lean, énergie"))
        about = "Je rends les ateliers plus rapides sans y laisser les gens."
        await services.perform(revise_profile, ReviseProfile(marie, summary=about, fields=fields, locked=True))

        async def say(by: Member, text: str, visibility: str = "public", **more: object) -> Post:
            made = PublishPost(by, text, visibility, **more)  # type: ignore[arg-type]
            return await services.perform(publish_post, made)

        post = await say(marie, "Demandez-moi pourquoi nous avons échoué deux fois. #lean", language="fr")
        await services.perform(pin_post, PinPost(marie, post.id))
        services.gate.tally.add("people", "2001:db8:1234::/48", 12)
        await say(marie, "Une seconde pensée.", "followers", language="fr", warning="Travail de nuit")
        both = (("en", "What have you stopped repairing?"),)
        await say(marie, "Qu’avez-vous arrêté de réparer ?", "quiet", language="fr", translations=both)
        await say(paul, "@marie Le plan de charge ?", in_reply_to_id=post.id, language="fr")
        private = await say(paul, "@marie On se parle jeudi ?", "direct", language="fr")
        await services.perform(request_follow, RequestFollow(paul, marie.actor_id))
        await _app(services, marie)
        stranger = await services.database.write(lambda tx: _stranger(tx, post))
        entry, other = await _entries(services, marie)
        yield Site(services, marie, paul, post, private, stranger, entry, other)


async def _entries(services: Services, by: Member) -> tuple[Entry, Entry]:
    """One that everyone may read and that was sent out, in two languages and with masks; one for contacts."""
    words = Words(
        "Diviser par trois le délai d’un atelier",
        "Les commandes attendaient trois semaines. Nous avons déplacé les stocks, pas les gens ; deux essais ont échoué.",
        "Pourquoi avons-nous échoué deux fois ?",
    )
    english = Words("Cutting a workshop’s delay by three", "Orders waited for three weeks.", "Why did we fail twice?")
    fields = (
        Field("employer", "Zéphyr SA", stand_in="une PME de l’énergie"),
        Field("dates", "2019-03/2021-06", stand_in="deux ans"),
        Field("place", "Grenoble", EVERYONE),
    )
    draft = Draft("project", words, "fr", {"en": english}, ("lean",), "https://marie.example/", EVERYONE, fields)
    entry = await services.perform(write_entry, WriteEntry(by, draft))
    entry = await services.perform(publish_entry, PublishEntry(by, entry.id))
    close = Draft("experience", Words("Trois ans de nuit", "Ce que la nuit apprend."), "fr", rule=Rule("contacts"))
    return entry, await services.perform(write_entry, WriteEntry(by, close))


async def _app(services: Services, by: Member) -> None:
    """An app let in, with a long name."""
    name = "Uneapplicationdontlenomestsilongqu’aucuntéléphonenelecontiendrait"
    asked = RegisterApp(name, (OUT_OF_BAND,), "read write", "https://app.example/une/adresse/bien/longue/elle/aussi")
    app = (await services.perform(register_app, asked)).app
    code = await services.perform(grant_code, GrantCode(by, app.id, OUT_OF_BAND, ("read", "write:statuses")))
    assert await services.perform(exchange_code, ExchangeCode(app.id, True, code, OUT_OF_BAND)) is not None


def _stranger(tx: Tx, parent: Post) -> Actor:
    """Somebody on another server who answered, with a portrait there."""
    now = clock.now()
    known = actors.by_id(tx, parent.actor_id)
    assert known is not None
    values = {name: getattr(known, name) for name in Actor.__slots__}
    iri = "https://far.example/users/anna"
    handle = {"username": "anna", "domain": "far.example", "host": "far.example", "name": "Anna", "local": False}
    place = {"iri": iri, "url": "https://far.example/@anna", "inbox": f"{iri}/inbox", "shared_inbox": None}
    picture = {"icon": "https://far.example/face.png", "header": None, "fields": [], "locked": False}
    anna = Actor(**{**values, **handle, **place, **picture, "id": ids.new_id(), "fetched_at": now})
    actors.insert_actor(tx, anna)
    words = "<p>Un-mot-très-long-que-rien-ne-coupe-sinon-la-page-elle-même-et-encore-un-peu-plus-long</p>"
    before = {name: getattr(parent, name) for name in Post.__slots__}
    own = {"id": ids.new_id(), "iri": f"{iri}/1", "url": "https://far.example/@anna/1", "actor_id": anna.id}
    answer = {"in_reply_to_iri": parent.iri, "in_reply_to_id": parent.id, "in_reply_to_actor_id": parent.actor_id}
    posts.insert_post(
        tx, Post(**{**before, **own, **answer, "local": False, "content": words, "source": None}), [], []
    )
    return anna


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        await opened.close()


class Watch:
    """What a page did that it should not: errors on the console, requests to anybody else."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self._origin = origin
        context.on("page", self._follow)

    def _follow(self, page: Page) -> None:
        page.on("console", lambda m: self.errors.append(f"{page.url}: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._origin, "data:")):
            self.elsewhere.append(request.url)


async def log_in(page: Page, site: Site, username: str = "marie") -> None:
    """By a one-time link, as on the first day."""
    secret = await site.services.perform(issue_login_link, IssueLink(username))
    await page.goto(f"{site.origin}/login/link/{secret}")
    await page.click("main form button")
    await page.wait_for_url(lambda url: "/login/" not in url)
