"""All SQL on groups, how people stand in them, and which posts are in them. What pages show of it: `groups.views`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, insert, or_, select, update

from fediprof.actors import store as actors
from fediprof.db.among import among
from fediprof.db.changes import insert_record
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_or_leave
from fediprof.groups.records import Group, GroupPost, Hosted, Moderator, Standing, State
from fediprof.schema.actors import actor, follow
from fediprof.schema.delivery import peer
from fediprof.schema.groups import announced_vote, group_actor, group_moderator, group_post, group_standing
from fediprof.schema.moderation import sanction
from fediprof.schema.posts import deleted_object
from fediprof.schema.posts import post as post_row

_BY_ID = Prepared(select(group_actor).where(group_actor.c.actor_id == bindparam("id")))
_HOSTED_BY_IRIS = Prepared(
    select(actor.c.iri, actor.c.id)
    .join(group_actor, group_actor.c.actor_id == actor.c.id)
    .where(among(actor.c.iri, "iris"), group_actor.c.local, actor.c.gone_at.is_(None))
)
_STANDING = Prepared(
    select(group_standing).where(
        group_standing.c.group_id == bindparam("group"), group_standing.c.actor_id == bindparam("person")
    )
)
_POST = Prepared(select(group_post).where(group_post.c.post_id == bindparam("id")))
_POSTS = Prepared(select(group_post).where(among(group_post.c.post_id, "ids")))
_LOCKED_ANSWERS = Prepared(
    select(group_post.c.post_id, group_post.c.locked_at).where(
        group_post.c.group_id == bindparam("group"),
        group_post.c.thread_id == bindparam("thread"),
        group_post.c.post_id != group_post.c.thread_id,
        group_post.c.locked_at.is_not(None),
    )
)
_MODERATES = Prepared(
    select(group_moderator.c.iri).where(
        group_moderator.c.group_id == bindparam("group"), group_moderator.c.iri == bindparam("iri")
    )
)
_IS_MEMBER = Prepared(
    select(follow.c.id).where(
        follow.c.follower_id == bindparam("person"),
        follow.c.target_id == bindparam("group"),
        follow.c.state == "accepted",
    )
)


# --- groups


def by_id(tx: Tx, group_id: int) -> Group | None:
    row = _BY_ID.first(tx, {"id": group_id})
    return None if row is None else Group(*row)


def hosted(tx: Tx, group_id: int) -> Hosted | None:
    """A group that lives here, closed ones included."""
    found, person = by_id(tx, group_id), actors.by_id(tx, group_id)
    return Hosted(person, found) if found is not None and found.local and person is not None else None


def hosted_by_name(tx: Tx, username: str) -> Hosted | None:
    person = actors.local_by_username(tx, username)
    return hosted(tx, person.id) if person is not None and person.type == "Group" else None


def hosted_among(tx: Tx, iris: Iterable[str]) -> list[int]:
    """Ids of those of the actors that are groups here, in the order given."""
    wanted = list(dict.fromkeys(iris))[:200]
    found = {row[0]: int(row[1]) for row in _HOSTED_BY_IRIS.all(tx, {"iris": wanted})} if wanted else {}
    return [found[iri] for iri in wanted if iri in found]


def all_hosted(tx: Tx) -> list[Hosted]:
    """Groups of this server that are there, by name."""
    rows = select(group_actor.c.actor_id).join(actor, actor.c.id == group_actor.c.actor_id)
    query = rows.where(group_actor.c.local, actor.c.gone_at.is_(None)).order_by(actor.c.username)
    found = (hosted(tx, each) for each in tx.execute(query).scalars().all())
    return [each for each in found if each is not None]


def insert_group(tx: Tx, new: Group) -> None:
    insert_record(tx, group_actor, new)


def change(tx: Tx, group_id: int, values: Mapping[str, Any]) -> None:
    tx.execute(update(group_actor).where(group_actor.c.actor_id == group_id).values(dict(values)))


def learn(tx: Tx, new: Group) -> None:
    """What is known of a group elsewhere: kept, or brought up to date."""
    if by_id(tx, new.actor_id) is None:
        insert_group(tx, new)
        return
    kept = ("membership", "posting", "moderators", "fetched_at")
    change(tx, new.actor_id, {name: getattr(new, name) for name in kept})


def founded_since(tx: Tx, person_id: int, since: datetime) -> int:
    """How many groups somebody founded here."""
    query = select(func.count()).where(group_actor.c.founder_id == person_id, group_actor.c.created_at > since)
    return int(tx.execute(query).scalar_one())


def software_of(tx: Tx, host: str) -> str:
    """What a server says it runs, in lower case; "" while nobody asked."""
    found: str | None = tx.execute(select(peer.c.software).where(peer.c.host == host)).scalar()
    return (found or "").lower()


READS_DISLIKES = frozenset(
    {"lemmy", "piefed", "mbin", "kbin", "nodebb", "friendica", "hubzilla", "streams", "forte", "fediprof"}
)
"""Software of groups that makes something of a Dislike. To others we know none is sent (groups rules 10, 23; Discourse reads
votes, and no Dislike: §2)."""


def takes_dislikes(tx: Tx, group_ids: Iterable[int]) -> set[int]:
    """Those of the groups that take votes against; of a server nobody asked yet it is thought so."""
    wanted = list(set(group_ids))
    if not wanted:
        return set()
    query = select(actor.c.id, actor.c.local, peer.c.software).outerjoin(peer, peer.c.host == actor.c.host)
    rows = tx.execute(query.where(actor.c.id.in_(wanted)))
    return {row[0] for row in rows if row[1] or not row[2] or row[2].lower() in READS_DISLIKES}


def has_people_from(tx: Tx, host: str) -> bool:
    """Whether anybody of a server is in a group here, or asked to be."""
    query = select(follow.c.id).join(actor, actor.c.id == follow.c.follower_id)
    query = query.join(group_actor, group_actor.c.actor_id == follow.c.target_id)
    query = query.where(actor.c.host == host, ~actor.c.local, group_actor.c.local, follow.c.state != "rejected")
    return tx.execute(query.limit(1)).first() is not None


# --- moderators


def moderators(tx: Tx, group_id: int) -> list[Moderator]:
    query = select(group_moderator).where(group_moderator.c.group_id == group_id)
    return [
        Moderator(*row) for row in tx.execute(query.order_by(group_moderator.c.appointed_at, group_moderator.c.iri))
    ]


def moderates(tx: Tx, group_id: int, iri: str) -> bool:
    return _MODERATES.first(tx, {"group": group_id, "iri": iri}) is not None


def moderated_by(tx: Tx, iri: str) -> list[int]:
    """Ids of the groups somebody moderates, here or elsewhere."""
    return list(tx.execute(select(group_moderator.c.group_id).where(group_moderator.c.iri == iri)).scalars())


def appoint(tx: Tx, new: Moderator) -> bool:
    """False when they were one already."""
    return insert_or_leave(tx, group_moderator, {name: getattr(new, name) for name in group_moderator.c.keys()})


def dismiss(tx: Tx, group_id: int, iri: str) -> bool:
    query = delete(group_moderator).where(group_moderator.c.group_id == group_id, group_moderator.c.iri == iri)
    return tx.execute(query).rowcount > 0


def unmoderated(tx: Tx, group_ids: Iterable[int] | None = None) -> list[int]:
    """Ids of the groups here, of some or of all, that nobody decides in: whoever is named is gone, has moved, or is suspended.
    Who is named and not known here counts."""
    acts = (
        select(group_moderator.c.iri)
        .select_from(group_moderator.outerjoin(actor, actor.c.iri == group_moderator.c.iri))
        .where(
            group_moderator.c.group_id == group_actor.c.actor_id,
            actor.c.gone_at.is_(None),
            actor.c.moved_to.is_(None),
            ~exists().where(sanction.c.actor_id == actor.c.id, sanction.c.kind == "suspend"),
        )
        .correlate(group_actor)
    )
    query = select(group_actor.c.actor_id).where(
        group_actor.c.local, group_actor.c.closed_at.is_(None), ~acts.exists()
    )
    if group_ids is not None:
        query = query.where(group_actor.c.actor_id.in_(list(group_ids)))
    return list(tx.execute(query.order_by(group_actor.c.actor_id)).scalars())


# --- people


def is_member(tx: Tx, group_id: int, person_id: int) -> bool:
    """Whether their follow of the group was accepted."""
    return _IS_MEMBER.first(tx, {"person": person_id, "group": group_id}) is not None


def standing(tx: Tx, group_id: int, person_id: int) -> Standing:
    row = _STANDING.first(tx, {"group": group_id, "person": person_id})
    return Standing(group_id, person_id) if row is None else Standing(*row)


def set_standing(tx: Tx, group_id: int, person_id: int, **values: Any) -> None:
    """Change some of how a person stands; the rest stays, or is as for anybody."""
    blank = Standing(group_id, person_id)
    insert_or_leave(tx, group_standing, {name: getattr(blank, name) for name in group_standing.c.keys()})
    where = (group_standing.c.group_id == group_id, group_standing.c.actor_id == person_id)
    tx.execute(update(group_standing).where(*where).values(values))


def groups_following(tx: Tx, group_id: int) -> list[int]:
    """Ids of the groups elsewhere that follow a group."""
    query = select(follow.c.follower_id).join(actor, actor.c.id == follow.c.follower_id)
    return list(tx.execute(query.where(follow.c.target_id == group_id, actor.c.type == "Group")).scalars())


def has_member_on(tx: Tx, group_id: int, host: str) -> bool:
    """Whether a server has anybody who was let into a group."""
    query = select(follow.c.id).join(actor, actor.c.id == follow.c.follower_id)
    where = (follow.c.target_id == group_id, follow.c.state == "accepted", actor.c.host == host)
    return tx.execute(query.where(*where).limit(1)).first() is not None


# --- posts


def post(tx: Tx, post_id: int) -> GroupPost | None:
    row = _POST.first(tx, {"id": post_id})
    return None if row is None else GroupPost(*row)


def posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, GroupPost]:
    wanted = list(set(post_ids))
    return {row[0]: GroupPost(*row) for row in _POSTS.all(tx, {"ids": wanted})} if wanted else {}


def insert_post(tx: Tx, new: GroupPost) -> bool:
    """False when the post is in a group already."""
    return insert_or_leave(tx, group_post, {name: getattr(new, name) for name in group_post.c.keys()})


def change_post(tx: Tx, post_id: int, values: Mapping[str, Any]) -> None:
    tx.execute(update(group_post).where(group_post.c.post_id == post_id).values(dict(values)))


def queue_at(tx: Tx, group_id: int) -> None:
    """One post at a time comes into a group: of an answer and its thread in the same instant the second sees the first.
    (SQLite writes one unit at a time anyway.)"""
    tx.execute(select(group_actor.c.actor_id).where(group_actor.c.actor_id == group_id).with_for_update())


def adopt(tx: Tx, placed: GroupPost) -> None:
    """Answers that came before what they answer began threads of their own: these are part of its thread."""
    early = (
        select(group_post.c.post_id)
        .join(post_row, post_row.c.id == group_post.c.post_id)
        .where(
            post_row.c.in_reply_to_id == placed.post_id,
            group_post.c.group_id == placed.group_id,
            group_post.c.thread_id == group_post.c.post_id,
        )
    )
    if found := list(tx.execute(early).scalars()):
        threads = update(group_post).where(group_post.c.thread_id.in_(found))
        tx.execute(threads.values(thread_id=placed.thread_id, kind=""))
        recount(tx, placed.thread_id)


def turned(tx: Tx, post_id: int, before: State, values: Mapping[str, Any]) -> bool:
    """Change a post that is in this state still: of two who decide at once, one does. False for the other."""
    query = update(group_post).where(group_post.c.post_id == post_id, group_post.c.state == before)
    return tx.execute(query.values(dict(values))).rowcount > 0


def answered(tx: Tx, thread_id: int, at: datetime, *, by_another: bool) -> None:
    """An answer came into a thread."""
    values: dict[str, Any] = {"active_at": at}
    if by_another:
        values["answers"] = group_post.c.answers + 1
    tx.execute(update(group_post).where(group_post.c.post_id == thread_id).values(values))


def counted(tx: Tx, post_id: int, *, ups: int = 0, downs: int = 0) -> None:
    """Step a post's votes; never below none."""
    steps = {name: group_post.c[name] + step for name, step in (("ups", ups), ("downs", downs)) if step}
    values = {name: case((after < 0, 0), else_=after) for name, after in steps.items()}
    if values:
        tx.execute(update(group_post).where(group_post.c.post_id == post_id).values(values))


