"""One server of ours: `fediprof serve` with a folder, a database and keys of its own, behind TLS, ended by its id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.interop.support.internet import Internet

ROOT = Path(__file__).parents[3]
START_SECONDS = 45
ADD = """
import sys
from fediprof.cli.main import cli
for name in sys.argv[1:]:
    cli(["member", "add", name, "--name", name.title(), "--language", "en"], standalone_mode=False)
"""
"""`fediprof member add`, several times in one process: most of what it costs is starting Python."""


@dataclass(slots=True)
class Server:
    """`database`: a PostgreSQL address, or "" for SQLite. `settings`: more of them, by name."""

    internet: Internet
    host: str
    folder: Path
    database: str = ""
    settings: dict[str, object] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    app: dict[str, str] = field(default_factory=dict)  # the client app registered here, once for all its members

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [self.host]
        if account_domain := self.settings.get("account_domain"):
            names.append(str(account_domain))
        if self.host not in self.internet.ports:
            self.internet.give(*names)
        self.internet.certificate(*names)

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def domain(self) -> str:
        return str(self.settings.get("account_domain", self.host))

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def environment(self) -> dict[str, str]:
        """Settings as variables, and of the caller's own environment only what a program needs to run."""
        values: dict[str, object] = {
            "host": self.host,
            "data": self.folder / "data",
            "keys": self.folder / "keys",
            "database": self.database,
            "listen": f"127.0.0.1:{self.internet.ports[self.host]}",
            "development": "true",
            "dev_hosts": self.internet.dev_hosts,
            "certificates": self.internet.authority_file,
            "language": "en",
            **self.settings,
        }
        told = {f"FEDIPROF_{name.upper()}": str(value) for name, value in values.items()}
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {**passed, **told, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def add_members(self, *usernames: str) -> list[str]:
        """Accounts, made by the command; the one-time login links it prints."""
        printed = self._run([sys.executable, "-c", ADD, *usernames])
        return [word for word in printed.split() if "/login/link/" in word]

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run `fediprof ...` for this server and return what it says; it may be serving at the same time. It must end with
        `code`."""
        return self._run([sys.executable, "-m", "fediprof", *arguments], code)

    def _run(self, command: list[str], code: int = 0) -> str:
        ran = subprocess.run(
            command,
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert ran.returncode == code, f"{' '.join(command[2:])}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

    def start(self) -> Server:
        """Start, and wait until it says that it is ready."""
        self.spawn()
        self.wait_ready()
        return self

    def spawn(self) -> None:
        certificate, key = (self.internet.folder / f"{self.host}.{kind}" for kind in ("pem", "key"))
        options = ["--certfile", str(certificate), "--keyfile", str(key)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fediprof", "serve", *options],
                env=self.environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def wait_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        with self.internet.client(self.origin) as client:
            while time.monotonic() < until:
                assert self.process is not None
                assert self.process.poll() is None, f"{self.host} ended:\n{self.tail()}"
                try:
                    if client.get("/health/ready").status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
        raise AssertionError(f"{self.host} is not ready:\n{self.tail()}")

    def stop(self) -> int:
        """SIGTERM; what is in hand is finished. Returns the exit status."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.terminate()
        try:
            return process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.host} did not stop at SIGTERM:\n{self.tail()}") from None

    def kill(self) -> None:
        """`kill -9`: nothing is finished."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def tail(self, lines: int = 60) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
