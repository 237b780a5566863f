"""How those concerned learn of a decision: members here by a notification, people elsewhere by a private message of the
group. Both name the rule, and say where it can be contested."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Effect, Notify
from fediprof.groups import offers, store
from fediprof.groups.records import Event, Hosted, State
from fediprof.here import Here
from fediprof.i18n.catalog import N_
from fediprof.notifications import store as notifications
from fediprof.posts import sending
from fediprof.posts.records import Post
from fediprof.text.compose import compose

Kind: TypeAlias = Literal[
    "group.approved",
    "group.refused",
    "group.removed",
    "group.restored",
    "group.locked",
    "group.banned",
    "group.unbanned",
    "group.warned",
    "group.appointed",
    "group.dismissed",
    "group.upheld",
    "group.overturned",
]
"""Told to who is concerned; whether a group let them in: group.admitted, group.turned_away, group.put_out. To moderators: group.held, group.request, group.report, group.contested; to who reported:
group.report_decided; to who runs the server: group.unmoderated."""

_SAID: dict[str, str] = {
    "group.refused": N_("What you wrote was not taken into the group {group}: {link}"),
    "group.removed": N_("What you wrote was taken out of the group {group}: {link}"),
    "group.restored": N_("What you wrote is back in the group {group}: {link}"),
    "group.locked": N_("What you wrote in the group {group} takes no more answers: {link}"),
    "group.banned": N_("You can no longer write in the group {group}."),
    "group.unbanned": N_("You can write in the group {group} again."),
    "group.warned": N_("The moderators of the group {group} have something to say to you."),
    "group.appointed": N_("You are a moderator of the group {group} now."),
    "group.dismissed": N_("You are no longer a moderator of the group {group}."),
    "group.upheld": N_("You contested a decision in the group {group}. It was looked at again, and stands."),
    "group.overturned": N_("You contested a decision in the group {group}. It was taken back."),
}
_UNTIL = N_("Until {day} (UTC).")
_RULE = N_("Rule {number}: {rule}")
_REASON = N_("Reason: {reason}")
_CONTEST = N_("If you think this is wrong, say so once, here: {link}")

CONTESTABLE = frozenset({"refuse", "remove", "lock", "ban", "warn", "dismiss"})
"""Decisions that whom they concern may contest."""

READS_ACTS = frozenset({"lemmy", "piefed", "mbin", "kbin", "nodebb", "fediprof"})
"""Software that reads what a group's moderators do, and shows it to whom it concerns."""

_TOLD_BY_THE_ACT = frozenset({"group.removed", "group.restored", "group.locked", "group.banned", "group.unbanned"})


def page_of(hosted: Hosted, event_id: int) -> str:
    """The page of one decision, where it can be contested."""
    return f"{hosted.actor.url}/log/{event_id}"


def tell(
    tx: Tx, hosted: Hosted, person: Actor | None, kind: Kind, event: Event, here: Here, *, post: Post | None = None
) -> list[Effect]:
    """Nobody is told of what they did themselves."""
    if person is None or person.gone_at is not None or person.iri == event.by_iri:
        return []
    if person.local:
        post_id = post.id if post is not None and post.deleted_at is None else None
        # Told before about the same thing: this is newer.
        notifications.remove(tx, actor_id=person.id, kind=kind, from_actor_id=hosted.id, post_id=post_id)
        return [Notify(person.id, kind, hosted.id, post_id)]
    if kind not in _SAID or (kind in _TOLD_BY_THE_ACT and store.software_of(tx, person.host) in READS_ACTS):
        return []
    return _message(tx, hosted, person, words(hosted, kind, event, post), here)


_LACKING = N_("Your offer is not in the group {group} yet: {link}")
_ADD_IT = N_("Edit your post and add it: it comes in by itself.")


def sent_back(
    tx: Tx, hosted: Hosted, person: Actor, post: Post, state: State, reason: str, here: Here
) -> list[Effect]:
    """Somebody elsewhere is told what their offer lacks (`state` lacking), or why it was not taken."""
    if person.local or person.gone_at is not None:
        return []
    t = offers.words_of(hosted)
    first, last = (_LACKING, [t(_ADD_IT)]) if state == "lacking" else (_SAID["group.refused"], [])
    said = [t(first, group=hosted.actor.name or hosted.actor.username, link=post.url or post.iri), reason, *last]
    return _message(tx, hosted, person, "\n\n".join(said), here)


def words(hosted: Hosted, kind: Kind, event: Event, post: Post | None) -> str:
    """What a private message of the group says, in the group's language."""
    t = offers.words_of(hosted)
    said = [t(_SAID[kind], group=hosted.actor.name or hosted.actor.username, link=post.iri if post else "")]
    if event.rule is not None and event.rule <= len(hosted.group.rules):
        said.append(t(_RULE, number=str(event.rule), rule=hosted.group.rules[event.rule - 1]))
    if event.reason:
        said.append(t(_REASON, reason=event.reason))
    if event.ends_at is not None:
        said.append(t(_UNTIL, day=event.ends_at.strftime("%Y-%m-%d %H:%M")))
    if event.action in CONTESTABLE:
        said.append(t(_CONTEST, link=page_of(hosted, event.id)))
    return "\n\n".join(said)


def _message(tx: Tx, hosted: Hosted, person: Actor, text: str, here: Here) -> list[Effect]:
    """A Note to one person, by the group. It is in no thread, and answers to it are read by nobody."""
    post = replace(
        Post.ours(here, hosted.actor, "direct"),
        content=compose(text, mentions={}, tag_url=None).html,
        source=text,
        language=hosted.group.language,
        context=None,
    )
    return sending.send_new(tx, hosted.actor, post, (person.id,), (), None, here)