def latest_threads(tx: Tx, group_id: int, limit: int = 20) -> list[int]:
    """Ids of the posts that began the newest threads shown, newest first."""
    query = select(group_post.c.post_id).where(
        group_post.c.group_id == group_id,
        group_post.c.post_id == group_post.c.thread_id,
        group_post.c.state == "shown",
    )
    return list(tx.execute(query.order_by(group_post.c.post_id.desc()).limit(limit)).scalars())


def threads_shown(tx: Tx, group_id: int) -> int:
    query = select(func.count()).where(
        group_post.c.group_id == group_id,
        group_post.c.post_id == group_post.c.thread_id,
        group_post.c.state == "shown",
    )
    return int(tx.execute(query).scalar_one())


def pinned(tx: Tx, group_id: int) -> list[int]:
    """Ids of the threads on top, last pinned first."""
    query = select(group_post.c.post_id).where(
        group_post.c.group_id == group_id, group_post.c.pinned_at.is_not(None), group_post.c.state == "shown"
    )
    return list(tx.execute(query.order_by(group_post.c.pinned_at.desc())).scalars())


# --- votes that a group elsewhere passed on


def announced_vote_of(tx: Tx, post_id: int, voter_iri: str) -> int:
    """1, -1, or 0 for none."""
    query = select(announced_vote.c.value).where(
        announced_vote.c.post_id == post_id, announced_vote.c.voter_iri == voter_iri
    )
    return int(tx.execute(query).scalar() or 0)


