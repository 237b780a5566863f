"""A server as it runs on the internet, made to look at addresses inside: it connects to none of them.

Every door by which others choose an address: a handle, a link, a signature's key, what an activity is about. What listens
here writes down whoever knocks; the same doors, tried on a server in development, show that the knock would be seen.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fediprof import clock
from fediprof.signatures import cavage, keys
from fediprof.signatures.message import SignableRequest
from tests.interop.support.internet import Internet
from tests.interop.support.member import Member
from tests.interop.support.server import Server

METADATA = "169.254.169.254"


class Listener:
    """Takes connections on 127.0.0.1 at one port, and counts them; at 80 and 443 too, where the system lets
    a test listen there: any other port is refused before its address is looked at."""

    def __init__(self) -> None:
        self.knocks = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = self._listen(0)
        for port in (80, 443):
            with contextlib.suppress(OSError):
                self._listen(port)

    def _listen(self, port: int) -> int:
        listening = socket.socket()
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
        except OSError:
            listening.close()
            raise
        listening.listen(64)
        self._sockets.append(listening)
        self._threads.append(threading.Thread(target=self._run, args=(listening,), daemon=True))
        self._threads[-1].start()
        return int(listening.getsockname()[1])

    def _run(self, listening: socket.socket) -> None:
        while True:
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            self.knocks += 1
            taken.close()

    def close(self) -> None:
        for listening in self._sockets:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def addresses(port: int) -> list[str]:
    """Hosts, with the port where the form allows one, that lead inside."""
    return [
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"[::1]:{port}",
        f"[::ffff:127.0.0.1]:{port}",
        f"2130706433:{port}",
        f"0x7f000001:{port}",
        f"0.0.0.0:{port}",
        "127.0.0.1",
        "localhost",
        METADATA,
        "10.0.0.1",
        "[fd00::1]",
    ]


def knock_everywhere(member: Member, hosts: list[str]) -> list[int]:
    """Try each host by each door; the statuses that were answered."""
    inbox = f"{member.server.origin}/inbox"
    pem, statuses = keys.generate_rsa(), []
    for host in hosts:
        for scheme in ("https", "http"):
            iri = f"{scheme}://{host}/users/eve"
            found = member.ask("GET", "/api/v2/search", params={"q": iri, "resolve": "true"})
            statuses.append(found.status_code)
            activity = {"id": f"{iri}/1", "type": "Create", "actor": iri, "object": f"{iri}/note"}
            body = json.dumps(activity).encode()
            headers = {"host": member.server.host, "content-type": "application/activity+json"}
            request = SignableRequest("POST", inbox, headers, body)
            signature = cavage.sign(request, keys.private_from_pem(f"{iri}#main-key", pem), clock.now())
            statuses.append(member.browser.post("/inbox", content=body, headers=headers | signature).status_code)
        found = member.ask("GET", "/api/v2/search", params={"q": f"@eve@{host}", "resolve": "true"})
        statuses.append(found.status_code)
        statuses.append(member.browser.get("/find", params={"q": f"eve@{host}"}).status_code)
    return statuses


def serving(tmp_path: Path, *, development: bool) -> tuple[Server, Member]:
    internet = Internet(tmp_path)
    internet.give("ada.example")
    settings: dict[str, object] = {} if development else {"development": "false", "dev_hosts": ""}
    server = Server(internet, "ada.example", tmp_path / "ada", settings=settings)
    server.start()
    [link] = server.add_members("ada")
    return server, Member.arrive(server, "ada", link)


def test_a_server_on_the_internet_never_connects_to_addresses_inside(tmp_path: Path, listener: Listener) -> None:
    server, ada = serving(tmp_path, development=False)
    try:
        statuses = knock_everywhere(ada, addresses(listener.port))

        assert listener.knocks == 0
        assert all(status < 500 or status == 503 for status in statuses), statuses
        assert ada.get("/api/v1/notifications") == []
        assert server.command("deliveries", "--json").strip() == "[]"
    finally:
        ada.browser.close()
        server.kill()


def test_the_same_doors_do_lead_there_in_development(tmp_path: Path, listener: Listener) -> None:
    """Else the test above would hold for a server that asks nobody at all."""
    server, ada = serving(tmp_path, development=True)
    try:
        knock_everywhere(ada, [f"127.0.0.1:{listener.port}"])

        assert listener.knocks >= 3
    finally:
        ada.browser.close()
        server.kill()


def test_a_post_of_ours_brings_nobody_inside(tmp_path: Path, listener: Listener) -> None:
    """Mentions and profile links in what a member writes are addresses too."""
    server, ada = serving(tmp_path, development=False)
    try:
        ada.write(f"@eve@127.0.0.1 @eve@localhost https://127.0.0.1:{listener.port}/", visibility="public")
        ada.revise_profile(**{"field-name-1": "Site", "field-value-1": f"https://127.0.0.1:{listener.port}/"})
        time.sleep(3)  # links of a profile are looked at in the background
        assert listener.knocks == 0
    finally:
        ada.browser.close()
        server.kill()
