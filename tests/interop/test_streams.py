"""A stream open at one process, what happens in another: the worker's and the command line's news arrive too."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import httpx2
import pytest

from tests.conftest import ENGINES
from tests.interop.support.crowd import Crowd
from tests.interop.support.internet import Internet
from tests.interop.support.member import Member
from tests.interop.support.server import Server


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    internet = Internet(tmp_path)
    internet.give("far.example")
    internet.give("ada.example")
    made = Crowd(internet, ["far.example"]).start()
    yield made
    made.stop()


@contextmanager
def working(server: Server) -> Iterator[None]:
    """`fediprof worker`, a process of its own."""
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fediprof", "worker"],
            env=server.environment(), cwd=server.folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(25) == 0


@contextmanager
def listening(member: Member) -> Iterator[Queue[tuple[str, Any]]]:
    """(event, payload) as they come by Server-Sent Events; entered once the server has begun to answer."""
    heard: Queue[tuple[str, Any]] = Queue()
    ready, headers = threading.Event(), {"authorization": f"Bearer {member.token}"}
    client = member.server.internet.client(member.server.origin)

    def listen() -> None:
        try:
            with client.stream("GET", "/api/v1/streaming/user", headers=headers) as answer:
                event = ""
                for line in answer.iter_lines():
                    ready.set()
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        heard.put((event, json.loads(line.removeprefix("data: "))))
        except httpx2.TransportError:
            pass  # the server is killed at the end

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert ready.wait(10)
        yield heard
    finally:
        member.server.kill()
        thread.join(10)
        client.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_other_processes_do_reaches_an_open_stream(
    engine: str, crowd: Crowd, tmp_path: Path, running: list[Server], request: pytest.FixtureRequest
) -> None:
    from tests.support.postgres import fresh_database

    @contextmanager
    def database() -> Iterator[str]:
        if engine == "sqlite":
            yield ""
        else:
            with fresh_database(request.getfixturevalue("postgres")) as url:
                yield url

    with database() as url:
        # Given a server whose web process does no background work, and a worker beside it
        server = Server(crowd.internet, "ada.example", tmp_path / "ada", url, {"worker": "false"})
        running.append(server)
        server.start()
        [link] = server.add_members("ada")
        ada = Member.arrive(server, "ada", link)
        with working(server), listening(ada) as heard:
            # When somebody elsewhere follows her, which the worker does
            letter = crowd.letter("far.example", f"{server.origin}/inbox", "Follow", ada.iri)
            answer = ada.browser.post("/inbox", content=letter.body, headers=letter.headers)
            assert answer.status_code == 202

            # Then her stream says so
            event, payload = heard.get(timeout=20)
            assert (event, payload["type"], payload["account"]["acct"]) == (
                "notification", "follow", "sam@far.example",
            )  # fmt: skip

            # And what the command line writes and the web process writes comes once each
            server.command("post", "From the terminal")
            ada.write("From the app")
            said = [heard.get(timeout=20) for _ in range(2)]
            assert [event for event, _ in said] == ["update", "update"]
            assert {payload["content"] for _, payload in said} == {"<p>From the terminal</p>", "<p>From the app</p>"}
            note = crowd.note("far.example", "<p>hello</p>", ada.iri)
            letter = crowd.letter(
                "far.example", f"{server.origin}/inbox", "Create", note, to=note["to"], cc=note["cc"]
            )
            ada.browser.post("/inbox", content=letter.body, headers=letter.headers)
            event, payload = heard.get(timeout=20)
            assert (event, payload["type"]) == ("notification", "mention")
            assert heard.empty()
        ada.browser.close()