def set_announced_vote(tx: Tx, post_id: int, voter_iri: str, iri: str, value: int) -> None:
    """`value` 0 takes the vote back."""
    where = (announced_vote.c.post_id == post_id, announced_vote.c.voter_iri == voter_iri)
    tx.execute(delete(announced_vote).where(*where))
    if value:
        row = {"post_id": post_id, "voter_iri": voter_iri, "iri": iri, "value": value}
        tx.execute(insert(announced_vote), row)


# --- what moderators do


def recount(tx: Tx, thread_id: int) -> None:
    """How many answers by others a thread shows, told anew: some went out, or came back."""
    began = select(post_row.c.actor_id).where(post_row.c.id == thread_id).scalar_subquery()
    shown = (
        select(func.count())
        .select_from(group_post.join(post_row, post_row.c.id == group_post.c.post_id))
        .where(
            group_post.c.thread_id == thread_id,
            group_post.c.post_id != thread_id,
            group_post.c.state == "shown",
            post_row.c.deleted_at.is_(None),
            post_row.c.actor_id != began,
        )
    )
    change_post(tx, thread_id, {"answers": int(tx.execute(shown).scalar_one())})


def locked_answers(tx: Tx, group_id: int, thread_id: int) -> dict[int, datetime]:
    """{post id: since when}, of the answers in a thread that are locked by themselves."""
    return {row[0]: row[1] for row in _LOCKED_ANSWERS.all(tx, {"group": group_id, "thread": thread_id})}


