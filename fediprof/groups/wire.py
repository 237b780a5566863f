"""A group on the wire: its actor document and collections, what it passes on, and its moderators' activities.

FEP-1b12 as Lemmy, PieFed, Mbin, NodeBB and Discourse read it (groups §2, §5, §7.2). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT, ACTOR_CONTEXT, PLAIN_CONTEXT
from fediprof.as2.model import Document
from fediprof.as2.names import PUBLIC
from fediprof.clock import rfc3339
from fediprof.groups.records import Group, Hosted
from fediprof.here import Here


def document(hosted: Hosted, keys: Mapping[str, tuple[str, str]], here: Here, *, context: bool = True) -> Document:
    """A group's actor. `attributedTo` is the address of its moderators' collection, one string: lists are not read."""
    actor, group = hosted.actor, hosted.group
    doc = actor_wire.document(actor, keys, here, context=context)
    for name in ("following", "featuredTags", "fp:profile", "attributionDomains"):
        doc.pop(name, None)
    collection = moderators_of(actor)
    return doc | {
        "summary": actor.summary + rules_html(group.rules),
        "source": {"content": sidebar(actor, group), "mediaType": "text/markdown"},
        "attributedTo": collection,
        "moderators": collection,
        "postingRestrictedToMods": group.posting == "moderators",
        "sensitive": False,
        "fp:membership": group.membership,
    }


def sidebar(actor: Actor, group: Group) -> str:
    """What a group says of itself, as Markdown: its description, then its rules, numbered."""
    lines = [f"{number}. {rule}" for number, rule in enumerate(group.rules, 1)]
    return "\n\n".join(part for part in (actor.summary_source or "", "\n".join(lines)) if part)


def rules_html(rules: Iterable[str]) -> str:
    lines = "".join(f"<li>{escape(rule)}</li>" for rule in rules)
    return f"<ol>{lines}</ol>" if lines else ""


def moderators_of(actor: Actor) -> str:
    return f"{actor.iri}/moderators"


def moderators(actor: Actor, iris: Iterable[str]) -> Document:
    items = list(iris)
    return build.collection(moderators_of(actor), len(items), items=items)


def update(hosted: Hosted, keys: Mapping[str, tuple[str, str]], by_iri: str, here: Here) -> Document:
    """The group's document has changed. `by_iri`: the moderator, or the group itself."""
    to, cc = audience(hosted)
    inner = document(hosted, keys, here, context=False)
    return build.activity(
        "Update",
        here.new_activity(),
        by_iri,
        inner,
        to=to,
        cc=cc,
        published=here.now,
        context=ACTOR_CONTEXT,
        audience=hosted.actor.iri,
    )


def audience(hosted: Hosted) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to, cc) of what a group passes on, or is done in it. Nothing of a private group names the public."""
    actor = hosted.actor
    followers = actor.followers or ""
    if hosted.group.private:
        return (actor.iri, followers), ()
    return (actor.iri, PUBLIC), (followers,)


def announce(hosted: Hosted, inner: Mapping[str, Any], iri: str, at: datetime) -> Document:
    """The wrapped form: an activity exactly as it came."""
    to, cc = audience(hosted)
    return build.activity(
        "Announce",
        iri,
        hosted.actor.iri,
        dict(inner),
        to=to,
        cc=cc,
        published=at,
        context=PLAIN_CONTEXT,
        audience=hosted.actor.iri,
    )


def act(
    type: str,
    hosted: Hosted,
    by_iri: str,
    object: str | Document,
    here: Here,
    *,
    iri: str | None = None,
    target: str | None = None,
    summary: str = "",
    ends_at: datetime | None = None,
    remove_data: bool | None = None,
) -> Document:
    """What a moderator does, in Lemmy's words: Delete or Lock with `summary` as the reason, Block with `target` the group and
    `endTime`, Add and Remove with `target` the moderators or the featured posts (groups §7.2)."""
    to, cc = audience(hosted)
    return build.activity(
        type,
        iri or here.new_activity(),
        by_iri,
        object,
        to=(PUBLIC,) if not hosted.group.private else to,
        cc=(hosted.actor.iri,) if not hosted.group.private else cc,
        published=here.now,
        target=target,
        context=ACTIVITY_CONTEXT,
        audience=hosted.actor.iri,
        summary=summary or None,
        endTime=rfc3339(ends_at) if ends_at is not None else None,
        expires=rfc3339(ends_at) if ends_at is not None else None,
        removeData=remove_data,
    )
