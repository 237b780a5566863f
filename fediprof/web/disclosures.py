"""Opening a part of one's profile to somebody, what is open to whom, and who saw what."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.clock import rfc3339
from fediprof.conversations import store as conversations
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.i18n.catalog import N_, Texts
from fediprof.portability import tables
from fediprof.posts.records import Shown
from fediprof.profiles import grant_store, grants, ledger, ledger_store, sets, views
from fediprof.profiles.disclosure import Disclosed
from fediprof.profiles.grant_store import PartSet
from fediprof.profiles.grants import DAYS, USUAL_DAYS, OpenPart, RevokeGrant
from fediprof.profiles.ledger import NoteOpening
from fediprof.profiles.ledger_store import Parts, Row
from fediprof.profiles.records import FIELDS, FieldName, Grant
from fediprof.profiles.sets import RemoveSet, SaveSet
from fediprof.profiles.text import FIELDS as FIELD_WORDS
from fediprof.profiles.text import field_text
from fediprof.web.forms import Form, whole
from fediprof.web.view import Page, settle

PAGE = 50
_SHOWN = frozenset({"to", "parts", "days", "mode", "words", "set", "sure"})

WHAT = {
    "granted": N_("Opened by you"),
    "opened": N_("Read"),
    "sent": N_("A copy was sent"),
    "fetched": N_("Fetched by their server"),
    "expired": N_("Ended by itself"),
    "revoked": N_("Closed by you"),
    "asked": N_("Asked for"),
}
"""A ledger row's kind in words."""


# --- noting


async def note_opening(page: Page, shown: Iterable[Disclosed]) -> None:
    """Called by every page that shows entries, with what it shows: a row in the owner's ledger where a grant opened it.
    A browser that only looks ahead, and a HEAD, have shown nobody anything."""
    looker = page.looker
    headers = page.request.headers
    ahead = "prefetch" in headers.get("sec-purpose", "") + headers.get("purpose", "") + headers.get("x-moz", "")
    if looker is None or page.request.method != "GET" or ahead:
        return
    by_owner: dict[int, list[Disclosed]] = {}
    for each in shown:
        if each.noted and each.actor_id != looker:
            by_owner.setdefault(each.actor_id, []).append(each)
    noted, now = _noted_of(page), page.here.now
    for owner_id, opened in by_owner.items():
        what = (owner_id, looker, *((each.grant_id, each.id, each.by_grant) for each in opened))
        since, until = noted.get(what, (now, now))
        if since <= now < until:
            continue
        made = await page.perform(
            ledger.note_opening, NoteOpening(owner_id, looker, tuple(each.id for each in opened))
        )
        if made.parts == ledger.parts_by_grant(opened):
            noted[what] = now, made.until


def _noted_of(page: Page) -> dict[Hashable, tuple[datetime, datetime]]:
    """What the ledger certainly holds: (from when, until when) reading it again makes no row, so that a page that is opened
    again and again costs no write. Each process remembers what it saw committed itself."""
    noted: dict[Hashable, tuple[datetime, datetime]] | None = getattr(page.request.app.state, "noted", None)
    if noted is None or len(noted) > 5000:
        noted = page.request.app.state.noted = {}
    return noted


# --- in a conversation


@dataclass(frozen=True, slots=True)
class Line:
    """A grant on a page. `openings`: when it was read, the oldest first. `message`: the post it was told by."""

    grant: Grant
    person: Actor
    parts: Sequence[str]
    openings: Sequence[datetime]
    message: int | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a conversation's messages. `opened`: to its people, by the member; `asked`: message → what it asks
    for that is not open to its author; `received`: message → (entries it opens to the member, until when)."""

    opened: Sequence[Line]
    asked: Mapping[int, Sequence[str]]
    received: Mapping[int, tuple[Sequence[str], datetime]]


async def beside(page: Page, items: Sequence[Shown]) -> Beside:
    author = {each.post.id: each.author.id for each in items}
    me = page.me.actor.id
    people = {actor.id for each in items for actor in (each.author, *each.mentions)} - {me}

    def load(tx: Tx) -> Beside:
        received = grant_store.received(tx, [each.post.id for each in items if not each.post.local])
        asked = ledger_store.asked_in(tx, me, [each.post.id for each in items])
        given = [each for each in grant_store.to_people(tx, me, people) if each.holds(page.here.now)]
        if not asked and not given:
            return Beside([], {}, received)
        named = _mine(tx, page)
        open_to = {n: [each for each in given if each.to_actor_id == author[n]] for n in asked}
        waiting = {n: parts for n, parts in asked.items() if not _covered(parts, open_to[n])}
        told = {n: words(parts, named, page.t) for n, parts in waiting.items()}
        return Beside(_lines(tx, page, given, named), told, received)

    return await page.read(load)


def _covered(parts: Parts, given: Sequence[Grant]) -> bool:
    """Whether all that is asked for is open."""
    return all(
        fields <= frozenset().union(*(each.parts.get(entry_id, frozenset()) for each in given))
        for entry_id, fields in parts.items()
    )


async def open_form(page: Page) -> Response:
    """`?set=` one's own set, `?ask=` a message that asks: ticked beforehand."""
    number, me = page.request.path_params["id"], page.me.actor.id
    chosen, asking = page.number("set"), page.number("ask")

    def load(tx: Tx) -> tuple[PartSet | None, Parts]:
        found = grant_store.set_by_id(tx, me, chosen) if chosen else None
        asked = ledger_store.asked_in(tx, me, [asking]).get(asking, {}) if asking else {}
        return found, found.parts if found else asked

    found, parts = await page.read(load)
    form = Form({"days": str(USUAL_DAYS), "mode": "show", "once": "1", "label": found.name if found else ""})
    form.values.update(_ticked(parts))
    return await _show(page, form, number)


