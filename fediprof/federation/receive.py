"""The inbox's door: size → signature → key → proof → who may speak → a row, committed → 202.

Nothing is done with the activity here but to keep it; `federation.process` does the rest. Every refusal is one of
`errors`, and each says what was wrong to the log, not to the sender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import names, origin, parse, reader
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.errors import (
    Forbidden,
    Malformed,
    NotAllowed,
    NotVerified,
    Refused,
    TooMuch,
    TryLater,
    Unreachable,
    WrongKey,
)
from fediprof.federation import inbox
from fediprof.federation.pacing import LARGEST, Pacing
from fediprof.federation.resolve import NetworkResolver
from fediprof.federation.signer import Signer, signer
from fediprof.follows import store as follows
from fediprof.follows import synchronization
from fediprof.jobs import queue
from fediprof.moderation import limits, policies
from fediprof.net.budget import HostBudget
from fediprof.perform import Performer
from fediprof.signatures import digest, integrity, verify
from fediprof.signatures.keys import PublicKey
from fediprof.signatures.message import SignableRequest
from fediprof.signatures.verify import Verified

REFETCHED = frozenset({"Create", "Update", "Delete", "Announce"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """`refetches`: how often a minute one host's keys are asked for again after a signature that did not hold. `refused`:
    told the kind and the host of what is counted for those who run the server."""

    perform: Performer
    resolver: NetworkResolver
    refetches: HostBudget
    pacing: Pacing
    refused: Callable[[str, str], None] = lambda kind, host: None

    async def __call__(self, request: SignableRequest) -> str:
        """Keep one activity. Returns an outcome for the log; the sender is told 202 whichever it is.

        Raises TooMuch (413), Malformed (400), NotVerified (401), NotAllowed (403), TryLater (503).
        """
        if len(request.body) > LARGEST:
            raise TooMuch(f"{len(request.body)} bytes")
        if not names.is_as2_media_type(request.header("content-type") or ""):
            raise Malformed(f"content type {request.header('content-type')!r}")
        claim = verify.claim(request)
        document = reader.load(request.body, limit=LARGEST)
        activity = parse.activity(document)
        host = origin.host_of(claim.key_id)
        if await self._drop_early(activity, claim.key_id):
            return "a stranger is gone"
        await self._fits(host, len(request.body))
        verified, signer = await self._proven(request, claim, host)
        await self._paced(host)
        if signer.suspended:
            raise NotAllowed(f"{signer.iri} is suspended here")
        if verified.owner != activity.actor:
            return await self._passed_on(document, activity, request.body)
        origin.must_be_from(activity.id, activity.actor)
        await self._synchronized(request, signer)
        return await self._kept(activity, verified, request.body, host if signer.failing else None)

    async def _fits(self, host: str, size: int) -> None:
        try:
            await self.pacing.must_fit(host, size)
        except TooMuch:
            self.refused("size", host)
            raise

    async def _paced(self, host: str) -> None:
        try:
            await self.pacing.take(host)
        except TryLater:
            self.refused("flood", host)
            raise

    async def _synchronized(self, request: SignableRequest, signer: Signer) -> None:
        """FEP-8fcf: where the sender's idea of who follows from here is not ours, ask for its list in the background."""
        value = request.header(synchronization.HEADER)
        stated = None if value is None else synchronization.parse(value)
        if stated is None or stated.collection != signer.followers or not origin.same_origin(stated.url, signer.iri):
            return
        ours = await self.perform.database.read(lambda tx: follows.local_follower_iris(tx, signer.actor_id))
        if synchronization.digest_of(ours) == stated.digest:
            return
        await self._enqueue("synchronize", signer.iri, {"actor": str(signer.actor_id), "url": stated.url})

    async def _enqueue(self, kind: str, key: str, arguments: dict[str, str]) -> None:
        now = clock.now()
        await self.perform.database.write(lambda tx: queue.add(tx, kind, key, arguments, now=now, delay=timedelta()))
        self.perform.bells.jobs.set()

    async def _drop_early(self, activity: as2.Activity, key_id: str) -> bool:
        """A Delete of an actor we never knew: servers send these to everybody, and its key is gone with it."""
        if activity.type != "Delete" or activity.object_id != activity.actor:
            return False
        return await self.perform.database.read(
            lambda tx: actors.key(tx, key_id) is None and actors.by_iri(tx, activity.actor) is None
        )

    async def _proven(self, request: SignableRequest, claim: verify.Claim, host: str) -> tuple[Verified, Signer]:
        """The signature, checked with the key we know, and once more with the key as its host gives it now."""
        now = clock.now()
        found = await self.perform.database.read(lambda tx: signer(tx, claim.key_id, host))
        if found is None:
            digest.check(request)  # else `prove` does, and nobody is asked for the key of what cannot hold
            found = await self._fetched(claim.key_id, fresh=False)
        if found is None:
            raise NotVerified(f"there is no key {claim.key_id}")
        try:
            return verify.prove(request, claim, found.key, now), found
        except WrongKey:
            just_fetched = found.fetched_at is not None and found.fetched_at >= now
            if just_fetched or not self.refetches.take(host):
                raise
        found = await self._fetched(claim.key_id, fresh=True)
        if found is None:
            raise NotVerified(f"there is no key {claim.key_id} any more")
        return verify.prove(request, claim, found.key, now), found

    async def _fetched(self, key_id: str, *, fresh: bool) -> Signer | None:
        found = await self._key(key_id, fresh=fresh)
        if found is None:
            return None
        number = found[1].id
        held = await self.perform.database.read(lambda tx: limits.suspended(tx, number))
        return Signer.fetched(*found, suspended=held)

    async def _key(self, key_id: str, *, fresh: bool) -> tuple[PublicKey, Actor] | None:
        try:
            return await self.resolver.key(key_id, fresh=fresh)
        except Refused as refusal:
            if refusal.code in (429, 500, 502, 503, 504):
                raise TryLater(f"key {key_id}: {refusal}") from refusal
            return None
        except Forbidden:
            return None  # an address we shall never go to
        except Unreachable as unreachable:
            # Not 401: the sender would take that for final (federation rule 21).
            raise TryLater(f"key {key_id}: {unreachable}") from unreachable

    async def _passed_on(self, document: Document, activity: as2.Activity, body: bytes) -> str:
        """Signed by somebody else than its actor: believed with the actor's own proof, else asked for at its source."""
        host = origin.host_of(activity.actor)
        if await self.perform.database.read(lambda tx: policies.domain_blocked(tx, host)):
            raise NotAllowed(f"{host} is blocked here")
        proof = integrity.proof_of(document)
        if proof is not None:
            found = await self._key(proof.verification_method, fresh=False)
            if found is not None and found[1].iri == activity.actor:
                verified = verify.prove_document(document, proof, found[0], clock.now())
                origin.must_be_from(activity.id, activity.actor)
                return await self._kept(activity, verified, body, host)
        if activity.type in REFETCHED and activity.object_id is not None:
            iri = activity.object_id
            if self.perform.here().is_ours(iri) or not self.resolver.budget.take(origin.host_of(iri)):
                return "passed on by somebody else; not believed"
            await self._enqueue("refetch", iri, {"iri": iri})
            return "passed on by somebody else; asked for at its source"
        raise NotVerified(f"signed by somebody else than {activity.actor}")

    async def _kept(self, activity: as2.Activity, verified: Verified, body: bytes, revived: str | None) -> str:
        now = clock.now()

        def unit(tx: Tx) -> bool:
            return inbox.keep(
                tx,
                actor_iri=activity.actor,
                activity_iri=activity.id,
                type=activity.type,
                object_iri=activity.object_id,
                proven_by=verified.key_id,
                body=body,
                now=now,
                revived=revived,
            )

        if not await self.perform.database.write(unit):
            return "came before"
        self.perform.bells.inbox.set()
        return "kept"
