"""Finding, following, being followed, blocking, reporting; arriving from elsewhere; private conversations."""

from __future__ import annotations

import pytest

from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.moderation import store as moderation
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.notifications import store as notifications
from fediprof.posts.commands import DeletePost, PublishPost, delete_post, publish_post
from tests.conftest import make_member

pytestmark = pytest.mark.anyio


async def test_somebody_elsewhere_is_found_by_address_and_followed(
    services, marie, member, remote, drain, network
) -> None:
    # Given Paul on another server, who is not known here
    paul = remote("paul", icon={"type": "Image", "url": "https://far.example/face.png"})
    # When Marie looks for his address
    await member.open("/find?q=@paul@far.example")
    # Then his page opens, his picture comes through us, and she may follow
    assert "@paul@far.example" in member.text
    assert all(image["src"].startswith("/") for image in member.page.find_all("img"))
    assert member.page.select_one(".person > img")["src"].startswith("/pictures/")
    await member.press("/follow")
    assert "Your request was sent" in member.text
    await drain()
    assert [each["object"] for each in network.activities("Follow")] == [paul.iri]
    # and may take it back
    await member.press("/unfollow")
    await drain()
    assert len(network.activities("Undo")) == 1


async def test_a_post_elsewhere_is_found_by_its_address(services, marie, member, remote, network) -> None:
    paul = remote("paul")
    note = paul.note("<p>Far away</p>")
    network.documents[note["id"]] = note
    await member.open(f"/find?q={note['id']}")
    assert member.path.startswith("/posts/")
    assert "Far away" in member.text


async def test_looking_for_nobody_says_so_and_keeps_what_was_typed(marie, member) -> None:
    for query, words in (("zzz", "Nobody known here"), ("@nobody@far.example", "Nobody and nothing was found")):
        await member.open(f"/find?q={query}")
        assert words in member.page.get_text()
        assert member.page.select_one("#f-q")["value"] == query


async def test_requests_are_answered_one_by_one(services, marie, member) -> None:
    # Given Marie decides each time, and two people ask
    await member.open("/settings/profile")
    await member.press("/settings/profile", locked="1")
    people = [await make_member(services, name, name=name.title()) for name in ("anna", "paul")]
    for each in people:
        await services.perform(request_follow, RequestFollow(each, marie.actor_id))
    await member.open("/home")
    assert member.page.select_one(".site .mark")
    # When she accepts one and declines the other
    await member.open("/requests")
    await member.press(f"/requests/{people[0].actor_id}/accept")
    await member.press(f"/requests/{people[1].actor_id}/decline")
    # Then one follows
    assert "Nobody is waiting" in member.text
    await member.open("/followers")
    assert "@anna@" in member.text
    assert "@paul@" not in member.text
    # and may be removed
    await member.press("/remove")
    assert "@anna@" not in member.text


