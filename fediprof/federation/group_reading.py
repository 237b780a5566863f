"""What a group elsewhere has to read, asked for at its source: as this server, and where that is refused, as a member of the
group (groups §7.3). An embedded copy is believed of its own server, or with its author's proof."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from fediprof import clock
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import origin, parse
from fediprof.as2.model import Collection, Document, Reference
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Malformed, NotAllowed, Refused, TryLater, Unreachable
from fediprof.federation.documents import Fetched
from fediprof.federation.resolve import NetworkResolver
from fediprof.groups import store
from fediprof.groups.receive import ReceivePassedPost, receive_post
from fediprof.net.pace import HostPace
from fediprof.perform import Performer
from fediprof.posts import store as posts
from fediprof.posts import wire
from fediprof.posts.receive import Arrival
from fediprof.signatures import integrity, verify
from fediprof.signatures.keys import PrivateKey

Kept: TypeAlias = Callable[[ReceivePassedPost], Awaitable[Arrival]]

ANCESTORS = 10
PAGES = 10


class GroupReader:
    """`pace`: for what nobody waits for, how often one host is asked."""

    def __init__(
        self, perform: Performer, resolver: NetworkResolver, group: Actor, pace: HostPace | None = None
    ) -> None:
        self._perform, self._resolver, self._group, self._pace = perform, resolver, group, pace

    async def document(self, iri: str) -> Document | None:
        """None when there is none to be had. Raises Unreachable when asking later may help."""
        if self._perform.here().is_ours(iri):
            return None
        host = origin.host_of(iri)
        if self._pace is not None:
            await self._pace.wait(host)
        elif not origin.same_origin(iri, self._group.iri) and not self._resolver.budget.take(host):
            raise TryLater(f"{host} was asked for enough of what groups passed on")
        try:
            found = await self._resolver.documents.fetch(iri)
        except Refused as refusal:
            if refusal.code not in (401, 403):
                raise
            found = None
        if found is None:
            found = await self._as_member(iri)
        return None if found is None else found.document

    async def _as_member(self, iri: str) -> Fetched | None:
        """What is for members alone: of a private group on any server it is on; of one that chooses its members, and may turn
        out to be private, on its own. Nothing else is asked for twice."""
        at_home = origin.same_origin(iri, self._group.iri)
        keystore = self._perform.keystore

        def key_of_a_member(tx: Tx) -> PrivateKey | None:
            known = store.by_id(tx, self._group.id)
            member = store.a_member_here(tx, self._group.id)
            asked = known is not None and (known.private or (known.membership == "approval" and at_home))
            if not asked or member is None:
                return None
            return keystore.pair(tx, member).rsa

        key = await self._perform.database.read(key_of_a_member)
        try:
            return await self._resolver.documents.fetch(iri, key) if key is not None else None
        except Refused as refusal:
            if refusal.code in (401, 403):
                return None
            raise

    async def items(self, address: str, most: int) -> list[Reference]:
        """The first items of a collection, over a few pages of it."""
        document = await self.document(address)
        collection = _collection(document)
        found: list[Reference] = list(collection.items) if collection is not None else []
        if collection is not None and not found:
            collection = collection.first_page or await self._page(collection.first, address)
            found = list(collection.items) if collection is not None else []
        for _ in range(PAGES):
            if collection is None or collection.next is None or len(found) >= most:
                break
            collection = await self._page(collection.next, address)
            found += list(collection.items) if collection is not None else []
        return found[:most]

    async def _page(self, iri: str | None, address: str) -> Collection | None:
        if iri is None or not origin.same_origin(iri, address):
            return None
        return _collection(await self.document(iri))

    async def believed(self, activity: as2.Activity) -> Document | None:
        """The object of an activity the group passed on: the embedded one where it may be believed, else as its own
        server gives it."""
        iri, embedded = activity.object_id, activity.embedded
        if iri is None:
            return None
        here = origin.same_origin(iri, self._group.iri)
        if embedded is not None and _consistent(activity, embedded) and (here or await self.proven(activity)):
            return embedded
        return await self.document(iri)

    async def proven(self, activity: as2.Activity) -> bool:
        """Whether an inner activity carries its own actor's proof (FEP-8b32)."""
        document = activity.document or {}
        try:
            proof = integrity.proof_of(document)
            found = await self._resolver.key(proof.verification_method) if proof is not None else None
            if proof is None or found is None or found[1].iri != activity.actor:
                return False
            verify.prove_document(document, proof, found[0], clock.now())
        except FediprofError:
            return False
        return origin.same_origin(activity.id, activity.actor)

    async def take(self, document: Document, *, depth: int = ANCESTORS, **told: Any) -> Arrival:
        """Keep a believed post as the group's, after what it answers. `told`: of `ReceivePassedPost`."""
        chain = [_read(document)]
        while (parent := chain[-1][0].in_reply_to) is not None and len(chain) <= depth:
            if await self._perform.database.read(lambda tx, iri=parent: posts.by_iri(tx, iri)) is not None:  # type: ignore[misc]
                break
            try:
                above = await self.document(parent)
                chain.append(_read(above or {}))
            except (Unreachable, Malformed, NotAllowed):
                break
        for written, answerable in reversed(chain[1:]):
            await self._receive(written, answerable=answerable)
        written, answerable = chain[0]
        return await self._receive(written, answerable=answerable, **told)

    async def _receive(self, written: as2.Post, *, also: Kept | None = None, **told: Any) -> Arrival:
        """`also`: who keeps it instead, in the same commit as something of theirs."""
        author = await self._resolver.actor(written.attributed_to)
        if author is None or author.local or author.gone_at is not None:
            return Arrival(None, "its author cannot be had")
        request = ReceivePassedPost(self._group.id, written, author, wire.html_of(written), **told)
        if also is not None:
            return await also(request)
        return await self._perform(receive_post, request)


def _consistent(activity: as2.Activity, embedded: Mapping[str, object]) -> bool:
    """Whether all of it is of one author, on that author's server."""
    try:
        written = parse.post(dict(embedded))
        origin.must_own(written.id, written.attributed_to, activity.actor)
    except (Malformed, NotAllowed):
        return False
    return origin.same_origin(activity.id, activity.actor)


def _read(document: Document) -> tuple[as2.Post, bool | None]:
    """(a post on its author's server, whether it may be answered as far as told). Raises Malformed, NotAllowed."""
    written = parse.post(document)
    origin.must_own(written.id, written.attributed_to, written.attributed_to)
    if parse.is_poll_vote(document):
        raise Malformed("a vote in a poll")
    answerable = document.get("commentsEnabled")
    return written, answerable if isinstance(answerable, bool) else None


def _collection(document: Document | None) -> Collection | None:
    try:
        return parse.collection(document) if document is not None else None
    except Malformed:
        return None
