"""IRI or handle → local record: from the database, else fetched from where it lives. The one implementation of
`effects.Resolver`.

Fetching is bounded: one fetch of a thing at a time however many ask for it, ancestors to a depth, a budget per host
for what nobody waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.as2 import names, origin, parse, reader
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.delivery import hosts
from fediprof.errors import Forbidden, Malformed, NotAllowed, NotFound, NotVerified, TryLater, Unreachable
from fediprof.federation.documents import Documents
from fediprof.groups import finding
from fediprof.moderation import policies
from fediprof.net import nodeinfo, webfinger
from fediprof.net.budget import HostBudget
from fediprof.net.fetcher import Fetcher
from fediprof.perform import Performer
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts import wire as post_wire
from fediprof.posts.records import Post
from fediprof.signatures import keys
from fediprof.signatures.keys import PublicKey

Found = TypeVar("Found")

FRESH_FOR = timedelta(days=2)

STRANGERS_PER_MINUTE = 300
"""Keys never seen before that are asked for at one host. Anybody can name as many as they like, at a host of their
choice; a post that is the talk of a large server brings a few in a second."""


class NetworkResolver:
    def __init__(self, perform: Performer, fetcher: Fetcher) -> None:
        self._perform, self._database, self._fetcher = perform, perform.database, fetcher
        self.documents = Documents(perform.database, perform.keystore, fetcher)
        self.budget = HostBudget(per_minute=60)
        self.strangers = HostBudget(STRANGERS_PER_MINUTE)
        self._under_way: dict[str, asyncio.Future[Any]] = {}

    # --- actors

    async def actor(self, iri: str, *, fresh: bool = False) -> Actor | None:
        """`fresh`: ask its host even when it is known. A known actor that cannot be reached stays as it is."""
        known = await self._database.read(lambda tx: actors.by_iri(tx, iri))
        if known is not None and (known.local or not (fresh or self._is_stale(known))):
            return known
        if self._perform.here().is_ours(iri):
            return known
        try:
            return await self._once(f"actor {iri}", lambda: self._fetch_actor(iri)) or known
        except Unreachable:
            if known is not None and not fresh:
                return known
            raise

    async def handle(self, handle: str) -> Actor | None:
        """`user@host`, or `user` for a member. None when there is no such account."""
        here = self._perform.here()
        user, _, domain = handle.lstrip("@").partition("@")
        if not domain or domain.lower() in (here.domain, here.host):
            return await self._database.read(lambda tx: actors.local_by_username(tx, user))
        try:
            asked = webfinger.parse_handle(handle, ports=self._perform.settings.development)
        except Malformed:
            return None
        known = await self._database.read(lambda tx: actors.by_handle(tx, asked.user, asked.host))
        if known is not None and not self._is_stale(known):
            return known
        if await self._database.read(lambda tx: policies.domain_blocked(tx, asked.host)):
            raise Forbidden(f"{asked.host} is blocked here")
        try:
            found = await webfinger.discover(self._fetcher, handle, scheme=self._perform.settings.scheme)
        except NotFound:
            return None
        except Malformed:
            return None
        except Unreachable:
            if known is not None:
                return known
            raise
        actor = await self.actor(found.actor_iri, fresh=known is None or known.iri != found.actor_iri)
        if actor is None or actor.local:
            return None
        return actor

    async def group(self, handle: str) -> Actor | None:
        """What `!name@host` names: where a name is a person's and a group's, the group; else whoever there is."""
        first = await self.handle(handle)
        if first is None or first.local or first.type == "Group":
            return first
        try:
            found = await webfinger.discover(self._fetcher, handle, scheme=self._perform.settings.scheme)
        except (NotFound, Malformed, Unreachable):
            return first
        for iri in found.actor_iris:
            other = await self.actor(iri) if iri != first.iri else None
            if other is not None and other.type == "Group":
                return other
        return first

    async def key(self, key_id: str, *, fresh: bool = False) -> tuple[PublicKey, Actor] | None:
        """The key a signature names and the actor it belongs to; None when there is none to be had for good.

        Raises Unreachable when its host did not answer: then nothing is known, and the sender should ask again; TryLater
        when that host was asked for too many of them in this minute. `fresh`: how often is for the caller to bound.
        """
        if not fresh:
            known = await self._database.read(lambda tx: known_key(tx, key_id))
            if known is not None:
                return known
        if self._perform.here().is_ours(key_id):
            return None
        return await self._once(f"key {key_id}", lambda: self._fetch_key(key_id, rationed=not fresh))

    async def software(self, host: str) -> str | None:
        """What a server says it runs, asked now and kept (`delivery.software`). None: it does not say."""
        found = await nodeinfo.software(self._fetcher, host, scheme=self._perform.settings.scheme)
        if found is not None:
            await self._database.write(lambda tx: hosts.remember_software(tx, host, found))
        return found

    def is_elsewhere(self, iri: str) -> bool:
        return not self._perform.here().is_ours(iri)

    def _is_stale(self, known: Actor) -> bool:
        if known.local or known.gone_at is not None:
            return False
        return known.fetched_at is None or clock.now() - known.fetched_at > FRESH_FOR

    async def _fetch_actor(self, iri: str) -> Actor | None:
        found = await self.documents.fetch(iri)
        if found is None:
            return None
        return await self._learnt(found.document)

    async def _learnt(self, document: Document) -> Actor | None:
        """Store what an actor's document says, once its handle is confirmed from both sides (WebFinger)."""
        try:
            doc = parse.actor(document)
        except Malformed:
            return None
        if doc.suspended or not actor_wire.is_username(doc.username):
            return None
        if not origin.same_origin(doc.id, doc.inbox):
            return None  # mail for one host must not be sent to another that never agreed
        if doc.shared_inbox is not None and not origin.same_origin(doc.id, doc.shared_inbox):
            doc = replace(doc, shared_inbox=None)
        domain = await self._confirmed_domain(doc)
        if domain is None:
            return None
        described = actor_wire.described(doc, domain=domain, now=clock.now())
        described = replace(described, keys=tuple(each for each in described.keys if _is_usable(*each)))
        return await self._perform(finding.learn_group, finding.LearnGroup(described, doc))

    async def _confirmed_domain(self, doc: as2.Actor) -> str | None:
        """The domain of an actor's handle. Its own host needs no witness; another domain must say so itself, and a host
        that gives the name to somebody else has the last word."""
        own = origin.host_of(doc.id)
        if doc.type == "Application":
            return own
        claimed = (doc.webfinger or "").lstrip("@").rpartition("@")[2] or own
        try:
            found = await webfinger.discover(
                self._fetcher, f"{doc.username}@{claimed}", scheme=self._perform.settings.scheme
            )
        except (NotFound, Malformed, Unreachable):
            return own
        if doc.id not in found.actor_iris:
            return None if claimed == own else own
        return found.subject_acct.rpartition("@")[2]

    async def _fetch_key(self, key_id: str, *, rationed: bool) -> tuple[PublicKey, Actor] | None:
        if rationed and not self.strangers.take(host := origin.host_of(key_id)):
            raise TryLater(f"too many unknown keys at {host}")
        found = await self.documents.fetch(key_id.partition("#")[0])
        if found is None:
            return None
        actor: Actor | None
        if set(reader.types(found.document)) & names.ACTOR_TYPES:
            actor = await self._learnt(found.document)
        else:
            # A key of its own address (GoToSocial): its owner must name it back, or any page could claim an owner.
            owner = reader.iri(found.document.get("owner")) or reader.iri(found.document.get("controller"))
            if owner is None or not origin.same_origin(owner, key_id):
                return None
            actor = await self.actor(owner, fresh=True)
        if actor is None:
            return None
        known = await self._database.read(lambda tx: known_key(tx, key_id))
        return known if known is not None and known[1].id == actor.id else None

    # --- posts

    async def post(self, iri: str, *, depth: int = 0) -> Post | None:
        """A post, fetched if unknown. `depth`: how many ancestors to fetch with it."""
        known = await self._database.read(lambda tx: posts.by_iri(tx, iri))
        if known is not None:
            return known if known.deleted_at is None else None
        if self._perform.here().is_ours(iri):
            return None
        try:
            return await self._once(f"post {iri}", lambda: self._fetch_post(iri, depth))
        except Forbidden:
            return None

    async def _fetch_post(self, iri: str, depth: int) -> Post | None:
        found = await self.documents.fetch(iri)
        if found is None:
            return None
        document = found.document
        if set(reader.types(document)) & {"Create", "Update"}:
            inner = reader.iri(document.get("object"))
            return await self.post(inner, depth=depth) if inner is not None and inner != iri else None
        return await self.take_in(document, depth=depth)

    async def take_in(self, document: Document, *, depth: int = 0) -> Post | None:
        """Store a post whose document was fetched from its own address, with its author and up to `depth` ancestors."""
        try:
            written = parse.post(document)
            origin.must_own(written.id, written.attributed_to, written.attributed_to)
        except (Malformed, NotAllowed):
            return None
        author = await self.actor(written.attributed_to)
        if author is None or author.local or author.gone_at is not None:
            return None
        if depth > 0 and written.in_reply_to is not None:
            with suppress(Unreachable):  # then the thread is shown from here on
                await self.post(written.in_reply_to, depth=depth - 1)
        html = post_wire.html_of(written)
        arrival = await self._perform(
            receive.receive_post, receive.ReceivePost(written, author, html, asked_for=True)
        )
        return arrival.post

    async def _once(self, name: str, work: Callable[[], Awaitable[Found]]) -> Found:
        """Run `work` unless the same is under way; then wait for that."""
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.ensure_future(work())
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._finished(name, done))
        return await asyncio.shield(cast("asyncio.Future[Found]", task))

    def _finished(self, name: str, task: asyncio.Future[Any]) -> None:
        self._under_way.pop(name, None)
        if not task.cancelled():
            task.exception()  # seen here too: whoever asked may have gone


def known_key(tx: Tx, key_id: str) -> tuple[PublicKey, Actor] | None:
    """A key we hold, and whose it is."""
    found = actors.key(tx, key_id)
    return None if found is None else (keys.public_from_material(key_id, found[1], found[2]), found[0])


def _is_usable(key_id: str, owner: str, material: str) -> bool:
    """Whether a signature can be checked by it: of a kind and size we trust. No other is kept."""
    try:
        keys.public_from_material(key_id, owner, material)
    except NotVerified:
        return False
    return True
