"""Out to other servers: who gets what, how often, how many at once, and when a server is left alone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import insert, select, update

from fediprof import clock
from fediprof.delivery import hosts, report, store
from fediprof.errors import Forbidden
from fediprof.moderation.domains import BlockDomain, block_domain
from fediprof.net.fetcher import Response
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost, delete_post, publish_post, revise_post
from fediprof.schema.delivery import delivery, outgoing, peer
from fediprof.worker import Workers
from tests.conftest import make_member
from tests.support.remote import PUBLIC, Delivered, Network

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(slots=True)
class Answering(Network):
    """Answers as told, by host: a status, its headers, or nothing at all; counts how many requests are open at once."""

    says: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    slow: bool = False
    open: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_open: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    knocks: list[str] = field(default_factory=list)

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = 10) -> Response:
        host = urlsplit(url).netloc
        self.knocks.append(host)
        if host in self.forbidden:
            raise Forbidden(f"{host} is private")
        self.open[host] += 1
        self.most_open[host] = max(self.most_open[host], self.open[host])
        try:
            if self.slow:
                await asyncio.sleep(0.01)
            if self.says.get(host):
                status, more = self.says[host].pop(0) if len(self.says[host]) > 1 else self.says[host][0]
                if not 200 <= status < 300:
                    return Response(url, status, more, b"no")
                self.delivered.append(Delivered(url, body, headers))
                return Response(url, status, more, b"")
            return await Network.post(self, url, body, headers=headers, seconds=seconds)
        finally:
            self.open[host] -= 1


@pytest.fixture
def network() -> Answering:
    return Answering()


@pytest.fixture
def at():  # type: ignore[no-untyped-def]
    """The time, to be moved: `at.shift(seconds)`."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def followers(at, marie, remote, drain, network):  # type: ignore[no-untyped-def]
    """Two at far.example, one at other.example."""
    people = [remote("paul"), remote("zoe"), remote("leo", "other.example")]
    for person in people:
        assert (await person.send(person.activity("Follow", MARIE))).status_code == 202
    await drain()
    network.delivered.clear()
    network.knocks.clear()
    return people


async def rows(services) -> list[tuple[str, str, int, int | None]]:  # type: ignore[no-untyped-def]
    query = select(delivery.c.host, delivery.c.state, delivery.c.attempts, delivery.c.last_status)
    query = query.where(delivery.c.object_iri.like("%/p/%")).order_by(delivery.c.id)
    return [tuple(row) for row in await services.read(lambda tx: tx.execute(query).all())]


async def peer_row(services, host: str):  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: tx.execute(select(peer).where(peer.c.host == host)).one())


# --- who


async def test_a_shared_inbox_is_sent_to_once_and_nobody_here_gets_mail(
    followers, marie, services, drain, network
) -> None:
    from fediprof.follows.commands import RequestFollow, request_follow

    local = await make_member(services, "nora")
    await services.perform(request_follow, RequestFollow(local, marie.actor_id))
    await services.perform(publish_post, PublishPost(marie, "hello @paul@far.example and @nora"))
    await drain()
    assert sorted(each.url for each in network.delivered) == [
        "https://far.example/inbox",
        "https://other.example/inbox",
    ]


async def test_a_blocked_server_gets_nothing_of_what_is_written_after(
    followers, marie, services, drain, network
) -> None:
    await services.perform(block_domain, BlockDomain(marie, "far.example"))
    await drain()  # it is told that following ended
    network.delivered.clear()
    await services.perform(publish_post, PublishPost(marie, "hello @paul@far.example"))
    await drain()
    assert {urlsplit(each.url).netloc for each in network.delivered} == {"other.example"}


async def test_nothing_is_sent_for_a_transaction_that_failed(followers, marie, services, drain, network) -> None:
    def also(tx, value) -> None:  # type: ignore[no-untyped-def]
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk"):
        await services.perform(publish_post, PublishPost(marie, "never"), also=also)
    await drain()
    assert network.delivered == []
    assert await rows(services) == []


