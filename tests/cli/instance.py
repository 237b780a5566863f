"""An instance as its operator has it: a folder, the command `fediprof`, a process that serves."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Instance:
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def run(self, *words: str, code: int = 0, typed: str | None = None) -> str:
        """What the command said, on both streams; it must end with `code`, and never with a traceback."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "fediprof", *words],
            cwd=self.home,
            env=self._env(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == code, f"{words}: {done.returncode}\n{said}"
        return said

    @contextmanager
    def running(self, *words: str, until: str = "Ctrl-C", seconds: float = 60) -> Iterator[Running]:
        """A command that keeps running; entered once it has said `until` on either stream."""
        with (self.home / "said").open("w+b") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "fediprof", *words], cwd=self.home, env=self._env(), stdout=said, stderr=said
            )
            running = Running(process, self.home / "said")
            try:
                running.must_say(until, seconds)
                yield running
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()

    def _env(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FEDIPROF_")}
        return ours | {"LANG": "en_GB.UTF-8"} | self.environment


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def must_say(self, words: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.said}"
            assert time.monotonic() < deadline, f"it never said {words!r}: {self.said}"
            time.sleep(0.02)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; the code it ends with."""
        self.process.terminate()
        return self.process.wait(seconds)


@contextmanager
def logged_in(link: str) -> Iterator[httpx2.Client]:
    """A browser that opened a one-time link and pressed its button."""
    origin = re.match(r"https?://[^/]+", link)
    with httpx2.Client(
        follow_redirects=True, timeout=10, headers={"Origin": origin.group() if origin else ""}
    ) as browser:
        token = re.search(r'name="token" value="([^"]*)"', browser.get(link).text)
        browser.post(link, data={"token": token.group(1) if token else ""})
        yield browser
