"""A group on another server, as Lemmy is one: its document and collections, what it passes on, and who is in it from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership, store
from fediprof.groups.records import GroupPost
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.services import Services
from tests.support.remote import AS2, PUBLIC, Network, Remote

HOST = "lemmy.example"


@dataclass(slots=True)
class Elsewhere:
    """`group` speaks for itself; `by` makes what people do in it, `announce` wraps that."""

    services: Services
    network: Network
    group: Remote
    made: list[str] = field(default_factory=list)

    @property
    def iri(self) -> str:
        return self.group.iri

    def publish(self, **changes: object) -> None:
        self.group.publish(
            **{
                "type": "Group",
                "attributedTo": f"{self.iri}/moderators",
                "featured": f"{self.iri}/featured",
                "postingRestrictedToMods": False,
                **changes,
            }
        )

    def lists(self, name: str, items: list[Any]) -> None:
        self.network.documents[f"{self.iri}/{name}"] = {
            "@context": AS2,
            "id": f"{self.iri}/{name}",
            "type": "OrderedCollection",
            "totalItems": len(items),
            "orderedItems": items,
        }

    def page(self, person: Remote, number: int, **page: object) -> dict[str, Any]:
        """A titled post for the group, at its author's."""
        made: dict[str, Any] = {
            "id": f"https://{person.host}/post/{number}",
            "type": "Page",
            "attributedTo": person.iri,
            "name": f"Title {number}",
            "content": "<p>Ten years of ETL.</p>",
            "to": [self.iri, PUBLIC],
            "cc": [],
            "audience": self.iri,
            "published": "2026-11-20T10:00:00Z",
            **page,
        }
        self.network.documents[made["id"]] = {"@context": AS2, **made}
        return made

    def answer(self, person: Remote, number: int, parent: str, **note: object) -> dict[str, Any]:
        told = {"type": "Note", "name": None, "inReplyTo": parent, "to": [PUBLIC], "cc": [self.iri], **note}
        return self.page(person, number, **told)

    def private(self) -> dict[str, object]:
        return {"to": [self.iri, f"{self.iri}/followers"], "cc": []}

    def announce(self, inner: object, **more: object) -> dict[str, object]:
        return self.group.activity(
            "Announce", inner, **{"to": [self.iri, PUBLIC], "cc": [f"{self.iri}/followers"], **more}
        )

    def create(self, person: Remote, page: dict[str, Any], type: str = "Create") -> dict[str, object]:
        return person.activity(type, page, to=page["to"], cc=page["cc"], audience=self.iri)

    async def pass_on(self, inner: object, **more: object) -> dict[str, object]:
        sent = self.announce(inner, **more)
        answered = await self.group.send(sent)
        assert answered.status_code == 202, answered.text
        return sent

    async def learn(self) -> int:
        found = await self.services.resolver.actor(self.iri, fresh=True)
        assert found is not None
        return found.id

    async def joined_by(self, member: Member, *, answered: bool = True) -> str:
        """The IRI of the member's Follow."""
        group_id = await self.learn()
        made = await self.services.perform(membership.join, RequestFollow(member, group_id))
        if answered:
            await self.group.send(self.group.activity("Accept", made.iri))
        return made.iri

    # --- what is known of it here

    async def post(self, iri: str) -> Post | None:
        return await self.services.read(lambda tx: posts.by_iri(tx, iri))

    async def placed(self, iri: str) -> GroupPost | None:
        def find(tx: Any) -> GroupPost | None:
            post = posts.by_iri(tx, iri)
            return store.post(tx, post.id) if post is not None else None

        return await self.services.read(find)

    async def state_of(self, member: Member) -> str | None:
        """Of the member's request."""

        def find(tx: Any) -> str | None:
            group = actors.by_iri(tx, self.iri)
            made = follows.between(tx, member.actor_id, group.id) if group is not None else None
            return made.state if made is not None else None

        return await self.services.read(find)

    async def kept(self) -> Any:
        def find(tx: Any) -> Any:
            group = actors.by_iri(tx, self.iri)
            return store.by_id(tx, group.id) if group is not None else None

        return await self.services.read(find)
