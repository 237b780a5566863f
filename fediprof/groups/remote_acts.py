"""What moderators on other servers do in groups here. Who may is asked of the group's own list (groups rule 26, §7.2); what
is accepted is passed on unchanged, what is not changes nothing and is passed on to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fediprof import keystore
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import origin, reader
from fediprof.as2.names import PUBLIC_ALIASES
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.errors import Invalid
from fediprof.groups import announcing, founding, log, measures, orphans, rules, store, wire
from fediprof.groups.founding import Charter
from fediprof.groups.intake import Carried
from fediprof.groups.measures import Decision
from fediprof.groups.records import MAX_RULES, Event, GroupPost, Hosted
from fediprof.here import Here
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.text.html import plain

NOT_A_MODERATOR = "not a moderator"


@dataclass(frozen=True, slots=True)
class ReceiveAct:
    """`by`: who acts, proven. `object_iri`: the post or person. `undone`: it is taken back."""

    by: Actor
    group_id: int
    object_iri: str
    carried: Carried
    undone: bool = False
    reason: str = ""
    ends_at: datetime | None = None
    remove_posts: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveServerBan:
    """A server bans one of its own people, everywhere."""

    by: Actor
    person_id: int
    reason: str = ""
    remove_posts: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveCharter:
    """`document`: the group as its moderator would have it."""

    by: Actor
    group_id: int
    document: Mapping[str, Any]
    carried: Carried


def words_of(document: Mapping[str, Any]) -> str:
    """The reason an activity gives: `summary` with Lemmy and its kin, else `content`. Plain text."""
    read = dict(document)
    found = reader.text(read, "summary", 4000).value or reader.text(read, "content", 4000).value
    return plain(found).strip()[:1000]


def end_of(document: Mapping[str, Any]) -> datetime | None:
    """When a ban ends; `expires` is what older versions of Lemmy say."""
    return reader.instant(document.get("endTime")) or reader.instant(document.get("expires"))


def receive_removal(tx: Tx, request: ReceiveAct, here: Here) -> Done[str]:
    """Delete of somebody else's post (and Undo of it): by a moderator, or by the server the post is on."""
    hosted, placed, post = _in_group(tx, request)
    if hosted is None or placed is None or post is None:
        return Done("no post of this group")
    if not _may_here(tx, hosted, request, "remove", post, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    said = _said(hosted, request)
    if request.undone:
        return _outcome(measures.restore(tx, said, placed, here), "put back")
    return _outcome(measures.remove(tx, said, placed, here), "taken out")


def receive_lock(tx: Tx, request: ReceiveAct, here: Here) -> Done[str]:
    """Lock of a thread, or of one answer and what is below it (and Undo of it): by a moderator, or by the server the post is on
    (Mbin lets authors)."""
    hosted, placed, post = _in_group(tx, request)
    if hosted is None or placed is None or post is None:
        return Done("no post of this group")
    if not _may_here(tx, hosted, request, "lock", post, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    done = measures.lock(tx, _said(hosted, request), placed, here, locked=not request.undone)
    return _outcome(done, "unlocked" if request.undone else "locked")


def receive_pin(tx: Tx, request: ReceiveAct, here: Here) -> Done[str]:
    """Add to the group's featured posts, Remove from them (`undone`)."""
    hosted, placed, post = _in_group(tx, request)
    if hosted is None or placed is None or post is None or not placed.starts_thread:
        return Done("no thread of this group")
    if not _may(tx, hosted, request.by, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    done = measures.pin(tx, _said(hosted, request), placed, here, pinned=not request.undone)
    return _outcome(done, "unpinned" if request.undone else "pinned")


def receive_ban(tx: Tx, request: ReceiveAct, here: Here) -> Done[str]:
    """Block whose `target` is a group here (and Undo of it)."""
    hosted, person = store.hosted(tx, request.group_id), actors.by_iri(tx, request.object_iri)
    if hosted is None or person is None or person.type == "Group":
        return Done("nobody we know")
    if not _may(tx, hosted, request.by, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    said = _said(hosted, request)
    if request.undone:
        return _outcome(measures.unban(tx, said, person, here), "let back in")
    if store.moderates(tx, hosted.id, person.iri):
        return Done("a moderator is dismissed before they are banned")
    if request.ends_at is not None and request.ends_at <= here.now:
        return Done("a ban that is over")
    return _outcome(measures.ban(tx, said, person, here, remove_posts=request.remove_posts), "banned")


def receive_server_ban(tx: Tx, request: ReceiveServerBan, here: Here) -> Done[str]:
    """Believed of a server about its own people alone: what they wrote in groups here goes, where it says so."""
    person = actors.by_id(tx, request.person_id)
    if person is None or origin.host_of(person.iri) != origin.host_of(request.by.iri):
        return Done("a ban by a server that is not theirs")
    effects: list[Effect] = []
    for group_id in store.of_person_anywhere(tx, person.id) if request.remove_posts else ():
        hosted = store.hosted(tx, group_id)
        if hosted is None or store.moderates(tx, group_id, person.iri):
            continue
        done = measures.ban(
            tx, Decision(hosted, request.by.iri, None, request.reason), person, here, remove_posts=True
        )
        effects += done.effects if done is not None else ()
    return Done("banned by their own server", tuple(effects))


def receive_appointment(tx: Tx, request: ReceiveAct, here: Here) -> Done[str]:
    """Add to a group's moderators, Remove from them (`undone`): as by page, those appointed earlier stay."""
    hosted = store.hosted(tx, request.group_id)
    if hosted is None or not _may(tx, hosted, request.by, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    said, person = _said(hosted, request), actors.by_iri(tx, request.object_iri)
    if request.undone:
        listed = store.moderators(tx, hosted.id)
        if not rules.may_dismiss(listed, request.by.iri, request.object_iri):
            return Done("not theirs to dismiss")
        done = measures.dismiss(tx, said, request.object_iri, person, here)
        return _outcome(done, "dismissed", orphans.told(tx, [hosted.id]) if done is not None else [])
    if person is None or person.type != "Person" or person.gone_at is not None:
        return Done("nobody we know")
    if store.standing(tx, hosted.id, person.id).banned(here.now):
        return Done("banned from this group")
    if hosted.group.private and not store.is_member(tx, hosted.id, person.id):
        return Done("not a member of this private group")
    return _outcome(measures.appoint(tx, said, request.object_iri, person, here), "appointed")


def receive_charter(tx: Tx, request: ReceiveCharter, here: Here) -> Done[str]:
    """Update of a group here by a moderator: its name, what it says of itself, its rules, who may begin threads. Who may
    join, and what it costs to be in it, is changed on its own pages alone."""
    hosted = store.hosted(tx, request.group_id)
    if hosted is None or not _may(tx, hosted, request.by, here):
        return Done(NOT_A_MODERATOR)
    if (outcome := unfit(hosted, request.carried)) is not None:
        return Done(outcome)
    charter = charter_of(hosted, request.document)
    try:
        lines, _ = founding.checked(charter)
    except Invalid as error:
        return Done(f"not taken: {error}")
    actors.change(tx, hosted.id, founding.described(charter, here))
    store.change(tx, hosted.id, {"posting": charter.posting, "rules": lines})
    log.add(
        tx,
        here,
        group_id=hosted.id,
        by_iri=request.by.iri,
        action="revise",
        subject_iri=hosted.actor.iri,
        activity_iri=request.carried.iri,
    )
    after = founding.hosted_of(tx, hosted.id)
    update = wire.update(after, keystore.public_material(tx, after.id), after.actor.iri, here)
    passed = announcing.wrapped(after, request.carried.document, here, object_iri=after.actor.iri)
    plainly = Deliver(after.id, update, Audience(after.id, form="boost"), after.actor.iri)
    return Done("revised", (passed, plainly))


def charter_of(hosted: Hosted, document: Mapping[str, Any]) -> Charter:
    """A group's charter with what another server's form can change. What we serve as its text ends with its rules, numbered:
    a list at the end is the rules again."""
    actor, group = hosted.actor, hosted.group
    now = Charter(
        name=actor.name,
        description=actor.summary_source or "",
        membership=group.membership,
        posting=group.posting,
        rules=tuple(group.rules),
        hold_newcomers=group.hold_newcomers,
        votes=group.votes,
        language=group.language or "",
        discoverable=actor.discoverable,
    )
    if name := reader.text(dict(document), "name", 200).value.strip():
        now = replace(now, name=name)
    source = document.get("source")
    text = reader.string(source.get("content"), 20_000) if isinstance(source, Mapping) else None
    if text is not None:
        body, lines = _split(text)
        now = replace(now, description=body, rules=lines or now.rules)
    restricted = document.get("postingRestrictedToMods")
    if restricted is True:
        now = replace(now, posting="moderators")
    elif restricted is False and group.posting == "moderators":
        now = replace(now, posting="members")
    return now


_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(\S.*)")


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """(what comes before, the rules of a numbered list at the end)"""
    lines = text.strip().splitlines()
    found: list[str] = []
    while lines and (match := _NUMBERED.fullmatch(lines[-1])) is not None and len(found) < MAX_RULES:
        found.insert(0, match[1].strip())
        lines.pop()
    return "\n".join(lines).strip(), tuple(found)


def _in_group(tx: Tx, request: ReceiveAct) -> tuple[Hosted | None, GroupPost | None, Post | None]:
    hosted, post = store.hosted(tx, request.group_id), posts.by_iri(tx, request.object_iri)
    placed = store.post(tx, post.id) if post is not None else None
    if placed is not None and placed.group_id != request.group_id:
        placed = None
    return hosted, placed, post


def _may(tx: Tx, hosted: Hosted, by: Actor, here: Here, *, over: str | None = None) -> bool:
    """`over`: the post it is about, where the server of a post has a say in it; else the moderators alone do."""
    if hosted.group.closed_at is not None:
        return False
    return rules.may_moderate(
        origin.host_of(hosted.actor.iri),
        store.moderates(tx, hosted.id, by.iri),
        by.iri,
        over or hosted.actor.iri,
        banned=store.standing(tx, hosted.id, by.id).banned(here.now),
    )


def _may_here(tx: Tx, hosted: Hosted, request: ReceiveAct, action: str, post: Post, here: Here) -> bool:
    """Of a removal or a lock, or of what takes one back: a post's own server may do as much to it, and takes back what was
    done from there, never what the group's moderators decided."""
    if not request.undone:
        return _may(tx, hosted, request.by, here, over=post.iri)
    before = log.last(tx, action, post.iri, hosted.id)
    return _may(tx, hosted, request.by, here, over=before.by_iri if before is not None else None)


def unfit(hosted: Hosted, carried: Carried) -> str | None:
    """What is done in a private group is never passed on with the public among its readers."""
    if not hosted.group.private:
        return None
    addressed = {*reader.addressees(carried.document.get("to")), *reader.addressees(carried.document.get("cc"))}
    return "names the public in a private group" if addressed & PUBLIC_ALIASES else None


def _said(hosted: Hosted, request: ReceiveAct) -> Decision:
    return Decision(hosted, request.by.iri, request.carried.document, request.reason, None, request.ends_at)


def _outcome(done: Done[Event] | None, words: str, more: Iterable[Effect] = ()) -> Done[str]:
    return Done("that is so already") if done is None else Done(words, (*done.effects, *more))
