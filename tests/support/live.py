"""A whole server on a loopback port, for what needs real sockets: streams, and other people's client libraries."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from fediprof.accounts.commands import CreateServerActor, create_server_actor
from fediprof.app import create_app
from fediprof.here import INSTANCE_ACTOR
from fediprof.services import Services, open_services
from tests.conftest import sealed, settings_for


class Server(uvicorn.Server):
    """Without its signal handlers: the signals are pytest's."""

    def install_signal_handlers(self) -> None:
        return


@asynccontextmanager
async def serving(tmp_path: Path, database_url: str, **changes: object) -> AsyncIterator[Services]:
    """A server that answers at `services.settings.origin`, http://127.0.0.1:port, with its workers running."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        values = {"host": host, "listen": host, "dev_hosts": "", "worker": True, **changes}
        services = await open_services(settings_for(tmp_path, database_url, **values))
        try:
            keys = sealed(services.keystore, services.here().actor(INSTANCE_ACTOR))
            await services.perform(create_server_actor, CreateServerActor(keys))
            config = uvicorn.Config(
                create_app(services),
                log_config=None,
                lifespan="on",
                ws="websockets-sansio",
                timeout_graceful_shutdown=2,
            )
            server = Server(config)
            running = asyncio.create_task(server.serve(sockets=[bound]))
            while not server.started:
                await asyncio.sleep(0.01)
                if running.done():
                    running.result()
            try:
                yield services
            finally:
                server.should_exit = True
                await running
        finally:
            await services.close()
