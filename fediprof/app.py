"""The ASGI application: doors, middleware, errors mapped once, workers with the web process where the settings say so."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import perf_counter

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediprof.errors import FediprofError, TryLater
from fediprof.federation import endpoints as federation
from fediprof.federation import entries
from fediprof.mastodon import routes as mastodon
from fediprof.observability import health, logs, metrics
from fediprof.services import Services
from fediprof.web import failures
from fediprof.web import routes as web
from fediprof.web.refusing import Refusing
from fediprof.worker import Workers

log = logging.getLogger(__name__)


def create_app(services: Services) -> Starlette:
    """The application for open services. Closing them is the caller's."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if not services.settings.worker:
            yield
            return
        work = asyncio.create_task(Workers(services).run())
        work.add_done_callback(_stopped)
        try:
            yield
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    documents = [*federation.routes, *entries.routes, *federation.negotiated, *entries.negotiated]
    app = Starlette(
        routes=[*documents, *mastodon.routes, *health.routes, *web.routes],
        exception_handlers={FediprofError: _refused, HTTPException: _refused, 500: _broken},
        lifespan=lifespan,
    )
    app.state.services = services
    app.add_middleware(Refusing, refuse=_refused, wants_document=federation.as2_wanted)
    app.add_middleware(Observed)
    return app


def _stopped(work: asyncio.Task[None]) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        log.critical("worker.stopped", exc_info=error)


async def _refused(request: Request, error: Exception) -> Response:
    """One error, three readers: a server gets JSON, an app its own door's answer, a person a page."""
    if not _for_servers(request):
        return await failures.error_page(request, error)
    if isinstance(error, FediprofError):
        status, words = error.status, error.public
        log.info(
            "request.refused", extra={"path": logs.path(request.url.path), "status": status, "why": str(error)[:300]}
        )
    else:
        status, words = getattr(error, "status_code", 500), str(getattr(error, "detail", "")) or "Refused"
    headers = {"Vary": "Accept, Signature"}
    retry = getattr(error, "retry_after", None)
    if retry is not None and (status == 429 or isinstance(error, TryLater)):
        headers["Retry-After"] = str(retry)
    if status == 401:
        headers["WWW-Authenticate"] = "Signature"
    return Response(msgspec.json.encode({"error": words}), status, headers, media_type="application/json")


async def _broken(request: Request, error: Exception) -> Response:
    """Our own mistake: told to the log whole, to the asker not at all."""
    if _for_servers(request):
        return Response(b'{"error":"Something went wrong"}', 500, media_type="application/json")
    return await failures.error_page(request, error)


def _for_servers(request: Request) -> bool:
    path = request.url.path
    if path.endswith("/inbox") or path.startswith(("/.well-known/", "/nodeinfo", "/api/", "/u/", "/actor")):
        return not request.headers.get("accept", "").startswith("text/html")
    return federation.as2_wanted(request)


class Observed:
    """Times each request, gives it an id, counts it by door and status."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _names_nothing(scope):
            await Response("Bad request", 400)(scope, receive, send)  # no name has one, and PostgreSQL takes none
            return
        begun, request_id, status = perf_counter(), f"{random.getrandbits(48):012x}", 0
        mark = logs.request_id.set(request_id)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = perf_counter() - begun
            metrics.answered(_kind(scope["path"]), status, seconds)
            if log.isEnabledFor(logging.DEBUG):
                fields = {"path": logs.path(scope["path"]), "status": status, "ms": round(seconds * 1000, 1)}
                log.debug("request.answered", extra=fields)
            logs.request_id.reset(mark)


def _names_nothing(scope: Scope) -> bool:
    """Whether an address of pages or documents has a NUL in it; the client API has its own answer."""
    if scope["path"].startswith(("/api/", "/oauth/")):
        return False
    return b"%00" in scope.get("raw_path", b"") or b"%00" in scope.get("query_string", b"")


def _kind(path: str) -> str:
    """A label of few values, whatever is asked."""
    if path.endswith("/inbox"):
        return "inbox"
    first = path[1:].partition("/")[0]
    if first.startswith("@"):
        return "profile"
    return (
        first
        if first in ("api", "oauth", "u", "p", "media", "pictures", "static", ".well-known", "nodeinfo")
        else "page"
    )
