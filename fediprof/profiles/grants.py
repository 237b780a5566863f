"""A part of one's profile opened to one person, inside a private conversation with them.

*Show* opens it here until a day, and can be ended at once. *Send* writes it into a private message, which stays with its
receiver. Both are told by a private message of the owner's own; what they opened is in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from fediprof import ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import origin
from fediprof.clock import rfc3339
from fediprof.db.database import Tx
from fediprof.effects import Done, Effect
from fediprof.errors import Invalid, NotFound
from fediprof.here import Here
from fediprof.i18n.catalog import LANGUAGES, N_, texts
from fediprof.moderation import store as moderation
from fediprof.posts import commands as posts
from fediprof.posts import store as post_store
from fediprof.posts.commands import DeletePost, PublishPost
from fediprof.posts.records import MAX_CHARACTERS, Post
from fediprof.principal import Member
from fediprof.profiles import grant_store, ledger_store, store, text, views
from fediprof.profiles.disclosure import disclose, is_hidden
from fediprof.profiles.records import FIELDS, Entry, FieldName, Grant
from fediprof.text.html import plain
from fediprof.visitors import links
from fediprof.visitors.records import LINK_LASTS

Mode: TypeAlias = Literal["show", "send"]

DAYS = (7, 30, 90)
USUAL_DAYS = 30
MAX_PARTS = 100
MAX_WORDS = 1000
MAX_LABEL = 100

_OPENED = N_("I open a part of my page to you, until {date}: {link}")
_ONCE = N_("To open it without logging in, once, until {date}: {link}")
_SENT = N_("Here is a part of my path, for you alone:")
_ENDED = N_("What I had opened to you on my page is closed again. Thank you for reading it.")


@dataclass(frozen=True, slots=True)
class OpenPart:
    """`parts`: entry id → fields opened inside it. `words`: what the owner says with it. `conversation_id`: the private
    conversation it is said in; None begins one. `once`: with a link that opens it once without a login. `language`: of
    the message's own sentences. `sure`: the owner saw what is sent, and that it cannot be taken back."""

    by: Member
    to_actor_id: int
    parts: Mapping[int, frozenset[FieldName]]
    days: int = USUAL_DAYS
    mode: Mode = "show"
    conversation_id: int | None = None
    label: str = ""
    words: str = ""
    once: bool = False
    language: str = "en"
    sure: bool = False


@dataclass(frozen=True, slots=True)
class RevokeGrant:
    """`farewell`: with a courteous line to the person."""

    by: Member
    grant_id: int
    farewell: bool = False
    language: str = "en"


def open_part(tx: Tx, request: OpenPart, here: Here) -> Done[Grant]:
    """Open it, tell the person, and note it. Raises Invalid naming the field, NotFound."""
    owner, person = _both(tx, request.by, request.to_actor_id)
    entries = _must_be_grantable(tx, request, person, here.now)
    parent = _last_message(tx, request, person)
    grant = Grant(
        id=ids.new_id(),
        actor_id=owner.id,
        to_actor_id=person.id,
        mode=request.mode,
        parts={entry.id: request.parts[entry.id] for entry in entries},
        starts_at=here.now,
        ends_at=here.now + timedelta(days=request.days) if request.mode == "show" else here.now,
        conversation_id=parent.conversation_id if parent else None,
        label=request.label.strip(),
    )
    effects: list[Effect] = []
    told: tuple[str, ...]
    if request.mode == "show":
        told = (_told(tx, request, grant, owner, person, entries, here),)
    else:
        if not request.sure:
            raise Invalid("Say that you are sure: what is sent cannot be taken back", field="sure")
        told = sent_texts(tx, request, here)
    for each in told:
        done = _say(
            tx, request.by, person, each, parent, here, _document(grant, entries, here), language=request.language
        )
        parent, effects = done.value, [*effects, *done.effects]
    grant_store.insert_grant(tx, _in(grant, parent))
    who = {"with_id": person.id, "with_handle": person.handle, "grant_id": grant.id, "parts": grant.parts}
    ledger_store.append(tx, owner.id, here.now, "granted", **who)  # type: ignore[arg-type]
    if request.mode == "send":
        host = origin.host_of(person.iri)
        ledger_store.append(tx, owner.id, here.now, "sent", **who, detail=host)  # type: ignore[arg-type]
    return Done(_in(grant, parent), tuple(effects))


