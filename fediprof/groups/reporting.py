"""Reports about posts in groups: of members and of others, to a group's moderators first (groups rules 11 and 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import build, origin
from fediprof.as2.context import PLAIN_CONTEXT
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Notify
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.groups import intake, log, reports, store
from fediprof.groups.moderating import moderator_in
from fediprof.groups.records import GroupPost, Hosted
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.moderation import commands as moderation
from fediprof.moderation import policies
from fediprof.moderation import store as moderation_store
from fediprof.moderation.commands import ReceiveFlag, ReportActor
from fediprof.moderation.store import Report
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.principal import Member

MAX_WORDS = 3000


@dataclass(frozen=True, slots=True)
class ReceiveReport:
    """`document`: the Flag as it came; `forwardable`: its bytes, when others can believe them without us."""

    flag: ReceiveFlag
    document: Mapping[str, Any]
    forwardable: bytes | None = None
    sender_host: str = ""


@dataclass(frozen=True, slots=True)
class DecideReport:
    """By a moderator, once it was seen to. `decision`: what was done, in words for who reported."""

    by: Member
    report_id: int
    decision: str


def report(tx: Tx, request: ReportActor, here: Here) -> Done[Report]:
    """A member reports somebody. About a post in a group it goes to the group's moderators: here, or by a Flag in this
    server's name to the group elsewhere. All else goes to who runs this server."""
    found = posts.visible_of(tx, request.post_ids, request.by.actor_id)
    placed = next((each for post in found.values() if (each := store.post(tx, post.id)) is not None), None)
    target, by = actors.by_id(tx, request.target_id), actors.by_id(tx, request.by.actor_id)
    if placed is None or target is None or by is None:
        return moderation.report_actor(tx, request, here)
    named = [each for each in found.values() if each.actor_id == target.id and each.group_id == placed.group_id]
    if not named:
        return moderation.report_actor(tx, request, here)
    made = Report(
        ids.new_id(),
        here.new_activity(),
        by.iri,
        target.id,
        [each.iri for each in named],
        request.comment[:MAX_WORDS],
        "open",
        here.now,
        placed.group_id,
    )
    moderation_store.insert_report(tx, made)
    hosted = store.hosted(tx, placed.group_id)
    if hosted is not None:
        return Done(made, tuple(_to_moderators(tx, hosted, made, target, named[0], here)))
    home = actors.by_id(tx, placed.group_id)
    effects: list[Effect] = _told_here(tx, placed.group_id, target, named[0], but=by.id)
    if home is not None and request.forward:
        effects += [_sent(tx, made, each, home, here, number) for number, each in enumerate(named[:10])]
    return Done(made, tuple(effects))


def receive_report(tx: Tx, request: ReceiveReport, here: Here) -> Done[str]:
    """A Flag of somebody elsewhere. About a post in a group here, whoever wrote it, it is for the group's moderators, those
    on other servers included; it never goes to the members. About a member it is for who runs this server."""
    flag = request.flag
    known = [post for iri in flag.object_iris if (post := posts.by_iri(tx, iri)) is not None]
    placed = _placed_here(tx, known)
    hosted = store.hosted(tx, placed.group_id) if placed is not None else None
    if placed is None or hosted is None:
        return _receive_elsewhere(tx, flag, known, here) or moderation.receive_flag(tx, flag, here)
    about = [post for post in known if post.group_id == hosted.id]
    target = actors.by_id(tx, about[0].actor_id) if about else None
    if target is None:
        return Done("concerns nobody here")
    named = [post.iri for post in about if post.actor_id == target.id][:50]
    made = Report(
        ids.new_id(),
        flag.iri,
        flag.reporter_iri,
        target.id,
        named,
        flag.comment[:MAX_WORDS],
        "open",
        here.now,
        hosted.id,
    )
    if not moderation_store.insert_report(tx, made):
        return Done("known already")
    effects = _to_moderators(tx, hosted, made, target, about[0], here, request)
    return Done(f"reported to the moderators of {hosted.actor.username}", tuple(effects))


def _receive_elsewhere(tx: Tx, flag: ReceiveFlag, known: list[Post], here: Here) -> Done[str] | None:
    """About a post in a group elsewhere that somebody here moderates: the group sends it to them. None: in no such group."""
    decided = policies.flags_of(tx, origin.host_of(flag.reporter_iri))
    about = next((post for post in known if post.group_id is not None and _moderators_here(tx, post.group_id)), None)
    target = actors.by_id(tx, about.actor_id) if about is not None else None
    if about is None or about.group_id is None or target is None or (decided is not None and decided.reject_reports):
        return None
    iris = [post.iri for post in known if post.group_id == about.group_id and post.actor_id == target.id][:50]
    made = Report(
        ids.new_id(),
        flag.iri,
        flag.reporter_iri,
        target.id,
        iris,
        flag.comment[:MAX_WORDS],
        "open",
        here.now,
        about.group_id,
    )
    if not moderation_store.insert_report(tx, made):
        return Done("known already")
    told = _told_here(tx, about.group_id, target, about)
    return Done("reported to who moderates that group here", tuple(told))