# --- answers


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 422])
async def test_a_last_word_is_not_argued_with(status, followers, marie, services, drain, network, at) -> None:
    network.says["other.example"] = [(status, {})]
    await services.perform(publish_post, PublishPost(marie, "hello"))
    await drain()
    at.shift(timedelta(days=1))
    await drain()
    assert [each for each in await rows(services) if each[0] == "other.example"] == [
        ("other.example", "failed", 1, status)
    ]
    # A refusal is knocked at once more, with the other signature, and no more
    assert network.knocks.count("other.example") == (2 if status in (400, 403) else 1)


async def test_an_address_our_guard_forbids_is_given_up_at_once(
    followers, marie, services, drain, network, at
) -> None:
    network.forbidden.add("other.example")
    await services.perform(publish_post, PublishPost(marie, "hello"))
    await drain()
    at.shift(timedelta(days=1))
    await drain()
    assert network.knocks.count("other.example") == 1
    assert ("other.example", "failed", 1, None) in await rows(services)


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_kept_to_for_the_whole_server(
    form, status, followers, marie, services, drain, network, at
) -> None:
    after = "7200" if form == "seconds" else format_datetime(NOW + timedelta(hours=2), usegmt=True)
    network.says["other.example"] = [(status, {"retry-after": after}), (202, {})]
    for text in ("one", "two", "three"):
        await services.perform(publish_post, PublishPost(marie, text))
    await drain()
    assert network.knocks.count("other.example") == 1
    await services.perform(publish_post, PublishPost(marie, "four"))
    at.shift(timedelta(hours=1, minutes=59))
    await drain()
    assert network.knocks.count("other.example") == 1
    at.shift(timedelta(hours=15))
    await drain()
    states = [each[1] for each in await rows(services) if each[0] == "other.example"]
    assert states == ["sent"] * 4


@pytest.mark.parametrize("after", ["-5", "soon", "", "99999999999999", "Mon, 99 Foo", "1e9"])
async def test_a_retry_after_of_any_kind_puts_nothing_off_for_more_than_a_day(
    after, followers, marie, services, drain, network, at
) -> None:
    network.says["other.example"] = [(503, {"retry-after": after}), (202, {})]
    await services.perform(publish_post, PublishPost(marie, "one"))
    await drain()
    at.shift(timedelta(days=1, minutes=1))
    await drain()
    assert [each[1] for each in await rows(services) if each[0] == "other.example"] == ["sent"]


# --- a server in trouble


async def test_a_server_that_fails_is_left_alone_and_the_others_are_not(
    followers, marie, services, drain, network, at
) -> None:
    network.down.add("other.example")
    for number in range(12):
        await services.perform(publish_post, PublishPost(marie, f"post {number}"))
    await drain()
    assert network.knocks.count("other.example") <= hosts.BREAKER_AFTER  # not once for each of the twelve
    assert len([each for each in network.delivered if "far.example" in each.url]) == 12
    knocked = network.knocks.count("other.example")
    at.shift(timedelta(seconds=hosts.PAUSES[0] - 2))
    await drain()
    assert network.knocks.count("other.example") == knocked
    network.down.clear()
    at.shift(timedelta(hours=1))
    await drain()
    assert [each[1] for each in await rows(services)] == ["sent"] * 24
    assert (await peer_row(services, "other.example")).failures == 0


