"""`fediprof worker`: background work only, beside `serve` with the setting `worker = false`."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import click

from fediprof.cli.founding import found_server
from fediprof.cli.run import settings_of, with_services
from fediprof.cli.server import stop_signal
from fediprof.services import Services

log = logging.getLogger(__name__)


@click.command()
@click.option("--drain", is_flag=True, help="Do all that is due now, and end.")
@click.pass_context
def worker(ctx: click.Context, drain: bool) -> None:
    """Background work only: the inbox, deliveries, jobs. Until SIGTERM; what is in hand is finished first."""
    with_services(settings_of(ctx, serving=True), _drained if drain else _until_stopped)


async def _drained(services: Services) -> None:
    from fediprof.worker import Workers

    await found_server(services)
    await Workers(services).drain()


async def _until_stopped(services: Services) -> None:
    from fediprof.worker import Workers

    stop = stop_signal()
    await found_server(services)
    working = asyncio.create_task(Workers(services).run())
    log.info("worker.started")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    log.info("worker.stopped")
