"""A group elsewhere is found by its handle or address, and kept with what its document says of how it is run. Its threads and
moderators are asked for in the background, once a day at most (groups rules 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from fediprof.actors import commands as actor_commands
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.actors.wire import Described
from fediprof.as2 import model as as2
from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect, Enqueue, Resolver
from fediprof.errors import Invalid, NotFound
from fediprof.groups import store
from fediprof.groups.records import MEMBERSHIPS, Group, Membership
from fediprof.here import Here
from fediprof.posts import commands as post_commands
from fediprof.posts.commands import AskForThread
from fediprof.principal import Member

ASKED_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LearnGroup:
    """An actor's document, fetched from its own address."""

    described: Described
    document: as2.Actor


@dataclass(frozen=True, slots=True)
class FindGroup:
    """`text`: `!name@host`, `@name@host`, or an address. Where a name is a person's and a group's, `!` means the group."""

    by: Member
    text: str
    found_id: int | None = None

    async def gathered(self, resolver: Resolver) -> FindGroup:
        found = await _looked_for(self.text.strip(), resolver)
        return replace(self, found_id=found.id if found is not None else None)


@dataclass(frozen=True, slots=True)
class Found:
    """`group` None: not a group but a person, to be followed as people are."""

    actor: Actor
    group: Group | None


@dataclass(frozen=True, slots=True)
class AskForGroup:
    """`again`: whenever it was asked last."""

    by: Member
    group_id: int
    again: bool = False


def learn_group(tx: Tx, request: LearnGroup, here: Here) -> Done[Actor]:
    """Keep an actor, and of a group how it is run."""
    done = actor_commands.learn_actor(tx, actor_commands.LearnActor(request.described), here)
    actor, doc = done.value, request.document
    if actor.local or actor.type != "Group":
        return done
    before = store.by_id(tx, actor.id)
    membership = _membership(doc)
    if before is not None and before.private and membership == "approval":
        membership = "private"
    listed = doc.moderators
    store.learn(
        tx,
        Group(
            actor_id=actor.id,
            local=False,
            membership=membership,
            posting="moderators" if doc.posting_restricted_to_mods else "everyone",
            rules=[],
            hold_newcomers=False,
            votes=True,
            language=None,
            moderators=listed if listed is not None and origin.same_origin(listed, actor.iri) else None,
            founder_id=None,
            closed_at=None,
            closing_words="",
            fetched_at=before.fetched_at if before is not None else None,
            created_at=here.now,
        ),
    )
    return done


def _membership(doc: as2.Actor) -> Membership:
    """One that chooses its members, and does not say (`fp:membership`) that all may read it, is taken for private where it
    speaks Lemmy's words, for whom that is what choosing means (groups §7.3): else the first thing a member writes there
    would be written for everyone. Others turn out to be private by what they pass on (`receive`)."""
    said: Membership | None = next((each for each in MEMBERSHIPS if each == doc.membership), None)
    if said is not None and (said == "open") != doc.manually_approves_followers:
        return said
    if not doc.manually_approves_followers:
        return "open"
    return "private" if doc.moderators is not None else "approval"


def find_group(tx: Tx, request: FindGroup, here: Here) -> Done[Found]:
    """Raises Invalid (field name) where there is nobody of that name."""
    found = actors.by_id(tx, request.found_id) if request.found_id is not None else None
    if found is None or found.gone_at is not None or found.type == "Application":
        raise Invalid("Nobody was found there", field="name")
    group = store.by_id(tx, found.id)
    return Done(Found(found, group), tuple(_asked(group, here)) if group is not None else ())


def ask_for_group(tx: Tx, request: AskForGroup, here: Here) -> Done[None]:
    """Fetch, in the background, a group's moderators and latest threads: when its page is looked at."""
    group, home = store.by_id(tx, request.group_id), actors.by_id(tx, request.group_id)
    if group is None or home is None:
        raise NotFound("no such group")
    asked = _asked(group, here, again=request.again)
    return Done(None, (*asked, *([software_chore(home.host)] if asked else ())))


def ask_for_thread(tx: Tx, request: AskForThread, here: Here) -> Done[None]:
    """Fetch, in the background, what a thread lacks here; in a group elsewhere, all of it, by its context."""
    done = post_commands.ask_for_thread(tx, request, here)
    placed = store.post(tx, request.post_id)
    group = store.by_id(tx, placed.group_id) if placed is not None else None
    if placed is None or group is None or group.local:
        return done
    return Done(None, (thread_chore(placed.thread_id),))


def thread_chore(thread_id: int) -> Enqueue:
    return Enqueue("group_thread", str(thread_id), {"thread": thread_id})


def chore(group_id: int, *, again: bool = False) -> Enqueue:
    return Enqueue("group", str(group_id), {"group": group_id, "again": again})


def software_chore(host: str) -> Enqueue:
    """What a server runs tells what its groups take."""
    return Enqueue("software", host, {"host": host})


def is_fresh(group: Group, here: Here) -> bool:
    return group.fetched_at is not None and here.now - group.fetched_at < ASKED_EVERY


def _asked(group: Group, here: Here, *, again: bool = False) -> list[Effect]:
    if group.local or (is_fresh(group, here) and not again):
        return []
    return [chore(group.actor_id, again=again)]


async def _looked_for(text: str, resolver: Resolver) -> Actor | None:
    if text.startswith("!"):
        return await resolver.group(text.removeprefix("!"))
    if text.startswith(("https://", "http://")):
        return await resolver.actor(text)
    if "/" in text and "@" not in text.partition("/")[0]:
        return await resolver.actor(f"https://{text}")
    return await resolver.handle(text.removeprefix("@")) if text else None
