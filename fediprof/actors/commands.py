"""What changes an actor: a member revises the profile, names aliases, moves; another server's actor is learnt, moves, goes."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from fediprof import ids, keystore
from fediprof.actors import store, wire
from fediprof.actors.departure import forget_actor
from fediprof.actors.records import Actor, ProfileField
from fediprof.actors.wire import MAX_FIELDS, Described
from fediprof.as2 import build, origin
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Enqueue, Notify, Resolver
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.keystore import SealedKey
from fediprof.moderation import policies
from fediprof.principal import Member
from fediprof.schema.actors import actor as actor_table
from fediprof.schema.actors import follow
from fediprof.text.compose import compose

MOVE_COOLDOWN = timedelta(days=7)
_LOCAL_NAME = re.compile(r"[a-z0-9_]{1,30}")


@dataclass(frozen=True, slots=True)
class ReviseProfile:
    """None leaves a thing as it is. `summary`: as written. `fields`: (name, value as written). `icon_file`,
    `header_file`: names in the storage; "" removes the picture."""

    by: Member
    name: str | None = None
    summary: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    icon_file: str | None = None
    header_file: str | None = None


@dataclass(frozen=True, slots=True)
class SetAliases:
    """Other accounts of the same person, as user@host or IRI: needed before moving here from one of them."""

    by: Member
    handles: tuple[str, ...]
    iris: tuple[str, ...] = ()

    async def gathered(self, resolver: Resolver) -> SetAliases:
        found = []
        for handle in self.handles[:10]:
            known = await (resolver.actor(handle) if "://" in handle else resolver.handle(handle.lstrip("@")))
            if known is None:
                raise Invalid(f"{handle} was not found", field="aliases")
            found.append(known.iri)
        return replace(self, iris=tuple(found))


@dataclass(frozen=True, slots=True)
class MoveAway:
    """`target`: user@host or IRI of the new account, which must name this one as an alias."""

    by: Member
    target: str
    target_id: int | None = None

    async def gathered(self, resolver: Resolver) -> MoveAway:
        name = self.target.strip()
        known = await (resolver.actor(name) if "://" in name else resolver.handle(name.lstrip("@")))
        return replace(self, target_id=known.id if known else None)


@dataclass(frozen=True, slots=True)
class LearnActor:
    """A remote actor's document, fetched from its own address. `moved_to_confirmed` is decided elsewhere."""

    described: Described


@dataclass(frozen=True, slots=True)
class AskForPosts:
    """`again`: also when their first posts were fetched before."""

    by: Member
    actor_id: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveMove:
    """`target_id`: the new account, fetched afresh, whose alsoKnownAs names the old one: that was checked."""

    actor_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class ReceiveActorDeletion:
    actor_iri: str


@dataclass(frozen=True, slots=True)
class VerifyField:
    """Mark (or unmark) one profile line as linking back with rel=me."""

    actor_id: int
    source: str
    linked_back: bool


def create_local(
    tx: Tx, username: str, keys: tuple[SealedKey, ...], here: Here, *, type: str = "Person", name: str = ""
) -> Actor:
    """Part of creating an account or the server's own actor. Raises Invalid, Conflict."""
    if username != INSTANCE_ACTOR and not _LOCAL_NAME.fullmatch(username):
        raise Invalid("Letters a to z, digits and _, at most 30", field="username")
    if store.local_by_username(tx, username) is not None:
        raise Conflict("this name is taken", public="This name is taken")
    iri = here.actor(username)
    actor = Actor(
        id=ids.new_id(),
        iri=iri,
        local=True,
        type=type,
        username=username,
        domain=here.domain,
        name=name,
        summary="",
        summary_source="",
        url=here.profile(username),
        inbox=f"{iri}/inbox",
        shared_inbox=here.shared_inbox,
        host=here.host,
        outbox=f"{iri}/outbox",
        followers=f"{iri}/followers",
        following=f"{iri}/following",
        featured=f"{iri}/featured",
        icon=None,
        header=None,
        fields=[],
        emojis=[],
        also_known_as=[],
        moved_to=None,
        locked=False,
        discoverable=False,
        indexable=False,
        published_at=here.now,
        created_at=here.now,
        fetched_at=None,
        gone_at=None,
        backfilled_at=None,
        followers_count=0,
        following_count=0,
        posts_count=0,
        last_post_at=None,
    )
    store.insert_actor(tx, actor)
    keystore.keep(tx, actor.id, keys, here.now)
    store.replace_keys(tx, actor.id, [(key.iri, iri, key.public) for key in keys], here.now)
    return actor


