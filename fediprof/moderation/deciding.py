"""What becomes of a report: nothing, a word to whom it is about, a limit, a suspension, the posts taken out, or passed on to the
moderators of the group it happened in. Whatever it is, it stands in the log with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import update

from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.groups import intake, log, reports
from fediprof.groups import store as groups
from fediprof.here import Here
from fediprof.moderation import figures
from fediprof.moderation.sanctions import MOST_REASON, SanctionActor, WarnActor, sanction_actor, told_of, warn_actor
from fediprof.moderation.store import Report
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts.commands import DeletePost, bury, delete_post
from fediprof.posts.records import Post
from fediprof.principal import Member, must_run_server
from fediprof.schema.moderation import report as report_table

Decision: TypeAlias = Literal["nothing", "warn", "limit", "suspend", "remove", "pass"]
DECISIONS: tuple[Decision, ...] = ("nothing", "warn", "limit", "suspend", "remove", "pass")


@dataclass(frozen=True, slots=True)
class DecideServerReport:
    by: Member
    report_id: int
    decision: Decision
    reason: str
    days: int | None = None


def decide_server_report(tx: Tx, request: DecideServerReport, here: Here) -> Done[Report]:
    """Raises NotFound, Conflict when it was decided, Invalid (field decision, reason, days)."""
    must_run_server(request.by)
    found, by = figures.report_by_id(tx, request.report_id), actors.by_id(tx, request.by.actor_id)
    if found is None or by is None:
        raise NotFound("no such report")
    if found.state != "open":
        raise Conflict("decided before", public="This was decided before")
    if request.decision not in DECISIONS:
        raise Invalid("Choose what is to be done", field="decision")
    reason = request.reason.strip()
    if not reason or len(reason) > MOST_REASON:
        raise Invalid("Say why: whom it concerns reads it", field="reason")
    effects: list[Effect] = []
    if request.decision in ("limit", "suspend"):
        kind: Literal["limit", "suspend"] = "limit" if request.decision == "limit" else "suspend"
        asked = SanctionActor(request.by, found.target_id, kind, reason, request.days)
        effects += sanction_actor(tx, asked, here).effects
    elif request.decision == "warn":
        effects += warn_actor(tx, WarnActor(request.by, found.target_id, reason), here).effects
    elif request.decision == "remove":
        effects += _removed(tx, found, by.iri, reason, here)
    elif request.decision == "pass":
        return Done(found, tuple(_passed(tx, found, by.iri, reason, here)))
    else:
        target = actors.by_id(tx, found.target_id)
        log.add(
            tx,
            here,
            group_id=None,
            by_iri=by.iri,
            action="dismiss_report",
            subject_iri=target.iri if target else "",
            reason=reason,
        )
    reports.decide(tx, found.id, f"{request.decision}: {reason}", by.iri, here.now)
    return Done(figures.report_by_id(tx, found.id) or found, tuple(effects))


def reported_posts(tx: Tx, found: Report) -> list[Post]:
    """What a report names, as far as it is still here."""
    known = [posts.by_iri(tx, iri) for iri in found.post_iris[:50]]
    return [each for each in known if each is not None and each.deleted_at is None]


def group_of(tx: Tx, found: Report) -> int | None:
    """The group here that what was reported is in."""
    for each in reported_posts(tx, found):
        if each.group_id is not None and groups.hosted(tx, each.group_id) is not None:
            return each.group_id
    return None


def _removed(tx: Tx, found: Report, by_iri: str, reason: str, here: Here) -> list[Effect]:
    named = [each for each in reported_posts(tx, found) if each.visibility in ("public", "quiet")]
    if not named:
        raise Invalid("No post of this report is left to take out", field="decision")
    effects: list[Effect] = []
    target = actors.by_id(tx, found.target_id)
    for each in named:
        account = accounts.by_actor(tx, each.actor_id)
        if account is not None:
            effects += delete_post(tx, DeletePost(Member(account.id, each.actor_id), each.id), here).effects
        else:
            bury(tx, each, here)
        log.add(
            tx,
            here,
            group_id=None,
            by_iri=by_iri,
            action="remove",
            subject_iri=each.iri,
            subject_id=each.actor_id,
            reason=reason,
        )
    if target is not None:
        effects += told_of(tx, target, "moderation.remove", here)
    return effects


def _passed(tx: Tx, found: Report, by_iri: str, reason: str, here: Here) -> list[Effect]:
    """It is the group's from now on: its moderators see it among theirs, and are told."""
    group_id, target = group_of(tx, found), actors.by_id(tx, found.target_id)
    hosted = groups.hosted(tx, group_id) if group_id is not None else None
    if hosted is None or target is None:
        raise Invalid("What was reported is in no group of this server", field="decision")
    tx.execute(update(report_table).where(report_table.c.id == found.id).values(group_id=hosted.id))
    log.add(
        tx,
        here,
        group_id=None,
        by_iri=by_iri,
        action="pass_report",
        subject_iri=hosted.actor.iri,
        reason=reason,
    )
    about = next(each.id for each in reported_posts(tx, found) if each.group_id == hosted.id)
    notifications.remove(tx, kind="group.report", post_id=about)  # reported before: this is newer
    return intake.tell_moderators(tx, hosted, "group.report", target, about)