async def test_a_server_is_dead_after_seven_days_of_failing_and_alive_when_it_writes(
    followers, marie, services, drain, network, at
) -> None:
    network.down.add("other.example")
    for day in range(7):
        assert (await peer_row(services, "other.example")).dead_at is None, day
        await services.perform(publish_post, PublishPost(marie, f"day {day}"))
        await drain()
        at.shift(timedelta(days=1))
    assert (await peer_row(services, "other.example")).dead_at is not None
    # It is not knocked at any more
    knocked = network.knocks.count("other.example")
    await services.perform(publish_post, PublishPost(marie, "after"))
    for _ in range(3):
        at.shift(timedelta(hours=20))
        await drain()
    assert network.knocks.count("other.example") == knocked
    # Until it writes to us, with a signature that holds
    network.down.clear()
    leo = followers[2]
    assert (await leo.send(leo.activity("Like", MARIE), scheme="none")).status_code == 401
    await drain()
    assert network.knocks.count("other.example") == knocked
    assert (await leo.send(leo.activity("Like", MARIE))).status_code == 202
    at.shift(timedelta(hours=15))
    await drain()
    assert (await peer_row(services, "other.example")).dead_at is None
    contents = [each["object"]["content"] for each in network.activities("Create") if "after" in str(each)]
    assert "<p>after</p>" in contents


async def test_many_failures_of_one_day_do_not_make_a_server_dead(
    followers, marie, services, drain, network, at
) -> None:
    network.down.add("other.example")
    await services.perform(publish_post, PublishPost(marie, "hello"))
    at.move_to(NOW.replace(hour=0))
    for _ in range(11):
        await services.database.write(lambda tx: hosts.revive(tx, ["other.example"], clock.now()))
        await drain()
        at.shift(timedelta(hours=2))
    found = await peer_row(services, "other.example")
    assert found.dead_at is None
    await services.database.write(
        lambda tx: [hosts.failed(tx, "other.example", None, "x", NOW + timedelta(hours=h / 10)) for h in range(100)]
    )
    assert (await peer_row(services, "other.example")).dead_at is None


# --- how many, in what order


async def test_at_most_six_at_once_to_a_server_and_in_order_for_each_post(
    followers, marie, services, drain, network, at
) -> None:
    network.slow = True
    made = [await services.perform(publish_post, PublishPost(marie, f"post {number}")) for number in range(20)]
    for post in made[:8]:
        await services.perform(revise_post, RevisePost(marie, post.id, "revised"))
    for post in made[:4]:
        await services.perform(delete_post, DeletePost(marie, post.id))
    await drain()
    assert network.most_open["far.example"] == 6
    assert network.most_open["other.example"] <= 6
    for host in ("far.example", "other.example"):
        order: dict[str, list[str]] = defaultdict(list)
        for each in network.delivered:
            if urlsplit(each.url).netloc == host:
                object = each.activity["object"]
                order[object["id"]].append(str(each.activity["type"]))  # type: ignore[index]
        assert [order[post.iri] for post in made[:4]] == [["Create", "Update", "Delete"]] * 4
        assert [order[post.iri] for post in made[4:8]] == [["Create", "Update"]] * 4
        assert [order[post.iri] for post in made[8:]] == [["Create"]] * 12


async def test_a_deletion_waits_for_what_it_deletes(followers, marie, services, drain, network, at) -> None:
    """The Create is put off; the Delete of the same post must not overtake it, other posts may."""
    network.says["other.example"] = [(401, {}), (401, {}), (202, {})]
    post = await services.perform(publish_post, PublishPost(marie, "first"))
    await drain()
    await services.perform(delete_post, DeletePost(marie, post.id))
    await services.perform(publish_post, PublishPost(marie, "second"))
    await drain()
    types = [e.activity["type"] for e in network.delivered if "other.example" in e.url]
    assert types == ["Create"]
    at.shift(timedelta(minutes=10))
    await drain()
    types = [e.activity["type"] for e in network.delivered if "other.example" in e.url]
    assert types == ["Create", "Create", "Delete"]


async def test_what_a_dead_process_held_is_taken_over(followers, marie, services, drain, network, at) -> None:
    await services.perform(publish_post, PublishPost(marie, "hello"))
    taken = await services.database.write(lambda tx: hosts.lease(tx, "somebody who died", clock.now(), 10))
    assert {each.host for each in taken} == {"far.example", "other.example"}
    await drain()
    assert network.delivered == []  # still theirs
    at.shift(hosts.LEASE + timedelta(seconds=1))
    await drain()
    assert len(network.delivered) == 2


