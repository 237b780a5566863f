"""Everything of a member's in one zip: actor.json, outbox.json (an OrderedCollection of Create activities), likes.json,
following.csv, followers.csv, blocks.csv in the columns other servers import, and the files of their pictures; of the
profile, profile.json (entries, fields, audiences, sets), resume.json (JSON Resume), grants.json, ledger.csv and
address-book.csv; introductions.json, what they proposed and were asked. Another fediprof reads the profile again (`reading`)."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import IO, Any, Protocol, TypeVar

import msgspec

from fediprof import keystore
from fediprof.actors import store as actors
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import build
from fediprof.as2.context import ACTIVITY_CONTEXT
from fediprof.clock import rfc3339
from fediprof.db.database import Tx
from fediprof.follows import store as follows
from fediprof.here import Here
from fediprof.interactions import store as interactions
from fediprof.introductions import store as introductions
from fediprof.introductions.records import Asked, Introduction
from fediprof.media import store as uploads
from fediprof.media.storage import DirectoryStorage
from fediprof.moderation import store as moderation
from fediprof.portability import faces, ours, reading, store, tables
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts import wire as post_wire
from fediprof.profiles import grant_store, ledger_store
from fediprof.profiles import store as profiles

_BATCH = 200
_MOST = 1_000_000

Result = TypeVar("Result")


class Read(Protocol):
    """What runs a reading unit: `Services.read`."""

    def __call__(self, unit: Callable[[Tx], Result]) -> Awaitable[Result]: ...


async def pack(
    read: Read,
    storage: DirectoryStorage,
    actor: Actor,
    account_id: int,
    here: Here,
    file: IO[bytes],
    step: Callable[[int], None] = lambda count: None,
) -> None:
    """Write the zip. Read part by part and packed in a thread: no part is held whole but lists of names. `step` is told how
    many more posts and files are in it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for name, data in (await read(lambda tx: _documents(tx, actor, account_id, here))).items():
            await asyncio.to_thread(packed.writestr, name, data)
            step(1)
        with packed.open("outbox.json", "w", force_zip64=True) as outbox:
            await _outbox(read, actor, here, outbox, step)
        for name in await read(lambda tx: _pictures(tx, actor)):
            await asyncio.to_thread(_add_picture, packed, name, storage)
            step(1)


async def _outbox(read: Read, actor: Actor, here: Here, out: IO[bytes], step: Callable[[int], None]) -> None:
    """An OrderedCollection, an activity a line; how many they are is known, and said, at its end."""
    head = build.collection("outbox.json", None, context=ACTIVITY_CONTEXT)
    await asyncio.to_thread(out.write, msgspec.json.encode(head)[:-1] + b',"orderedItems":[')
    count = 0
    last: int | None = None
    while True:
        last, lines = await read(partial(_own_posts, actor=actor, here=here, before=last))
        if not lines:
            break
        await asyncio.to_thread(out.write, (b",\n" if count else b"\n") + b",\n".join(lines))
        count += len(lines)
        step(len(lines))
    await asyncio.to_thread(out.write, b'\n],"totalItems":%d}\n' % count)


def _own_posts(tx: Tx, *, actor: Actor, here: Here, before: int | None) -> tuple[int | None, list[bytes]]:
    """The Creates of a batch of posts older than `before`, newest first; the id of the last."""
    batch = posts.of_actor(tx, actor.id, actor.id, limit=_BATCH, max_id=before)
    made = (build.embedded(post_wire.create(each, here)) for each in views.shown(tx, batch, actor.id))
    return batch[-1] if batch else None, [msgspec.json.encode(each) for each in made]


def _documents(tx: Tx, actor: Actor, account_id: int, here: Here) -> dict[str, bytes]:
    following, followers = _people(tx, actor, "following"), _people(tx, actor, "followers")
    return {
        "actor.json": _json(actor_wire.document(actor, keystore.public_material(tx, actor.id), here)),
        "likes.json": _json(build.collection("likes.json", None, items=interactions.liked_iris(tx, actor.id))),
        "following.csv": _csv(["Account address", "Show boosts"], [[handle, "true"] for handle in following]),
        "followers.csv": _csv(["Account address"], [[handle] for handle in followers]),
        "blocks.csv": _csv(["Account address"], [[each.handle] for each in moderation.blocked_by(tx, actor.id)]),
        **_profile(tx, actor, account_id, here),
    }