def of_person(tx: Tx, group_id: int, person_id: int, states: Iterable[str], limit: int) -> list[GroupPost]:
    """Somebody's posts in a group, newest first."""
    query = (
        select(group_post)
        .join(post_row, post_row.c.id == group_post.c.post_id)
        .where(
            group_post.c.group_id == group_id,
            group_post.c.state.in_(list(states)),
            post_row.c.actor_id == person_id,
            post_row.c.deleted_at.is_(None),
        )
    )
    return [GroupPost(*row) for row in tx.execute(query.order_by(group_post.c.post_id.desc()).limit(limit))]


def of_person_anywhere(tx: Tx, person_id: int) -> list[int]:
    """Ids of the groups here that somebody has posts in, or stands in by a rule of their own."""
    written = (
        select(group_post.c.group_id)
        .join(post_row, post_row.c.id == group_post.c.post_id)
        .join(group_actor, group_actor.c.actor_id == group_post.c.group_id)
        .where(post_row.c.actor_id == person_id, group_actor.c.local)
    )
    return list(tx.execute(written.distinct()).scalars())


def held(tx: Tx, group_id: int, thread_id: int | None = None, limit: int = 200) -> list[GroupPost]:
    """What waits for a moderator, the oldest first; of one thread, or of all."""
    query = select(group_post).where(group_post.c.group_id == group_id, group_post.c.state == "held")
    if thread_id is not None:
        query = query.where(group_post.c.thread_id == thread_id)
    return [GroupPost(*row) for row in tx.execute(query.order_by(group_post.c.post_id).limit(limit))]


