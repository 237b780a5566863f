"""Five servers of ours, real processes over TLS: the author's, the group's, two with members, a moderator's. What happens in a
group is seen on each of them as it is on the group's own (groups rules 5 to 33), and a `kill -9` there loses nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.interop.support.internet import Internet
from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

pytestmark = pytest.mark.timeout(300)
HOSTS = ("group.example", "author.example", "one.example", "two.example", "mod.example")
AS2 = {"accept": "application/activity+json"}
_TOKEN = re.compile(r'name="token" value="([^"]+)"')

MODERATE = """
import asyncio, sys
from fediprof.actors import store as actors
from fediprof.effects import Audience, Deliver, Done
from fediprof.services import open_services
from fediprof.settings import load_settings

async def main(name, kind, group, object, reason):
    services = await open_services(load_settings(None))
    try:
        me = await services.read(lambda tx: actors.local_by_username(tx, name))
        public = "https://www.w3.org/ns/activitystreams#Public"
        activity = {"@context": "https://www.w3.org/ns/activitystreams", "id": services.here().new_activity(),
            "type": kind, "actor": me.iri, "object": object, "to": [public], "cc": [group], "audience": group,
            "summary": reason}
        if kind == "Block":
            activity["target"] = group
        to = Audience(inboxes=(group + "/inbox",))
        await services.perform(lambda tx, request, here: Done(None, (Deliver(me.id, activity, to, group),)), None)
    finally:
        await services.close()