def _profile(tx: Tx, actor: Actor, account_id: int, here: Here) -> dict[str, bytes]:
    whole = faces.kept_whole(tx, actor, here)
    keys = {each.id: ours.key_of(each) for each in profiles.of_actor(tx, actor.id)}
    people = store.people(tx, account_id)
    columns = reading.ADDRESS_BOOK_COLUMNS
    return {
        reading.PROFILE: _json(whole),
        "resume.json": faces.everything(tx, actor, here),
        "grants.json": _json(_grants(tx, actor, keys)),
        "introductions.json": _json(_introductions(tx, actor, here)),
        "ledger.csv": _ledger(tx, actor, keys),
        reading.ADDRESS_BOOK: tables.written(columns, [[getattr(each, name) for name in columns] for each in people]),
    }


def _grants(tx: Tx, actor: Actor, keys: Mapping[int, str]) -> list[dict[str, Any]]:
    """What was opened to whom: for reading, no server opens anything by it."""
    found = grant_store.of_owner(tx, actor.id, limit=_MOST)
    people = actors.by_ids(tx, {each.to_actor_id for each in found})
    return [
        {
            "to": people[each.to_actor_id].handle if each.to_actor_id in people else "",
            "mode": each.mode,
            "parts": _named(each.parts, keys),
            "startsAt": rfc3339(each.starts_at),
            "endsAt": rfc3339(each.ends_at),
            "revokedAt": rfc3339(each.revoked_at) if each.revoked_at else None,
            "label": each.label,
        }
        for each in found
    ]


def _introductions(tx: Tx, actor: Actor, here: Here) -> dict[str, Any]:
    """As their own pages tell it: of what another person answered nothing but that both said yes."""
    proposed = introductions.mine(tx, actor.id, _MOST)
    asked = introductions.ever_asked(tx, actor.id)
    messages = introductions.questions_of(tx, actor.id)
    authors = actors.by_ids(tx, {each.actor_id for each, _ in messages})
    return {
        "proposed": [
            {
                "one": each.one.handle,
                "two": each.two.handle,
                "state": each.introduction.state,
                **_told(each.introduction),
            }
            for each in proposed
        ],
        "asked": [
            {
                "by": each.asked.by.handle,
                "other": each.asked.other.handle,
                "state": _state(each.asked, here),
                "answer": each.asked.answer,
                "answeredAt": rfc3339(each.answered_at) if each.answered_at else None,
                **_told(each.asked.introduction),
            }
            for each in asked
        ],
        "askedFromElsewhere": [
            {"by": authors[each.actor_id].handle, "message": each.iri, "endsAt": rfc3339(ends_at)}
            for each, ends_at in messages
            if each.actor_id in authors
        ],
    }


def _state(asked: Asked, here: Here) -> str:
    """A question that the other said no to waits until its day, as if nobody had answered."""
    if asked.opened:
        return "opened"
    waits = asked.introduction.state != "withdrawn" and here.now < asked.introduction.ends_at
    return "asked" if waits else "over"


def _told(each: Introduction) -> dict[str, Any]:
    return {
        "words": each.words,
        "language": each.language,
        "createdAt": rfc3339(each.created_at),
        "endsAt": rfc3339(each.ends_at),
    }


def _ledger(tx: Tx, actor: Actor, keys: Mapping[int, str]) -> bytes:
    rows = [
        [
            rfc3339(each.at),
            each.what,
            each.with_handle,
            str(each.grant_id or ""),
            msgspec.json.encode(_named(each.parts, keys)).decode(),
            each.detail,
        ]
        for each in reversed(ledger_store.of_owner(tx, actor.id))
    ]
    return tables.written(("at", "what", "with", "grant", "parts", "detail"), rows)


def _named(parts: Mapping[int, Iterable[str]], keys: Mapping[int, str]) -> dict[str, list[str]]:
    """Parts by the keys `profile.json` has; an entry removed since keeps its number."""
    return {keys.get(number, str(number)): sorted(names) for number, names in parts.items()}


def _people(tx: Tx, actor: Actor, side: str) -> list[str]:
    handles: list[str] = []
    last: int | None = None
    pages, whom = (
        (follows.following_ids, follows.followed_of)
        if side == "following"
        else (follows.follower_ids, follows.followers_of)
    )
    while batch := pages(tx, actor.id, limit=_BATCH, max_id=last):
        handles += (each.handle for each in whom(tx, batch))
        last = batch[-1]
    return handles


def _pictures(tx: Tx, actor: Actor) -> list[str]:
    names = [each.file for each in uploads.of_actor(tx, actor.id)]
    return list(dict.fromkeys([*names, *(name for name in (actor.icon, actor.header) if name)]))


def _add_picture(packed: zipfile.ZipFile, name: str, storage: DirectoryStorage) -> None:
    try:
        packed.write(storage.path(name), f"media/{name}", zipfile.ZIP_STORED)
    except Exception as error:  # a file lost from the disk must not keep a person from the rest
        packed.writestr(f"media/{name}.missing.txt", type(error).__name__)


def _json(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _csv(head: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()
