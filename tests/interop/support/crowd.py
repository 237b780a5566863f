"""Many small servers behind one socket: each has one actor, says who that is, and writes down what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from fediprof import clock
from fediprof.signatures import cavage, keys
from fediprof.signatures.message import SignableRequest
from tests.interop.support.internet import Internet

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS2}#Public"
TYPE = "application/activity+json"


@dataclass(frozen=True, slots=True)
class Letter:
    """A POST, signed beforehand; it can be sent as often as it takes."""

    id: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Crowd:
    """`received`: how often each host was sent each activity id. `about`: the ids under which it was sent an object."""

    internet: Internet
    hosts: list[str]
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    about: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _pem: bytes = field(default_factory=keys.generate_rsa)
    _made: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    # --- what it says

    def iri(self, host: str) -> str:
        return f"https://{host}/users/sam"

    def _key(self, host: str) -> keys.PrivateKey:
        return keys.private_from_pem(f"{self.iri(host)}#main-key", self._pem)

    def letter(self, host: str, inbox: str, type: str, object: object, **more: object) -> Letter:
        """An activity of the actor on `host`, signed for `inbox`."""
        self._made += 1
        iri = self.iri(host)
        activity = {"@context": AS2, "id": f"{iri}/{type}/{self._made}", "type": type, "actor": iri, "object": object}
        body = json.dumps({**activity, **more}).encode()
        headers = {"host": urlsplit(inbox).netloc, "content-type": TYPE}
        request = SignableRequest("POST", inbox, headers, body)
        return Letter(str(activity["id"]), {**headers, **cavage.sign(request, self._key(host), clock.now())}, body)

    def note(self, host: str, content: str, mentioned: str) -> dict[str, object]:
        self._made += 1
        return {
            "id": f"{self.iri(host)}/notes/{self._made}",
            "type": "Note",
            "attributedTo": self.iri(host),
            "content": content,
            "published": clock.rfc3339(clock.now()),
            "to": [PUBLIC],
            "cc": [mentioned],
            "tag": [{"type": "Mention", "href": mentioned}],
        }

    def _document(self, host: str) -> dict[str, object]:
        iri, key = self.iri(host), self._key(host)
        return {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": iri,
            "type": "Person",
            "preferredUsername": "sam",
            "inbox": f"{iri}/inbox",
            "endpoints": {"sharedInbox": f"https://{host}/inbox"},
            "publicKey": {"id": key.id, "owner": iri, "publicKeyPem": key.public(iri).pem()},
        }

    # --- how it is reached

    def start(self) -> Crowd:
        certificate, key = self.internet.certificate(*self.hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        ready = threading.Event()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            serving = asyncio.start_server(
                self._connected, "127.0.0.1", self.internet.ports[self.hosts[0]], ssl=context
            )
            server = self._loop.run_until_complete(serving)
            ready.set()
            self._loop.run_forever()
            server.close()
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ", 2)
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, answer, kind = self._answer(method, target, headers["host"], body)
                told = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(answer)}\r\n\r\n"
                writer.write(told.encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    def _answer(self, method: str, target: str, host: str, body: bytes) -> tuple[int, bytes, str]:
        path, _, query = target.partition("?")
        if method == "POST":
            activity = json.loads(body)
            about = activity["object"]
            self.received[host, activity["id"]] += 1
            self.about.setdefault((host, about["id"] if isinstance(about, dict) else about), set()).add(
                activity["id"]
            )
            return 202, b"", TYPE
        if path == "/.well-known/webfinger" and parse_qs(query)["resource"] == [f"acct:sam@{host}"]:
            link = {"rel": "self", "type": TYPE, "href": self.iri(host)}
            return 200, json.dumps({"subject": f"acct:sam@{host}", "links": [link]}).encode(), "application/jrd+json"
        if path == "/users/sam":
            return 200, json.dumps(self._document(host)).encode(), TYPE
        return 404, b"{}", TYPE
