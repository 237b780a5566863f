"""Connections as the loop offers them: TCP and TLS for the HTTP client, addresses given by number.

In place of httpcore2's own backend on anyio, which enters a cancel scope and passes through the loop once more at each
read and write, and does TLS in Python: by it a POST costs half as much again. Who may be dialled is `guard.py`'s;
how long anything may take is `fetcher.py`'s, except where httpcore2 states a timeout.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

HELD = 256 * 1024
"""Bytes received and not yet asked for beyond which the peer is made to wait."""


class Sockets(AsyncNetworkBackend):
    """Opens connections by asyncio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """`host`: an address. Raises ConnectError, ConnectTimeout."""
        loop = asyncio.get_running_loop()
        local = (local_address, 0) if local_address else None
        try:
            async with asyncio.timeout(timeout):
                transport, wire = await loop.create_connection(Wire, host, port, local_addr=local)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"{host}: no connection within {timeout} s") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for option in socket_options or ():
            cast("socket.socket", transport.get_extra_info("socket")).setsockopt(*option)
        return Stream(transport, wire)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Wire(asyncio.Protocol):
    """What the loop tells of one connection: bytes that came, the end, whether it takes more."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.ended = False
        self.lost: Exception | None = None
        self._full = self._paused = False
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > HELD and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False  # and closed: an answer's end is the end of what we have to say

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        self.lost = error
        self._wake()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    async def taken(self) -> None:
        """Wait until the peer has taken most of what was written."""
        while self._full and not self.ended:
            await self._change()

    async def read(self, most: int) -> bytes:
        """What is there, when there is something; b"" at the end."""
        while not self.received and not self.ended:
            await self._change()
        if not self.received and self.lost is not None:
            raise httpcore2.ReadError(str(self.lost)) from self.lost
        data = bytes(self.received[:most])
        del self.received[:most]
        if self._paused and not self.ended and len(self.received) <= HELD and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def _change(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Stream(AsyncNetworkStream):
    def __init__(self, transport: asyncio.Transport, wire: Wire) -> None:
        self._transport, self._wire = transport, wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is None:
            return await self._wire.read(max_bytes)
        try:
            async with asyncio.timeout(timeout):
                return await self._wire.read(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(f"nothing within {timeout} s") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._wire.ended or self._transport.is_closing():
            raise httpcore2.WriteError("the peer has closed the connection") from self._wire.lost
        self._transport.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._wire.taken()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(f"not taken within {timeout} s") from error

    async def aclose(self) -> None:
        """At once: what a peer does not take in must not be kept for it."""
        self._transport.abort()
        await asyncio.sleep(0)  # the loop closes the socket on its next pass

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncNetworkStream:
        """The same connection, encrypted, its certificate checked for `server_hostname`. Raises ConnectError."""
        loop = asyncio.get_running_loop()
        wire = Wire()
        try:
            async with asyncio.timeout(timeout):
                encrypted = await loop.start_tls(self._transport, wire, ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("no TLS handshake in time") from error
        except OSError as error:  # a certificate refused is one
            raise httpcore2.ConnectError(str(error)) from error
        if encrypted is None:
            raise httpcore2.ConnectError("closed before TLS began")
        wire.transport = encrypted
        return Stream(encrypted, wire)

    def get_extra_info(self, info: str) -> Any:
        """`is_readable`: of a connection at rest, that its peer has closed it, or sends what nobody asked for. The loop
        reads all the time, so that no system call is needed to know."""
        if info == "is_readable":
            return self._wire.ended or bool(self._wire.received) or self._transport.is_closing()
        return self._transport.get_extra_info(_NAMES.get(info, info))


_NAMES = {"client_addr": "sockname", "server_addr": "peername"}
