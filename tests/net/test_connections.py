"""The connections to one origin: how many at once, how many rest, which are used again."""

from __future__ import annotations

import asyncio

import httpcore2
import pytest

from fediprof.net.connections import AT_ONCE, RESTING, Connections
from fediprof.net.sockets import Sockets

from .peer import Peer, answer, peer

pytestmark = pytest.mark.anyio


def to(there: Peer) -> Connections:
    return Connections(httpcore2.Origin(b"http", b"127.0.0.1", there.port), Sockets(), None)


async def ask(connections: Connections, there: Peer) -> bytes:
    request = httpcore2.Request("GET", there.url(host="127.0.0.1"), headers=[(b"host", b"x")])
    async with connections.ask(request) as response:
        return await response.aread()


async def test_no_more_than_so_many_are_open_and_fewer_rest() -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(answer(b"ok"))

    async with peer() as there:
        there.answers["/"] = slowly
        connections = to(there)
        assert await asyncio.gather(*(ask(connections, there) for _ in range(3 * AT_ONCE))) == [b"ok"] * 3 * AT_ONCE
        assert there.most_at_once == AT_ONCE
        opened = there.connections
        await asyncio.gather(*(ask(connections, there) for _ in range(RESTING)))
        assert there.connections == opened
        await asyncio.gather(*(ask(connections, there) for _ in range(RESTING + 1)))
        assert there.connections == opened + 1
        await connections.close()


async def test_one_whose_answer_was_not_read_to_its_end_is_not_used_again() -> None:
    async with peer() as there:
        there.answers["/"] = answer(bytes(1_000_000))
        connections = to(there)
        for _ in range(2):
            request = httpcore2.Request("GET", there.url(host="127.0.0.1"), headers=[(b"host", b"x")])
            async with connections.ask(request) as response:
                assert response.status == 200
        assert there.connections == 2
        await connections.close()


async def test_a_request_given_up_leaves_room_and_no_connection() -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with peer() as there:
        there.answers["/"] = never
        connections = to(there)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await asyncio.gather(*(ask(connections, there) for _ in range(AT_ONCE)))
        assert there.connections == 2 * AT_ONCE
        there.answers["/"] = answer(b"ok")
        assert await ask(connections, there) == b"ok"
        await connections.close()
