"""Who moderates a group: appointed, dismissed, resigned; here or on another server. The last one is dismissed by nobody; where
they leave, who runs the server names another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done, Resolver
from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.groups import measures, orphans, rules, store, wire
from fediprof.groups.measures import Decision
from fediprof.groups.moderating import asked, moderator_in
from fediprof.groups.records import Event, Hosted
from fediprof.here import Here
from fediprof.principal import Member

MAX_MODERATORS = 50


@dataclass(frozen=True, slots=True)
class AppointModerator:
    """`handle`: of somebody here or elsewhere; looked up before the transaction. Or `person_id`, where they are known."""

    by: Member
    group_id: int
    handle: str = ""
    person_id: int | None = None

    async def gathered(self, resolver: Resolver) -> AppointModerator:
        if self.person_id is not None or not self.handle.strip():
            return self
        found = await resolver.handle(self.handle.strip())
        return replace(self, person_id=found.id if found is not None else None)


@dataclass(frozen=True, slots=True)
class DismissModerator:
    """`iri`: of the moderator, as the list names them."""

    by: Member
    group_id: int
    iri: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resign:
    by: Member
    group_id: int


def appoint(tx: Tx, request: AppointModerator, here: Here) -> Done[Event | None]:
    """Name another moderator. They are told, and can resign. Raises Invalid (field handle), Conflict."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    person = actors.by_id(tx, request.person_id) if request.person_id is not None else None
    if person is None or person.gone_at is not None or person.type != "Person":
        raise Invalid("No such person was found", field="handle")
    if store.standing(tx, hosted.id, person.id).banned(here.now):
        raise Invalid("They are banned from this group", field="handle")
    if hosted.group.local and hosted.group.private and not store.is_member(tx, hosted.id, person.id):
        raise Invalid("Who moderates a private group is a member of it first", field="handle")
    if len(store.moderators(tx, hosted.id)) >= MAX_MODERATORS:
        raise Conflict("too many", public=f"At most {MAX_MODERATORS} moderators")
    if store.moderates(tx, hosted.id, person.iri):
        raise Conflict("a moderator already", public="They moderate this group already")
    activity = wire.act("Add", hosted, by.iri, person.iri, here, target=_listed_at(hosted))
    said = Decision(hosted, by.iri, activity)
    return (
        asked(tx, said, by, person.iri, "appoint")
        or measures.appoint(tx, said, person.iri, person, here)
        or Done(None)
    )


def dismiss(tx: Tx, request: DismissModerator, here: Here) -> Done[Event | None]:
    """Those appointed before oneself cannot be dismissed, but by who runs the server. Raises NotAllowed, NotFound, Conflict."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    listed = store.moderators(tx, hosted.id)
    if request.iri not in {each.iri for each in listed}:
        raise NotFound("no such moderator")
    if not request.by.admin and not rules.may_dismiss(listed, by.iri, request.iri):
        raise NotAllowed("appointed before", public="They have moderated this group for longer than you")
    if len(listed) <= 1:
        raise Conflict("the last", public="Name another moderator first, or close the group")
    return _left(tx, Decision(hosted, by.iri, None, request.reason.strip()[:500]), by, request.iri, here)


def resign(tx: Tx, request: Resign, here: Here) -> Done[Event | None]:
    """Nobody moderates against their will: after the last one, who runs the server is told."""
    hosted, by = moderator_in(tx, request.by, request.group_id)
    if not store.moderates(tx, hosted.id, by.iri):
        raise NotFound("no such moderator")
    done = _left(tx, Decision(hosted, by.iri), by, by.iri, here)
    return Done(done.value, (*done.effects, *orphans.told(tx, [hosted.id])))


def _left(tx: Tx, said: Decision, by: Actor, iri: str, here: Here) -> Done[Event | None]:
    target = _listed_at(said.hosted)
    activity = wire.act("Remove", said.hosted, by.iri, iri, here, target=target, summary=said.reason)
    said = replace(said, activity=activity)
    return (
        asked(tx, said, by, iri, "dismiss")
        or measures.dismiss(tx, said, iri, actors.by_iri(tx, iri), here)
        or Done(None)
    )


def _listed_at(hosted: Hosted) -> str:
    return hosted.group.moderators or wire.moderators_of(hosted.actor)
