"""`fediprof up` and `fediprof serve`: real processes on loopback ports."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.cli.instance import Instance, Running, logged_in


def link_of(running: Running) -> str:
    found = re.search(r"https?://\S+/login/link/\S+", running.said)
    assert found is not None, running.said
    return found.group()


def test_up_in_an_empty_folder_ends_with_a_page_on_the_air_and_a_link_that_logs_in_once(instance: Instance) -> None:
    # Given an empty folder
    # When its owner says `fediprof up`
    with instance.running("up", "--port", str(instance.port), "--member", "lea", "--name", "Léa Martin") as up:
        # Then it prints the page, which answers
        assert f"{instance.origin}/@lea" in up.said
        assert f"@lea@{instance.host}" in up.said
        page = httpx2.get(f"{instance.origin}/@lea")
        assert page.status_code == 200
        assert "Léa Martin" in page.text
        # And the link opens a session, once
        link = link_of(up)
        with logged_in(link) as browser:
            assert browser.get(f"{instance.origin}/home").status_code == 200
        with logged_in(link) as late:
            assert late.get(f"{instance.origin}/home", follow_redirects=False).status_code != 200
        assert up.stop() == 0
    # And what it wrote is its owner's alone
    for path in (instance.home / "data", instance.home / "keys", instance.home / "data" / "fediprof.sqlite3"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_start_finds_everything_again_and_is_quick(instance: Instance) -> None:
    with instance.running("up", "--port", str(instance.port), "--member", "lea") as up:
        first = httpx2.get(f"{instance.origin}/u/lea", headers={"Accept": "application/activity+json"}).json()
        assert up.stop() == 0
    begun = time.monotonic()
    with instance.running("up", "--port", str(instance.port)) as up:
        took = time.monotonic() - begun
        again = httpx2.get(f"{instance.origin}/u/lea", headers={"Accept": "application/activity+json"}).json()
        assert f"{instance.origin}/@lea" in up.said
    assert again["publicKey"] == first["publicKey"]
    assert took < 20  # it is one or two seconds; other work may have the processor


def test_a_port_in_use_is_told_and_nothing_is_made(instance: Instance) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", instance.port))
        taken.listen()
        said = instance.run("up", "--port", str(instance.port), code=2)
    assert f"listen: cannot use 127.0.0.1:{instance.port}" in said
    assert not (instance.home / "data").exists()


def test_a_database_of_another_host_is_not_served_under_a_new_name(instance: Instance) -> None:
    instance.run("init", "--host", "name.example", "--member", "lea")
    said = instance.run("up", "--port", str(instance.port), code=2)
    assert "this database belongs to https://name.example" in said


def test_sigterm_lets_a_request_under_way_be_answered(instance: Instance) -> None:
    instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
    with instance.running("serve", until="server.started") as serving, socket.socket() as sender:
        # Given a delivery of which half has arrived
        sender.connect(("127.0.0.1", instance.port))
        sender.sendall(
            f"POST /inbox HTTP/1.1\r\nHost: {instance.host}\r\nContent-Type: application/activity+json\r\n"
            "Content-Length: 20\r\n\r\n0123456789".encode()
        )
        time.sleep(0.3)
        # When the server is told to stop
        serving.process.terminate()
        time.sleep(0.5)
        # Then the other half is still read, and answered
        sender.sendall(b"0123456789")
        sender.settimeout(10)
        assert sender.recv(200).startswith(b"HTTP/1.1 401")
        assert serving.process.wait(30) == 0
        assert "server.stopped" in serving.said
    # And the database was closed in order: nothing is left in the write-ahead log
    assert not (instance.home / "data" / "fediprof.sqlite3-wal").exists()


class SlowInbox(BaseHTTPRequestHandler):
    """Another server that takes its time to say 202."""

    came = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        SlowInbox.came.set()
        time.sleep(1.5)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


@pytest.mark.parametrize("role", ["serve", "worker"])
def test_sigterm_lets_a_delivery_under_way_end_and_be_written_down(instance: Instance, role: str) -> None:
    # Given a delivery that waits for a server that is slow to answer
    instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
    slow = ThreadingHTTPServer(("127.0.0.1", 0), SlowInbox)
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{slow.server_address[1]}"
    with sqlite3.connect(instance.home / "data" / "fediprof.sqlite3") as database:
        lea = database.execute("select id from actor where username = 'lea'").fetchone()[0]
        database.execute(
            "insert into outgoing (id, actor_id, activity_iri, type, object_iri, body, created_at)"
            " values (1, ?, 'http://a/1', 'Create', 'http://a/2', ?, ?)",
            (lea, b"{}", int(time.time() * 1000)),
        )
        database.execute(
            "insert into delivery (outgoing_id, host, inbox, object_iri, state, attempts, next_at)"
            f" values (1, '{host}', 'http://{host}/inbox', 'http://a/2', 'waiting', 0, 1)"
        )
        database.execute(f"insert into peer (host, next_at, failures, failing_days) values ('{host}', 1, 0, '[]')")
    database.close()
    # When the server is told to stop while it waits for the answer
    SlowInbox.came.clear()
    with instance.running(role, until=".started") as working:
        assert SlowInbox.came.wait(20)
        assert working.stop() == 0
    slow.shutdown()
    slow.server_close()
    # Then the answer was waited for, and written down
    with sqlite3.connect(instance.home / "data" / "fediprof.sqlite3") as database:
        assert database.execute("select state, last_status from delivery").fetchall() == [("sent", 202)]
    database.close()


def test_several_processes_need_postgresql(instance: Instance) -> None:
    said = instance.run("serve", "--workers", "2", code=2)
    assert "PostgreSQL" in said


def test_several_processes_answer_on_one_socket_and_stop_together(postgres: str, tmp_path: Path) -> None:
    from tests.support.postgres import fresh_database

    with fresh_database(postgres) as url:
        instance = Instance(tmp_path / "several", {"FEDIPROF_DATABASE": url})
        instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
        with instance.running("serve", "--workers", "2", until="server.started") as serving:
            deadline = time.monotonic() + 30
            while serving.said.count("server.started") < 2:
                assert time.monotonic() < deadline, serving.said
                time.sleep(0.05)
            for _ in range(8):
                assert httpx2.get(f"{instance.origin}/@lea").status_code == 200
            assert serving.stop() == 0
            assert serving.said.count("server.stopped") == 2


def test_a_process_that_is_killed_is_started_again(postgres: str, tmp_path: Path) -> None:
    from tests.support.postgres import fresh_database

    def children() -> set[int]:
        pid = serving.process.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def wait_for(started: int) -> None:
        deadline = time.monotonic() + 30
        while serving.said.count('"server.started"') < started:
            assert time.monotonic() < deadline, serving.said
            time.sleep(0.05)

    with fresh_database(postgres) as url:
        instance = Instance(tmp_path / "several", {"FEDIPROF_DATABASE": url})
        instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
        with instance.running("serve", "--workers", "2", until="server.started") as serving:
            wait_for(2)
            first = children()
            assert len(first) == 2
            # When one is killed, the other goes on answering and a new one comes
            os.kill(min(first), signal.SIGKILL)
            assert httpx2.get(f"{instance.origin}/@lea").status_code == 200
            wait_for(3)
            second = children()
            assert len(second) == 2
            assert second & first == {max(first)}
            # And when all are killed, all come again; who waited meanwhile is answered
            for pid in second:
                os.kill(pid, signal.SIGKILL)
            assert httpx2.get(f"{instance.origin}/@lea", timeout=30).status_code == 200
            wait_for(5)
            assert len(children()) == 2
            assert serving.stop() == 0
            assert serving.said.count('"server.lost"') == 3


def test_the_log_of_a_server_names_no_login_link(instance: Instance) -> None:
    instance.environment["FEDIPROF_LOG"] = "debug"
    with instance.running("up", "--port", str(instance.port)) as up:
        link = link_of(up)
        with logged_in(link):
            pass
        assert up.stop() == 0
        secret = link.rpartition("/")[2]
        logged = [line for line in up.said.splitlines() if line.startswith("{")]
        assert any("request.answered" in line for line in logged)
        assert not any(secret in line for line in logged)


def test_a_schema_of_another_version_is_not_ready(instance: Instance) -> None:
    with instance.running("up", "--port", str(instance.port)) as up:
        assert httpx2.get(f"{instance.origin}/health/ready").json()["ready"] is True
        with sqlite3.connect(instance.home / "data" / "fediprof.sqlite3") as database:
            database.execute("update alembic_version set version_num = '9999'")
        database.close()
        answer = httpx2.get(f"{instance.origin}/health/ready")
        assert answer.status_code == 503
        assert answer.json()["schema"] == "another version's"
        assert httpx2.get(f"{instance.origin}/health/live").status_code == 200
        up.stop()
