"""All SQL on introductions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy import insert as insert_into

from fediprof.actors import store as actors
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.introductions.records import PAIR_RESTS, Asked, Introduction, Mine, Party, Remembered, Says, State
from fediprof.posts.records import Post
from fediprof.schema.accounts import account
from fediprof.schema.introductions import introduction, introduction_party, introduction_question
from fediprof.schema.posts import mention, post

SHOWN = 50


def lock_proposer(tx: Tx, actor_id: int) -> None:
    """One proposal of a person at a time: what they may still propose is counted before a row is added."""
    tx.execute(select(account.c.id).where(account.c.actor_id == actor_id).with_for_update())


def insert(tx: Tx, new: Introduction, parties: Iterable[Party]) -> None:
    insert_record(tx, introduction, new)
    for each in parties:
        insert_record(tx, introduction_party, each)


def to_change(tx: Tx, introduction_id: int) -> Introduction | None:
    """The row, for this transaction alone: of two answers at the same moment the second sees the first."""
    query = select(introduction).where(introduction.c.id == introduction_id).with_for_update()
    row = tx.execute(query).first()
    return None if row is None else Introduction(*row)


def parties(tx: Tx, introduction_id: int) -> list[Party]:
    query = select(introduction_party).where(introduction_party.c.introduction_id == introduction_id)
    return [Party(*row) for row in tx.execute(query.order_by(introduction_party.c.place))]


def set_answer(tx: Tx, introduction_id: int, person_id: int, says: Says, now: datetime) -> None:
    where = (introduction_party.c.introduction_id == introduction_id, introduction_party.c.person_id == person_id)
    tx.execute(update(introduction_party).where(*where).values(answer=says, answered_at=now))


def close(tx: Tx, introduction_id: int, state: State, now: datetime, conversation_id: int | None = None) -> None:
    values = {"state": state, "closed_at": now, "conversation_id": conversation_id}
    tx.execute(update(introduction).where(introduction.c.id == introduction_id).values(values))


def open_of(tx: Tx, by_id: int, now: datetime) -> int:
    """How many of a person's proposals wait; one taken back within a day counts, or asking would have no limit."""
    waiting = or_(
        introduction.c.state == "asked",
        and_(introduction.c.state == "withdrawn", introduction.c.created_at > now - timedelta(days=1)),
    )
    query = select(func.count()).where(introduction.c.by_id == by_id, waiting)
    return int(tx.execute(query).scalar_one())


def proposers_of_pair(tx: Tx, one_id: int, two_id: int, now: datetime) -> set[int]:
    """Who proposed these two to each other lately."""
    a, b = introduction_party.alias(), introduction_party.alias()
    query = (
        select(introduction.c.by_id)
        .join(a, and_(a.c.introduction_id == introduction.c.id, a.c.person_id == one_id))
        .join(b, and_(b.c.introduction_id == introduction.c.id, b.c.person_id == two_id))
        .where(introduction.c.created_at > now - PAIR_RESTS)
    )
    return set(tx.execute(query).scalars())


def asked_by_note(tx: Tx, note_iri: str, person_id: int) -> int | None:
    """The introduction that a message asked somebody elsewhere about."""
    query = select(introduction_party.c.introduction_id).where(
        introduction_party.c.note_iri == note_iri, introduction_party.c.person_id == person_id
    )
    found: int | None = tx.execute(query).scalar()
    return found


def overdue(tx: Tx, now: datetime) -> list[Introduction]:
    query = select(introduction).where(introduction.c.state == "asked", introduction.c.ends_at <= now)
    return [Introduction(*row) for row in tx.execute(query.with_for_update())]


def sweep(tx: Tx, now: datetime) -> None:
    """What is long over is forgotten, with what was answered. The conversations stay."""
    over = introduction.c.state != "asked", introduction.c.created_at <= now - PAIR_RESTS
    old = select(introduction.c.id).where(*over)
    tx.execute(delete(introduction_party).where(introduction_party.c.introduction_id.in_(old)))
    tx.execute(delete(introduction).where(*over))
    tx.execute(delete(introduction_question).where(introduction_question.c.ends_at <= now))


def forget(tx: Tx, actor_id: int) -> None:
    """Somebody left: what they proposed, and what they were asked, is nobody's any more."""
    asked = select(introduction_party.c.introduction_id).where(introduction_party.c.person_id == actor_id)
    theirs = list(
        tx.execute(
            select(introduction.c.id).where(or_(introduction.c.by_id == actor_id, introduction.c.id.in_(asked)))
        ).scalars()
    )
    tx.execute(delete(introduction_party).where(introduction_party.c.introduction_id.in_(theirs)))
    tx.execute(delete(introduction).where(introduction.c.id.in_(theirs)))