def revoke_grant(tx: Tx, request: RevokeGrant, here: Here) -> Done[Grant]:
    """End it now: what was shown is closed to the very next look; of what was sent, the servers that got it are asked to
    delete it. Ending twice is ending once."""
    grant = grant_store.by_id(tx, request.by.actor_id, request.grant_id)
    if grant is None:
        raise NotFound("no such grant of yours")
    if grant.revoked_at is not None:
        return Done(grant)
    owner, person = _both(tx, request.by, grant.to_actor_id, gone=True)
    grant_store.end_grant(tx, grant.id, here.now)
    messages = grant_store.messages_of(tx, grant)
    effects: list[Effect] = []
    parent = post_store.by_id(tx, messages[-1]) if messages else None
    if grant.mode == "send":
        for message in messages:
            effects += posts.delete_post(tx, DeletePost(request.by, message), here).effects
    if request.farewell and person.gone_at is None:
        said = texts(_language(request.language))(_ENDED)
        effects += _say(tx, request.by, person, said, parent, here, language=request.language).effects
    ledger_store.append(
        tx,
        owner.id,
        here.now,
        "revoked",
        with_id=person.id,
        with_handle=person.handle,
        grant_id=grant.id,
        parts=grant.parts,
    )
    ended = grant_store.by_id(tx, owner.id, grant.id)
    return Done(ended or grant, tuple(effects))


def sent_texts(tx: Tx, request: OpenPart, here: Here) -> tuple[str, ...]:
    """The messages a *Send* makes, as they will be written: the parts as that person would read them, in as many as it
    takes. Raises what `open_part` raises."""
    _, person = _both(tx, request.by, request.to_actor_id)
    entries = _must_be_grantable(tx, request, person, here.now)
    t = texts(_language(request.language))
    shown = Grant(0, request.by.actor_id, person.id, "show", request.parts, here.now, here.now + timedelta(days=1))
    viewer = views.viewer_of(tx, request.by.actor_id, person.id, here.now)
    hidden = store.hidden_from_of(tx, request.by.actor_id)
    parts = [request.words.strip(), t(_SENT)]
    for each in disclose(entries, viewer, here.now, grants=[shown], hidden_from=hidden):
        language, words = text.words_in(each, t.language)
        parts.append(plain(text.html(each, language, words, here.tag)))
    return tuple(_in_messages([part for part in parts if part], MAX_CHARACTERS - len(_named(person)) - 1))


# --- what they share


def _both(tx: Tx, by: Member, to_actor_id: int, *, gone: bool = False) -> tuple[Actor, Actor]:
    """(owner, the other). `gone`: also somebody who is no longer there."""
    owner, person = actors.by_id(tx, by.actor_id), actors.by_id(tx, to_actor_id)
    if owner is None or person is None or (person.gone_at is not None and not gone):
        raise NotFound("nobody to open a part to")
    return owner, person


def _must_be_grantable(tx: Tx, request: OpenPart, person: Actor, now: datetime) -> list[Entry]:
    """The entries, in their owner's order."""
    owner_id = request.by.actor_id
    if person.id == owner_id:
        raise Invalid("You read all of it already", field="to")
    if request.mode not in ("show", "send"):
        raise Invalid("Show it, or send it", field="mode")
    if request.mode == "show" and request.days not in DAYS:
        raise Invalid("Choose 7, 30 or 90 days", field="days")
    if not request.parts:
        raise Invalid("Tick at least one part", field="parts")
    if len(request.parts) > MAX_PARTS:
        raise Invalid(f"At most {MAX_PARTS} entries at once", field="parts")
    if len(request.words) > MAX_WORDS:
        raise Invalid(f"At most {MAX_WORDS} characters", field="words")
    if len(request.label) > MAX_LABEL:
        raise Invalid(f"At most {MAX_LABEL} characters", field="label")
    viewer = views.viewer_of(tx, owner_id, person.id, now)
    if viewer.actor_id is None or moderation.blocks(tx, person.id, owner_id):
        raise Invalid("You block this person, or they block you", field="to")
    if is_hidden(viewer, store.hidden_from_of(tx, owner_id)):
        raise Invalid("Your page is hidden from this person, or from their server", field="to")
    entries = store.by_ids(tx, owner_id, request.parts)
    if len(entries) != len(request.parts):
        raise Invalid("One of these entries is no longer there", field="parts")
    if any(name not in FIELDS for names in request.parts.values() for name in names):
        raise Invalid("There is no such field", field="parts")
    return entries


