"""Contesting a decision: once, by whom it concerns, with words; looked at by another moderator where there is one. What is
overturned is undone by the same commands that any moderator has."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.groups import contests, founding, intake, log, measures, moderating, moderators, notices, store
from fediprof.groups.contests import Contest
from fediprof.groups.moderating import ModeratePerson, ModeratePost
from fediprof.groups.moderators import AppointModerator
from fediprof.groups.notices import CONTESTABLE
from fediprof.groups.records import Event, Hosted
from fediprof.here import Here
from fediprof.principal import Member

MAX_WORDS = 2000


@dataclass(frozen=True, slots=True)
class ContestDecision:
    """`person_id`: who asks, proven at the door: a member, or somebody of another server who logged in as a visitor."""

    person_id: int
    event_id: int
    words: str


@dataclass(frozen=True, slots=True)
class AnswerContest:
    """`overturn`: take the decision back. `words`: what is said to whom it concerns."""

    by: Member
    contest_id: int
    overturn: bool
    words: str = ""


def contest(tx: Tx, request: ContestDecision, here: Here) -> Done[Contest]:
    """Raises NotFound where the decision does not concern them, Conflict the second time, Invalid (field words)."""
    event, person = log.by_id(tx, request.event_id), actors.by_id(tx, request.person_id)
    if event is None or person is None or event.group_id is None or event.subject_id != person.id:
        raise NotFound("no decision about them")
    if not contestable(event):
        raise Conflict("not to be contested", public="There is nothing to contest here")
    words = request.words.strip()
    if not words or len(words) > MAX_WORDS:
        raise Invalid(f"Say why, in at most {MAX_WORDS} characters", field="words")
    hosted = founding.hosted_of(tx, event.group_id)
    made = Contest(ids.new_id(), event.id, person.id, words, "open", "", here.now, None)
    if not contests.insert(tx, made):
        raise Conflict("contested before", public="This was contested before")
    log.add(
        tx,
        here,
        group_id=hosted.id,
        by_iri=person.iri,
        action="contest",
        subject_iri=event.subject_iri,
        subject_id=person.id,
        post_id=event.post_id,
        reason=words,
        rule=event.rule,
    )
    return Done(made, tuple(intake.tell_moderators(tx, hosted, "group.contested", person, event.post_id)))


def contestable(event: Event) -> bool:
    return event.action in CONTESTABLE and event.undone_at is None


def must_be_another(tx: Tx, hosted: Hosted, event: Event, by: Actor) -> bool:
    """Whether who decided answers themselves; they may only when no other moderator could. Raises NotAllowed."""
    if event.by_iri != by.iri:
        return False
    if any(each.iri != by.iri for each in store.moderators(tx, hosted.id)):
        raise NotAllowed("their own decision", public="Another moderator than who decided answers this")
    return True


def answer_contest(tx: Tx, request: AnswerContest, here: Here) -> Done[Contest]:
    """Uphold a decision, or overturn it. Raises NotFound, Conflict when it was answered, NotAllowed."""
    open_one = contests.by_id(tx, request.contest_id)
    event = log.by_id(tx, open_one.event_id) if open_one is not None else None
    if open_one is None or event is None or event.group_id is None:
        raise NotFound("nothing contested")
    hosted, by = moderating.moderator_of(tx, request.by, event.group_id)
    if open_one.state != "open":
        raise Conflict("answered before", public="This was answered before")
    person = actors.by_id(tx, open_one.by_id)
    alone = must_be_another(tx, hosted, event, by)
    words = request.words.strip()[:MAX_WORDS]
    if not request.overturn and not words:
        raise Invalid("Say why it stands: whom it concerns reads it", field="words")
    effects = _undone(tx, request.by, event, words, here) if request.overturn else []
    contests.decide(tx, open_one.id, "overturned" if request.overturn else "upheld", words, here.now)
    said = log.add(
        tx,
        here,
        group_id=hosted.id,
        by_iri=by.iri,
        action="overturn" if request.overturn else "uphold",
        subject_iri=event.subject_iri,
        subject_id=open_one.by_id,
        post_id=event.post_id,
        reason=f"{words} {ALONE}".strip() if alone else words,
        rule=event.rule,
    )
    told = notices.tell(tx, hosted, person, "group.overturned" if request.overturn else "group.upheld", said, here)
    after = contests.by_id(tx, open_one.id) or open_one
    return Done(after, (*effects, *told))


ALONE = "(Answered by the moderator who decided: there is no other.)"
"""In the log, in English as all that is kept there in our words."""


def _undone(tx: Tx, by: Member, event: Event, words: str, here: Here) -> list[Effect]:
    """By the same commands; what is no longer so is only marked."""
    effects: list[Effect] = []
    with suppress(Conflict, NotFound):  # undone by somebody meanwhile, or the post is gone
        effects += _effects_of(tx, by, event.group_id or 0, event, words, here)
    log.undone(tx, event.id, here.now)
    return effects


def _effects_of(tx: Tx, by: Member, group_id: int, event: Event, words: str, here: Here) -> tuple[Effect, ...]:
    if event.post_id is not None and event.action in ("remove", "refuse"):
        return moderating.restore_post(tx, ModeratePost(by, group_id, event.post_id, words), here).effects
    if event.post_id is not None and event.action == "lock":
        return moderating.unlock_answer(tx, ModeratePost(by, group_id, event.post_id, words), here).effects
    person = actors.by_id(tx, event.subject_id) if event.subject_id is not None else None
    if person is None:
        return ()
    if event.action == "ban":
        done = moderating.unban_person(tx, ModeratePerson(by, group_id, person.id, words), here)
        back = measures.bring_back(tx, founding.hosted_of(tx, group_id), person, here)
        return (*done.effects, *back)
    if event.action == "dismiss":
        return moderators.appoint(tx, AppointModerator(by, group_id, person_id=person.id), here).effects
    return ()
