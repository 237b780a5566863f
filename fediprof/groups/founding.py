"""A group of ours is founded, changed, closed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fediprof import ids, keystore
from fediprof.actors import store as actors
from fediprof.actors.commands import create_local
from fediprof.actors.records import Follow
from fediprof.as2 import build
from fediprof.as2.names import PUBLIC
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.errors import Invalid, NotAllowed, NotFound
from fediprof.follows import commands as follow_commands
from fediprof.follows import store as follows
from fediprof.groups import announcing, log, rules, store, wire
from fediprof.groups.records import Group, Hosted, Membership, Moderator, Posting
from fediprof.here import Here
from fediprof.keystore import KeyStore, SealedKey
from fediprof.principal import Member
from fediprof.text.compose import compose
from fediprof.text.language import normalise

FOUNDED_A_DAY = 3
MAX_DESCRIPTION = 5000
MOST = 1000


@dataclass(frozen=True, slots=True)
class Charter:
    """What a group says of itself and how it is run. `description`: Markdown. `rules`: a line each."""

    name: str
    description: str = ""
    membership: Membership = "open"
    posting: Posting = "members"
    rules: tuple[str, ...] = ()
    hold_newcomers: bool = True
    votes: bool = True
    language: str = ""
    discoverable: bool = True
    author_pace: int = 6
    """Posts a minute that are let in of one author; more wait for their turn. 0: any number."""
    pace: int = 60
    """The same of all authors together."""
    offers_a_month: int = 3
    """Offers of one person in thirty days. 0: any number."""
    offers_name_pay: bool = False
    offers_name_contact: bool = False
    group_followers: bool = False
    """Whether groups elsewhere may follow it, and pass on what it passes on."""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Build with `prepared`: the keys are made before the transaction. `by_members`: this server lets any member found one."""

    by: Member
    username: str
    charter: Charter
    keys: tuple[SealedKey, ...]
    by_members: bool = False

    @classmethod
    async def prepared(
        cls, made: KeyStore, here: Here, *, by: Member, username: str, charter: Charter, by_members: bool
    ) -> FoundGroup:
        username = username.strip().lower()
        keys = await asyncio.to_thread(made.make, here.actor(username))
        return cls(by, username, charter, keys, by_members)


@dataclass(frozen=True, slots=True)
class ReviseGroup:
    by: Member
    group_id: int
    charter: Charter


@dataclass(frozen=True, slots=True)
class CloseGroup:
    """`words`: what stands in its place, e.g. where people went."""

    by: Member
    group_id: int
    words: str = ""


def found_group(tx: Tx, request: FoundGroup, here: Here) -> Done[Hosted]:
    """A new Group actor; who founds it is its first moderator and member. A person and a group never share a name.

    Raises Invalid (field username, name, description, membership, posting, rules, language), Conflict for a name taken,
    NotAllowed.
    """
    if not (request.by.admin or request.by_members):
        raise NotAllowed("founding", public="On this server only those who run it start groups")
    lines, language = checked(request.charter)
    founder = actors.by_id(tx, request.by.actor_id)
    if founder is None:
        raise NotFound("no such member")
    if not request.by.admin and store.founded_since(tx, founder.id, here.now - timedelta(days=1)) >= FOUNDED_A_DAY:
        raise NotAllowed("founding", public=f"At most {FOUNDED_A_DAY} groups a day")
    actor = create_local(tx, request.username, request.keys, here, type="Group", name=request.charter.name)
    group = Group(
        actor_id=actor.id,
        local=True,
        membership=request.charter.membership,
        posting=request.charter.posting,
        rules=lines,
        hold_newcomers=request.charter.hold_newcomers,
        votes=request.charter.votes,
        language=language,
        moderators=wire.moderators_of(actor),
        founder_id=founder.id,
        closed_at=None,
        closing_words="",
        fetched_at=None,
        created_at=here.now,
        **_measures(request.charter),
    )
    store.insert_group(tx, group)
    actors.change(tx, actor.id, described(request.charter, here))
    store.appoint(tx, Moderator(actor.id, founder.iri, founder.iri, here.now))
    store.set_standing(tx, actor.id, founder.id, vetted=True)
    first = Follow(ids.new_id(), here.new_activity(), founder.id, actor.id, "accepted", here.now)
    follows.insert_follow(tx, first)
    actors.count(tx, founder.id, following=1)
    actors.count(tx, actor.id, followers=1)
    log.add(tx, here, group_id=actor.id, by_iri=founder.iri, action="found", subject_iri=actor.iri)
    return Done(hosted_of(tx, actor.id))


