"""Before any door: machines that are not wanted are sent away, the trap is looked after, and every answer says to
machines what they may do with it (robots, text and data mining).

Whose pages a known reader may open, and how many, is asked of the gate by each door, once it knows who reads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediprof.errors import NotAllowed
from fediprof.refusals import paths
from fediprof.services import Services

SIGNALS = {
    b"x-robots-tag": b"noindex, noai, noimageai",
    b"content-signal": b"search=no, ai-input=no, ai-train=no",
    b"tdm-reservation": b"1",
}
"""For every answer that does not say otherwise itself."""
NEVER = (b"x-robots-tag", b"noai, noimageai")
"""Added to what else an answer says to robots."""

Refuse = Callable[[Request, Exception], Awaitable[Response]]


class Refusing:
    """`refuse`: the answer to an error, for whoever asks. `wants_document`: whether a request is a server's."""

    def __init__(self, app: ASGIApp, refuse: Refuse, wants_document: Callable[[Request], bool]) -> None:
        self._app, self._refuse, self._wants_document = app, refuse, wants_document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        path: str = scope["path"]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                said = {name for name, _ in headers}
                headers += [signal for signal in SIGNALS.items() if signal[0] not in said]
                if b"x-robots-tag" in said and not any(b"noai" in value for _, value in headers):
                    headers.append(NEVER)
                message["headers"] = headers
            await send(message)

        if (name := self._machine(scope, path, services)) is not None:
            services.gate.tally.add("agent", name)
            error = NotAllowed(f"{name} is on the list", public="Programs like this one are not let in here.")
            answer = await self._refuse(Request(scope, receive), error)
            await answer(scope, receive, sending)
        else:
            if path == paths.TRAP:
                _trap(scope, services)
            await self._app(scope, receive, sending)
        if services.gate.tally:
            services.gate.write_soon(services.database)

    def _machine(self, scope: Scope, path: str, services: Services) -> str | None:
        """The unwanted machine's name. A server's signed request is proven, or refused, by its signature."""
        agent = signed = b""
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name == b"signature":
                signed = value
        if not agent or (found := services.gate.machine(agent.decode("latin-1"))) is None:
            return None
        if paths.open_to_machines(path) or (signed and self._wants_document(Request(scope))):
            return None
        return found


def _trap(scope: Scope, services: Services) -> None:
    """A browser that fetches ahead has not been told by anybody to go there, but is no gatherer either."""
    headers = dict(scope["headers"])
    ahead = headers.get(b"sec-purpose", b"") + headers.get(b"purpose", b"")
    if b"prefetch" not in ahead and scope.get("client"):
        services.gate.fell(scope["client"][0])
