"""The ASGI application of the client API: finds the endpoint, reads the request, proves the caller, answers; and says
everything that goes wrong in JSON, with the CORS headers without which a browser shows an app nothing at all.

An endpoint that only reads is a plain function of `(tx, call)`: token and data are read in one unit of work.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from fediprof.db.database import Tx
from fediprof.errors import FediprofError
from fediprof.mastodon import auth, errors, params
from fediprof.mastodon.call import Call
from fediprof.moderation import limits
from fediprof.oauth.commands import MarkUsed, mark_used
from fediprof.services import Services

Reading: TypeAlias = Callable[[Tx, Call], Response]
Acting: TypeAlias = Callable[[Call], Awaitable[Response]]
Socket: TypeAlias = Callable[[WebSocket], Awaitable[None]]

log = logging.getLogger(__name__)

CORS = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh",
    ),
]
PREFLIGHT = {
    "access-control-allow-methods": "POST, PUT, DELETE, GET, PATCH, OPTIONS",
    # By name: `*` does not cover Authorization (Fetch standard, CORS protocol).
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, X-Requested-With",
    "access-control-max-age": "7200",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the table in `routes`. `needs`: see `auth.must_reach`. `:name` in a path matches one segment.

    Exactly one of `reads` and `acts` is there. `page`: for people in a browser, so no script of another site may read
    it. `query_token`: the token may stand in the address, for what cannot send headers.
    """

    method: str
    path: str
    needs: str
    reads: Reading | None = None
    acts: Acting | None = None
    page: bool = False
    query_token: bool = False


@dataclass(slots=True)
class _Place:
    """What is at one path, by method."""

    names: dict[int, str]
    methods: dict[str, Endpoint] = field(default_factory=dict)


class Door:
    """`sockets`: paths that answer a WebSocket, given without a slash at the end; one at the end of a path is ignored,
    since a redirect would break clients."""

    def __init__(self, endpoints: Iterable[Endpoint], sockets: Mapping[str, Socket]) -> None:
        self.endpoints = tuple(endpoints)
        self._sockets = dict(sockets)
        self._exact: dict[str, _Place] = {}
        self._shaped: dict[tuple[int, str], list[tuple[list[str], _Place]]] = {}
        for endpoint in self.endpoints:
            self._place(endpoint).methods[endpoint.method] = endpoint

    def _place(self, endpoint: Endpoint) -> _Place:
        steps = endpoint.path.split("/")
        names = {at: step[1:] for at, step in enumerate(steps) if step.startswith(":")}
        if not names:
            return self._exact.setdefault(endpoint.path, _Place(names))
        same_shape = self._shaped.setdefault((len(steps), steps[3]), [])
        shape = ["" if at in names else step for at, step in enumerate(steps)]
        for known, place in same_shape:
            if known == shape:
                return place
        place = _Place(names)
        same_shape.append((shape, place))
        return place

    def find(self, path: str) -> tuple[_Place, dict[str, str]] | None:
        place = self._exact.get(path)
        if place is not None:
            return place, {}
        steps = path.split("/")
        if len(steps) < 4:
            return None
        for shape, place in self._shaped.get((len(steps), steps[3]), ()):
            if all(want in ("", step) for want, step in zip(shape, steps, strict=True)):
                return place, {name: steps[at] for at, name in place.names.items()}
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        path = path.rstrip("/") if len(path) > 1 else path
        if scope["type"] == "websocket":
            await self._socket(path, WebSocket(scope, receive, send))
            return
        request = Request(scope, receive, send)
        found = self.find(path)
        page = found is not None and any(each.page for each in found[0].methods.values())
        response = await self._answer(request, found)
        if not page:
            response.raw_headers.extend(CORS)
        await response(scope, receive, send)

    async def _answer(self, request: Request, found: tuple[_Place, dict[str, str]] | None) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        if found is None:
            return errors.json({"error": errors.NO_SUCH_ENDPOINT}, 404)
        place, path = found
        endpoint = place.methods.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            allowed = ", ".join(sorted({*place.methods, "OPTIONS"}))
            return errors.json({"error": "Method not allowed"}, 405, {"allow": allowed})
        try:
            return await self._call(request, endpoint, path)
        except FediprofError as error:
            return errors.refusal(error)
        except Exception:
            log.exception("api.failed method=%s path=%s", request.method, endpoint.path)
            return errors.json({"error": FediprofError.sentence}, 500)

    async def _call(self, request: Request, endpoint: Endpoint, path: dict[str, str]) -> Response:
        services: Services = request.app.state.services
        sent = await _params(request, services)
        try:
            return await self._proven(Call(request, services, services.here(), path, sent), endpoint)
        finally:
            await sent.close()

    async def _proven(self, call: Call, endpoint: Endpoint) -> Response:
        request, services = call.request, call.services
        secret: str | None = None
        if endpoint.needs:  # what is open to all looks at no token, so that an old one shuts nobody out
            secret = auth.bearer(request.headers.get("authorization", ""))
            if secret is None and endpoint.query_token:
                secret = request.query_params.get("access_token")

        def prove(tx: Tx) -> None:
            call.caller, call.suspended = auth.caller(tx, secret), limits.all_suspended(tx)
            auth.must_reach(call.caller, endpoint.needs)
            if call.caller.account is None and endpoint.needs.startswith("optional"):
                services.gate.look(call.network, None)

        def whole(tx: Tx) -> Response:
            prove(tx)
            return endpoint.reads(tx, call)  # type: ignore[misc]

        if endpoint.reads is not None:
            response = await services.read(whole)
        else:
            if endpoint.needs:
                await services.read(prove)
            response = await endpoint.acts(call)  # type: ignore[misc]
        if call.caller.token is not None and call.caller.stale(call.here.now):
            await services.perform(mark_used, MarkUsed(call.caller.token.id))
        return response

    async def _socket(self, path: str, socket: WebSocket) -> None:
        handler = self._sockets.get(path)
        if handler is None:
            await socket.send_denial_response(errors.json({"error": errors.NO_SUCH_ENDPOINT}, 404))
            return
        await handler(socket)


async def _params(request: Request, services: Services) -> params.Params:
    """Most reads carry nothing but a query; some clients send a JSON body with a GET."""
    if request.method in ("GET", "HEAD") and request.headers.get("content-length", "0") == "0":
        return params.of_query(request.scope["query_string"])
    return await params.read(request, most_file_bytes=services.settings.upload_mb * 1024 * 1024)


def reads(method: str, path: str, needs: str, handler: Reading) -> Endpoint:
    return Endpoint(method, path, needs, reads=handler)


def acts(method: str, path: str, needs: str, handler: Acting, **more: Any) -> Endpoint:
    return Endpoint(method, path, needs, acts=handler, **more)