def revise_profile(tx: Tx, request: ReviseProfile, here: Here) -> Done[Actor]:
    """Change what a profile says; followers' servers get the new document."""
    before = _own(tx, request.by)
    values: dict[str, Any] = {}
    if request.name is not None:
        values["name"] = _bounded(" ".join(request.name.split()), 100, "name")
    if request.summary is not None:
        source = _bounded(request.summary.strip(), 2000, "summary")
        written = compose(source, mentions={}, tag_url=here.tag)
        values |= {"summary": written.html, "summary_source": source}
    if request.fields is not None:
        values["fields"] = _fields(before, request.fields, here)
    for name in ("locked", "discoverable", "indexable"):
        if getattr(request, name) is not None:
            values[name] = getattr(request, name)
    for name, file in (("icon", request.icon_file), ("header", request.header_file)):
        if file is not None:
            values[name] = file or None
    if not values:
        return Done(before)
    store.change(tx, before.id, values)
    effects: list[Effect] = [_told(tx, before.id, here)]
    if request.fields is not None:
        effects.append(Enqueue("links", before.iri, {"actor": str(before.id)}))
    return Done(_own(tx, request.by), tuple(effects))


def set_aliases(tx: Tx, request: SetAliases, here: Here) -> Done[Actor]:
    before = _own(tx, request.by)
    store.change(tx, before.id, {"also_known_as": list(dict.fromkeys(i for i in request.iris if i != before.iri))})
    return Done(_own(tx, request.by), (_told(tx, before.id, here),))


def move_away(tx: Tx, request: MoveAway, here: Here) -> Done[Actor]:
    """Tell followers' servers that this person is now elsewhere; they follow there. The profile stays, with a sign."""
    before = _own(tx, request.by)
    target = store.by_id(tx, request.target_id) if request.target_id is not None else None
    if target is None or target.id == before.id:
        raise Invalid("This account was not found", field="target")
    if before.iri not in target.also_known_as:
        raise Invalid(f"First name {before.handle} as an alias there", field="target")
    store.change(tx, before.id, {"moved_to": target.iri})
    followers = before.followers or ""
    activity = build.activity(
        "Move", here.new_activity(), before.iri, before.iri, target=target.iri, to=(followers,), published=here.now
    )
    moved = Deliver(before.id, activity, Audience(before.id), before.iri)
    return Done(_own(tx, request.by), (_told(tx, before.id, here), moved))


def learn_actor(tx: Tx, request: LearnActor, here: Here) -> Done[Actor]:
    """Insert or refresh a remote actor and its keys, as its own document describes it."""
    found = request.described
    decided = policies.flags_of(tx, origin.host_of(found.iri))
    if decided is not None and decided.reject_media:
        found = replace(found, values={**found.values, "icon": None, "header": None})
    known = store.by_iri(tx, found.iri)
    if known is None:
        blank: dict[str, Any] = dict.fromkeys(actor_table.c.keys())
        counts = {"followers_count": 0, "following_count": 0, "posts_count": 0}
        values = blank | {"id": ids.new_id(), "iri": found.iri, "local": False, "created_at": here.now, **counts}
        store.insert_actor(tx, Actor(**(values | found.values)))
    elif known.local:
        return Done(known)
    else:
        store.change(tx, known.id, found.values)
    after = store.by_iri(tx, found.iri)
    if after is None:
        raise NotFound("the actor went away")
    store.replace_keys(tx, after.id, found.keys, here.now)
    return Done(after)


