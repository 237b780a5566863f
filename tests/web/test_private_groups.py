"""What is written in a private group is in no answer to anybody who was not let in: every address there is, at every door, is
asked, and the bytes of each answer searched for the words. The table grows with the routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import httpx2
import pytest

from fediprof import clock
from fediprof.accounts import store as accounts
from fediprof.accounts.sessions import open_session
from fediprof.groups import moderating
from fediprof.groups.moderating import ModeratePost
from fediprof.groups.records import Hosted
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.visitors import sessions
from fediprof.web.visitor import GUEST, cookie_name
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.mastodon.people import token
from tests.profiles import outputs
from tests.web.in_a_group import answer, begin, let_in

pytestmark = pytest.mark.anyio
WORDS = (
    "zirconium-title",
    "zirconium-text",
    "zirconium-answer",
    "zirconium-gone",
    "zirconium-tag",
    "zirconium-reason",
)


@dataclass(slots=True)
class Circle:
    """A private group of Marie's and Paul's, in which each wrote. Nora is a member of the server, and no more."""

    group: Hosted
    paul: Member
    nora: Member
    thread: Post
    reply: Post
    gone: Post


@pytest.fixture
async def circle(services, marie: Member, monkeypatch) -> Circle:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(services.gate, "look", lambda *_, **__: None)
    paul, nora = await make_member(services, "paul", name="Paul"), await make_member(services, "nora", name="Nora")
    group = await make_group(services, marie, "secret", membership="private", rules=("Tell nobody",))
    await let_in(services, marie, group, paul)
    words = "zirconium-text #zirconium"
    thread = await begin(services, paul, group, "zirconium-title", words)
    reply = await answer(services, marie, thread, "@paul zirconium-answer")
    gone = await begin(services, paul, group, "zirconium-gone")
    said = ModeratePost(marie, group.id, gone.id, "zirconium-reason", 1)
    await services.perform(moderating.remove_post, said)
    return Circle(group, paul, nora, thread, reply, gone)


def addresses(app, circle: Circle) -> Iterator[tuple[outputs.Door, str]]:  # type: ignore[no-untyped-def]
    """Every address of every door, each of its places filled with all there is of its kind."""
    slugs = [each.iri.rpartition("/")[2] for each in (circle.thread, circle.reply, circle.gone)]
    numbers = [circle.thread.id, circle.reply.id, circle.gone.id, circle.group.id, circle.paul.actor_id]
    names = ["secret", "paul"]
    for door, template in outputs.of_app(app):
        if "streaming" in template or template.startswith(("/static", "/media")):
            continue
        places = re.findall(r"\{(\w+)(?::int)?\}|(:id)\b", template)
        chosen = []
        for place, number in places:
            if number or place in ("id", "number"):
                chosen.append([str(each) for each in numbers])
            elif place in ("slug",):
                chosen.append(slugs)
            elif place in ("name", "username"):
                chosen.append(names)
            elif place == "part":
                chosen.append(["replies", "context", "likes", "shares"])
            elif place == "version":
                chosen.append(["2.1"])
            else:
                chosen.append(["x"])
        for values in product(*chosen):
            path = template
            for value in values:
                path = re.sub(r"\{\w+(?::int)?\}|:id\b", value, path, count=1)
            yield door, path
    for path in (
        "/u/secret/outbox?page=true",
        "/u/paul/outbox?page=true",
        "/@secret?show=ask",
        "/@secret?max_id=9999999999",
    ):
        yield "page", path
        yield "document", path
    for number in numbers:
        yield "page", f"/write?reply={number}"
        yield "page", f"/people/{circle.paul.actor_id}/report?post={number}"
    for query in ("zirconium", circle.thread.iri, circle.thread.url, "paul"):
        yield "page", f"/find?q={query}"
        yield "page", f"/groups/find?q={query}"
        yield "app", f"/api/v2/search?q={query}&resolve=true"
        yield "app", f"/api/v2/search?q={query}&type=statuses"
    for tag in ("", "?pinned=true", "?tagged=zirconium"):
        yield "app", f"/api/v1/accounts/{circle.paul.actor_id}/statuses{tag}"
        yield "app", f"/api/v1/accounts/{circle.group.id}/statuses{tag}"


ACCEPT = {"page": "text/html", "document": "application/activity+json", "app": "application/json"}


async def seen(client: httpx2.AsyncClient, door: outputs.Door, path: str, bearer: str = "") -> set[str]:
    headers = {"Accept": ACCEPT[door]} | ({"Authorization": f"Bearer {bearer}"} if bearer and door == "app" else {})
    answered = await client.get(path, headers=headers, follow_redirects=True)
    assert answered.status_code < 500, (path, answered.status_code)
    asked = path.encode()
    return {word for word in WORDS if word.encode() in answered.content and word.encode() not in asked}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("who", ["nobody", "nora", "guest"])
async def test_no_outsider_finds_a_word_of_it(services, app, circle: Circle, remote, who: str) -> None:
    cookies, bearer = {}, ""
    if who == "nora":
        found = await services.read(lambda tx: accounts.by_id(tx, circle.nora.account_id))
        opened = await services.database.write(lambda tx: open_session(tx, found, "test", clock.now()))
        cookies, bearer = {cookie_name(services.settings): opened.secret}, await token(services, circle.nora)
    elif who == "guest":
        known = await services.resolver.actor(remote("pavel", "far.example").iri)
        secret = await services.database.write(lambda tx: sessions.opened(tx, known.id, clock.now()))
        cookies = {cookie_name(services.settings, GUEST): secret}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=services.settings.origin, cookies=cookies) as client:
        leaks = {}
        for door, path in addresses(app, circle):
            if path.startswith(("/login/link", "/c/", "/logout")):
                continue
            if words := await seen(client, door, path, bearer):
                leaks[door, path] = words
    assert leaks == {}


async def test_who_was_let_in_reads_it(services, circle: Circle, browse) -> None:
    """So that the search above would find it."""
    reader = await browse("paul")
    path = circle.thread.url.removeprefix(services.settings.origin)
    for page in ("/@secret", path, "/@paul", "/groups/threads"):
        await reader.open(page)
        assert "zirconium-text" in reader.answer.text or "zirconium-title" in reader.answer.text, page
    await reader.open(path)
    assert "zirconium-answer" in reader.text
    assert "Members of the group" in reader.text
    await reader.press("/write", "Reply", text="@marie And one more zirconium-word.")
    assert reader.status == 200
    await reader.open(path)
    assert "zirconium-word" in reader.text


async def test_strangers_are_told_what_it_is_and_may_ask(services, circle: Circle, visitor, browse) -> None:
    await visitor.open("/@secret")
    for words in ("Secret", "Only members read what is written.", "Tell nobody", "Ask to join from my account"):
        assert words in visitor.text, words
    assert not visitor.page.select(".thread-line")
    assert "noindex" in str(visitor.page.find("meta", attrs={"name": "robots"}))
    assert (await visitor.open("/@secret.atom")).status == 404
    reader = await browse("nora")
    await reader.open("/groups")
    assert "Secret" not in reader.text
    await reader.open("/@secret")
    await reader.press("/join", "Ask to join")
    assert "You asked to join; no answer yet." in reader.text
    assert (await reader.open(f"/groups/{circle.group.id}/begin")).status == 404