def revise_group(tx: Tx, request: ReviseGroup, here: Here) -> Done[Hosted]:
    """Change a group's charter. Its name in addresses stays for ever; followers' servers get the new document, wrapped
    as the moderator's Update. A group never becomes less private: what was written for few stays so."""
    before = open_to(tx, request.group_id, request.by)
    lines, language = checked(request.charter)
    if before.group.private and request.charter.membership != "private":
        raise Invalid("A private group stays private: its members wrote for each other", field="membership")
    if not before.group.private and request.charter.membership == "private" and store.threads_shown(tx, before.id):
        raise Invalid("What was written here is public: found a private group beside it", field="membership")
    actors.change(tx, before.id, described(request.charter, here))
    values = {
        "membership": request.charter.membership,
        "posting": request.charter.posting,
        "rules": lines,
        "hold_newcomers": request.charter.hold_newcomers,
        "votes": request.charter.votes,
        "language": language,
        **_measures(request.charter),
    }
    store.change(tx, before.id, values)
    after = hosted_of(tx, before.id)
    gone = store.groups_following(tx, after.id) if not request.charter.group_followers else []
    put_out = [each for one in gone for each in follow_commands.reject(tx, one, after.id, here).effects]
    by = actors.by_id(tx, request.by.actor_id)
    by_iri = by.iri if by is not None else after.actor.iri
    log.add(tx, here, group_id=after.id, by_iri=by_iri, action="revise", subject_iri=after.actor.iri)
    update = wire.update(after, keystore.public_material(tx, after.id), after.actor.iri, here)
    told: list[Effect] = [
        announcing.wrapped(after, update | {"actor": by_iri}, here, object_iri=after.actor.iri),
        Deliver(after.id, update, Audience(after.id, form="boost"), after.actor.iri),
    ]
    return Done(after, (*told, *put_out))


def close_group(tx: Tx, request: CloseGroup, here: Here) -> Done[None]:
    """End a group: its followers' servers get a Delete of the actor, its address answers 410 (groups rule 33). What people
    wrote stays theirs, where they wrote it."""
    hosted = open_to(tx, request.group_id, request.by)
    inboxes = tuple(actors.inboxes_ever_delivered_to(tx, hosted.id))
    iri = hosted.actor.iri
    cc = (hosted.actor.followers or f"{iri}/followers",)
    gone = build.activity("Delete", f"{iri}#delete", iri, iri, to=(PUBLIC,), cc=cc, published=here.now)
    by = actors.by_id(tx, request.by.actor_id)
    log.add(
        tx, here, group_id=None, by_iri=by.iri if by else iri, action="close", subject_iri=iri, reason=request.words
    )
    store.change(tx, hosted.id, {"closed_at": here.now, "closing_words": request.words.strip()[:500]})
    actors.change(tx, hosted.id, {"gone_at": here.now})
    return Done(None, (Deliver(hosted.id, gone, Audience(hosted.id, inboxes=inboxes), iri),))


def open_to(tx: Tx, group_id: int, by: Member) -> Hosted:
    """A group here that `by` moderates (or runs the server of) and that was not closed. Raises NotFound, NotAllowed."""
    hosted = hosted_of(tx, group_id)
    if hosted.group.closed_at is not None:
        raise NotFound("the group was closed")
    person = actors.by_id(tx, by.actor_id)
    rules.must_be_moderator(person is not None and store.moderates(tx, group_id, person.iri), by.admin)
    return hosted


def hosted_of(tx: Tx, group_id: int) -> Hosted:
    found = store.hosted(tx, group_id)
    if found is None:
        raise NotFound("no such group here")
    return found


def checked(charter: Charter) -> tuple[list[str], str | None]:
    """(rules, language)"""
    name = " ".join(charter.name.split())
    if not name or len(name) > 100:
        raise Invalid("Give the group a name of at most 100 characters", field="name")
    if len(charter.description) > MAX_DESCRIPTION:
        raise Invalid(f"At most {MAX_DESCRIPTION} characters", field="description")
    language = normalise(charter.language) if charter.language else None
    if charter.language and language is None:
        raise Invalid("This is not a language code", field="language")
    for field in ("author_pace", "pace", "offers_a_month"):
        if not 0 <= getattr(charter, field) <= MOST:
            raise Invalid(f"A number from 0 to {MOST}", field=field)
    return rules.must_be_settings(charter.membership, charter.posting, charter.rules), language


def _measures(charter: Charter) -> dict[str, Any]:
    names = ("author_pace", "pace", "offers_a_month", "offers_name_pay", "offers_name_contact", "group_followers")
    return {name: getattr(charter, name) for name in names}


def described(charter: Charter, here: Here) -> dict[str, object]:
    source = charter.description.strip()
    return {
        "name": " ".join(charter.name.split()),
        "summary": compose(source, markdown=True, mentions={}, tag_url=here.tag).html,
        "summary_source": source,
        "locked": charter.membership != "open",
        "discoverable": charter.discoverable and charter.membership != "private",
        "indexable": False,
    }
