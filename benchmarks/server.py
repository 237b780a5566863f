"""A real `fediprof serve` process on loopback, and what it has spent."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def cpu(self) -> float:
        """Seconds of CPU, user and system, of the process so far."""
        return cpu_of(self.process.pid)

    def memory(self) -> float:
        """Resident MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def most_memory(self) -> float:
        """Resident MB at its highest."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def cpu_of(pid: int) -> float:
    """Seconds, to the microsecond: the process's own clock, numbered as clock_getcpuclockid(3) does."""
    return time.clock_gettime((~pid << 3) | 2)


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "FEDIPROF_HOST": f"localhost:{port}",
        "FEDIPROF_LISTEN": f"127.0.0.1:{port}",
        "FEDIPROF_DATA": str(folder / "data"),
        "FEDIPROF_KEYS": str(folder / "keys"),
        "FEDIPROF_LOG": "error",
        "FEDIPROF_DELIVERY_HOSTS": "32",
        "FEDIPROF_SIGNED_COLLECTIONS": "false",  # its figure is of the list, not of a signature
        "FEDIPROF_PROFILE_PAGES_PER_MINUTE": "0",  # one reader opens hundreds here
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int, more: Mapping[str, str] | None = None) -> Server:
    """Start and wait until it answers. `more`: variables of its environment."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "fediprof", "serve"]
    if profile := os.environ.get("FEDIPROF_BENCH_PROFILE"):  # a file for cProfile's figures
        command = [sys.executable, "-m", "cProfile", "-o", profile, "-m", "fediprof", "serve"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(folder, port) | dict(more or {}), stdout=subprocess.DEVNULL
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1).read()
            break
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server did not start") from None
            time.sleep(0.01)
    return Server(folder, port, process, time.perf_counter() - begun)


async def settled(server: Server, quiet: float = 0.6) -> None:
    """Wait until the process has stopped spending CPU."""
    last = server.cpu()
    while True:
        await asyncio.sleep(quiet)
        now = server.cpu()
        if now - last < 0.03:
            return
        last = now
