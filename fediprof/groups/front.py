"""What the pages of groups show, as one reader may see it: how they stand in each group, and threads with what is known of them.
No page of a private group's threads is put together for anybody but its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import and_, exists, func, or_, select

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.groups import contests, log, reports, store
from fediprof.groups.records import UNDECIDED, Event, Group, GroupPost, Kind, Standing
from fediprof.posts import store as posts
from fediprof.posts import threads as post_threads
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.posts.threads import Stretch
from fediprof.schema.actors import actor, follow
from fediprof.schema.groups import group_actor, group_moderator, group_post, group_standing, moderation_event
from fediprof.schema.interactions import interaction
from fediprof.schema.posts import post

Membership: TypeAlias = Literal["", "member", "pending", "rejected", "banned"]
MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A group and how one reader stands in it. `group` None: of a group elsewhere nothing but its actor is known yet."""

    actor: Actor
    group: Group | None
    membership: Membership = ""
    moderator: bool = False
    standing: Standing | None = None
    waiting: int = 0
    """For moderators: how much is to be decided, and can be from here."""

    @property
    def private(self) -> bool:
        return self.group is not None and self.group.private

    @property
    def readable(self) -> bool:
        """Whether this reader is shown threads at all."""
        return not self.private or self.membership == "member"

    @property
    def hosted(self) -> bool:
        return self.group is not None and self.group.local


@dataclass(frozen=True, slots=True)
class Thread:
    """A post that began a thread, or an answer in one, with how it stands in its group. `vote`: the reader's, 1, -1 or 0;
    `against`: whether its group takes votes against."""

    shown: Shown
    placed: GroupPost
    vote: int = 0
    against: bool = True


def place(tx: Tx, group: Actor, person: Actor | None, now: datetime) -> Place:
    known = store.by_id(tx, group.id)
    if person is None:
        return Place(group, known)
    standing = store.standing(tx, group.id, person.id)
    asked = tx.execute(
        select(follow.c.state).where(follow.c.follower_id == person.id, follow.c.target_id == group.id)
    ).scalar()
    if asked is None and known is not None and known.local and _turned_away(tx, group.id, person.iri):
        asked = "rejected"
    moderator = store.moderates(tx, group.id, person.iri)
    waiting = waiting_in(tx, group.id) if moderator else 0
    return Place(group, known, _membership(asked, standing, now), moderator, standing, waiting)


def _turned_away(tx: Tx, group_id: int, person_iri: str) -> bool:
    """Of a request that a group here turned down nothing is kept but the decision."""
    no = log.last(tx, "turn_away", person_iri, group_id)
    yes = log.last(tx, "admit", person_iri, group_id) if no is not None else None
    return no is not None and (yes is None or yes.id < no.id)


def _membership(asked: str | None, standing: Standing, now: datetime) -> Membership:
    if standing.banned(now):
        return "banned"
    if asked == "accepted":
        return "member"
    return "pending" if asked == "pending" else "rejected" if asked == "rejected" else ""


def mine(tx: Tx, person: Actor, now: datetime) -> list[Place]:
    """Groups somebody is in, asked to be in, was turned away or banned from, or moderates; by name."""
    followed = exists().where(follow.c.follower_id == person.id, follow.c.target_id == actor.c.id)
    moderated = exists().where(group_moderator.c.group_id == actor.c.id, group_moderator.c.iri == person.iri)
    banned = exists().where(
        group_standing.c.group_id == actor.c.id,
        group_standing.c.actor_id == person.id,
        group_standing.c.banned_at.is_not(None),
    )
    query = (
        select(actor)
        .where(actor.c.type == "Group", actor.c.gone_at.is_(None), or_(followed, moderated, banned))
        .order_by(func.lower(actor.c.name), actor.c.id)
        .limit(MOST_GROUPS)
    )
    found = [place(tx, Actor(*row), person, now) for row in tx.execute(query)]
    return [each for each in found if each.membership or each.moderator]


def here(tx: Tx) -> list[Place]:
    """Groups of this server that want to be found, by name."""
    query = (
        select(actor)
        .join(group_actor, group_actor.c.actor_id == actor.c.id)
        .where(
            group_actor.c.local, group_actor.c.closed_at.is_(None), actor.c.gone_at.is_(None), actor.c.discoverable
        )
        .order_by(func.lower(actor.c.name), actor.c.id)
        .limit(MOST_GROUPS)
    )
    return [Place(each, store.by_id(tx, each.id)) for each in (Actor(*row) for row in tx.execute(query))]


def joined(tx: Tx, person_id: int) -> list[int]:
    """Ids of the groups somebody is a member of."""
    query = (
        select(follow.c.target_id)
        .join(actor, actor.c.id == follow.c.target_id)
        .where(follow.c.follower_id == person_id, follow.c.state == "accepted", actor.c.type == "Group")
    )
    return list(tx.execute(query).scalars())


# --- threads