async def test_a_block_asks_first_and_ends_what_was(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await services.perform(request_follow, RequestFollow(paul, marie.actor_id))
    await member.open(f"/people/{paul.actor_id}")
    await member.open(f"/people/{paul.actor_id}/block")
    await member.press("/block")
    assert await services.read(lambda tx: moderation.blocks(tx, marie.actor_id, paul.actor_id))
    assert await services.read(lambda tx: follows.between(tx, paul.actor_id, marie.actor_id)) is None
    await member.press("/unblock")
    assert not await services.read(lambda tx: moderation.blocks(tx, marie.actor_id, paul.actor_id))


async def test_a_report_reaches_who_runs_the_server(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    post = await services.perform(publish_post, PublishPost(paul, "Buy now", "public"))
    await member.open(f"/people/{paul.actor_id}/report?post={post.id}")
    assert "Buy now" in member.text
    await member.press("/report", comment="Always the same message")
    await member.open("/admin")
    assert "Always the same message" in member.text
    await member.open(next(each["href"] for each in member.page.find_all("a") if "Look at it" in each.get_text()))
    assert "Buy now" in member.text
    await member.press("", "Decide", decision="nothing", reason="Looked at")
    await member.open("/admin")
    assert "Always the same message" not in member.text


async def test_arriving_from_elsewhere_nothing_happens_before_the_button(services, marie, member, remote) -> None:
    paul = remote("paul")
    await member.open(f"/authorize_interaction?uri={paul.iri}")
    assert "@paul@far.example" in member.text
    actor = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    assert await services.read(lambda tx: follows.between(tx, marie.actor_id, actor.id)) is None
    await member.press("/follow", "Follow")
    assert await services.read(lambda tx: follows.between(tx, marie.actor_id, actor.id)) is not None


async def test_the_intents_we_tell_of_open_here(services, marie, member, remote, network) -> None:
    answer = await member.client.get("/.well-known/webfinger?resource=acct:marie@home.example")
    templates = {each["rel"]: each["template"] for each in answer.json()["links"] if "template" in each}
    paul = remote("paul")
    note = paul.note("<p>Far away</p>")
    entry = paul.note(
        "<p>Projet · Un délai</p>", name="Un délai", **{"fp:entry": {"kind": "project", "name": "Un délai"}}
    )
    network.documents |= {note["id"]: note, entry["id"]: entry}
    subjects = {"Follow": paul.iri, "subscribe": paul.iri, "ask": entry["id"]}
    for rel, template in templates.items():
        about = next((each for end, each in subjects.items() if rel.endswith(end)), note["id"])
        place = template.replace("{uri}", about).replace("{object}", about).replace("{inReplyTo}", about)
        await member.open(place.replace("{content}", "").removeprefix(services.settings.origin))
        assert member.status == 200, rel
        assert "paul" in member.page.get_text().casefold(), rel
    assert len(templates) >= 4


async def test_a_private_conversation_is_read_and_answered(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    asked = await services.perform(publish_post, PublishPost(paul, "@marie What now?", "direct"))
    await member.open("/conversations")
    assert "What now?" in member.text
    assert member.page.select_one("main .mark").get_text() == "new"
    await member.open(f"/conversations/{asked.conversation_id}")
    await member.press("/write", text="@paul This now.")
    assert member.path == f"/conversations/{asked.conversation_id}"
    assert member.text.index("What now?") < member.text.index("This now.")
    # somebody else reads none of it
    other = await make_member(services, "anna")
    assert other.actor_id != marie.actor_id
    await member.open("/logout")
    await member.log_in(services, "anna")
    await member.open(f"/conversations/{asked.conversation_id}")
    assert member.status == 404


async def test_each_private_conversation_is_unread_until_it_is_opened(services, marie, member) -> None:
    # Given a word from two people, each alone with Marie
    paul, anna = [await make_member(services, name, name=name.title()) for name in ("paul", "anna")]
    first = await services.perform(publish_post, PublishPost(paul, "@marie It is Paul", "direct"))
    await services.perform(publish_post, PublishPost(anna, "@marie It is Anna", "direct"))

    async def unread() -> tuple[list[str], list[str]]:
        """(what the navigation counts, whose conversations are marked)"""
        await member.open("/conversations")
        counted = member.page.select('.site a[href="/conversations"] .mark')
        rows = [row for row in member.page.select("main .row") if row.select_one(".mark")]
        return [each.get_text() for each in counted], sorted(row.strong.get_text() for row in rows)

    assert await unread() == (["2"], ["Anna", "Paul"])
    # When she reads the news, and one of the conversations
    await member.open("/notifications")
    await member.open(f"/conversations/{first.conversation_id}")
    # Then that one alone is read, already on its own page
    assert [each.get_text() for each in member.page.select('.site a[href="/conversations"] .mark')] == ["1"]
    assert await unread() == (["1"], ["Anna"])
    # and what comes in it later is new again, until its author takes it back; who blocks her is not heard
    again = PublishPost(paul, "@marie And then?", "direct", in_reply_to_id=first.id)
    later = await services.perform(publish_post, again)
    assert await unread() == (["2"], ["Anna", "Paul"])
    await services.perform(delete_post, DeletePost(paul, later.id))
    assert await unread() == (["1"], ["Anna"])
    await services.perform(block_actor, BlockActor(anna, marie.actor_id))
    assert await unread() == ([], [])


async def test_opening_the_address_of_a_conversation_one_is_not_in_reads_it_for_nobody(
    services, marie, member
) -> None:
    paul, anna = await make_member(services, "paul"), await make_member(services, "anna")
    theirs = await services.perform(publish_post, PublishPost(paul, "@anna between us", "direct"))
    await services.perform(publish_post, PublishPost(paul, "@marie between us", "direct"))
    await member.open(f"/conversations/{theirs.conversation_id}")
    assert member.status == 404
    for reader in (marie, anna):
        assert len(await services.read(lambda tx, reader=reader: notifications.unopened(tx, reader.actor_id))) == 1


async def test_news_is_marked_until_it_was_looked_at(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await services.perform(publish_post, PublishPost(paul, "@marie What now?", "public"))
    await member.open("/home")
    assert [mark.get_text() for mark in member.page.select(".site .mark")] == ["• new"]
    await member.open("/notifications")
    assert "mentions you" in member.text
    await member.open("/home")
    assert member.page.select(".site .mark") == []


async def test_the_servers_own_account_is_nobody(services, marie, member) -> None:
    own = await services.read(lambda tx: actors.local_by_username(tx, "instance.actor"))
    await member.open(f"/people/{own.id}")
    assert member.status == 404
    await member.open("/@instance.actor")
    assert member.status == 404


async def test_addresses_of_this_server_are_found_without_asking_anybody(services, marie, member, network) -> None:
    paul = await make_member(services, "paul", name="Paul")
    post = await services.perform(publish_post, PublishPost(paul, "Near by", "public"))
    for query in (f"{services.settings.origin}/@paul", services.here().actor("paul"), "@paul", "@paul@home.example"):
        await member.open(f"/find?q={query}")
        assert "Paul" in member.text, query
    for query in (post.url, post.iri):
        await member.open(f"/find?q={query}")
        assert "Near by" in member.text, query
    await member.open(f"/find?q={services.settings.origin}/@nobody")
    assert "Nobody and nothing" in member.page.get_text()
    assert network.got == []
