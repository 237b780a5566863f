"""What is decided about one account, here or elsewhere: limited, suspended, and that taken back. Each decision is a line of
the server's log; a member it concerns is told the reason, and may contest it once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fediprof import ids
from fediprof.accounts import commands as account_commands
from fediprof.accounts import store as accounts
from fediprof.accounts.commands import DeleteAccount
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect, Notify
from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.follows import store as follows
from fediprof.follows import wire
from fediprof.follows.commands import answer_to, end_between
from fediprof.groups import contests, log, orphans
from fediprof.groups import store as groups
from fediprof.groups.contests import Contest
from fediprof.groups.records import Event
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.moderation import limits
from fediprof.moderation.limits import Kind, Sanction
from fediprof.notifications import store as notifications
from fediprof.oauth import store as oauth
from fediprof.principal import Member, must_run_server

ERASED_AFTER = timedelta(days=30)
MOST_REASON = 1000
MAX_WORDS = 2000
CONTESTABLE = frozenset({"limit", "suspend", "warn", "remove"})


@dataclass(frozen=True, slots=True)
class SanctionActor:
    """`days`: until it ends by itself; None: a limit without end, and for a member's suspension thirty days, after which
    the account is erased. `kind`: limit or suspend."""

    by: Member
    target_id: int
    kind: Kind
    reason: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class WarnActor:
    by: Member
    target_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class LiftSanction:
    by: Member
    target_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContestSanction:
    """By whom the decision concerns."""

    by: Member
    event_id: int
    words: str


@dataclass(frozen=True, slots=True)
class AnswerServerContest:
    by: Member
    contest_id: int
    overturn: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class EndSanctions:
    """Those whose end has come: lifted, or the account erased."""


def sanction_actor(tx: Tx, request: SanctionActor, here: Here) -> Done[Event]:
    """Raises Invalid (field reason, days), NotAllowed for somebody who runs the server."""
    by, target, reason = _decided(tx, request.by, request.target_id, request.reason)
    if request.kind not in ("limit", "suspend"):
        raise Invalid("Choose what is to be done", field="kind")
    if request.days is not None and not 1 <= request.days <= 3650:
        raise Invalid("Between 1 and 3650 days", field="days")
    ends_at = here.now + timedelta(days=request.days) if request.days is not None else None
    erases = request.kind == "suspend" and target.local and ends_at is None
    if erases:
        ends_at = here.now + ERASED_AFTER
    event = log.add(
        tx,
        here,
        group_id=None,
        by_iri=by.iri,
        action=request.kind,
        subject_iri=target.iri,
        subject_id=target.id,
        reason=reason,
        ends_at=ends_at,
    )
    limits.keep(tx, Sanction(target.id, request.kind, reason, event.id, here.now, ends_at, erases))
    effects = told_of(tx, target, f"moderation.{request.kind}", here)
    if request.kind == "suspend":
        effects += orphans.told(tx, groups.moderated_by(tx, target.iri))
        if target.local:
            _shut_out(tx, target)
        else:
            effects += _parted(tx, target, here)
    return Done(event, tuple(effects))


def warn_actor(tx: Tx, request: WarnActor, here: Here) -> Done[Event]:
    """Nothing changes for them; they are told, and it stands in the log."""
    by, target, reason = _decided(tx, request.by, request.target_id, request.reason)
    event = log.add(
        tx,
        here,
        group_id=None,
        by_iri=by.iri,
        action="warn",
        subject_iri=target.iri,
        subject_id=target.id,
        reason=reason,
    )
    return Done(event, tuple(told_of(tx, target, "moderation.warn", here)))


def lift_sanction(tx: Tx, request: LiftSanction, here: Here) -> Done[None]:
    """Take a limit or a suspension back. Raises NotFound."""
    must_run_server(request.by)
    by, target = actors.by_id(tx, request.by.actor_id), actors.by_id(tx, request.target_id)
    held = limits.of(tx, request.target_id)
    if by is None or target is None or held is None:
        raise NotFound("nothing to take back")
    return Done(None, tuple(_lifted(tx, held, target, by.iri, request.reason.strip()[:MOST_REASON], here)))


def end_sanctions(tx: Tx, request: EndSanctions, here: Here) -> Done[int]:
    effects: list[Effect] = []
    over = limits.ended(tx, here.now)
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    for each in over:
        target = actors.by_id(tx, each.actor_id)
        account = accounts.by_actor(tx, each.actor_id)
        if target is None:
            continue
        if each.erases and account is not None:
            gone = DeleteAccount(Member(account.id, target.id))
            effects += account_commands.delete_own_account(tx, gone, here).effects
            limits.drop(tx, target.id)
        else:
            effects += _lifted(tx, each, target, server.iri if server else here.origin, "", here)
    return Done(len(over), tuple(effects))


def contest_sanction(tx: Tx, request: ContestSanction, here: Here) -> Done[Contest]:
    """Raises NotFound for a decision about somebody else, Conflict the second time, Invalid (field words)."""
    event = log.by_id(tx, request.event_id)
    if event is None or event.group_id is not None or event.subject_id != request.by.actor_id:
        raise NotFound("no decision about them")
    if event.action not in CONTESTABLE or event.undone_at is not None:
        raise Conflict("not to be contested", public="There is nothing to contest here")
    words = request.words.strip()
    if not words or len(words) > MAX_WORDS:
        raise Invalid(f"Say why, in at most {MAX_WORDS} characters", field="words")
    made = Contest(ids.new_id(), event.id, request.by.actor_id, words, "open", "", here.now, None)
    if not contests.insert(tx, made):
        raise Conflict("contested before", public="This was contested before")
    return Done(made)


def answer_server_contest(tx: Tx, request: AnswerServerContest, here: Here) -> Done[None]:
    """Uphold a decision of the server's, or take it back."""
    must_run_server(request.by)
    found = contests.by_id(tx, request.contest_id)
    event = log.by_id(tx, found.event_id) if found is not None else None
    by = actors.by_id(tx, request.by.actor_id)
    if found is None or event is None or event.group_id is not None or by is None:
        raise NotFound("nothing contested")
    if found.state != "open":
        raise Conflict("answered before", public="This was answered before")
    words = request.words.strip()[:MAX_WORDS]
    if not request.overturn and not words:
        raise Invalid("Say why it stands: whom it concerns reads it", field="words")
    target = actors.by_id(tx, found.by_id)
    held = limits.of(tx, found.by_id)
    effects: list[Effect] = []
    if request.overturn and target is not None and held is not None and held.event_id == event.id:
        effects += _lifted(tx, held, target, by.iri, words, here)
    if request.overturn:
        log.undone(tx, event.id, here.now)
    contests.decide(tx, found.id, "overturned" if request.overturn else "upheld", words, here.now)
    log.add(
        tx,
        here,
        group_id=None,
        by_iri=by.iri,
        action="overturn" if request.overturn else "uphold",
        subject_iri=event.subject_iri,
        subject_id=event.subject_id,
        reason=words,
    )
    if target is not None:
        effects += told_of(tx, target, "moderation.answered", here)
    return Done(None, tuple(effects))


