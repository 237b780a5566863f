"""A hundred servers with a member each, in a process of its own: inboxes at 127.0.0.1 to 127.0.0.N that note what came, in
which order and when. The last but one thinks for 300 ms; the last takes connections and never answers.

Run as `python -m benchmarks.sink PORT HOSTS` with a private key on stdin. What it noted: GET 127.0.0.1:PORT/seen, /noted;
/watch?pids=1,2 makes it tell which of these processes sent what.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter, defaultdict
from urllib.parse import parse_qs, urlsplit

from benchmarks.peer import document
from fediprof.signatures import keys

THINKS = 0.3


class Sink:
    def __init__(self, port: int, hosts: int, pem: str) -> None:
        self.port, self.hosts, self.pem = port, hosts, pem
        self.noted: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self.by_process: Counter[int] = Counter()
        self.watched: list[int] = []

    def name(self, number: int) -> str:
        return f"127.0.0.{number}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = self._process_behind(writer.get_extra_info("peername"))
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                length, host = 0, ""
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode().partition(":")
                    if name.lower() == "content-length":
                        length = int(value)
                    elif name.lower() == "host":
                        host = value.strip()
                body = await reader.readexactly(length)
                if host == self.name(self.hosts):
                    await reader.read()  # until the sender has had enough of it
                    break
                if method == "POST":
                    self._note(host, body)
                    self.by_process[sender] += 1
                if host == self.name(self.hosts - 1):
                    await asyncio.sleep(THINKS)
                status, kind, answer = self._answer(method, target, host)
                head = f"HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {len(answer)}\r\n\r\n"
                writer.write(head.encode() + answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _note(self, host: str, body: bytes) -> None:
        activity = json.loads(body)
        inner = activity["object"]
        self.noted[host].append((inner["id"] if isinstance(inner, dict) else activity["id"], time.time()))

    def _answer(self, method: str, target: str, host: str) -> tuple[int, str, bytes]:
        parts = urlsplit(target)
        if method == "POST":
            return 202, "text/plain", b""
        if parts.path == "/seen":
            return (
                200,
                "application/json",
                json.dumps({h: len({i for i, _ in n}) for h, n in self.noted.items()}).encode(),
            )
        if parts.path == "/noted":
            told = {"noted": self.noted, "by_process": self.by_process}
            return 200, "application/json", json.dumps(told).encode()
        if parts.path == "/watch":
            self.watched = [int(pid) for pid in parse_qs(parts.query)["pids"][0].split(",")]
            return 200, "application/json", b"{}"
        if parts.path.startswith("/users/") and parts.path.count("/") == 2:
            found = document(f"http://{host}{parts.path}", self.pem)
            return 200, "application/activity+json", json.dumps(found).encode()
        return 404, "text/plain", b""

    def _process_behind(self, peer: tuple[str, int]) -> int:
        """Which of the watched processes holds the other end of a connection; 0: none of them."""
        if not self.watched:
            return 0
        local = "".join(f"{int(part):02X}" for part in reversed(peer[0].split("."))) + f":{peer[1]:04X}"
        with open("/proc/net/tcp") as table:
            inode = next((fields[9] for fields in map(str.split, table) if fields[1] == local), None)
        for pid in self.watched:
            try:
                ends = (os.readlink(f"/proc/{pid}/fd/{each}") for each in os.listdir(f"/proc/{pid}/fd"))
                if f"socket:[{inode}]" in ends:
                    return pid
            except OSError:
                continue
        return 0


async def main(port: int, hosts: int, pem: str) -> None:
    sink = Sink(port, hosts, pem)
    for host in range(1, hosts + 1):
        await asyncio.start_server(sink.serve, f"127.0.0.{host}", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    held = sys.stdin.buffer.read()
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), keys.private_from_pem("x", held).public("x").pem()))