def _last_message(tx: Tx, request: OpenPart, person: Actor) -> Post | None:
    """The message of the conversation to answer: that person's last, since servers that hold back private mentions from
    strangers let answers through; else the last one. Raises NotFound where that person has no part in it."""
    if request.conversation_id is None:
        return None
    seen = post_store.by_ids(tx, post_store.conversation(tx, request.conversation_id, request.by.actor_id)).values()
    private = sorted((each for each in seen if each.visibility == "direct"), key=lambda each: each.id)
    named = post_store.mentions_of(tx, [each.id for each in private])
    present = {each.actor_id for each in private} | {who for found in named.values() for who, _ in found}
    if not private or person.id not in present:
        raise NotFound("not a conversation with this person")
    theirs = [each for each in private if each.actor_id == person.id]
    return (theirs or private)[-1]


def _told(
    tx: Tx, request: OpenPart, grant: Grant, owner: Actor, person: Actor, entries: list[Entry], here: Here
) -> str:
    """The message of a *Show*: the owner's words, one sentence with link and end, and the link that opens it once."""
    t = texts(_language(request.language))
    alone = entries[0] if len(entries) == 1 else None
    link = here.entry(owner.username, alone.slug) if alone else here.profile(owner.username)
    if not person.local:
        # Where nobody is known, a page that was opened to somebody is not there: they are asked who they are on the way.
        path = link.removeprefix(here.origin)
        link = f"{here.origin}/visit?{urlencode({'to': path, 'handle': f'@{person.handle}'}, safe='/@')}"
    lines = [request.words.strip(), t(_OPENED, date=t.date(grant.ends_at), link=link)]
    if request.once and not person.local:
        secret = links.make_link(tx, grant_id=grant.id, owner_id=owner.id, actor_id=person.id, now=here.now)
        until = min(grant.ends_at, here.now + LINK_LASTS)
        lines.append(t(_ONCE, date=t.date(until), link=f"{here.origin}/c/{secret}"))
    return "\n\n".join(line for line in lines if line)


def _say(
    tx: Tx,
    by: Member,
    person: Actor,
    said: str,
    parent: Post | None,
    here: Here,
    document: Mapping[str, object] | None = None,
    *,
    language: str,
) -> Done[Post]:
    """A private message to that person alone."""
    handle = _named(person)
    message = PublishPost(
        by,
        f"{handle} {said}",
        visibility="direct",
        language=_language(language),
        in_reply_to_id=parent.id if parent and parent.deleted_at is None else None,
        named={handle: person.id},
        terms={"fp:grant": document} if document else {},
    )
    return posts.publish_post(tx, message, here)


def _named(person: Actor) -> str:
    return f"@{person.username}" if person.local else f"@{person.handle}"


def _document(grant: Grant, entries: list[Entry], here: Here) -> Mapping[str, object]:
    """`fp:grant`: what servers that know it make of the message."""
    made: dict[str, object] = {
        "id": f"{here.origin}/grants#{grant.id}",
        "entries": [here.entry_document(entry.slug) for entry in entries],
        "mode": grant.mode,
    }
    if grant.mode == "show":
        made["expires"] = rfc3339(grant.ends_at)
    return made


def _in(grant: Grant, message: Post | None) -> Grant:
    """The grant in the conversation its message is in."""
    return grant if message is None else replace(grant, conversation_id=message.conversation_id)


def _language(code: str) -> str:
    return code if code in LANGUAGES else "en"


def _in_messages(parts: list[str], most: int) -> list[str]:
    """Texts joined to as few messages as hold them; one that is too long for any is cut between lines, or words."""
    made: list[str] = []
    for part in parts:
        while len(part) > most:
            cut = max(part.rfind("\n", 0, most), part.rfind(" ", 0, most))
            cut = cut if cut > most // 2 else most
            made.append(part[:cut].rstrip())
            part = part[cut:].lstrip()
        if made and len(made[-1]) + len(part) + 2 <= most:
            made[-1] += f"\n\n{part}"
        else:
            made.append(part)
    return made
