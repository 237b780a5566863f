"""The connections to one origin: opened when none rests, used by one request at a time, kept a minute for the next.

HTTP/1.1 on each is httpcore2's; its pool is for many origins, and looks at all its connections and requests three times
for each request, which costs as much as sending it. Who asks how often is `fetcher.py`'s to say, where a connection may lead
`guard.py`'s.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore2
from httpcore2 import AsyncHTTP11Connection, AsyncNetworkBackend, Origin

AT_ONCE = 16
RESTING = 6
IDLE_SECONDS = 60.0


class Connections:
    """`trust`: what TLS checks certificates with; None for cleartext."""

    def __init__(self, origin: Origin, backend: AsyncNetworkBackend, trust: ssl.SSLContext | None) -> None:
        self._origin, self._backend, self._trust = origin, backend, trust
        self._all: set[AsyncHTTP11Connection] = set()
        self._resting: list[AsyncHTTP11Connection] = []
        self._room = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def ask(self, request: httpcore2.Request) -> AsyncIterator[httpcore2.Response]:
        """Send one request; the answer may be read within. A connection whose answer was not read to its end is closed.

        Raises httpcore2's errors, and what the backend raises.
        """
        async with self._room:
            connection = await self._rested() or await self._opened()
            try:
                response = await connection.handle_async_request(request)
                try:
                    yield response
                finally:
                    await response.aclose()
            finally:
                if connection.is_idle() and len(self._resting) < RESTING:
                    self._resting.append(connection)
                else:
                    await self._end(connection)

    async def close(self) -> None:
        """Close them all."""
        self._resting.clear()
        for connection in list(self._all):
            await self._end(connection)

    async def _rested(self) -> AsyncHTTP11Connection | None:
        """The one used last that still stands."""
        while self._resting:
            connection = self._resting.pop()
            if not connection.has_expired():
                return connection
            await self._end(connection)
        return None

    async def _opened(self) -> AsyncHTTP11Connection:
        host = self._origin.host.decode("ascii")
        stream = await self._backend.connect_tcp(host, self._origin.port)
        if self._trust is not None:
            stream = await stream.start_tls(self._trust, server_hostname=host)
        connection = AsyncHTTP11Connection(self._origin, stream, keepalive_expiry=IDLE_SECONDS)
        self._all.add(connection)
        return connection

    async def _end(self, connection: AsyncHTTP11Connection) -> None:
        self._all.discard(connection)
        await connection.aclose()
