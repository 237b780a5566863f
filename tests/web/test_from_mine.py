"""Following and answering from the account a visitor has elsewhere."""

from __future__ import annotations

import pytest

from fediprof.posts.commands import PublishPost, publish_post
from fediprof.web import own_server
from fediprof.web.throttle import Throttle

pytestmark = pytest.mark.anyio
SUBSCRIBE = {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "https://far.example/go?uri={uri}"}
FOLLOW = {
    "rel": "https://w3id.org/fep/3b86/Follow",
    "template": "https://far.example/follow?who={object}&back={on-success}",
}
CREATE = {
    "rel": "https://w3id.org/fep/3b86/Create",
    "template": "https://far.example/new?re={inReplyTo}&text={content}",
}
ME = "visitor@far.example"


@pytest.fixture(autouse=True)
def fresh_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_server, "_lookups", Throttle(limit=3, seconds=60))


async def go(visitor, path: str, handle: str):  # type: ignore[no-untyped-def]
    """Where the form leads, without going there."""
    await visitor.open(path)
    sent = {**visitor.values(visitor.form(button="Go on")), "handle": handle}
    return await visitor.client.post(path, data=sent, headers={"Origin": visitor.origin, "Accept": "text/html"})


async def test_a_servers_own_intent_comes_first(services, marie, visitor, network) -> None:
    network.jrds[ME] = [SUBSCRIBE, FOLLOW]
    answer = await go(visitor, "/@marie/follow", f"@{ME}")
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "https://far.example/follow?who=https%3A%2F%2Fhome.example%2Fu%2Fmarie&back="
    )
    assert "form-action 'self' https:" in answer.headers["content-security-policy"]


async def test_then_the_template_everybody_knows(services, marie, visitor, network) -> None:
    network.jrds[ME] = [SUBSCRIBE]
    answer = await go(visitor, "/@marie/follow", ME)
    assert answer.headers["location"] == "https://far.example/go?uri=https%3A%2F%2Fhome.example%2Fu%2Fmarie"


async def test_an_answer_carries_the_posts_address(services, marie, visitor, network) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Ask me", "public"))
    path = post.url.removeprefix(services.settings.origin) + "/reply"
    network.jrds[ME] = [CREATE]
    answer = await go(visitor, path, ME)
    slug = post.iri.rpartition("/")[2]
    assert answer.headers["location"] == f"https://far.example/new?re=https%3A%2F%2Fhome.example%2Fp%2F{slug}&text="
    network.jrds[ME] = [SUBSCRIBE]
    answer = await go(visitor, path, ME)
    assert answer.headers["location"].startswith("https://far.example/go?uri=https%3A%2F%2Fhome.example%2Fp%2F")


async def test_otherwise_the_address_to_copy_is_told(services, marie, visitor, network) -> None:
    network.jrds[ME] = []
    await visitor.open("/@marie/follow")
    await visitor.press("/follow", handle=ME)
    assert visitor.status == 422
    assert "does not say how to be asked" in visitor.text
    assert "@marie@home.example" in visitor.page.select_one(".copyable code").get_text()
    assert visitor.page.select_one("#f-handle")["value"] == ME


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        ("not an address", "not an address like"),
        ("nobody@far.example", "knows no such account"),
        ("visitor@down.example", "did not answer"),
    ],
)
async def test_what_cannot_be_asked_is_told(services, marie, visitor, network, handle, words) -> None:
    network.down.add("down.example")
    await visitor.open("/@marie/follow")
    await visitor.press("/follow", handle=handle)
    assert words in visitor.page.select_one("#e-handle").get_text()


async def test_a_template_that_is_no_web_address_is_not_followed(services, marie, visitor, network) -> None:
    network.jrds[ME] = [{**SUBSCRIBE, "template": "javascript:alert('{uri}')"}]
    answer = await go(visitor, "/@marie/follow", ME)
    assert answer.status_code == 422


async def test_nobody_makes_us_ask_without_end(services, marie, visitor, network) -> None:
    network.jrds[ME] = []
    for _ in range(4):
        await visitor.open("/@marie/follow")
        await visitor.press("/follow", handle=ME)
    assert "Too many attempts" in visitor.text
    assert sum("webfinger" in url for url in network.got) == 3


@pytest.mark.parametrize("visibility", ["followers", "direct"])
async def test_a_post_for_some_is_answered_by_nobody_else(services, marie, visitor, visibility) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "Hidden", visibility))
    await visitor.open(post.url.removeprefix(services.settings.origin) + "/reply")
    assert visitor.status == 404