asyncio.run(main(*sys.argv[1:]))
"""
"""What a moderator's own server sends, in Lemmy's words: ours has no page for groups that live elsewhere."""


@dataclass(slots=True)
class World:
    servers: dict[str, Server]
    gil: Member  # who founded the group
    kim: Member  # author.example
    ann: Member  # one.example
    bob: Member  # two.example
    mo: Member  # mod.example
    outside: dict[Member, str]
    """Members of other servers, and the group's number at theirs."""

    @property
    def group(self) -> Server:
        return self.servers["group.example"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    internet = Internet(tmp_path_factory.mktemp("internet"))
    internet.folder.chmod(0o755)
    for host in HOSTS:
        internet.give(host)
    folder = tmp_path_factory.mktemp("servers")
    servers = {host: Server(internet, host, folder / host, "", {"founders": "members"}) for host in HOSTS}
    people: list[Member] = []
    try:
        for each in servers.values():
            each.start()
        names = ("gil", "kim", "ann", "bob", "mo")
        for server, name in zip(servers.values(), names, strict=True):
            [link] = server.add_members(name)
            people.append(Member.arrive(server, name, link))
        others = people[1:]
        servers["group.example"].command(
            "group",
            "found",
            "metiers",
            "--title",
            "Métiers",
            "--rule",
            "Name the pay",
            "--newcomers-at-once",
            "--author-pace",
            "0",
            "--as",
            "gil",
        )
        numbers = {each: str(each.find("metiers@group.example")["id"]) for each in others}
        for each, number in numbers.items():
            each.post(f"/api/v1/accounts/{number}/follow")
        for each, number in numbers.items():
            eventually(
                lambda each=each, n=number: each.relationship(n)["following"], f"{each.handle} is a member", 60
            )  # type: ignore[misc]
        yield World(servers, *people, numbers)
    finally:
        for member in people:
            member.browser.close()
        for each in servers.values():
            each.kill()


@pytest.fixture(autouse=True)
def logs(request: pytest.FixtureRequest, world: World) -> Iterator[None]:
    """Under a failed scenario, what the servers said last."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        for each in world.servers.values():
            print(f"--- {each.host}\n{each.tail(20)}")


def begin(world: World, by: Member, title: str, kind: str = "ask") -> str:
    """A thread, by the form of the author's server. Returns its id."""
    where = f"/groups/{world.outside[by]}/begin"
    key = re.search(r'name="key" value="([^"]+)"', by.browser.get(where).text)
    assert key is not None
    by.submit(where, where, kind=kind, title=title, text=f"About: {title}", language="en", key=key[1])
    mine = by.get(f"/api/v1/accounts/{by.id}/statuses")
    return next(str(each["uri"]) for each in mine if f"About: {title}" in each["content"])


def arrives(member: Member, uri: str) -> dict[str, Any]:
    return eventually(lambda: member.held(uri), f"{uri} is at {member.server.host}", 60)


def at_home(member: Member, uri: str) -> list[dict[str, Any]]:
    """A thread as it stands in a member's home: passed on by the group."""
    return [each for each in member.home() if uri in (each["uri"], (each["reblog"] or {}).get("uri"))]


def page(member: Member, uri: str) -> str:
    """How a member reads a post on their own server."""
    found = member.held(uri)
    return "" if found is None else member.browser.get(f"/posts/{found['id']}").text


def gone(member: Member, uri: str) -> None:
    def look() -> bool:
        found = member.held(uri)
        return found is None or "About:" not in page(member, uri)

    eventually(look, f"{uri} is gone from {member.server.host}", 60)


def others(world: World, but: Member) -> list[Member]:
    return [each for each in world.outside if each is not but]


def moderate(by: Member, kind: str, object: str, reason: str) -> None:
    by.server._run(
        [sys.executable, "-c", MODERATE, by.username, kind, "https://group.example/u/metiers", object, reason]
    )


def test_a_thread_its_answers_votes_changes_and_end_are_seen_by_every_member(world: World) -> None:
    # Given a thread, begun by the form of the author's server
    kim, ann, bob = world.kim, world.ann, world.bob
    uri = begin(world, kim, "Which welding school?")
    # Then it is at home with every member, once, and in the group
    for member in (ann, bob):
        [found] = eventually(lambda m=member: at_home(m, uri), f"at home at {member.server.host}", 60)  # type: ignore[misc]
        assert found["account"]["acct"] == "metiers@group.example"
        assert "About: Which welding school?" in found["reblog"]["content"]
    arrives(world.gil, uri)

    # When a member elsewhere answers, all the others read it
    answer = ann.write("The one in Nantes", in_reply_to_id=ann.held(uri)["id"])["uri"]  # type: ignore[index]
    for member in (kim, bob, world.gil, world.mo):
        arrives(member, answer)

    # When one votes, another server counts it
    bob.post(f"/api/v1/statuses/{bob.held(uri)['id']}/favourite")  # type: ignore[index]
    threads = f"/people/{world.outside[ann]}"
    eventually(lambda: "1 vote" in ann.browser.get(threads).text, "the vote is counted at one.example", 60)

    # What its author changes is changed everywhere
    number = kim.held(uri)["id"]  # type: ignore[index]
    changed = kim.ask("PUT", f"/api/v1/statuses/{number}", data={"status": "About: schools, changed"})
    assert changed.status_code == 200, changed.text
    for member in (ann, bob, world.gil):
        eventually(
            lambda m=member: "changed" in (m.held(uri) or {"content": ""})["content"],
            f"changed at {member.server.host}",
            60,
        )  # type: ignore[misc]

    # and what they take back is gone everywhere
    assert kim.ask("DELETE", f"/api/v1/statuses/{number}").status_code == 200
    for member in (ann, bob, world.gil, world.mo):
        gone(member, uri)


def test_a_moderator_elsewhere_takes_out_locks_and_bans(world: World) -> None:
    kim, ann, bob, mo = world.kim, world.ann, world.bob, world.mo
    uri, kept = begin(world, kim, "Buy my course"), begin(world, kim, "A real question")
    for member in others(world, kim):
        arrives(member, uri)
        arrives(member, kept)

    # Somebody who is no moderator cannot
    moderate(ann, "Delete", uri, "Not mine to do")

    # Once appointed by the group's founder, on another server, it counts
    world.gil.submit("/@metiers/settings", "/@metiers/settings/people", act="appoint", handle="@mo@mod.example")
    moderators = world.gil.browser.get("/u/metiers/moderators", headers=AS2).json()["orderedItems"]
    assert mo.iri in moderators
    assert "About: Buy my course" in page(bob, uri)
    moderate(mo, "Delete", uri, "An advertisement")
    for member in (ann, bob):
        gone(member, uri)
    # its author still reads it, with the reason
    eventually(lambda: "An advertisement" in page(kim, uri), "the author is told why", 60)

    # A locked thread takes no answer, anywhere
    moderate(mo, "Lock", kept, "Answered")
    for member in (ann, bob):
        eventually(lambda m=member: "ocked" in page(m, kept), f"locked at {member.server.host}", 60)  # type: ignore[misc]
    refused = ann.ask("POST", "/api/v1/statuses", data={"status": "late", "in_reply_to_id": ann.held(kept)["id"]})  # type: ignore[index]
    assert refused.status_code in (403, 422), refused.text

    # Who is banned is told, and cannot begin a thread any more
    moderate(mo, "Block", bob.iri, "Three advertisements")
    where = f"/people/{world.outside[bob]}"
    eventually(lambda: "anned" in bob.browser.get(where).text, "the ban is known at two.example", 60)


def test_a_private_group_is_read_by_its_members_servers_alone(world: World) -> None:
    kim, ann = world.kim, world.ann
    world.group.command(
        "group",
        "found",
        "cercle",
        "--title",
        "Cercle",
        "--membership",
        "private",
        "--newcomers-at-once",
        "--as",
        "gil",
    )
    number = str(kim.find("cercle@group.example")["id"])
    kim.post(f"/api/v1/accounts/{number}/follow")
    eventually(lambda: "/queue/admit/" in world.gil.browser.get("/@cercle/queue").text, "the request waits", 60)
    admit = re.search(r"/@cercle/queue/admit/\d+", world.gil.browser.get("/@cercle/queue").text)
    assert admit is not None
    world.gil.submit("/@cercle/queue", admit[0])
    eventually(lambda: kim.relationship(number)["following"], "she is let in", 60)
    world.outside[kim], before = number, world.outside[kim]
    try:
        uri = begin(world, kim, "Between us")
    finally:
        world.outside[kim] = before
    arrives(world.gil, uri)
    # Nobody else's server has it, nor may have it
    assert ann.get("/api/v2/search", q=uri, resolve="true", type="statuses")["statuses"] == []
    with world.group.internet.client() as anyone:
        assert anyone.get(uri, headers=AS2).status_code == 404
        assert anyone.get("https://group.example/@cercle").text.count("Between us") == 0
        assert anyone.get("https://group.example/u/cercle/outbox", headers=AS2).status_code in (401, 404)


def test_a_kill_in_the_middle_of_passing_on_loses_nothing(world: World) -> None:
    uris = [begin(world, world.kim, f"Question {number}") for number in range(4)]
    world.group.kill()
    uris += [begin(world, world.kim, f"Question {number}") for number in range(4, 6)]
    world.group.start()
    world.servers["author.example"].command("retry", "group.example")
    for uri in uris:
        for member in (world.ann, world.mo):
            eventually(lambda m=member, u=uri: at_home(m, u), f"{uri} at home at {member.server.host}", 90)  # type: ignore[misc]
    for member in (world.ann, world.mo):
        assert {len(at_home(member, uri)) for uri in uris} == {1}
