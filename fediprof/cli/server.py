"""One process that answers: the socket bound, the app (and its workers) served by uvicorn, an orderly end.

At SIGTERM or Ctrl-C no connection is taken any more, requests under way are answered, deliveries under way are written
down, then the process ends with 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from fediprof.cli.founding import found_server
from fediprof.cli.run import opened
from fediprof.errors import Misconfigured
from fediprof.services import Services
from fediprof.settings import Settings

log = logging.getLogger(__name__)

PATIENCE = 10
"""Seconds that requests under way get at a stop; open streams never end by themselves."""

PATIENCE_WITH_TLS = 2
"""The same where we speak TLS ourselves: peers that keep a connection idle do not answer its goodbye, and are waited for."""

Ready = Callable[[Services], Awaitable[None]]


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: at a signal it would end the process before our workers have finished."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(listen: str) -> socket.socket:
    """The socket for `address:port`. Raises Misconfigured with the sentence to show."""
    address, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if address.startswith("[") else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((address.strip("[]"), int(port)))
    except (OSError, OverflowError) as error:
        taken.close()
        why = getattr(error, "strerror", None) or str(error)
        raise Misconfigured(f"listen: cannot use {listen}: {why}") from None
    taken.set_inheritable(True)
    return taken


def serve_until_stopped(
    settings: Settings,
    listening: socket.socket,
    *,
    ready: Ready | None = None,
    beside: subprocess.Popen[bytes] | None = None,
    tls: tuple[str, str] | None = None,
) -> None:
    """Answer on `listening` until a signal says stop. `ready`: awaited once connections are taken. `beside`: a process
    without which we are of no use; when it ends we do, with Misconfigured. `tls`: files of certificate and key."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listening, ready, beside, tls))


async def _serve(
    settings: Settings,
    listening: socket.socket,
    ready: Ready | None,
    beside: subprocess.Popen[bytes] | None,
    tls: tuple[str, str] | None,
) -> None:
    from fediprof.app import create_app

    stop = stop_signal()
    async with opened(settings) as services:
        await found_server(services)
        server = Server(_configured(settings, create_app(services), tls))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        gc.collect()
        gc.freeze()  # modules and what they hold stay to the end: a collection need not go through them each time
        log.info("server.started", extra={"listen": settings.listen, "host": settings.host})
        if ready is not None and not serving.done():
            await ready(services)
        while not stop.is_set() and not serving.done() and (beside is None or beside.poll() is None):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)
        server.should_exit = True
        await serving
        log.info("server.stopped")
    if beside is not None and beside.poll() is not None:
        raise Misconfigured(f"Caddy ended by itself, with {beside.returncode}")


def stop_signal() -> asyncio.Event:
    """Set at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _configured(settings: Settings, app: Starlette, tls: tuple[str, str] | None) -> uvicorn.Config:
    certificate, key = tls or (None, None)
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=65_536,
        lifespan="on",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_config=None,
        access_log=False,  # the app writes its own, without what is secret in an address
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=PATIENCE if tls is None else PATIENCE_WITH_TLS,
        timeout_keep_alive=65,  # longer than the minute proxies keep theirs: the proxy closes first, no request is lost
    )
