"""An AS2 document by its IRI: a GET signed by the server's own actor, its type and id checked.

What is returned is what its own host says at that address; nothing else is believed of a document (FEP-fe34).
"""

from __future__ import annotations

from dataclasses import dataclass

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.as2 import names, origin, reader
from fediprof.as2.model import Document
from fediprof.db.database import Database, Tx
from fediprof.delivery import hosts
from fediprof.errors import Forbidden, Malformed, NotVerified, Refused, TooMuch, Unreachable
from fediprof.here import INSTANCE_ACTOR
from fediprof.keystore import KeyStore
from fediprof.moderation import policies
from fediprof.net.fetcher import Fetcher, Response
from fediprof.signatures import sign
from fediprof.signatures.keys import PrivateKey
from fediprof.signatures.message import SignableRequest
from fediprof.signatures.verify import Scheme


@dataclass(frozen=True, slots=True)
class Fetched:
    """`url`: where it was found, after redirects; its `id` is that address."""

    document: Document
    url: str


class Documents:
    def __init__(self, database: Database, keystore: KeyStore, fetcher: Fetcher) -> None:
        self._database, self._keystore, self._fetcher = database, keystore, fetcher
        self._key: PrivateKey | None = None
        self._schemes: dict[str, Scheme] = {}

    async def fetch(self, iri: str, key: PrivateKey | None = None) -> Fetched | None:
        """The document, or None when its host says there is none (404, 410) or it is not AS2 of that id. `key`: of the
        person it is asked for in the name of, instead of the server's own.

        Raises Unreachable when asking later may help, Forbidden for an address we do not go to or a blocked server.
        """
        host = origin.host_of(iri)
        if await self._database.read(lambda tx: policies.domain_blocked(tx, host)):
            raise Forbidden(f"{host} is blocked here")
        response = await self._get(iri, host, key)
        moved = origin.host_of(response.url)
        if moved != host and await self._database.read(lambda tx: policies.domain_blocked(tx, moved)):
            raise Forbidden(f"{host} leads to {moved}, which is blocked here")
        if response.status in (404, 410):
            return None
        if response.status != 200:
            raise Refused(f"GET {iri}: {response.status}", code=response.status)
        read = _read(response)
        if read is None:
            return None
        document, stated = read
        if _is_at(stated, response.url):
            return Fetched(document, response.url)
        # A document that lives elsewhere: what counts is what is there.
        if stated == iri or not origin.same_origin(stated, response.url):
            return None
        second = await self._get(stated, origin.host_of(stated), key)
        read = _read(second) if second.status == 200 else None
        return Fetched(read[0], second.url) if read is not None and _is_at(read[1], second.url) else None

    async def _get(self, iri: str, host: str, key: PrivateKey | None = None) -> Response:
        """Knock with the scheme this host is known to need, else draft-cavage; once more with the other if refused."""
        first = await self._scheme(host)
        response = await self.ask(iri, first, key)
        if response.status not in sign.REFUSALS:
            return response
        other: Scheme = "rfc9421" if first == "cavage" else "cavage"
        again = await self.ask(iri, other, key)
        learnt = sign.remember(response.status, again.status, "GET", first)
        if learnt is not None:
            self._schemes[host] = learnt
            await self._database.write(lambda tx: hosts.remember_scheme(tx, host, learnt))
        return again if again.status not in sign.REFUSALS else response

    async def ask(self, iri: str, scheme: Scheme, own: PrivateKey | None = None) -> Response:
        """One GET of ours, signed by one scheme; whatever the answer is, nothing of it is judged."""
        key = own or await self._instance_key()

        def signer(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
            lower = {name.lower(): value for name, value in headers.items()}
            request = SignableRequest(method, url, lower, body)
            done = sign.signed(request, key, clock.now(), scheme)
            return {name: value for name, value in done.headers.items() if name not in lower}

        return await self._fetcher.get(iri, accept=names.ACCEPT, sign=signer)

    async def _instance_key(self) -> PrivateKey:
        if self._key is None:
            self._key = await self._database.read(self._load)
        return self._key

    def _load(self, tx: Tx) -> PrivateKey:
        actor = actors.local_by_username(tx, INSTANCE_ACTOR)
        if actor is None:
            raise Unreachable("the server's own actor is missing: run `fediprof init`")
        return self._keystore.pair(tx, actor.id).rsa

    async def _scheme(self, host: str) -> Scheme:
        if host not in self._schemes:
            kept = await self._database.read(lambda tx: hosts.scheme_of(tx, host))
            if len(self._schemes) > 10_000:
                self._schemes.clear()
            self._schemes[host] = "rfc9421" if kept == "rfc9421" else "cavage"
        return self._schemes[host]


def _read(response: Response) -> tuple[Document, str] | None:
    """(the document, the id it states), or None for what is not AS2 or states none."""
    if not names.is_as2_media_type(response.headers.get("content-type", "")):
        return None
    try:
        document = reader.load(response.body)
    except (Malformed, TooMuch):
        return None
    stated = reader.iri(document.get("id"))
    return None if stated is None else (document, stated)


def _is_at(stated: str, url: str) -> bool:
    try:
        origin.must_match_url(stated, url)
    except NotVerified:
        return False
    return True
