"""Requests made beforehand and sent over a few kept connections: the sender must not be what is measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from fediprof import clock
from fediprof.signatures import cavage
from fediprof.signatures.keys import PrivateKey
from fediprof.signatures.message import SignableRequest

CONNECTIONS = 16


def signed_post(url: str, activity: dict[str, object], key: PrivateKey) -> bytes:
    """The bytes of a signed POST."""
    body = json.dumps(activity).encode()
    host = url.partition("://")[2].partition("/")[0]
    base = {"host": host, "content-type": "application/activity+json"}
    signed = cavage.sign(SignableRequest("POST", url, base, body), key, clock.now())
    return _raw("POST", url, {**base, **signed}, body)


def get(url: str, **headers: str) -> bytes:
    host = url.partition("://")[2].partition("/")[0]
    return _raw("GET", url, {"host": host, **headers}, b"")


def _raw(method: str, url: str, headers: dict[str, str], body: bytes) -> bytes:
    path = "/" + url.partition("://")[2].partition("/")[2]
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def send(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> dict[int, int]:
    """Send all; {status: how many}."""
    waiting = list(reversed(requests))
    statuses: dict[int, int] = {}

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            writer.write(waiting.pop())
            status = int((await reader.readline()).split()[1])
            length, chunked = 0, False
            while (header := await reader.readline()) != b"\r\n":
                name, _, value = header.decode().lower().partition(":")
                if name == "content-length":
                    length = int(value)
                chunked = chunked or (name == "transfer-encoding" and "chunked" in value)
            if chunked:
                while (size := int(await reader.readline(), 16)) > 0:
                    await reader.readexactly(size + 2)
                await reader.readline()
            elif length:
                await reader.readexactly(length)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(min(connections, len(requests)))))
    return statuses