async def open_part(page: Page) -> Response:
    form, number = await page.form(), page.request.path_params["id"]
    people = await _people(page, number)
    request = _request(page, form, number, people)
    if name := form.text("set"):
        await form.attempt(page.t, page.perform(sets.save_set, SaveSet(page.by, name, request.parts)), known=_SHOWN)
        if form.errors:
            return await _show(page, form, number)
    if request.mode == "send" and not request.sure:
        texts = await form.attempt(
            page.t, page.read(lambda tx: grants.sent_texts(tx, request, page.here)), known=_SHOWN
        )
        if texts is None:
            return await _show(page, form, number)
        person = next(each for each in people if each.id == request.to_actor_id)
        return page.render("disclosures/send.html", form=form, texts=texts, person=person, number=number)
    given = await form.attempt(page.t, page.perform(grants.open_part, request), known=_SHOWN)
    if given is None:
        return await _show(page, form, number)
    return page.to(f"/conversations/{given.conversation_id}", "part-sent" if given.mode == "send" else "part-open")


def _request(page: Page, form: Form, number: int, people: Sequence[Actor]) -> OpenPart:
    chosen = form.number("to")
    known = {each.id for each in people}
    return OpenPart(
        by=page.by,
        to_actor_id=chosen if chosen in known else people[0].id if len(people) == 1 else 0,
        parts=parts_in(form),
        days=form.number("days") or 0,
        mode="send" if form["mode"] == "send" else "show",
        conversation_id=number,
        label=form.text("label"),
        words=form.text("words"),
        once=form.has("once"),
        language=page.t.language,
        sure=form.has("sure"),
    )


def parts_in(form: Form) -> Parts:
    """What is ticked: `part-17` the entry, `part-17-employer` one of its fields, which takes the entry along."""
    found: dict[int, set[FieldName]] = {}
    for key in form.values:
        head, _, rest = key.partition("-")
        number, _, field = rest.partition("-")
        entry_id = whole(number)
        if head != "part" or entry_id is None:
            continue
        named = found.setdefault(entry_id, set())
        named.update(name for name in FIELDS if name == field)
    return {entry_id: frozenset(named) for entry_id, named in found.items()}


def _ticked(parts: Parts) -> dict[str, str]:
    entries = {f"part-{entry_id}": "1" for entry_id in parts}
    return entries | {f"part-{entry_id}-{name}": "1" for entry_id, names in parts.items() for name in names}


async def _show(page: Page, form: Form, number: int) -> Response:
    people = await _people(page, number)

    def load(tx: Tx) -> tuple[list[Disclosed], list[PartSet]]:
        return _of_mine(tx, page), grant_store.sets_of(tx, page.me.actor.id)

    mine, saved = await page.read(load)
    return page.render(
        "disclosures/open.html",
        status=form.status,
        form=form,
        number=number,
        people=people,
        entries=mine,
        sets=saved,
        days=[(n, page.t.plural("{n} day", "{n} days", n)) for n in DAYS],
        field_words=FIELD_WORDS,
        told=field_text,
        remote=any(not each.local for each in people),
    )


async def _people(page: Page, number: int) -> list[Actor]:
    """Who else is in a conversation of the member's. Raises NotFound."""

    def load(tx: Tx) -> list[Actor]:
        found = conversations.threads(tx, page.me.actor.id, only=number)
        return [each for each in found[0].people if each.gone_at is None] if found else []

    people = await page.read(load)
    if not people:
        raise NotFound(f"no conversation {number} of {page.me.actor.username} with anybody")
    return people


# --- what is open


