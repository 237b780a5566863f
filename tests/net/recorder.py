"""Stands where sockets are opened: notes what would have been dialled, and opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import httpcore2
from httpcore2 import AsyncMockStream, AsyncNetworkBackend, AsyncNetworkStream

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Recorder(AsyncNetworkBackend):
    """`dialled`: (address, port) in order. Answers each connection with `answer`; `dead` addresses do not answer."""

    def __init__(self, *answer: bytes, dead: Sequence[str] = ()) -> None:
        self.dialled: list[tuple[str, int]] = []
        self._answer = list(answer) or [PAGE]
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        self.dialled.append((host, port))
        if host in self._dead:
            raise httpcore2.ConnectError("nobody there")
        return AsyncMockStream(list(self._answer))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None
    ) -> AsyncNetworkStream:
        self.dialled.append((path, 0))
        return AsyncMockStream(list(self._answer))

    async def sleep(self, seconds: float) -> None:
        return None


class Names:
    """A name server: name → addresses, one list for each time it is asked (the last one stays)."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.asked: list[str] = []
        self.table: dict[str, list[Sequence[str]]] = {}
        for name, addresses in answers.items():
            self.says(name.replace("_", "."), addresses)

    def says(self, name: str, *answers: Sequence[str]) -> None:
        self.table[name] = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.table:
            raise OSError("no such name")
        answers = self.table[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]
