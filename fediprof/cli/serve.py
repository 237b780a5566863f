"""`fediprof serve`: answer requests, for a service manager. With PostgreSQL, in several processes on one socket."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import click

from fediprof.cli.run import settings_of
from fediprof.cli.server import bound, serve_until_stopped
from fediprof.errors import Misconfigured

log = logging.getLogger(__name__)

SOONEST = 5.0
"""Seconds: a process that ends by itself sooner than this is not started again, it would only fail again."""

PAUSE = 1.0
"""Seconds before one that was killed as soon is started again."""


@click.command()
@click.option("--listen", metavar="ADDRESS:PORT", help="Instead of the setting of that name.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes; more than one needs PostgreSQL.")
@click.option("--certfile", type=click.Path(exists=True, dir_okay=False), help="PEM, to speak TLS without a proxy.")
@click.option("--keyfile", type=click.Path(exists=True, dir_okay=False), help="The certificate's key.")
@click.option("--fd", type=int, hidden=True, help="A socket handed down by the first process.")
@click.pass_context
def serve(
    ctx: click.Context, listen: str | None, workers: int, certfile: str | None, keyfile: str | None, fd: int | None
) -> None:
    """Answer requests until SIGTERM; what is in hand is finished first."""
    settings = settings_of(ctx, listen=listen, serving=True)
    if workers > 1 and not settings.database.startswith("postgresql://"):
        raise Misconfigured("--workers: SQLite has one writer; more processes need PostgreSQL (setting `database`)")
    if (certfile is None) != (keyfile is None):
        raise Misconfigured("--certfile and --keyfile go together")
    listening = bound(settings.listen) if fd is None else socket.socket(fileno=fd)
    if workers == 1:
        tls = (certfile, keyfile) if certfile and keyfile else None
        serve_until_stopped(settings, listening, tls=tls)
    else:
        listening.listen(2048)
        tls_options = ["--certfile", certfile, "--keyfile", keyfile] if certfile and keyfile else []
        sys.exit(_several(workers, listening, ctx.find_root().obj, tls_options))


def _several(count: int, listening: socket.socket, config: Path | None, options: list[str]) -> int:
    """Run `count` processes on one socket until a signal; one that is killed or ends by accident is started again."""
    command = [sys.executable, "-m", "fediprof", *(["--config", str(config)] if config else [])]
    command += ["serve", "--fd", str(listening.fileno()), *options]
    running: dict[subprocess.Popen[bytes], float] = {}
    stopping = False

    def start() -> None:
        begun = subprocess.Popen(command, pass_fds=[listening.fileno()])
        running[begun] = time.monotonic()
        if stopping:  # the signal came while it was being started
            begun.terminate()

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for each in running:
            each.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for _ in range(count):
        start()
    failed = 0
    while running:
        for each, begun in list(running.items()):
            if each.poll() is None:
                continue
            del running[each]
            if stopping:
                continue
            soon, killed = time.monotonic() - begun < SOONEST, each.returncode < 0
            if soon and not killed:
                failed = each.returncode or 1
                stop(signal.SIGTERM, None)
                continue
            log.warning("server.lost", extra={"pid": each.pid, "status": each.returncode})
            if soon:
                time.sleep(PAUSE)
            if not stopping:
                start()
        time.sleep(0.1)
    return failed
