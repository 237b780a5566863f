"""One rule, one refusal: what a member may not do is refused alike by the page, the client API and the command line,
and nothing comes of it. Each row is a rule; a door that has no such act says so with None."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from fediprof import clock
from fediprof.accounts import store as accounts
from fediprof.accounts.sessions import open_session
from fediprof.cli.main import cli
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.groups.moderating import BanPerson, ModeratePost, ban_person, lock_thread
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.posts.commands import DeletePost, PublishPost, delete_post, publish_post
from fediprof.posts.records import MAX_CHARACTERS
from fediprof.web.visitor import cookie_name
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.mastodon.people import token
from tests.support.rows import kept
from tests.web.in_a_group import begin

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)]
VISITS = ("session", "oauth_token", "throttle")
"""Tables that note that somebody came by."""


@dataclass(frozen=True, slots=True)
class Place:
    """What there is to be misused: ids as text, IRIs."""

    marie: str
    nora: str
    private: str
    private_iri: str
    followers_only: str
    foreign: str
    gone: str
    gone_iri: str
    blocker: str
    blocker_post: str
    guild: str
    club: str
    locked: str
    locked_iri: str
    club_thread: str
    club_thread_iri: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`page`: (path, form). `app`: (method, path, form). `line`: words. The statuses are the page's and the app's."""

    name: str
    page: Callable[[Place], tuple[str, dict[str, str]]] | None
    app: Callable[[Place], tuple[str, str, dict[str, str]]] | None
    line: Callable[[Place], list[str]] | None
    statuses: tuple[int, int]


def write(**form: str) -> tuple[str, dict[str, str]]:
    return "/write", {"text": "words", "visibility": "public", "language": "en", **form}


def status(**form: str) -> tuple[str, str, dict[str, str]]:
    return "POST", "/api/v1/statuses", {"status": "words", **form}


