"""`/health/live`: the process answers. `/health/ready`: the database answers, its schema is this version's, background
work keeps up. `/metrics`: figures for Prometheus, where the extra `metrics` is installed.

The answers say no more than which part is not well: they are public where a proxy lets them through.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Protocol, TypeVar, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fediprof import clock
from fediprof.db import migrate
from fediprof.db.database import Tx
from fediprof.observability import metrics, queues
from fediprof.settings import Settings

Result = TypeVar("Result")

SECONDS = 2.0
"""For the database to answer."""
LATE = 300.0
"""Seconds a queue may be behind before the server calls itself not ready."""

LONGEST_SEEN = 4096
SEEN = frozenset({"host", "date", "digest", "content-digest", "content-type", "signature", "signature-input"})

log = logging.getLogger(__name__)
newest = cache(migrate.newest)


class Served(Protocol):
    """What is asked of the services."""

    settings: Settings

    async def read(self, unit: Callable[[Tx], Result]) -> Result: ...


async def live(request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """200 {"ready": true, …}, or 503 with the part that is not well."""
    services = cast(Served, request.app.state.services)
    try:
        async with asyncio.timeout(SECONDS):
            at, late = await services.read(lambda tx: (migrate.revision(tx), queues.behind(tx, clock.now())))
    except Exception as error:
        log.warning("health.database", extra={"why": type(error).__name__})
        return JSONResponse({"ready": False, "database": "no answer"}, 503)
    told: dict[str, object] = {"database": "ok", "schema": "current" if at == newest() else "another version's"}
    told["queues"] = {name: "late" if seconds > LATE else "ok" for name, seconds in late.items()}
    well = at == newest() and all(seconds <= LATE for seconds in late.values())
    return JSONResponse({"ready": well, **told}, 200 if well else 503)


async def figures(request: Request) -> Response:
    """For Prometheus, and only from the addresses of `metrics_from`: they tell a lot about who writes to whom."""
    services = cast(Served, request.app.state.services)
    told = metrics.exposition() if _may_look(request, services.settings) else None
    if told is None:
        return PlainTextResponse("Not found\n", 404)
    await services.read(lambda tx: queues.behind(tx, clock.now()))
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def seen(request: Request) -> Response:
    """What arrived, told back to who sent it: `fediprof doctor` compares it with what it sent, to find a proxy that
    changes what signatures cover. Nothing is kept, and nothing is in it but the asker's own request."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LONGEST_SEEN:
        return PlainTextResponse("Too long\n", 413)
    body = await request.body()
    told = {name: value for name, value in request.headers.items() if name in SEEN}
    return JSONResponse(
        {
            "method": request.method,
            "scheme": request.url.scheme,
            "target": request.scope["raw_path"].decode("latin-1"),
            "client": request.client.host if request.client else "",
            "headers": told,
            "sha256": hashlib.sha256(body).hexdigest(),
        },
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


routes = [
    Route("/health/seen", seen, methods=["POST"]),
    Route("/health/live", live),
    Route("/health/ready", ready),
    Route("/metrics", figures),
]


def _may_look(request: Request, settings: Settings) -> bool:
    """A request that came through a proxy is somebody else's, whatever address is left of it."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    allowed = filter(None, (part.strip() for part in settings.metrics_from.split(",")))
    return any(address in ip_network(part) for part in allowed)