async def test_two_workers_do_not_send_the_same(followers, marie, services, network, at) -> None:
    network.slow = True
    for number in range(10):
        await services.perform(publish_post, PublishPost(marie, f"post {number}"))
    await asyncio.gather(*(Workers(services).delivery.drain() for _ in range(4)))
    ids = [(each.url, each.activity["id"]) for each in network.delivered]
    assert len(ids) == len(set(ids)) == 20


async def test_what_is_recorded_while_a_host_is_given_back_is_not_forgotten(
    followers, marie, services, network, at
) -> None:
    """A worker finds nothing more and gives the host back in the moment another post is written."""
    worker = Workers(services).delivery
    for number in range(15):
        work = asyncio.create_task(worker.drain())
        publishing = asyncio.create_task(services.perform(publish_post, PublishPost(marie, f"post {number}")))
        await asyncio.gather(work, publishing)
    for _ in range(3):
        await worker.drain()
    assert [each[1] for each in await rows(services)] == ["sent"] * 30


@pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)  # SQLite has one writing unit at a time
async def test_a_host_looked_through_before_a_unit_commits_is_due_after_it(
    followers, marie, services, network, at
) -> None:
    """A worker takes a due host on, finds nothing and gives it back, all while what is written for it is not committed."""
    worker = Workers(services).delivery
    await services.database.write(lambda tx: tx.execute(update(peer).values(next_at=clock.now())))
    async with services.database.connect() as connection:
        written = await connection.begin()
        say = PublishPost(marie, "written meanwhile")
        here = services.here()
        await connection.run_sync(lambda tx: services.perform.record(tx, publish_post(tx, say, here), here))
        await worker.drain()
        await written.commit()
    await worker.drain()
    assert [each[1] for each in await rows(services)] == ["sent"] * 2


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)  # whose work can be counted
async def test_a_host_far_behind_costs_no_more_to_look_at_than_another(followers, marie, services, at) -> None:
    await services.perform(publish_post, PublishPost(marie, "the first of many"))
    written = await services.read(lambda tx: tx.execute(select(outgoing)).mappings().all())
    first = dict(next(each for each in written if "/p/" in each["object_iri"]))

    def waits(tx, host: str, count: int) -> None:  # type: ignore[no-untyped-def]
        for number in range(count):
            more = {**first, "id": None, "activity_iri": f"https://home.example/a/{host}/{number}"}
            [made] = tx.execute(insert(outgoing).values(**more).returning(outgoing.c.id)).one()
            inbox = f"https://{host}/inbox"
            row = {"outgoing_id": made, "host": host, "inbox": inbox, "object_iri": first["object_iri"]}
            tx.execute(insert(delivery).values(**row, state="waiting", attempts=0, next_at=clock.now()))

    def looked(tx) -> list[int]:  # type: ignore[no-untyped-def]
        """Steps of SQLite's machine, in tens, for what is due at each host."""
        found = []
        for host in ("near.example", "behind.example"):
            steps = 0

            def count() -> None:
                nonlocal steps
                steps += 1

            tx.connection.dbapi_connection.set_progress_handler(count, 10)
            assert len(store.due(tx, [host], clock.now(), 30)[host]) == 30
            tx.connection.dbapi_connection.set_progress_handler(None, 10)
            found.append(steps)
        return found

    def filled(tx) -> None:  # type: ignore[no-untyped-def]
        waits(tx, "near.example", 30)
        waits(tx, "behind.example", 600)

    await services.database.write(filled)
    near, behind = await services.database.write(looked)
    assert near > 0
    assert behind < near * 1.2


# --- which signature


