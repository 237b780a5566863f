"""Background work that speaks to other servers: fill a thread, fill a new profile, fetch what was passed on, follow
someone to a new address, look for a link back. Each is a job: safe to run twice, bounded, within a host's budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from fediprof import clock
from fediprof.accounts import store as accounts
from fediprof.actors import commands as actor_commands
from fediprof.actors import store as actors
from fediprof.actors.departure import forget_actor
from fediprof.actors.records import Actor
from fediprof.as2 import origin, parse, reader
from fediprof.as2.model import Collection, Reference
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, Refused, Unreachable
from fediprof.federation.resolve import NetworkResolver
from fediprof.follows import commands as follow_commands
from fediprof.groups import store as groups
from fediprof.net.fetcher import Fetcher
from fediprof.perform import Performer
from fediprof.posts import receive
from fediprof.posts import store as posts
from fediprof.posts.receive import ReceiveDeletion
from fediprof.principal import Member

ANCESTORS = 20
FIRST_POSTS = 20
PINS = 5
REPLIES = 50


class Chores:
    def __init__(self, perform: Performer, resolver: NetworkResolver, fetcher: Fetcher) -> None:
        self._perform, self._database, self._resolver, self._fetcher = perform, perform.database, resolver, fetcher

    async def thread(self, arguments: Mapping[str, Any]) -> None:
        """Fetch the ancestors of a post whose parent we do not hold, and then join the halves."""
        post_id, parent_iri = int(arguments["post"]), str(arguments["parent"])
        parent = await self._resolver.post(parent_iri, depth=ANCESTORS)
        if parent is None:
            return

        def join(tx: Tx) -> None:
            post = posts.by_id(tx, post_id)
            above = posts.by_id(tx, parent.id)
            if post is not None and above is not None:
                posts.merge_conversations(tx, post.conversation_id, above.conversation_id)

        await self._database.write(join)

    async def backfill(self, arguments: Mapping[str, Any]) -> None:
        """Pinned and newest posts of somebody just found or followed, so that the profile is not empty."""
        actor = await self._resolver.actor(str(arguments["actor"]))
        if actor is None or actor.local:
            return
        if actor.backfilled_at is not None and not arguments.get("again"):
            return
        now = clock.now()
        await self._database.write(lambda tx: actors.change(tx, actor.id, {"backfilled_at": now}))
        for address, most in ((actor.featured, PINS), (actor.outbox, FIRST_POSTS)):
            if address is None or not origin.same_origin(address, actor.iri):
                continue
            try:
                found = await self._posts_of(actor, address, most)
            except Unreachable:
                continue
            if address == actor.featured:
                for post_id in reversed(found):
                    await self._perform(receive.receive_pin, receive.ReceivePin(actor.id, post_id, True))

    async def _posts_of(self, actor: Actor, address: str, most: int) -> list[int]:
        """Ids of the actor's own posts that a collection of theirs names; embedded ones on their host are believed,
        since the collection came from there itself."""
        host = origin.host_of(actor.iri)
        items = await self.items(address, most)
        kept: list[int] = []
        for item in items:
            if isinstance(item, dict) and set(reader.types(item)) & {"Create"}:
                item = item.get("object")  # type: ignore[assignment]
            if isinstance(item, dict):
                if reader.iri(item.get("attributedTo")) != actor.iri:
                    continue
                iri = reader.iri(item.get("id"))
                if iri is None or not origin.same_origin(iri, actor.iri):
                    continue
                post = await self._resolver.take_in(item)
            elif isinstance(item, str) and origin.same_origin(item, actor.iri) and self._resolver.budget.take(host):
                try:
                    post = await self._resolver.post(item)
                except Unreachable:
                    break
            else:
                continue
            if post is not None and post.actor_id == actor.id:
                kept.append(post.id)
        return kept

    async def items(self, address: str, most: int) -> list[Reference]:
        """The first items of a collection, over at most three pages."""
        found = await self._resolver.documents.fetch(address)
        if found is None:
            return []
        collection: Collection | None = parse.collection(found.document)
        items: list[Reference] = list(collection.items) if collection else []
        if collection is not None and not items:
            collection = collection.first_page or await self._page(collection.first, address)
        for _ in range(3):
            if collection is None:
                break
            items += [item for item in collection.items if item not in items]
            if len(items) >= most or collection.next is None:
                break
            collection = await self._page(collection.next, address)
        return items[:most]

    async def _page(self, iri: str | None, address: str) -> Collection | None:
        if iri is None or not origin.same_origin(iri, address):
            return None
        found = await self._resolver.documents.fetch(iri)
        return None if found is None else parse.collection(found.document)

    async def replies(self, arguments: Mapping[str, Any]) -> None:
        """Answers to a remote post that we were not sent, from its author's own list."""
        post = await self._database.read(lambda tx: posts.by_id(tx, int(arguments["post"])))
        if post is None or post.local or post.replies is None or not origin.same_origin(post.replies, post.iri):
            return
        for item in await self.items(post.replies, REPLIES):
            iri = reader.iri(item)
            if iri is None or not self._resolver.budget.take(origin.host_of(iri)):
                continue
            try:
                await self._resolver.post(iri)
            except FediprofError:
                continue

    async def refetch(self, arguments: Mapping[str, Any]) -> None:
        """Something was passed on to us by a server that is not its author's: ask the author's."""
        iri = str(arguments["iri"])
        known = await self._database.read(lambda tx: posts.by_iri(tx, iri))
        try:
            found = await self._resolver.documents.fetch(iri)
        except Refused:
            return
        if found is None:
            if known is not None and not known.local:
                author = await self._database.read(lambda tx: actors.by_id(tx, known.actor_id))
                if author is not None:
                    await self._perform(receive.receive_deletion, ReceiveDeletion(iri, author.iri))
            return
        parent = reader.iri(found.document.get("inReplyTo"))
        concerns = known is not None or (
            parent is not None and await self._database.read(lambda tx: posts.by_iri(tx, parent)) is not None
        )
        if concerns:
            await self._resolver.take_in(found.document)

    async def synchronize(self, arguments: Mapping[str, Any]) -> None:
        """FEP-8fcf: the sender's list of who follows from here, taken as true for what it says of our members."""
        found = await self._resolver.documents.fetch(str(arguments["url"]))
        if found is None:
            return
        collection = parse.collection(found.document)
        if collection.next is not None or (collection.first is not None and not collection.items):
            return  # a list in pages: half of it would end the other half's follows
        listed = tuple(iri for item in collection.items if (iri := reader.iri(item)) is not None)
        request = follow_commands.MatchFollowers(int(arguments["actor"]), listed)
        await self._perform(follow_commands.match_followers, request)

    async def refollow(self, arguments: Mapping[str, Any]) -> None:
        """A member follows somebody to a new address, once."""
        follower, old, new = (int(arguments[name]) for name in ("follower", "old", "new"))
        account = await self._database.read(lambda tx: accounts.by_actor(tx, follower))
        if account is None:
            return
        by = Member(account.id, account.actor_id)
        await self._perform(follow_commands.request_follow, follow_commands.RequestFollow(by, new))
        await self._perform(follow_commands.unfollow, follow_commands.Unfollow(by, old))

    async def links(self, arguments: Mapping[str, Any]) -> None:
        """Look whether the pages a profile names link back with rel=me."""
        actor = await self._database.read(lambda tx: actors.by_id(tx, int(arguments["actor"])))
        if actor is None or not actor.local:
            return
        for line in actor.profile_fields:
            if not line.source.startswith(("https://", "http://")):
                continue
            linked = await self._links_back(line.source, {actor.url, actor.iri})
            if linked is not None:
                await self._perform(
                    actor_commands.verify_field, actor_commands.VerifyField(actor.id, line.source, linked)
                )

    async def _links_back(self, page: str, ours: set[str]) -> bool | None:
        """None when the page could not be looked at."""
        try:
            response = await self._fetcher.get(page, accept="text/html", max_bytes=512 * 1024)
        except Refused:
            return False
        except FediprofError:
            return None
        if response.status != 200 or "html" not in response.headers.get("content-type", ""):
            return False
        found = _MeLinks()
        found.feed(response.body.decode("utf-8", "replace"))
        return bool(found.links & ours)

    async def software(self, arguments: Mapping[str, Any]) -> timedelta | None:
        """What a server runs, as long as it has people in groups here: asked again after a week, after a day when it did
        not say. The waiting job is the memory of having asked."""
        host = str(arguments["host"])
        found = await self._resolver.software(host)
        if not await self._database.read(lambda tx: groups.has_people_from(tx, host)):
            return None
        return timedelta(days=7 if found is not None else 1)

    async def erase(self, arguments: Mapping[str, Any]) -> None:
        """What a member who left has here."""
        now = clock.now()

        def unit(tx: Tx) -> None:
            actor = actors.by_id(tx, int(arguments["actor"]))
            if actor is not None:
                forget_actor(tx, actor, now)

        await self._database.write(unit)


class _MeLinks(HTMLParser):
    """The targets of `<a rel=me>` and `<link rel=me>`."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("a", "link") and "me" in (values.get("rel") or "").lower().split():
            self.links.add((values.get("href") or "").strip().rstrip("/"))