def _decided(tx: Tx, by: Member, target_id: int, reason: str) -> tuple[Actor, Actor, str]:
    must_run_server(by)
    one, target = actors.by_id(tx, by.actor_id), actors.by_id(tx, target_id)
    if one is None or target is None or target.gone_at is not None:
        raise NotFound("no such person")
    account = accounts.by_actor(tx, target.id)
    if (target.username == INSTANCE_ACTOR and target.local) or (account is not None and account.admin):
        raise NotAllowed("runs the server", public="This person runs the server")
    reason = reason.strip()
    if not reason or len(reason) > MOST_REASON:
        raise Invalid("Say why: whom it concerns reads it", field="reason")
    return one, target, reason


def _lifted(tx: Tx, held: Sanction, target: Actor, by_iri: str, reason: str, here: Here) -> list[Effect]:
    limits.drop(tx, target.id)
    if held.event_id is not None:
        log.undone(tx, held.event_id, here.now)
    log.add(
        tx,
        here,
        group_id=None,
        by_iri=by_iri,
        action="lift",
        subject_iri=target.iri,
        subject_id=target.id,
        reason=reason,
    )
    return told_of(tx, target, "moderation.lift", here)


def told_of(tx: Tx, target: Actor, kind: str, here: Here) -> list[Effect]:
    """A member it concerns; people elsewhere are told by nobody but their own server."""
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    if not target.local or server is None:
        return []
    notifications.remove(tx, actor_id=target.id, kind=kind, from_actor_id=server.id)
    return [Notify(target.id, kind, server.id)]


def _shut_out(tx: Tx, target: Actor) -> None:
    account = accounts.by_actor(tx, target.id)
    if account is not None:
        accounts.close_sessions(tx, account.id)
        for each in oauth.allowed(tx, account.id):
            oauth.withdraw(tx, account.id, each.app.id)


def _parted(tx: Tx, target: Actor, here: Here) -> list[Effect]:
    """Following between them and people here ends, and their server is told."""
    effects: list[Effect] = []
    for each in actors.by_ids(tx, follows.local_counterparts(tx, target.id)).values():
        for made in end_between(tx, target.id, each.id):
            if made.follower_id == each.id:
                undo = wire.undo(made, each, target, here)
                effects.append(Deliver(each.id, undo, Audience(actor_ids=(target.id,)), made.iri))
            else:
                effects.append(answer_to("Reject", made, target, each, here))
    return effects
