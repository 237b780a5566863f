"""What is fetched of a group elsewhere, in the background: its moderators, what is on top, its latest threads, and a thread's
answers (groups §8: context, then replies). Bounded, slowly, safe to run twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import origin, reader
from fediprof.as2.model import Document, Reference
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Malformed, NotAllowed, Unreachable
from fediprof.federation.group_reading import GroupReader
from fediprof.federation.resolve import NetworkResolver
from fediprof.groups import admitting, finding, measures, store, verdicts
from fediprof.groups.admitting import LetInDue
from fediprof.groups.measures import ClearRest
from fediprof.groups.records import Group
from fediprof.jobs import queue
from fediprof.net.pace import HostPace
from fediprof.perform import Performer
from fediprof.posts import store as posts
from fediprof.posts.records import Post

LATEST: Final = 20
MODERATORS: Final = 100
LONGEST_THREAD: Final = 500


class GroupChores:
    def __init__(self, perform: Performer, resolver: NetworkResolver, pace: HostPace) -> None:
        self._perform, self._database, self._resolver, self._pace = perform, perform.database, resolver, pace

    async def group(self, arguments: Mapping[str, Any]) -> None:
        """A group somebody here looked at or joined; once a day."""
        group_id = int(arguments["group"])
        home = await self._database.read(lambda tx: actors.by_id(tx, group_id))
        if home is None or home.local or home.type != "Group":
            return
        home = await self._resolver.actor(home.iri) or home
        known = await self._database.read(lambda tx: store.by_id(tx, group_id))
        if known is None:
            home = await self._resolver.actor(home.iri, fresh=True) or home
            known = await self._database.read(lambda tx: store.by_id(tx, group_id))
        if known is None or (finding.is_fresh(known, self._perform.here()) and not arguments.get("again")):
            return
        now = clock.now()
        await self._database.write(lambda tx: store.change(tx, group_id, {"fetched_at": now}))
        with suppress(FediprofError):
            await self._resolver.software(home.host)
        readings = GroupReader(self._perform, self._resolver, home, self._pace)
        await self._moderators(readings, known)
        threads = [await self._taken(readings, home, item) for item in await _items(readings, home, home.outbox)]
        pinned = [await self._taken(readings, home, item) for item in await _items(readings, home, home.featured)]
        await self._database.write(lambda tx: _pin(tx, group_id, pinned))
        await self._database.write(lambda tx: self._threads_asked(tx, [*threads, *pinned]))
        self._perform.bells.jobs.set()

    async def clear(self, arguments: Mapping[str, Any]) -> None:
        """What a ban takes with it, beyond what was taken out with it at once."""
        asked = ClearRest(int(arguments["group"]), int(arguments["person"]), str(arguments["reason"]))
        while await self._perform(measures.clear_rest, asked):
            continue

    async def turns(self, arguments: Mapping[str, Any]) -> timedelta | None:
        """Posts whose turn it is; until none waits."""
        return await self._perform(admitting.let_in_due, LetInDue(int(arguments["group"])))

    async def _moderators(self, readings: GroupReader, known: Group) -> None:
        if known.moderators is None:
            return
        try:
            items = await readings.items(known.moderators, MODERATORS)
        except Unreachable:
            return
        iris = [iri for item in items if (iri := reader.iri(item)) is not None]
        now = clock.now()
        await self._database.write(lambda tx: verdicts.keep_moderators(tx, known.actor_id, iris, now))

    async def _taken(self, readings: GroupReader, home: Actor, item: Reference) -> Post | None:
        """One item of an outbox or a list of posts: `Announce{Create}`, `Announce` of an address, a Create, or a post."""
        for _ in range(2):
            if isinstance(item, dict) and set(reader.types(item)) & _ENVELOPES:
                inner = item.get("object")
                if not isinstance(inner, dict | str):
                    return None
                item = inner
        iri = reader.iri(item)
        if iri is None:
            return None
        known = await self._database.read(lambda tx: posts.by_iri(tx, iri))
        placed = await self._database.read(lambda tx: store.post(tx, known.id)) if known is not None else None
        if known is not None and (placed is not None or known.local):
            return known
        try:
            document: Document | None
            if isinstance(item, dict) and origin.same_origin(iri, home.iri):
                document = item  # its own server gave it out
            else:
                document = await readings.document(iri)
            return (await readings.take(document)).post if document is not None else None
        except FediprofError:
            return None

    def _threads_asked(self, tx: Tx, found: list[Post | None]) -> None:
        for post in found:
            if post is not None and not post.local and post.in_reply_to_iri is None:
                chore = finding.thread_chore(post.id)
                queue.add(tx, chore.kind, chore.key, chore.arguments, now=clock.now(), delay=chore.delay)

    async def thread(self, arguments: Mapping[str, Any]) -> None:
        """What a thread lacks here. Its context names all of it, where there is one; else each post its answers."""
        thread_id = int(arguments["thread"])
        root = await self._database.read(lambda tx: posts.by_id(tx, thread_id))
        placed = await self._database.read(lambda tx: store.post(tx, thread_id))
        home = await self._database.read(lambda tx: actors.by_id(tx, placed.group_id)) if placed is not None else None
        if root is None or home is None or home.local:
            return
        readings = GroupReader(self._perform, self._resolver, home, self._pace)
        items = deque(await self._answers(readings, root, root.context, LONGEST_THREAD))
        parents = deque([] if items else [root])
        seen, whole = {root.iri}, bool(items)
        while (items or parents) and len(seen) <= LONGEST_THREAD:
            if not items:
                parent = parents.popleft()
                items.extend(await self._answers(readings, parent, parent.replies, LONGEST_THREAD))
                continue
            item = items.popleft()
            iri = reader.iri(item)
            if iri is None or iri in seen:
                continue
            seen.add(iri)
            post = await self._answer(readings, home, root, item, iri)
            if post is not None and not whole:
                parents.append(post)

    async def _answers(self, readings: GroupReader, post: Post, address: str | None, most: int) -> list[Reference]:
        """What a collection of a post's server, or of its group's, lists."""
        if address is None or not address.startswith(("https://", "http://")) or post.local:
            return []
        try:
            return await readings.items(address, most)
        except (FediprofError, ValueError):
            return []

    async def _answer(self, readings: GroupReader, home: Actor, root: Post, item: Reference, iri: str) -> Post | None:
        known = await self._database.read(lambda tx: posts.by_iri(tx, iri))
        if known is not None:
            return known if known.deleted_at is None else None
        try:
            embedded = item if isinstance(item, dict) and _is_from(iri, home, root) else None
            document = embedded if embedded is not None else await readings.document(iri)
            return (await readings.take(document)).post if document is not None else None
        except (FediprofError, Malformed, NotAllowed):
            return None


_ENVELOPES: Final = frozenset({"Announce", "Create", "Update"})


def _is_from(iri: str, home: Actor, root: Post) -> bool:
    """Whether an embedded post is on the server whose collection it was in: that of the thread or of the group."""
    return origin.same_origin(iri, home.iri) and origin.same_origin(root.iri, home.iri)


async def _items(readings: GroupReader, home: Actor, address: str | None) -> list[Reference]:
    if address is None or not origin.same_origin(address, home.iri):
        return []
    try:
        return await readings.items(address, LATEST)
    except Unreachable:
        return []


def _pin(tx: Tx, group_id: int, found: list[Post | None]) -> None:
    """What is on top is what the group's list says, in its order."""
    wanted = [post.id for post in found if post is not None]
    now = clock.now()
    for post_id in store.pinned(tx, group_id):
        if post_id not in wanted:
            store.change_post(tx, post_id, {"pinned_at": None})
    for post_id in wanted:
        placed = store.post(tx, post_id)
        if placed is not None and placed.group_id == group_id and placed.pinned_at is None:
            store.change_post(tx, post_id, {"pinned_at": now})
