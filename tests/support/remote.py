"""Other servers, in process: documents at addresses, actors with keys of their own, and what we delivered to them.

Only the network is a stand-in. Signatures, digests, proofs and parsing are the real ones on both sides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx2

from fediprof import clock
from fediprof.as2.names import MEDIA_TYPE
from fediprof.errors import Unreachable
from fediprof.net.fetcher import Response
from fediprof.signatures import cavage, integrity, keys, rfc9421
from fediprof.signatures.message import SignableRequest

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS2}#Public"
_rsa = keys.generate_rsa()
_ed25519 = keys.generate_ed25519()


@dataclass(slots=True)
class Delivered:
    url: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def activity(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Network:
    """Stands in for `net.fetcher.Fetcher`."""

    documents: dict[str, dict[str, object] | int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    answers: dict[str, list[int]] = field(default_factory=dict)  # statuses to give to POSTs at a host, then 202
    got: list[str] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    sent: list[Delivered] = field(default_factory=list)  # all of it: what a test forgets of `delivered` stays here
    answered: list[dict[str, object]] = field(default_factory=list)  # documents our own server gave
    signed: list[Mapping[str, str]] = field(default_factory=list)

    async def get(
        self, url: str, *, accept: str, sign=None, max_bytes=1_048_576, seconds=10, redirects=3
    ) -> Response:  # type: ignore[no-untyped-def]
        self.got.append(url)
        parts = urlsplit(url)
        if parts.netloc in self.down:
            raise Unreachable(f"{parts.netloc} is down")
        if sign is not None:
            self.signed.append(sign("GET", url, {"Host": parts.netloc, "Accept": accept}, b""))
        if parts.path == "/.well-known/webfinger":
            return self._webfinger(url, parts.netloc, parse_qs(parts.query)["resource"][0])
        final = self.redirects.get(url, url).partition("#")[0]
        found = self.documents.get(final, 404)
        if isinstance(found, int):
            return Response(final, found, {"content-type": MEDIA_TYPE}, b"{}")
        return Response(final, 200, {"content-type": MEDIA_TYPE}, json.dumps(found).encode())

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = 10) -> Response:
        host = urlsplit(url).netloc
        if host in self.down:
            raise Unreachable(f"{host} is down")
        self.delivered.append(Delivered(url, body, headers))
        self.sent.append(self.delivered[-1])
        waiting = self.answers.get(host, [])
        return Response(url, waiting.pop(0) if waiting else 202, {}, b"")

    async def answer(self, response: httpx2.Response) -> None:
        """Of our own server, seen as others see it (a hook of the test client)."""
        if response.status_code == 200 and MEDIA_TYPE in response.headers.get("content-type", ""):
            document = json.loads(await response.aread() or b"null")
            if isinstance(document, dict):
                self.answered.append(document)

    async def close(self) -> None:
        return None

    def _webfinger(self, url: str, host: str, resource: str) -> Response:
        for iri, document in self.documents.items():
            if isinstance(document, dict) and urlsplit(iri).netloc == host and document.get("inbox"):
                handle = f"acct:{document['preferredUsername']}@{host}"
                if resource.lower() == handle.lower():
                    jrd = {"subject": handle, "links": [{"rel": "self", "type": MEDIA_TYPE, "href": iri}]}
                    return Response(url, 200, {"content-type": "application/jrd+json"}, json.dumps(jrd).encode())
        return Response(url, 404, {}, b"")

    def activities(self, type: str | None = None) -> list[dict[str, object]]:
        return [each.activity for each in self.delivered if type is None or each.activity["type"] == type]


@dataclass(slots=True)
class Remote:
    """A person on another server. `post` sends an activity to ours, signed as asked."""

    network: Network
    client: httpx2.AsyncClient
    iri: str
    name: str
    made: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.iri).netloc

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.host}"

    @property
    def rsa(self) -> keys.PrivateKey:
        return keys.private_from_pem(f"{self.iri}#main-key", _rsa)

    @property
    def ed25519(self) -> keys.PrivateKey:
        return keys.private_from_pem(f"{self.iri}#ed25519-key", _ed25519)

    def document(self, **changes: object) -> dict[str, object]:
        made: dict[str, object] = {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": self.iri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": f"{self.iri}/inbox",
            "outbox": f"{self.iri}/outbox",
            "followers": f"{self.iri}/followers",
            "endpoints": {"sharedInbox": f"https://{self.host}/inbox"},
            "publicKey": {
                "id": self.rsa.id,
                "owner": self.iri,
                "publicKeyPem": self.rsa.public(self.iri).pem(),
            },
            "assertionMethod": [
                {
                    "id": self.ed25519.id,
                    "type": "Multikey",
                    "controller": self.iri,
                    "publicKeyMultibase": self.ed25519.public(self.iri).multikey(),
                }
            ],
        }
        return {**made, **changes}

    def publish(self, **changes: object) -> None:
        """Make the actor document what its address answers."""
        self.network.documents[self.iri] = self.document(**changes)

    def activity(self, type: str, object: object, **more: object) -> dict[str, object]:
        self.made += 1
        made = {"@context": AS2, "id": f"https://{self.host}/activities/{self.name}/{type}/{self.made}", "type": type}
        return {**made, "actor": self.iri, "object": object, **more}

    def note(self, content: str, *, to: object = (PUBLIC,), cc: object = (), **more: object) -> dict[str, object]:
        self.made += 1
        made: dict[str, object] = {
            "id": f"https://{self.host}/notes/{self.name}/{self.made}",
            "type": "Note",
            "attributedTo": self.iri,
            "content": content,
            "published": clock.rfc3339(clock.now()),
            "to": list(to) if isinstance(to, tuple) else to,
            "cc": list(cc) if isinstance(cc, tuple) else cc,
        }
        return {**made, **more}

    def create(self, note: dict[str, object]) -> dict[str, object]:
        """A Create, and the note at its own address."""
        self.network.documents[str(note["id"])] = {"@context": AS2, **note}
        return self.activity("Create", note, to=note["to"], cc=note["cc"])

    def proven(self, document: dict[str, object]) -> dict[str, object]:
        return integrity.attach(document, self.ed25519, clock.now())

    async def send(
        self,
        activity: dict[str, object] | bytes,
        *,
        to: str = "/inbox",
        scheme: str = "cavage",
        key: keys.PrivateKey | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """POST to our inbox. `scheme`: cavage, rfc9421 or none."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        url = str(self.client.base_url).rstrip("/") + to
        base = {"host": urlsplit(url).netloc, "content-type": MEDIA_TYPE, **(headers or {})}
        request = SignableRequest("POST", url, base, body)
        sign = {"cavage": cavage.sign, "rfc9421": rfc9421.sign}.get(scheme)
        signed = base if sign is None else {**base, **sign(request, key or self.rsa, clock.now())}
        return await self.client.post(to, content=body, headers=signed)

    async def get(self, path: str) -> httpx2.Response:
        """A document of ours, asked for with a signature."""
        url = str(self.client.base_url).rstrip("/") + path
        base = {"host": urlsplit(url).netloc, "accept": MEDIA_TYPE}
        request = SignableRequest("GET", url, base, b"")
        return await self.client.get(path, headers={**base, **cavage.sign(request, self.rsa, clock.now())})
