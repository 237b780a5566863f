"""What machines are told: on every answer, in robots.txt, and in the reservation of text and data mining."""

from __future__ import annotations

import pytest

from fediprof.actors.commands import ReviseProfile, revise_profile
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.refusals import paths
from fediprof.web.robots import NOT_FOR_MACHINES
from tests.conftest import make_member

pytestmark = pytest.mark.anyio
AS2 = "application/activity+json"
CLOSED = ("noindex, noai, noimageai", "search=no, ai-input=no, ai-train=no", "1")
OPEN = ("noai, noimageai", "search=yes, ai-input=no, ai-train=no", "1")
SAID = ("x-robots-tag", "content-signal", "tdm-reservation")


async def test_every_answer_says_what_machines_may_do_with_it(services, marie, client) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hello"))
    path = post.url.removeprefix(services.settings.origin)
    everything = [
        (path, "text/html"), ("/@marie", "text/html"), ("/@marie.atom", "*/*"), ("/about", "text/html"),
        ("/limits", "text/html"), ("/nothing", "text/html"), ("/u/marie", AS2), (post.iri, AS2), ("/nothing", AS2),
        ("/api/v1/accounts/lookup?acct=marie", "*/*"), ("/api/v1/nothing", "*/*"), ("/media/none.png", "*/*"),
        ("/static/style.css", "*/*"), ("/home", "text/html"),
    ]  # fmt: skip
    for where, accept in everything:
        answer = await client.get(where, headers={"accept": accept})
        told = tuple(answer.headers.get_list(name) for name in SAID)
        assert told == tuple([each] for each in CLOSED), (where, answer.status_code)


async def test_search_is_the_persons_choice_and_learning_is_nobodys(services, marie, client) -> None:
    ada = await make_member(services, "ada")
    shown = await services.perform(publish_post, PublishPost(marie, "Hello"))
    quiet = await services.perform(publish_post, PublishPost(marie, "Hello", "quiet"))
    other = await services.perform(publish_post, PublishPost(ada, "Hello"))
    assert "Content-Signal: search=no, ai-input=no, ai-train=no\n" in (await client.get("/robots.txt")).text
    await services.perform(revise_profile, ReviseProfile(marie, indexable=True))
    assert "Content-Signal: search=yes, ai-input=no, ai-train=no\n" in (await client.get("/robots.txt")).text
    expected = {"/@marie": OPEN, "/@marie?max_id=99": CLOSED, shown.url: OPEN, quiet.url: CLOSED, "/@ada": CLOSED,
                other.url: CLOSED, "/u/marie": CLOSED}  # fmt: skip
    for where, said in expected.items():
        answer = await client.get(where, headers={"accept": AS2 if "/u/" in where else "text/html"})
        assert answer.status_code == 200, where
        assert tuple(answer.headers[name] for name in SAID) == said, where


async def test_what_is_opened_to_one_reader_is_for_no_machine(services, marie, client) -> None:
    """Such pages say noarchive and nosnippet; that they are not to be learnt from stands beside it."""
    link = await client.get("/c/AAAABBBBCCCCDDDDEEEEFF", headers={"accept": "text/html"})
    told = [each for line in link.headers.get_list("x-robots-tag") for each in line.split(", ")]
    assert {"noindex", "noarchive", "nosnippet", "noai", "noimageai"} <= set(told), told


async def test_robots_txt_is_one_that_robots_can_read(services, marie, client) -> None:
    from urllib.robotparser import RobotFileParser

    answer = await client.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    for agent in ("GPTBot", "ClaudeBot", "CCBot", "Google-Extended", "Bytespider"):
        assert not robots.can_fetch(agent, "/@marie"), agent
    assert robots.can_fetch("Googlebot", "/@marie")
    assert robots.can_fetch("Googlebot", "/limits")
    assert not robots.can_fetch("Googlebot", paths.TRAP)
    for name in NOT_FOR_MACHINES:
        assert not robots.can_fetch("Googlebot", f"/{name}/1"), name
    assert robots.can_fetch("Googlebot", "/@c")
    assert "marie" not in answer.text
    assert "sitemap" not in answer.text.lower()


async def test_the_reservation_of_mining_is_machine_readable(services, marie, client) -> None:
    answer = await client.get("/.well-known/tdmrep.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [{"location": "/", "tdm-reservation": 1}]


@pytest.mark.parametrize(("language", "words"), [("fr", "verrou"), ("en", "lock")])
async def test_people_are_told_which_are_locks_and_which_are_signs(language, words, services, marie, client) -> None:
    page = await client.get(f"/@marie?lang={language}", headers={"accept": "text/html"})
    assert 'href="/limits"' in page.text
    page = await client.get(f"/limits?lang={language}", headers={"accept": "text/html"})
    assert words in page.text.lower()
    assert f" {services.settings.profiles_per_hour} " in page.text
    assert page.text.count("<h2") == 4
