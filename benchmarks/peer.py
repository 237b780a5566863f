"""The rest of the fediverse, in a process of its own so that its CPU is not counted: actor documents, WebFinger, and
inboxes that take everything, at 127.0.0.1 to 127.0.0.100. Run as `python -m benchmarks.peer PORT SERVER_PORT`."""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

from fediprof.signatures import keys

HOSTS = 100


def actor_iri(host: int, name: str, port: int) -> str:
    return f"http://127.0.0.{host}:{port}/users/{name}"


def document(iri: str, pem: str) -> dict[str, object]:
    origin, name = iri.partition("/users/")[0], iri.rpartition("/")[2]
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": iri,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "summary": "<p>Someone elsewhere, who writes about work.</p>",
        "inbox": f"{iri}/inbox",
        "outbox": f"{iri}/outbox",
        "followers": f"{iri}/followers",
        "endpoints": {"sharedInbox": f"{origin}/inbox"},
        "publicKey": {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": pem},
    }


class Peer:
    def __init__(self, port: int, pem: str) -> None:
        self.port, self.pem = port, pem
        self.posts: dict[str, int] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
                status, kind, answer = self.answer(method, target, host, body)
                head = f"HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {len(answer)}\r\n\r\n"
                writer.write(head.encode() + answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def answer(self, method: str, target: str, host: str, body: bytes) -> tuple[int, str, bytes]:
        parts = urlsplit(target)
        if method == "POST":
            kind = json.loads(body)["type"]
            self.posts[kind] = self.posts.get(kind, 0) + 1
            return 202, "text/plain", b""
        if parts.path == "/counts":
            return 200, "application/json", json.dumps(self.posts).encode()
        if parts.path == "/.well-known/webfinger":
            handle = parse_qs(parts.query)["resource"][0]
            name = handle.removeprefix("acct:").partition("@")[0]
            link = {"rel": "self", "type": "application/activity+json", "href": f"http://{host}/users/{name}"}
            return 200, "application/jrd+json", json.dumps({"subject": handle, "links": [link]}).encode()
        if parts.path.startswith("/users/") and parts.path.count("/") == 2:
            found = document(f"http://{host}{parts.path}", self.pem)
            return 200, "application/activity+json", json.dumps(found).encode()
        return 404, "text/plain", b""


async def main(port: int, pem: str) -> None:
    peer = Peer(port, pem)
    for host in range(1, HOSTS + 1):
        await asyncio.start_server(peer.serve, f"127.0.0.{host}", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    held = sys.stdin.buffer.read()
    asyncio.run(main(int(sys.argv[1]), keys.private_from_pem("x", held).public("x").pem()))