async def given(page: Page) -> Response:
    me, now = page.me.actor.id, page.here.now

    def load(tx: Tx) -> tuple[list[Line], list[Line], list[PartSet], dict[int, str]]:
        every = grant_store.of_owner(tx, me)
        named = _mine(tx, page)
        holding = _lines(tx, page, [each for each in every if each.holds(now)], named)
        sent = [each for each in every if each.mode == "send" and each.revoked_at is None]
        return holding, _lines(tx, page, sent, named), grant_store.sets_of(tx, me), named

    holding, sent, saved, named = await page.read(load)
    told = [(each, words(each.parts, named, page.t)) for each in saved]
    return page.render("disclosures/grants.html", holding=holding, sent=sent, sets=told, now=now)


async def revoke(page: Page) -> Response:
    form = await page.form()
    request = RevokeGrant(
        page.by, page.request.path_params["id"], farewell=form.has("farewell"), language=page.t.language
    )
    ended = await page.perform(grants.revoke_grant, request)
    return page.back(form, "/grants", "part-asked-back" if ended.mode == "send" else "part-closed")


async def remove_set(page: Page) -> Response:
    form = await page.form()
    await page.perform(sets.remove_set, RemoveSet(page.by, page.request.path_params["id"]))
    return page.back(form, "/grants", "removed")


# --- the ledger


@dataclass(frozen=True, slots=True)
class Told:
    """A row in words."""

    row: Row
    what: str
    parts: Sequence[str]
    detail: str
    address: str


async def seen(page: Page) -> Response:
    me, before = page.me.actor.id, page.number("max_id")

    def load(tx: Tx) -> tuple[list[Row], dict[int, str], set[int]]:
        rows = ledger_store.of_owner(tx, me, limit=PAGE + 1, before=before)
        known = set(actors.by_ids(tx, {row.with_id for row in rows if row.with_id is not None}))
        return rows, _mine(tx, page), known

    rows, named, known = await page.read(load)
    more = rows[PAGE - 1].number if len(rows) > PAGE else None
    return page.render(
        "disclosures/ledger.html",
        rows=[_told(row, named, known, page.t) for row in rows[:PAGE]],
        more=more,
    )


async def download(page: Page) -> Response:
    """The whole ledger as CSV; a value that would be a formula in a spreadsheet is made inert."""
    await page.form()
    me, t = page.me.actor.id, page.t

    def load(tx: Tx) -> tuple[list[Row], dict[int, str]]:
        return ledger_store.of_owner(tx, me), _mine(tx, page)

    rows, named = await page.read(load)
    data = tables.written(
        [t("When"), t("What"), t("With whom"), t("Parts"), t("Server")],
        (
            [
                rfc3339(row.at),
                t(WHAT[row.what]),
                row.with_handle,
                "; ".join(words(row.parts, named, t)),
                _server(row),
            ]
            for row in rows
        ),
    )
    response = settle(Response(data, media_type="text/csv; charset=utf-8"), t.language)
    name = f"{page.me.actor.username}-ledger-{page.here.now:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _told(row: Row, named: Mapping[int, str], known: set[int], t: Texts) -> Told:
    address = f"/people/{row.with_id}" if row.with_id in known else ""
    return Told(row, t(WHAT[row.what]), words(row.parts, named, t), _server(row), address)


def _server(row: Row) -> str:
    return "" if row.what == "asked" else row.detail


# --- parts


def words(parts: Parts, named: Mapping[int, str], t: Texts) -> list[str]:
    """Parts as they are read: a headline each, and the fields opened inside it."""
    made = []
    for entry_id, fields in parts.items():
        headline = named.get(entry_id, t("An entry that was removed"))
        inside = ", ".join(t(FIELD_WORDS[name]) for name in FIELDS if name in fields)
        made.append(t("{headline} (with: {fields})", headline=headline, fields=inside) if inside else headline)
    return made


def _of_mine(tx: Tx, page: Page) -> list[Disclosed]:
    me = page.me.actor.id
    return views.of_owner(tx, me, views.viewer_of(tx, me, me, page.here.now), page.here.now)


def _mine(tx: Tx, page: Page) -> dict[int, str]:
    """Headlines of one's own entries."""
    return {each.id: each.words.headline for each in _of_mine(tx, page)}


def _lines(tx: Tx, page: Page, given: Sequence[Grant], named: Mapping[int, str]) -> list[Line]:
    people = actors.by_ids(tx, {each.to_actor_id for each in given})
    openings: dict[int, list[datetime]] = {}
    for row in ledger_store.of_grants(tx, page.me.actor.id, [each.id for each in given], "opened"):
        if row.grant_id is not None:
            openings.setdefault(row.grant_id, []).append(row.at)
    made = []
    for each in given:
        messages = grant_store.messages_of(tx, each)
        made.append(
            Line(
                each,
                people[each.to_actor_id],
                words(each.parts, named, page.t),
                openings.get(each.id, []),
                messages[0] if messages else None,
            )
        )
    return made