def ask_for_posts(tx: Tx, request: AskForPosts, here: Here) -> Done[None]:
    """Fetch the pinned and newest posts of somebody elsewhere, in the background, so that the profile is not empty."""
    actor = store.by_id(tx, request.actor_id)
    if actor is None or actor.local or (actor.backfilled_at is not None and not request.again):
        return Done(None)
    return Done(None, (Enqueue("backfill", actor.iri, {"actor": actor.iri, "again": request.again}),))


def receive_move(tx: Tx, request: ReceiveMove, here: Here) -> Done[str]:
    """Members who followed the old account follow the new one, once."""
    old, new = store.by_id(tx, request.actor_id), store.by_id(tx, request.target_id)
    if old is None or new is None or old.iri not in new.also_known_as:
        return Done("the new account does not name the old one")
    store.change(tx, old.id, {"moved_to": new.iri})
    followers = _members_following(tx, old.id)
    effects: list[Effect] = [Notify(reader, "move", new.id) for reader in followers]
    effects += [
        Enqueue("refollow", f"{reader} {new.iri}", {"follower": str(reader), "old": str(old.id), "new": str(new.id)})
        for reader in followers
    ]
    return Done("moved", tuple(effects))


def receive_actor_deletion(tx: Tx, request: ReceiveActorDeletion, here: Here) -> Done[str]:
    """A person elsewhere is gone, and with them all they did here."""
    gone = store.by_iri(tx, request.actor_iri)
    if gone is None or gone.local or gone.gone_at is not None:
        return Done("nobody we know")
    forget_actor(tx, gone, here.now)
    return Done("gone")


def verify_field(tx: Tx, request: VerifyField, here: Here) -> Done[None]:
    actor = store.by_id(tx, request.actor_id)
    if actor is None:
        return Done(None)
    at = here.now.strftime("%Y-%m-%dT%H:%M:%SZ") if request.linked_back else None
    lines = [
        line._replace(verified_at=line.verified_at or at if request.linked_back else None)
        if line.source == request.source
        else line
        for line in actor.profile_fields
    ]
    if [list(line) for line in lines] == actor.fields:
        return Done(None)
    store.change(tx, actor.id, {"fields": [list(line) for line in lines]})
    return Done(None)


def _members_following(tx: Tx, target_id: int) -> list[int]:
    query = select(follow.c.follower_id).join(actor_table, actor_table.c.id == follow.c.follower_id)
    return list(tx.execute(query.where(follow.c.target_id == target_id, actor_table.c.local)).scalars())


def _own(tx: Tx, by: Member) -> Actor:
    found = store.by_id(tx, by.actor_id)
    if found is None or found.gone_at is not None:
        raise NotFound("no such member")
    return found


def _told(tx: Tx, actor_id: int, here: Here) -> Deliver:
    after = store.by_id(tx, actor_id)
    if after is None:
        raise NotFound("no such member")
    activity = wire.update(after, keystore.public_material(tx, actor_id), here)
    return Deliver(actor_id, activity, Audience(actor_id), after.iri)


def _bounded(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise Invalid(f"At most {most} characters", field=name)
    return text


def _fields(before: Actor, written: tuple[tuple[str, str], ...], here: Here) -> list[list[str | None]]:
    """A link keeps the mark it has earned as long as it stays the same."""
    kept = [(" ".join(name.split()), " ".join(value.split())) for name, value in written]
    kept = [(name, value) for name, value in kept if name or value]
    if len(kept) > MAX_FIELDS:
        raise Invalid(f"At most {MAX_FIELDS} lines", field="fields")
    verified: Mapping[str, str | None] = {line.source: line.verified_at for line in before.profile_fields}
    lines = []
    for name, value in kept:
        _bounded(name, 100, "fields")
        _bounded(value, 500, "fields")
        if re.fullmatch(r"https?://\S+", value):
            shown = html.escape(value)
            made = f'<a href="{shown}" rel="me nofollow noopener noreferrer">{shown}</a>'
        else:
            made = compose(value, mentions={}, tag_url=here.tag).html.removeprefix("<p>").removesuffix("</p>")
        lines.append(ProfileField(name, made, verified.get(value), value))
    return [list(line) for line in lines]