def _told_here(tx: Tx, group_id: int, target: Actor, post: Post, *, but: int = 0) -> list[Effect]:
    """Members here who moderate a group elsewhere."""
    people = [each for each in _moderators_here(tx, group_id) if each.id != but]
    for each in people:  # reported before: this is newer
        notifications.remove(tx, actor_id=each.id, kind="group.report", post_id=post.id)
    return [Notify(each.id, "group.report", target.id, post.id) for each in people]


def _moderators_here(tx: Tx, group_id: int) -> list[Actor]:
    people = actors.by_iris(tx, [each.iri for each in store.moderators(tx, group_id)]).values()
    return [each for each in people if each.local and each.gone_at is None]


def decide_report(tx: Tx, request: DecideReport, here: Here) -> Done[Report]:
    """Close a report: of a group here, or of one elsewhere that sent it to its moderator here. A member who reported is told.
    Raises NotFound, Invalid (field decision), Conflict."""
    found = reports.by_id(tx, request.report_id)
    if found is None or found.group_id is None:
        raise NotFound("no such report")
    hosted, by = moderator_in(tx, request.by, found.group_id)
    decision = request.decision.strip()
    if not decision or len(decision) > 1000:
        raise Invalid("Say what was decided, in at most 1000 characters", field="decision")
    if not reports.decide(tx, found.id, decision, by.iri, here.now):
        raise Conflict("decided before", public="This report was decided before")
    about = posts.by_iri(tx, found.post_iris[0]) if found.post_iris else None
    subject = found.post_iris[0] if found.post_iris else hosted.actor.iri
    log.add(
        tx,
        here,
        group_id=hosted.id,
        by_iri=by.iri,
        action="decide_report",
        subject_iri=subject,
        post_id=about.id if about is not None else None,
        reason=decision,
    )
    after = reports.by_id(tx, found.id) or found
    reporter = actors.by_iri(tx, found.reporter_iri)
    if reporter is None or not reporter.local or reporter.username == INSTANCE_ACTOR:
        return Done(after)
    return Done(after, (_told(tx, reporter, hosted, about),))


def reporter_of(tx: Tx, found: Report) -> Actor | None:
    """Who reported, as moderators are shown them; None where a server reports in its own name."""
    person = actors.by_iri(tx, found.reporter_iri)
    return person if person is not None and person.type == "Person" else None


def _placed_here(tx: Tx, known: list[Post]) -> GroupPost | None:
    placed = (store.post(tx, post.id) for post in known if post.group_id is not None)
    return next((each for each in placed if each is not None and store.hosted(tx, each.group_id) is not None), None)


def _to_moderators(
    tx: Tx, hosted: Hosted, made: Report, target: Actor, post: Post, here: Here, request: ReceiveReport | None = None
) -> list[Effect]:
    """Those here by a notification, which names who wrote the post and not who reported it; those elsewhere by the Flag
    itself where it carries its own proof, else by one of the group's."""
    people = actors.by_iris(tx, [each.iri for each in store.moderators(tx, hosted.id)]).values()
    for each in people:
        if each.local:  # reported before: this is newer
            notifications.remove(tx, actor_id=each.id, kind="group.report", post_id=post.id)
    effects = intake.tell_moderators(tx, hosted, "group.report", target, post.id)
    away = [each.id for each in people if not each.local and each.iri != made.reporter_iri]
    if not away:
        return effects
    if request is not None and request.forwardable is not None:
        audience = Audience(actor_ids=tuple(away), but_host=request.sender_host)
        return [*effects, Deliver(hosted.id, request.document, audience, post.iri, body=request.forwardable)]
    flag = _flag(here.new_activity(), hosted.actor, hosted.actor, post.iri, made.comment, here)
    return [*effects, Deliver(hosted.id, flag, Audience(actor_ids=tuple(away)), post.iri)]


def _sent(tx: Tx, made: Report, post: Post, home: Actor, here: Here, number: int) -> Deliver:
    """To a group elsewhere: in this server's name, not the member's. One object each, as Lemmy reads it."""
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    if server is None:
        raise NotFound("the server's own actor is missing")
    iri = made.iri if number == 0 else here.new_activity()
    flag = _flag(iri, server, home, post.iri, made.comment, here)
    return Deliver(server.id, flag, Audience(actor_ids=(home.id,)), post.iri)


def _flag(iri: str, by: Actor, group: Actor, object_iri: str, comment: str, here: Here) -> dict[str, Any]:
    """The reason stands in `summary` for Lemmy and PieFed, in `content` for Mastodon's kin."""
    return build.activity(
        "Flag",
        iri,
        by.iri,
        object_iri,
        to=(group.iri,),
        published=here.now,
        context=PLAIN_CONTEXT,
        audience=group.iri,
        summary=comment or "reported",
        content=comment or "reported",
    )


def _told(tx: Tx, reporter: Actor, hosted: Hosted, about: Post | None) -> Notify:
    post_id = about.id if about is not None and about.deleted_at is None else None
    kind = "group.report_decided"
    notifications.remove(tx, actor_id=reporter.id, kind=kind, from_actor_id=hosted.id, post_id=post_id)
    return Notify(reporter.id, kind, hosted.id, post_id)
