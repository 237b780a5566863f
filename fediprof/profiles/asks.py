"""Asking for what a stand-in stands for: by a private message of who asks, so that they begin the conversation and the
answer comes as one. Between servers of this kind the message says in terms what is asked for (`fp:ask`); from any other
a link to the entry's page says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Done
from fediprof.errors import Conflict, Invalid, NotFound
from fediprof.here import Here
from fediprof.i18n.catalog import LANGUAGES, N_, Texts, texts
from fediprof.posts import commands as posts
from fediprof.posts import store as post_store
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.profiles import ledger_store, views
from fediprof.profiles import store as entries
from fediprof.profiles import text as wording
from fediprof.profiles.ledger_store import Parts
from fediprof.profiles.records import FieldName

MAX_WORDS = 1000
ONCE_IN = timedelta(hours=1)

_ASKED = N_("I read “{headline}” and would like to read more of it: {link}")
_ASKED_FOR = N_("I read “{headline}” and would like to read more of it ({fields}): {link}")


@dataclass(frozen=True, slots=True)
class AskFor:
    """`entry_url`: the page of an entry of `to_actor_id`'s, here or elsewhere; `headline`: its own. `words`: what the
    member says instead of our sentence, the link apart."""

    by: Member
    to_actor_id: int
    entry_url: str
    headline: str
    fields: tuple[FieldName, ...] = ()
    words: str = ""
    language: str = "en"


def sentence(headline: str, fields: Iterable[FieldName], link: str, t: Texts) -> str:
    """What is said when somebody has no words of their own."""
    named = ", ".join(t(wording.FIELDS[name]) for name in fields)
    return t(_ASKED_FOR, headline=headline, fields=named, link=link) if named else t(
        _ASKED, headline=headline, link=link
    )  # fmt: skip


def ask_for(tx: Tx, request: AskFor, here: Here) -> Done[Post]:
    """Write to an entry's owner, privately, that one would like to read more. Raises Invalid, Conflict within an hour of the
    same question, NotFound."""
    owner = actors.by_id(tx, request.to_actor_id)
    if owner is None or owner.gone_at is not None:
        raise NotFound("nobody to ask")
    if owner.id == request.by.actor_id:
        raise Invalid("This is your own entry", field="words")
    if len(request.words) > MAX_WORDS:
        raise Invalid(f"At most {MAX_WORDS} characters", field="words")
    t = texts(request.language if request.language in LANGUAGES else "en")
    said = request.words.strip()
    said = f"{said}\n\n{request.entry_url}" if said else sentence(
        request.headline, request.fields, request.entry_url, t
    )  # fmt: skip
    handle = f"@{owner.username}" if owner.local else f"@{owner.handle}"
    key = f"ask {request.entry_url}"[:200]
    if post_store.earlier_with_key(tx, request.by.account_id, key, here.now - ONCE_IN) is not None:
        raise Conflict("asked within the hour", public="You asked for this already")
    done = posts.publish_post(
        tx,
        PublishPost(
            request.by,
            f"{handle} {said}",
            visibility="direct",
            language=t.language,
            idempotency_key=key,
            named={handle: owner.id},
            terms={"fp:ask": {"entries": [request.entry_url], "fields": list(request.fields)}},
        ),
        here,
    )
    asker = actors.by_id(tx, request.by.actor_id)
    if owner.local and asker is not None:
        wanted = {request.entry_url: frozenset(request.fields)}
        note(tx, asker, [owner.id], done.value, wanted, here)
    return done


def slug_of(url: str, here: Here) -> str | None:
    """The slug of one of our entries' addresses, page or document; None for any other."""
    match = _ENTRY.fullmatch(url.removeprefix(here.origin)) if url.startswith(f"{here.origin}/") else None
    return match[1] if match else None


_ENTRY = re.compile(r"(?:/@[\w.-]{1,100})?/e/([0-9A-Za-z]{1,32})/?(?:[?#].*)?")
_HREF = re.compile(r'href="([^"]{1,500})"')


def links_in(html: str) -> list[str]:
    """Where the links of a message lead."""
    return list(dict.fromkeys(_HREF.findall(html)))


def note(
    tx: Tx, asker: Actor, owner_ids: list[int], post: Post, urls: Mapping[str, frozenset[FieldName]], here: Here
) -> None:
    """A row in the ledger of each owner who is asked for something that stands masked before the one who asks."""
    asked: dict[int, dict[int, frozenset[FieldName]]] = {}
    for url, fields in urls.items():
        slug = slug_of(url, here)
        entry = entries.by_slug(tx, slug) if slug else None
        if entry is None or entry.actor_id not in owner_ids or entry.actor_id == asker.id:
            continue
        shown = views.one(tx, entry.slug, asker.id, here.now)
        if shown is None:
            continue
        masked = frozenset(each.name for each in shown.fields if each.stand_in)
        if masked:
            asked.setdefault(entry.actor_id, {})[entry.id] = (masked & fields) or masked
    for owner_id, parts in asked.items():
        _append(tx, owner_id, asker, post, parts, here)


def _append(tx: Tx, owner_id: int, asker: Actor, post: Post, parts: Parts, here: Here) -> None:
    ledger_store.append(
        tx,
        owner_id,
        here.now,
        "asked",
        with_id=asker.id,
        with_handle=asker.handle,
        parts=parts,
        detail=str(post.id),
    )