def threads(
    tx: Tx,
    group_ids: Sequence[int],
    viewer: int | None,
    *,
    limit: int,
    before: int | None = None,
    kind: Kind = "",
    unanswered: bool = False,
    without: Sequence[int] = (),
) -> list[int]:
    """Ids of the posts that began threads, the last active first. `before`: the id a page ended with. What waits for a
    moderator, or is on its way, its author alone sees."""
    if not group_ids:
        return []
    shown = group_post.c.state == "shown"
    if viewer is not None:
        shown = or_(shown, and_(group_post.c.state.in_(("sent", *UNDECIDED)), post.c.actor_id == viewer))
    query = (
        select(group_post.c.post_id)
        .join(post, post.c.id == group_post.c.post_id)
        .where(
            among(group_post.c.group_id, "groups"),
            group_post.c.post_id == group_post.c.thread_id,
            shown,
            posts.visible(viewer),
        )
    )
    if kind:
        query = query.where(group_post.c.kind == kind)
    if unanswered:
        query = query.where(group_post.c.kind == "ask", group_post.c.answers == 0, group_post.c.locked_at.is_(None))
    if without:
        query = query.where(group_post.c.post_id.not_in(list(without)))
    if before is not None and (last := store.post(tx, before)) is not None:
        earlier = and_(group_post.c.active_at == last.active_at, group_post.c.post_id < before)
        query = query.where(or_(group_post.c.active_at < last.active_at, earlier))
    ordered = query.order_by(group_post.c.active_at.desc(), group_post.c.post_id.desc()).limit(limit)
    return list(tx.execute(ordered, {"groups": list(group_ids)}).scalars())


def shown(tx: Tx, post_ids: Sequence[int], viewer: int | None) -> list[Thread]:
    """The posts with how they stand in their groups, in the order given, without those the reader may not see."""
    placed = store.posts(tx, post_ids)
    votes = _votes(tx, post_ids, viewer)
    against = store.takes_dislikes(tx, (each.group_id for each in placed.values())) if viewer is not None else set()
    return [
        Thread(each, placed[each.post.id], votes.get(each.post.id, 0), placed[each.post.id].group_id in against)
        for each in views.shown(tx, post_ids, viewer)
        if each.post.id in placed
    ]


def _votes(tx: Tx, post_ids: Sequence[int], viewer: int | None) -> dict[int, int]:
    if viewer is None or not post_ids:
        return {}
    query = select(interaction.c.post_id, interaction.c.kind).where(
        interaction.c.actor_id == viewer,
        interaction.c.kind.in_(("like", "dislike")),
        interaction.c.post_id.in_(list(post_ids)),
    )
    return {row[0]: 1 if row[1] == "like" else -1 for row in tx.execute(query)}


def answers(tx: Tx, of: Shown, viewer: int | None, after: int | None) -> tuple[list[tuple[Thread, int]], Stretch]:
    """A stretch of what answers a post, each with how deep it stands. What was withheld its author alone sees here."""
    part = post_threads.stretch(tx, of.post, viewer, after)
    depth = dict(part.answers)
    return [(each, depth[each.shown.post.id]) for each in shown(tx, list(depth), viewer)], part


# --- for moderators


def waiting_in(tx: Tx, group_id: int) -> int:
    """Held posts, people who asked to be let in, reports, contested decisions. Of a group elsewhere: the reports it sent."""
    known = store.by_id(tx, group_id)
    if known is None or not known.local:
        return reports.count_open(tx, group_id)
    held = select(func.count()).where(group_post.c.group_id == group_id, group_post.c.state == "held")
    asked = select(func.count()).where(follow.c.target_id == group_id, follow.c.state == "pending")
    counted = sum(int(tx.execute(each).scalar_one()) for each in (held, asked))
    return counted + reports.count_open(tx, group_id) + len(contests.open_in(tx, group_id))


def asking(tx: Tx, group_id: int) -> list[Actor]:
    """Who asked to be let in, the longest first."""
    query = select(actor).join(follow, follow.c.follower_id == actor.c.id)
    where = (follow.c.target_id == group_id, follow.c.state == "pending")
    return [Actor(*row) for row in tx.execute(query.where(*where).order_by(follow.c.id).limit(99))]


def banned(tx: Tx, group_id: int, now: datetime) -> list[tuple[Actor, Standing]]:
    query = select(group_standing).where(
        group_standing.c.group_id == group_id, group_standing.c.banned_at.is_not(None)
    )
    rows = [Standing(*row) for row in tx.execute(query.order_by(group_standing.c.banned_at.desc()).limit(200))]
    people = actors.by_ids(tx, (each.actor_id for each in rows))
    return [(people[each.actor_id], each) for each in rows if each.banned(now) and each.actor_id in people]


def listed(tx: Tx, group_id: int) -> list[tuple[Actor, str]]:
    """Members who chose to be named, with what they say they are there as; by name."""
    query = (
        select(actor, group_standing.c.role)
        .join(follow, and_(follow.c.follower_id == actor.c.id, follow.c.target_id == group_id))
        .join(group_standing, and_(group_standing.c.actor_id == actor.c.id, group_standing.c.group_id == group_id))
        .where(follow.c.state == "accepted", group_standing.c.listed, actor.c.gone_at.is_(None))
        .order_by(func.lower(actor.c.name), actor.c.id)
        .limit(1000)
    )
    return [(Actor(*row[:-1]), row[-1]) for row in tx.execute(query)]


def moderators(tx: Tx, group_id: int) -> list[tuple[str, Actor | None]]:
    """(IRI, the actor where we know them)"""
    named = [each.iri for each in store.moderators(tx, group_id)]
    return [(iri, actors.by_iri(tx, iri)) for iri in named]


def decided_about(tx: Tx, group_id: int, person_id: int) -> list[Event]:
    """What was decided in a group about one person, the last first."""
    query = select(moderation_event).where(
        moderation_event.c.group_id == group_id, moderation_event.c.subject_id == person_id
    )
    return [Event(*row) for row in tx.execute(query.order_by(moderation_event.c.id.desc()).limit(99))]