def count_of(tx: Tx, group_id: int, person_id: int, state: State, *, before: GroupPost | None = None) -> int:
    """How many of somebody's posts are in this state; `before`: those that came before it."""
    query = (
        select(func.count())
        .select_from(group_post.join(post_row, post_row.c.id == group_post.c.post_id))
        .where(
            group_post.c.group_id == group_id,
            group_post.c.state == state,
            post_row.c.actor_id == person_id,
            post_row.c.deleted_at.is_(None),
        )
    )
    if before is not None:
        earlier = and_(group_post.c.created_at == before.created_at, group_post.c.post_id < before.post_id)
        query = query.where(or_(group_post.c.created_at < before.created_at, earlier))
    return int(tx.execute(query).scalar_one())


def offers_since(tx: Tx, group_id: int, person_id: int, since: datetime, limit: int) -> list[datetime]:
    """When somebody's offers came that the group took, the newest first."""
    query = (
        select(group_post.c.created_at)
        .join(post_row, post_row.c.id == group_post.c.post_id)
        .where(
            group_post.c.group_id == group_id,
            group_post.c.kind == "offer",
            group_post.c.state.not_in(("refused", "lacking")),
            group_post.c.created_at > since,
            post_row.c.actor_id == person_id,
        )
        .order_by(group_post.c.created_at.desc())
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def forget_person(tx: Tx, person_id: int, iri: str) -> None:
    """Who is gone stands in no group and moderates none."""
    tx.execute(delete(group_standing).where(group_standing.c.actor_id == person_id))
    tx.execute(delete(group_moderator).where(group_moderator.c.iri == iri))


# --- of groups elsewhere


def asked_here(tx: Tx, group_id: int) -> bool:
    """Whether a member here is in a group, or asked to be. Some never answer, and pass things on all the same."""
    query = select(follow.c.id).join(actor, actor.c.id == follow.c.follower_id)
    where = (follow.c.target_id == group_id, follow.c.state.in_(("accepted", "pending")), actor.c.local)
    return tx.execute(query.where(*where).limit(1)).first() is not None


def a_member_here(tx: Tx, group_id: int) -> int | None:
    """One who was let in, and is still there: in whose name what is for members alone is asked for."""
    query = select(follow.c.follower_id).join(actor, actor.c.id == follow.c.follower_id)
    where = (follow.c.target_id == group_id, follow.c.state == "accepted", actor.c.local, actor.c.gone_at.is_(None))
    found: int | None = tx.execute(query.where(*where).order_by(follow.c.id).limit(1)).scalar()
    return found


def remember_removal(tx: Tx, group_id: int, iri: str, by_iri: str, now: datetime) -> None:
    """A group took out what we do not have: it may still come."""
    row = {"iri": _removal(group_id, iri), "actor_iri": by_iri, "former_type": "removed", "deleted_at": now}
    insert_or_leave(tx, deleted_object, row)


def was_removed(tx: Tx, group_id: int, iri: str) -> bool:
    query = select(deleted_object.c.iri).where(deleted_object.c.iri == _removal(group_id, iri))
    return tx.execute(query).first() is not None


def forget_removal(tx: Tx, group_id: int, iri: str) -> None:
    tx.execute(delete(deleted_object).where(deleted_object.c.iri == _removal(group_id, iri)))


def _removal(group_id: int, iri: str) -> str:
    """No IRI begins with a number, so that it is nobody's."""
    return f"{group_id} {iri}"