# --- questions of other servers


def keep_question(tx: Tx, post_id: int, ends_at: datetime) -> None:
    tx.execute(insert_into(introduction_question).values(post_id=post_id, ends_at=ends_at))


def questions_in(tx: Tx, post_ids: Iterable[int], now: datetime) -> set[int]:
    """Those of the messages that ask one, and wait."""
    query = select(introduction_question.c.post_id).where(
        introduction_question.c.post_id.in_(list(post_ids)), introduction_question.c.ends_at > now
    )
    return set(tx.execute(query).scalars())


def settle_question(tx: Tx, post_id: int) -> bool:
    """True for the one who answers it."""
    return tx.execute(delete(introduction_question).where(introduction_question.c.post_id == post_id)).rowcount > 0


# --- as people see them


def mine(tx: Tx, by_id: int, limit: int = SHOWN) -> list[Mine]:
    """What a person proposed, newest first."""
    query = select(introduction).where(introduction.c.by_id == by_id).order_by(introduction.c.id.desc()).limit(limit)
    found = [Introduction(*row) for row in tx.execute(query)]
    wanted = [each.id for each in found]
    rows = tx.execute(
        select(introduction_party.c.introduction_id, introduction_party.c.person_id)
        .where(introduction_party.c.introduction_id.in_(wanted))
        .order_by(introduction_party.c.place)
    ).all()
    pairs: dict[int, list[int]] = {}
    for number, person_id in rows:
        pairs.setdefault(number, []).append(person_id)
    people = actors.by_ids(tx, (person_id for _, person_id in rows))
    return [Mine(each, *(people[number] for number in pairs[each.id])) for each in found]


def asked_of(tx: Tx, person_id: int, now: datetime, *, only: int | None = None) -> list[Asked]:
    """What a person is asked, newest first. One that ended by another's no stays until its day, as if nobody had answered;
    one that is held is never seen."""
    me = introduction_party
    query = (
        select(*introduction.c, me.c.answer)
        .join(me, and_(me.c.introduction_id == introduction.c.id, me.c.person_id == person_id))
        .where(
            introduction.c.held.is_(False),
            or_(
                introduction.c.state == "opened",
                and_(introduction.c.state.in_(("asked", "ended")), introduction.c.ends_at > now),
            ),
        )
        .order_by(introduction.c.id.desc())
        .limit(SHOWN)
    )
    if only is not None:
        query = query.where(introduction.c.id == only)
    found = [(Introduction(*row[:-1]), row[-1]) for row in tx.execute(query)]
    others_query = select(me.c.introduction_id, me.c.person_id).where(
        me.c.introduction_id.in_([each.id for each, _ in found]), me.c.person_id != person_id
    )
    others: dict[int, int] = {row[0]: row[1] for row in tx.execute(others_query)}
    people = actors.by_ids(tx, {*others.values(), *(each.by_id for each, _ in found)})
    return [Asked(each, people[each.by_id], people[others[each.id]], answer) for each, answer in found]


def ever_asked(tx: Tx, person_id: int) -> list[Remembered]:
    """All that a person was asked and that is not forgotten yet, newest first, also what is over; nothing that is held."""
    me, other = introduction_party, introduction_party.alias()
    query = (
        select(*introduction.c, me.c.answer, me.c.answered_at, other.c.person_id)
        .join(me, and_(me.c.introduction_id == introduction.c.id, me.c.person_id == person_id))
        .join(other, and_(other.c.introduction_id == introduction.c.id, other.c.person_id != person_id))
        .where(introduction.c.held.is_(False))
        .order_by(introduction.c.id.desc())
    )
    found = [(Introduction(*row[:-3]), *row[-3:]) for row in tx.execute(query)]
    people = actors.by_ids(tx, {number for each, _, _, other_id in found for number in (each.by_id, other_id)})
    return [
        Remembered(Asked(each, people[each.by_id], people[other_id], answer), answered_at)
        for each, answer, answered_at, other_id in found
    ]


def questions_of(tx: Tx, person_id: int) -> list[tuple[Post, datetime]]:
    """(the message, until when) of what other servers ask somebody and that waits."""
    query = (
        select(post, introduction_question.c.ends_at)
        .join(introduction_question, introduction_question.c.post_id == post.c.id)
        .join(mention, mention.c.post_id == post.c.id)
        .where(mention.c.actor_id == person_id, post.c.deleted_at.is_(None))
        .order_by(post.c.id.desc())
    )
    return [(Post(*row[:-1]), row[-1]) for row in tx.execute(query)]
