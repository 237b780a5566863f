"""doctor on a server that is well, and on servers that are not: each fault is found, named, and told how to mend."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Fediprof
from tests.cli.instance import Instance, free_port


def findings(said: str) -> dict[str, tuple[str, str]]:
    return {each["check"]: (each["state"], each["words"]) for each in json.loads(said)}


@pytest.fixture
def served(instance: Instance) -> Iterator[Instance]:
    at = ("--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
    instance.run("init", *at)
    with instance.running("serve", until="server.started"):
        yield instance


def test_nothing_bad_is_found_on_a_server_that_is_well(served: Instance) -> None:
    told = findings(served.run("doctor", "--json"))
    assert not {check for check, (state, _) in told.items() if state == "bad"}
    for check in (
        "sign: cavage",
        "sign: rfc9421",
        "webfinger",
        "actor",
        "proxy: Host",
        "proxy: scheme",
        "inbox",
        "schema",
    ):
        assert told[check][0] == "good", told[check]
    assert "Nothing bad was found" in served.run("doctor")


def test_a_server_that_is_not_running_is_told_from_a_proxy_that_does_not_find_it(instance: Instance) -> None:
    instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{instance.port}", "--member", "lea")
    told = findings(instance.run("doctor", "--json", code=1))
    assert "start the server first" in told["reach"][1]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        instance.environment["FEDIPROF_LISTEN"] = f"127.0.0.1:{other.getsockname()[1]}"
        told = findings(instance.run("doctor", "--json", code=1))
    assert "look at DNS, firewall" in told["reach"][1]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, int]]:
    """A server that listens at another port than the one in its name: between them stands a proxy."""
    instance, port = Instance(tmp_path_factory.mktemp("behind")), free_port()
    instance.run("init", "--host", instance.host, "--listen", f"127.0.0.1:{port}", "--member", "lea")
    with instance.running("serve", until="server.started"):
        yield instance, port


@contextmanager
def rewriting(port: int, target: int, pattern: bytes, by: bytes) -> Iterator[None]:
    """A reverse proxy set up wrong: it changes what matches in each request."""
    listening = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(near,), daemon=True).start()

    def pass_on(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", target)) as far:
            near.settimeout(10)
            threading.Thread(target=back, args=(far, near), daemon=True).start()
            try:
                while data := near.recv(65536):
                    far.sendall(re.sub(pattern, by, data))
            except OSError:
                return

    def back(far: socket.socket, near: socket.socket) -> None:
        try:
            while data := far.recv(65536):
                near.sendall(data)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("pattern", "by", "check", "words"),
    [
        (rb"(?i)\r\nhost: [^\r]+", b"\r\nHost: upstream", "proxy: Host", "proxy_set_header Host $host"),
        (rb"(?i)\r\nhost: [^\r]+", b"\r\nHost: upstream", "sign: cavage", "does not verify"),
        (rb"(?i)\r\ndigest: ", b"\r\nX-Digest: ", "sign: cavage", "does not verify"),
        (rb"(?i)\r\nsignature-input: ", b"\r\nX-Input: ", "sign: rfc9421", "does not verify"),
        (rb"Ping", b"Pong", "sign: cavage", "changes bodies"),
        (rb"(?i)\r\nuser-agent: [^\r]+", b"\r\nX-Forwarded-Proto: https", "proxy: scheme", "X-Forwarded-Proto"),
        (rb"POST /inbox ", b"POST /home ", "inbox", "instead of 401"),
    ],
)
def test_a_proxy_that_changes_requests_is_found_out(
    behind: tuple[Instance, int], pattern: bytes, by: bytes, check: str, words: str
) -> None:
    instance, port = behind
    with rewriting(instance.port, port, pattern, by):
        state, told = findings(instance.run("doctor", "--json", code=1))[check]
    assert state == "bad"
    assert words in told


def test_faults_of_the_machine_are_found(founded_sqlite: Fediprof) -> None:
    def bad(code: int = 1) -> dict[str, str]:
        told = findings(founded_sqlite("doctor", "--json", code=code).stdout)
        return {check: words for check, (state, words) in told.items() if state == "bad"}

    assert set(bad()) == {"reach"}
    # Keys others can read
    Path("keys/seal.key").chmod(0o644)
    assert "chmod" in bad()["keys"]
    Path("keys/seal.key").chmod(0o600)
    # Keys of another server, or none
    Path("keys/seal.key").rename("kept")
    assert "put back the copy" in bad()["seal key"]
    Path("keys/seal.key").write_bytes(b"0" * 32)
    Path("keys/seal.key").chmod(0o600)
    assert "cannot be opened" in bad()["server actor"]
    Path("kept").replace("keys/seal.key")
    # Work that nobody does
    with sqlite3.connect("data/fediprof.sqlite3") as database:
        database.execute(
            "insert into job (kind, key, arguments, created_at, next_at, attempts) values ('x', 'y', '{}', 1, 1, 0)"
        )
    database.close()
    assert "minutes behind" in bad()["queue"]
    # A schema of another version
    with sqlite3.connect("data/fediprof.sqlite3") as database:
        database.execute("update alembic_version set version_num = '0000'")
    database.close()
    assert "this version needs" in bad()["schema"]
    Path("data/fediprof.sqlite3").write_bytes(b"not a database, not at all")
    assert "database" in bad()


def test_without_an_instance_it_says_how_to_make_one(fediprof: Fediprof) -> None:
    assert "fediprof init" in fediprof("doctor", code=1).stdout
    assert not Path("data").exists()
    assert not Path("keys").exists()


@pytest.fixture
def founded_sqlite(fediprof: Fediprof) -> Fediprof:
    at = f"localhost:{free_port()}"
    fediprof("init", "--host", at, "--listen", at.replace("localhost", "127.0.0.1"), "--member", "lea")
    return fediprof