LONG = "x" * (MAX_CHARACTERS + 1)
RULES = [
    Rule("too long", lambda p: write(text=LONG), lambda p: status(status=LONG), lambda p: ["post", LONG], (422, 422)),
    Rule("empty", lambda p: write(text="  "), lambda p: status(status=" "), lambda p: ["post", " "], (422, 422)),
    Rule(
        "no language",
        lambda p: write(language="no such tongue"),
        lambda p: status(language="no such tongue"),
        lambda p: ["post", "words", "--language", "no such tongue"],
        (422, 422),
    ),
    Rule(
        "no such visibility",
        lambda p: write(visibility="everybody"),
        lambda p: status(visibility="everybody"),
        lambda p: ["post", "words", "--visibility", "everybody"],
        (422, 422),
    ),
    Rule(
        "answer what one may not see",
        lambda p: write(reply=p.private),
        lambda p: status(in_reply_to_id=p.private),
        lambda p: ["post", "words", "--reply-to", p.private_iri],
        (404, 404),
    ),
    Rule(
        "answer what was deleted",
        lambda p: write(reply=p.gone),
        lambda p: status(in_reply_to_id=p.gone),
        lambda p: ["post", "words", "--reply-to", p.gone_iri],
        (404, 404),
    ),
    Rule(
        "answer who blocks one",
        lambda p: write(reply=p.blocker_post),
        lambda p: status(in_reply_to_id=p.blocker_post),
        None,
        (404, 404),
    ),
    Rule(
        "change another's post",
        lambda p: (f"/posts/{p.foreign}/edit", write()[1]),
        lambda p: ("PUT", f"/api/v1/statuses/{p.foreign}", {"status": "mine"}),
        None,
        (404, 404),
    ),
    Rule(
        "delete another's post",
        lambda p: (f"/posts/{p.foreign}/delete", {}),
        lambda p: ("DELETE", f"/api/v1/statuses/{p.foreign}", {}),
        None,
        (404, 404),
    ),
    Rule(
        "like what one may not see",
        lambda p: (f"/posts/{p.private}/like", {}),
        lambda p: ("POST", f"/api/v1/statuses/{p.private}/favourite", {}),
        None,
        (404, 404),
    ),
    Rule(
        "pass on what was for followers",
        lambda p: (f"/posts/{p.followers_only}/share", {}),
        lambda p: ("POST", f"/api/v1/statuses/{p.followers_only}/reblog", {}),
        None,
        (403, 403),
    ),
    Rule(
        "pass on what one may not see",
        lambda p: (f"/posts/{p.private}/share", {}),
        lambda p: ("POST", f"/api/v1/statuses/{p.private}/reblog", {}),
        None,
        (404, 404),
    ),
    Rule(
        "follow oneself",
        lambda p: (f"/people/{p.marie}/follow", {}),
        lambda p: ("POST", f"/api/v1/accounts/{p.marie}/follow", {}),
        lambda p: ["follow", "marie"],
        (403, 403),
    ),
    Rule(
        "follow nobody",
        lambda p: ("/people/7/follow", {}),
        lambda p: ("POST", "/api/v1/accounts/7/follow", {}),
        lambda p: ["follow", "nobody"],
        (404, 404),
    ),
    Rule(
        "follow who blocks one",
        lambda p: (f"/people/{p.blocker}/follow", {}),
        lambda p: ("POST", f"/api/v1/accounts/{p.blocker}/follow", {}),
        None,
        (404, 404),
    ),
    Rule(
        "accept a request nobody made",
        lambda p: (f"/requests/{p.nora}/accept", {}),
        lambda p: ("POST", f"/api/v1/follow_requests/{p.nora}/authorize", {}),
        None,
        (404, 404),
    ),
    Rule(
        "answer in a locked thread",
        lambda p: write(reply=p.locked),
        lambda p: status(in_reply_to_id=p.locked),
        lambda p: ["post", "words", "--reply-to", p.locked_iri],
        (422, 403),
    ),
    Rule(
        "answer where one is banned",
        lambda p: write(reply=p.club_thread),
        lambda p: status(in_reply_to_id=p.club_thread),
        lambda p: ["post", "words", "--reply-to", p.club_thread_iri],
        (422, 403),
    ),
    Rule(
        "vote where one is banned",
        lambda p: (f"/posts/{p.club_thread}/like", {}),
        lambda p: ("POST", f"/api/v1/statuses/{p.club_thread}/favourite", {}),
        None,
        (403, 403),
    ),
    Rule(
        "join the group one is banned from",
        lambda p: (f"/groups/{p.club}/join", {}),
        lambda p: ("POST", f"/api/v1/accounts/{p.club}/follow", {}),
        lambda p: ["follow", "club"],
        (403, 403),
    ),
    Rule(
        "begin a thread without a title",
        lambda p: (f"/groups/{p.guild}/begin", {"title": " ", "text": "words"}),
        None,
        lambda p: ["group", "post", "guild", " ", "words"],
        (422, 422),
    ),
    Rule(
        "begin a thread in no group",
        lambda p: ("/groups/7/begin", {"title": "Title", "text": "words"}),
        None,
        lambda p: ["group", "post", "nobody", "Title", "words"],
        (404, 404),
    ),
    Rule(
        "found a group under a name that is taken",
        lambda p: ("/groups/new", {"username": "nora", "name": "Nora", "membership": "open", "posting": "members"}),
        None,
        lambda p: ["group", "found", "nora", "--title", "Nora"],
        (422, 422),
    ),
    Rule(
        "close no group",
        lambda p: ("/@nobody/settings/close", {"sure": "1"}),
        None,
        lambda p: ["group", "close", "nobody", "--yes"],
        (404, 404),
    ),
    Rule(
        "take out what is in no group",
        lambda p: (f"/posts/{p.foreign}/moderate", {"act": "remove", "reason": "x"}),
        None,
        None,
        (404, 404),
    ),
    Rule(
        "take a post out without a reason",
        lambda p: (f"/posts/{p.locked}/moderate", {"act": "remove"}),
        None,
        None,
        (422, 422),
    ),
    Rule(
        "lock by a rule there is not",
        lambda p: (f"/posts/{p.locked}/moderate", {"act": "lock_answer", "rule": "9", "reason": "x"}),
        None,
        None,
        (422, 422),
    ),
    Rule(
        "ban a moderator",
        lambda p: (f"/posts/{p.locked}/moderate", {"act": "ban", "days": "7", "reason": "x"}),
        None,
        None,
        (422, 422),
    ),
    Rule("let in what does not wait", lambda p: (f"/@guild/queue/let-in/{p.locked}", {}), None, None, (422, 422)),
    Rule("admit who did not ask", lambda p: (f"/@guild/queue/admit/{p.blocker}", {}), None, None, (422, 422)),
    Rule("close no report", lambda p: ("/@guild/queue/report/7", {"decision": "x"}), None, None, (422, 422)),
    Rule("contest no decision", lambda p: ("/@guild/log/7", {"words": "x"}), None, None, (404, 404)),
    Rule("contest nothing of the server's", lambda p: ("/moderation-log/7", {"words": "x"}), None, None, (404, 404)),
    Rule("block oneself", lambda p: (f"/people/{p.marie}/block", {}), None, None, (403, 403)),
    Rule("report nobody", lambda p: ("/people/7/report", {"comment": "x"}), None, None, (404, 404)),
    Rule(
        "limit who runs the server",
        lambda p: (f"/admin/people/{p.marie}", {"kind": "limit", "reason": "x"}),
        None,
        None,
        (422, 422),
    ),
    Rule(
        "suspend without a reason",
        lambda p: (f"/admin/people/{p.nora}", {"kind": "suspend", "reason": " "}),
        None,
        None,
        (422, 422),
    ),
    Rule("take back what was not decided", lambda p: (f"/admin/people/{p.nora}/lift", {}), None, None, (404, 404)),
    Rule(
        "block no server", lambda p: ("/admin/domains", {"domain": "", "severity": "block"}), None, None, (422, 422)
    ),
    Rule(
        "read another's letter",
        None,
        lambda p: ("GET", f"/api/v1/statuses/{p.private}", {}),
        None,
        (404, 404),
    ),
]


