"""The connections under the fetcher: long answers, peers that leave, peers that take nothing in."""

from __future__ import annotations

import asyncio
import os
import ssl

import httpcore2
import pytest
import trustme

from fediprof.net.sockets import HELD, Sockets

from .peer import answer, peer

pytestmark = pytest.mark.anyio

LONG = os.urandom(5 * HELD)


async def _asked(stream: httpcore2.AsyncNetworkStream) -> bytes:
    await stream.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    received = b""
    while not received.endswith(LONG[-64:]):
        part = await stream.read(65536)
        assert part, "the end came too early"
        assert len(part) <= 65536
        received += part
    return received


async def test_a_long_answer_is_held_back_until_it_is_asked_for() -> None:
    async with peer() as there:
        there.answers["/"] = answer(LONG)
        stream = await Sockets().connect_tcp("127.0.0.1", there.port)
        await stream.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.2)
        held = stream._wire.received  # type: ignore[attr-defined]
        assert HELD < len(held) < 2 * HELD
        received = b""
        while not received.endswith(LONG):
            received += await stream.read(65536)
        await stream.aclose()


async def test_a_long_answer_comes_through_tls_whole() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("name.example").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with peer(server) as there:
        there.answers["/"] = answer(LONG)
        plain = await Sockets().connect_tcp("127.0.0.1", there.port, timeout=5)
        stream = await plain.start_tls(trust, "name.example", timeout=5)
        assert stream.get_extra_info("ssl_object") is not None
        assert (await _asked(stream)).endswith(LONG)
        await stream.aclose()


async def test_a_certificate_for_another_name_is_no_connection() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with peer(server) as there:
        plain = await Sockets().connect_tcp("127.0.0.1", there.port)
        with pytest.raises(httpcore2.ConnectError, match="certificate"):
            await plain.start_tls(trust, "name.example", timeout=5)


async def test_a_connection_its_peer_has_closed_says_so_while_it_rests() -> None:
    async def once(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"ok"))
        writer.close()

    async with peer() as there:
        there.answers["/"] = once
        stream = await Sockets().connect_tcp("127.0.0.1", there.port)
        assert not stream.get_extra_info("is_readable")
        await stream.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await stream.read(65536)).endswith(b"ok")
        await asyncio.sleep(0.05)
        assert stream.get_extra_info("is_readable")
        await stream.aclose()


async def test_what_a_peer_does_not_take_in_is_neither_waited_for_nor_kept() -> None:
    left = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await left.wait()
        writer.transport.abort()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    stream = await Sockets().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1])
    with pytest.raises(httpcore2.WriteTimeout):
        await stream.write(bytes(32 * 1024 * 1024), timeout=0.2)
    await stream.aclose()
    assert stream.get_extra_info("socket").fileno() == -1
    left.set()
    server.close()


async def test_nobody_there_and_nothing_said_are_told_apart() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stream = await Sockets().connect_tcp("127.0.0.1", port)
    with pytest.raises(httpcore2.ReadTimeout):
        await stream.read(100, timeout=0.05)
    await stream.aclose()
    with pytest.raises(httpcore2.WriteError):
        await stream.write(b"too late")
    server.close()
    await server.wait_closed()
    with pytest.raises(httpcore2.ConnectError):
        await Sockets().connect_tcp("127.0.0.1", port)
