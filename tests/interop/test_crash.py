"""`kill -9` in the middle of it, on both engines: what was answered with 202 has its effect, what was promised is sent.

Full size (FEDIPROF_CRASH_SCALE=1): 2,000 activities come in while 500 posts go out to 50 hosts. Without the variable a
tenth of that, which takes the same ways.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import ENGINES
from tests.interop.support.crowd import Crowd, Letter
from tests.interop.support.internet import Internet, Wire
from tests.interop.support.member import Member, eventually
from tests.interop.support.server import Server

SCALE = float(os.environ.get("FEDIPROF_CRASH_SCALE", "0.1"))
ACTIVITIES, POSTS, HOSTS = int(2000 * SCALE), int(500 * SCALE), 50
CRASHES = 6
SENDERS = 5  # actors elsewhere that write to us
AT_ONCE = 6  # connections they do it over


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    from tests.support.postgres import fresh_database

    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    """Fifty hosts, on an internet of their own."""
    internet = Internet(tmp_path)
    hosts = [f"h{number:02}.crowd.example" for number in range(HOSTS)]
    internet.give(*hosts)
    internet.give("ada.example")
    made = Crowd(internet, hosts).start()
    yield made
    made.stop()


class Post:
    """The letter carriers: each letter is sent until the server says 202, and then never again."""

    def __init__(self, server: Server) -> None:
        self._client = httpx2.Client(
            transport=Wire(server.internet, idle=AT_ONCE), base_url=server.origin, timeout=10
        )
        self.acknowledged: set[str] = set()
        self.sent_again = 0

    def carry(self, letter: Letter) -> None:
        for attempt in range(500):
            try:
                answer = self._client.post("/inbox", content=letter.body, headers=letter.headers)
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code == 202:
                self.acknowledged.add(letter.id)
                return
            assert answer is None or answer.status_code == 503, f"{answer.status_code} {answer.text}"
            self.sent_again += attempt == 0
            time.sleep(0.1)
        raise AssertionError(f"{letter.id} is never taken")

    def close(self) -> None:
        self._client.close()


def publish(member: Member, number: int) -> str:
    """A post, asked for until it is acknowledged, always under the same idempotency key. Returns its URI."""
    for _ in range(500):
        try:
            answer = member.browser.post(
                "/api/v1/statuses",
                data={"status": f"Post {number}"},
                headers={"authorization": f"Bearer {member.token}", "idempotency-key": f"post-{number}"},
            )
        except httpx2.TransportError:
            time.sleep(0.1)
            continue
        assert answer.status_code == 200, answer.text
        return str(answer.json()["uri"])
    raise AssertionError(f"post {number} is never taken")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ENGINES, indirect=True)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    database: str, crowd: Crowd, tmp_path: Path, running: list[Server]
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = Server(crowd.internet, "ada.example", tmp_path / "ada", database, {"log": "warning"})
    running.append(server)
    server.start()
    [link] = server.add_members("ada")
    ada = Member.arrive(server, "ada", link)
    post, inbox = Post(server), f"{server.origin}/inbox"
    try:
        # Given Ada, followed from fifty servers
        for host in crowd.hosts:
            post.carry(crowd.letter(host, inbox, "Follow", ada.iri))
        eventually(lambda: ada.get(f"/api/v1/accounts/{ada.id}")["followers_count"] == HOSTS, "all follow", 60)
        liked = [publish(ada, -number) for number in range(1, ACTIVITIES // 5 // SENDERS + 1)]

        # And a heap of letters to her, of which one in five is a like of an older post
        notes, letters = set(), []
        for number in range(ACTIVITIES):
            host = crowd.hosts[number % SENDERS]
            if number // SENDERS < len(liked):
                letters.append(crowd.letter(host, inbox, "Like", liked[number // SENDERS]))
            else:
                note = crowd.note(host, f"<p>letter {number}</p>", ada.iri)
                notes.add(note["id"])
                letters.append(crowd.letter(host, inbox, "Create", note, to=note["to"], cc=note["cc"]))
        chance.shuffle(letters)

        # When she publishes while they come in, and the server is killed again and again
        published: list[str] = []
        with ThreadPoolExecutor(AT_ONCE + 1) as carriers:
            publishing = carriers.submit(lambda: published.extend(publish(ada, n) for n in range(POSTS)))
            carrying = [carriers.submit(post.carry, letter) for letter in letters]
            crashes = _killed_now_and_then(server, chance, lambda: _progress(post, crowd))
            publishing.result()
            for each in carrying:
                each.result()

        # Then every post is delivered to every host, under one and the same activity id
        total = len(published) * HOSTS
        eventually(lambda: sum((host, uri) in crowd.about for uri in published for host in crowd.hosts) == total,
                   f"all {total} deliveries arrive", 150)  # fmt: skip
        assert len(set(published)) == POSTS
        for uri in published:
            [ids] = {frozenset(crowd.about[host, uri]) for host in crowd.hosts}
            assert len(ids) == 1, f"{uri} went out under {ids}"

        # And every letter has had its effect, once; and no post was made twice
        eventually(lambda: sum(_told(ada).values()) >= len(letters), "every letter has its effect", 60)
        told = _told(ada)
        assert {subject for kind, _, subject in told if kind == "mention"} == notes
        assert len(told) == len(letters)
        assert set(told.values()) == {1}
        assert ada.get(f"/api/v1/accounts/{ada.id}")["statuses_count"] == len(liked) + POSTS
        assert crashes == CRASHES
        again = sum(count - 1 for count in crowd.received.values())
        print(
            f"{len(letters)} in, {total} out, {crashes} kills, {post.sent_again} letters and {again} deliveries sent again"
        )
    finally:
        post.close()
        ada.browser.close()
        server.kill()


def _progress(post: Post, crowd: Crowd) -> float:
    """How much of the whole work is done, of 1."""
    return (len(post.acknowledged) - HOSTS) / ACTIVITIES / 2 + len(crowd.received) / (POSTS * HOSTS) / 2


def _killed_now_and_then(server: Server, chance: random.Random, progress: Any) -> int:
    """Kill and start the server at points of the work chosen by chance. Returns how often."""
    begun, crashes = progress(), 0
    for point in sorted(chance.uniform(0.02, 0.95) for _ in range(CRASHES)):
        until = time.monotonic() + 60
        while (progress() - begun) / (1 - begun) < point and time.monotonic() < until:
            time.sleep(chance.uniform(0.0, 0.02))
        server.kill()
        server.start()
        crashes += 1
    return crashes


def _told(member: Member) -> Counter[tuple[str, str, str]]:
    """(kind, by whom, about what): how often the member was told."""
    told: Counter[tuple[str, str, str]] = Counter()
    older: dict[str, str] = {}
    while page := member.get("/api/v1/notifications", limit="80", **older):
        for each in page:
            if each["type"] in ("mention", "favourite"):
                told[each["type"], each["account"]["acct"], each["status"]["uri"]] += 1
        older = {"max_id": page[-1]["id"]}
    return told