@pytest.fixture
async def place(services, marie) -> Place:  # type: ignore[no-untyped-def]
    nora, _, kim = [await make_member(services, name) for name in ("nora", "leo", "kim")]
    await services.perform(request_follow, RequestFollow(marie, nora.actor_id))
    private = await services.perform(publish_post, PublishPost(nora, "@leo between us", visibility="direct"))
    closed = await services.perform(publish_post, PublishPost(nora, "for followers", visibility="followers"))
    foreign = await services.perform(publish_post, PublishPost(nora, "for all"))
    gone = await services.perform(publish_post, PublishPost(nora, "soon gone"))
    await services.perform(delete_post, DeletePost(nora, gone.id))
    blocked = await services.perform(publish_post, PublishPost(kim, "not for marie"))
    await services.perform(block_actor, BlockActor(kim, marie.actor_id))
    guild, club = [await make_group(services, nora, name, rules=("Be kind",)) for name in ("guild", "club")]
    locked, in_club = [await begin(services, nora, group, "A thread") for group in (guild, club)]
    await services.perform(lock_thread, ModeratePost(nora, guild.id, locked.id))
    await services.perform(ban_person, BanPerson(nora, club.id, marie.actor_id, "loud"))
    return Place(
        *map(str, (marie.actor_id, nora.actor_id, private.id, private.iri, closed.id, foreign.id, gone.id, gone.iri)),
        str(kim.actor_id),
        str(blocked.id),
        str(guild.id),
        str(club.id),
        str(locked.id),
        locked.iri,
        str(in_club.id),
        in_club.iri,
    )


@pytest.fixture
async def cookies(services, marie) -> dict[str, str]:  # type: ignore[no-untyped-def]
    session = await services.database.write(
        lambda tx: open_session(tx, accounts.by_id(tx, marie.account_id), "test", clock.now())  # type: ignore[arg-type]
    )
    return {cookie_name(services.settings): session.secret}


@pytest.fixture
def line(services, ready_url, monkeypatch):  # type: ignore[no-untyped-def]
    """The command line at the same instance, in a thread of its own."""
    settings = services.settings
    for name in ("host", "data", "keys"):
        monkeypatch.setenv(f"FEDIPROF_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("FEDIPROF_DATABASE", ready_url)
    monkeypatch.setenv("FEDIPROF_DEVELOPMENT", "true")
    monkeypatch.setenv("FEDIPROF_DEV_HOSTS", settings.dev_hosts)
    return lambda words: asyncio.to_thread(CliRunner().invoke, cli, [*words, "--as", "marie"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_every_door_refuses_alike(rule, place, cookies, line, client, services, marie, network) -> None:
    secret = await token(services, marie)
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    page = await client.get("/write", headers=headers)
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found is not None
    before = await kept(services, but=VISITS)
    if rule.page is not None:
        path, form = rule.page(place)
        sent = {**form, "token": found[1]}
        response = await client.post(path, data=sent, headers={**headers, "origin": services.settings.origin})
        assert response.status_code == rule.statuses[0], response.text[:2000]
        assert await kept(services, but=VISITS) == before, "page"
    if rule.app is not None:
        method, path, form = rule.app(place)
        response = await client.request(method, path, data=form, headers={"authorization": f"Bearer {secret}"})
        assert response.status_code == rule.statuses[1], response.text
        assert response.json()["error"]
        assert await kept(services, but=VISITS) == before, "app"
    if rule.line is not None:
        result = await line(rule.line(place))
        assert result.exit_code not in (0, None), result.output
        assert isinstance(result.exception, SystemExit), repr(result.exception)
        assert "Traceback" not in result.output
        assert await kept(services, but=VISITS) == before, "line"
    assert network.delivered == []


async def test_the_doors_do_open(place, cookies, line, client, services, marie) -> None:
    """The counterpart: with nothing against it, each of the three publishes."""
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    page = await client.get("/write", headers=headers)
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found is not None
    before = len((await kept(services))["post"])
    form = {**write()[1], "token": found[1]}
    response = await client.post("/write", data=form, headers={**headers, "origin": services.settings.origin})
    assert response.status_code == 303
    bearer = {"authorization": f"Bearer {await token(services, marie)}"}
    assert (await client.post("/api/v1/statuses", data={"status": "words"}, headers=bearer)).status_code == 200
    result = await line(["post", "words"])
    assert result.exit_code == 0, result.output
    assert len((await kept(services))["post"]) == before + 3