async def test_a_servers_signature_scheme_is_learnt_from_a_refusal_only(
    followers, marie, services, drain, network, at
) -> None:
    async def scheme() -> str | None:
        return (await peer_row(services, "other.example")).scheme

    # Accepted at once: nothing is learnt
    await services.perform(publish_post, PublishPost(marie, "one"))
    await drain()
    assert await scheme() is None
    assert "signature-input" not in network.delivered[-1].headers
    # Refused, then 200 by the other scheme: there are servers that answer 200 and drop it
    network.says["other.example"] = [(401, {}), (200, {}), (202, {})]
    await services.perform(publish_post, PublishPost(marie, "two"))
    await drain()
    assert await scheme() is None
    # Refused by both
    network.says["other.example"] = [(401, {}), (401, {}), (202, {})]
    await services.perform(publish_post, PublishPost(marie, "three"))
    await drain()
    assert await scheme() is None
    # Refused, then queued
    network.says["other.example"] = [(401, {}), (202, {})]
    await services.perform(publish_post, PublishPost(marie, "four"))
    await drain()
    assert await scheme() == "rfc9421"
    network.says.clear()
    network.delivered.clear()
    await services.perform(publish_post, PublishPost(marie, "five"))
    await drain()
    signed = {urlsplit(each.url).netloc: "signature-input" in each.headers for each in network.delivered}
    assert signed == {"far.example": False, "other.example": True}


async def test_every_attempt_is_signed_anew(followers, marie, services, drain, network, at) -> None:
    network.says["other.example"] = [(503, {}), (202, {})]
    await services.perform(publish_post, PublishPost(marie, "one"))
    await drain()
    at.shift(timedelta(hours=14))
    await drain()
    [first, second] = [each for each in network.delivered if "Create" in str(each.activity["type"])]
    assert first.body == second.body
    assert first.headers["date"] != second.headers["date"]


# --- what the author is told


async def test_the_author_sees_where_a_post_arrived_and_where_not(
    followers, marie, services, drain, network, at
) -> None:
    network.says["other.example"] = [(503, {}), (202, {})]
    post = await services.perform(publish_post, PublishPost(marie, "hello"))
    await drain()
    lines = await services.read(lambda tx: report.of_post(tx, post.id))
    assert [(line.host, line.type, line.state, line.attempts, line.last_status) for line in lines] == [
        ("far.example", "Create", "sent", 1, 202),
        ("other.example", "Create", "waiting", 1, 503),
    ]
    assert lines[0].done_at is not None
    assert lines[1].next_at > NOW
    at.shift(timedelta(hours=14))
    await drain()
    await services.perform(delete_post, DeletePost(marie, post.id))
    network.says["other.example"] = [(410, {})]
    await drain()
    lines = await services.read(lambda tx: report.of_post(tx, post.id))
    assert [(line.host, line.type, line.state, line.last_status) for line in lines] == [
        ("far.example", "Create", "sent", 202),
        ("far.example", "Delete", "sent", 202),
        ("other.example", "Create", "sent", 202),
        ("other.example", "Delete", "failed", 410),
    ]


async def test_one_id_forwarded_twice_breaks_nothing(followers, marie, services, drain, network, at) -> None:
    """Two people of one server answer with activities of one id, each with a proof: both are taken, one is passed on."""
    paul, zoe, _ = followers
    post = await services.perform(publish_post, PublishPost(marie, "question?"))
    await drain()
    network.delivered.clear()
    answers = []
    for person in (paul, zoe):
        note = person.note(f"answer of {person.name}", inReplyTo=post.iri, cc=(MARIE,))
        activity = {**person.create(note), "id": "https://far.example/activities/same"}
        assert (await person.send(person.proven(activity))).status_code == 202
        answers.append(note["id"])
    await drain()
    from fediprof.posts import store as posts

    found = [await services.read(lambda tx, iri=iri: posts.by_iri(tx, iri)) for iri in answers]
    assert all(each is not None for each in found)
    assert [urlsplit(each.url).netloc for each in network.delivered] == [
        "other.example"
    ]  # not back where it came from
    assert PUBLIC in str(network.delivered[0].body)
