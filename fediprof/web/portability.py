"""A profile in and out of files: upload, preview, word to go on, and then three lines made to talk; the address book; the
résumé and the card of a page as who looks may read it. An import delivers nothing."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import Malformed, NotFound, TooMuch
from fediprof.i18n.catalog import N_, Texts
from fediprof.portability import commands, faces, plan, reading, store
from fediprof.portability.commands import (
    MOST_TALKED_OF,
    AnswerQuestions,
    DropImport,
    ForgetPeople,
    HoldImport,
    LandImport,
)
from fediprof.portability.jsonresume import FACES
from fediprof.portability.records import Arrival, Person, Section
from fediprof.profiles import grant_store, views
from fediprof.profiles import store as profiles
from fediprof.profiles.disclosure import ANYBODY, Disclosed, Viewer
from fediprof.profiles.records import Entry, FieldName
from fediprof.profiles.text import span
from fediprof.web import public
from fediprof.web.disclosures import note_opening
from fediprof.web.eyes import closed, eyes_of
from fediprof.web.forms import Form, sentence, whole
from fediprof.web.view import Page, settle

PEOPLE = 100
"""Of a page of the address book."""

SECTIONS: dict[Section, str] = {
    "about": N_("About you"),
    "work": N_("Jobs"),
    "volunteer": N_("Volunteering"),
    "education": N_("Schools and courses"),
    "awards": N_("Awards"),
    "certificates": N_("Certificates"),
    "publications": N_("Publications"),
    "skills": N_("Skills"),
    "languages": N_("Languages"),
    "interests": N_("Interests"),
    "references": N_("Recommendations, in other people's words"),
    "projects": N_("Projects and talks"),
    "entries": N_("Entries of your other account"),
}
STATES: dict[plan.State, str] = {
    "new": N_("new"),
    "changed": N_("to be brought up to date"),
    "same": N_("already here"),
    "yours": N_("left as you wrote it"),
}
SOURCES = {
    "linkedin": N_("LinkedIn's archive"),
    "jsonresume": "JSON Resume",
    "fediprof": N_("an archive of fediprof"),
}


# --- in


async def upload_form(page: Page) -> Response:
    return await _upload(page, Form())


async def _upload(page: Page, form: Form) -> Response:
    waiting = await page.read(lambda tx: store.is_held(tx, page.me.account.id, page.here.now))
    most = page.services.settings.upload_mb
    return page.render("portability/upload.html", status=form.status, form=form, waiting=waiting, most=most)


async def upload(page: Page) -> Response:
    try:
        form = await page.form()
    except TooMuch:
        form = Form()
        most = page.services.settings.upload_mb
        form.refuse(page.t("This file is larger than {n} MB: whoever runs this server can import it", n=most), "file")
        return await _upload(page, form)
    data = form.files.get("file")
    if not data:
        form.refuse(page.t("Choose a file"), "file")
        return await _upload(page, form)
    try:
        arrival = await asyncio.to_thread(reading.read, io.BytesIO(data), page.t.language)
    except (Malformed, TooMuch) as error:
        form.refuse(sentence(error, page.t), "file")
        return await _upload(page, form)
    await form.attempt(page.t, page.perform(commands.hold_import, HoldImport(page.by, arrival)))
    return await _upload(page, form) if form.errors else page.to("/settings/import/preview")


async def preview_form(page: Page) -> Response:
    return await _preview(page, Form())


async def _preview(page: Page, form: Form) -> Response:
    def load(tx: Tx) -> tuple[Arrival | None, list[Entry], set[str]]:
        known = {each.key for each in store.people(tx, page.me.account.id)}
        return store.held(tx, page.me.account.id, page.here.now), profiles.of_actor(tx, page.me.actor.id), known

    arrival, mine, known = await page.read(load)
    if arrival is None:
        return page.to("/settings/import")
    return page.render(
        "portability/preview.html",
        status=form.status,
        form=form,
        arrival=arrival,
        sections=plan.by_section(plan.plan(arrival, mine)),
        new_people=sum(each.key not in known for each in arrival.people),
        names=SECTIONS,
        states=STATES,
        sources=SOURCES,
        counted=lambda lines: _counted(page.t, lines),
        told=lambda fields: _told(page.t, fields),
    )


def _counted(t: Texts, lines: list[plan.Line]) -> list[str]:
    """How many lines of a section are new, and what becomes of the others."""
    by_state = Counter(each.state for each in lines)
    told = (
        t.plural("{n} new", "{n} new ones", by_state["new"]),
        t.plural("{n} to be brought up to date", "{n} to be brought up to date", by_state["changed"]),
        t.plural("{n} already here", "{n} already here", by_state["same"]),
        t.plural("{n} left as you wrote it", "{n} left as you wrote them", by_state["yours"]),
    )
    return [each for each, state in zip(told, STATES, strict=True) if by_state[state]]


def _told(t: Texts, fields: Mapping[FieldName, str]) -> list[str]:
    """The values of fields, dates in words."""
    return [span(value, t) if name == "dates" else value for name, value in fields.items()]


async def land(page: Page) -> Response:
    form = await page.form()
    chosen = frozenset(name for name in SECTIONS if name in form.lists.get("section", ()))
    asked = LandImport(page.by, sections=chosen, people=form.has("people"))
    landed = await form.attempt(page.t, page.perform(commands.land_import, asked))
    if landed is None:
        waiting = await page.read(lambda tx: store.is_held(tx, page.me.account.id, page.here.now))
        return await (_preview(page, form) if waiting else _upload(page, form))
    return page.to(
        f"/settings/import/done?new={landed.new}&changed={landed.changed}&left={landed.left}"
        f"&people={landed.new_people + landed.changed_people}"
    )


async def drop(page: Page) -> Response:
    await page.form()
    await page.perform(commands.drop_import, DropImport(page.by))
    return page.to("/settings/import", "dropped")


async def done(page: Page) -> Response:
    counts = {name: page.number(name) or 0 for name in ("new", "changed", "left", "people")}
    return page.render("portability/done.html", counts=counts)


# --- three lines that make people talk


async def lines(page: Page) -> Response:
    """What was imported and asks nothing yet."""
    return await _lines(page, Form())


async def _lines(page: Page, form: Form) -> Response:
    mine = await page.read(lambda tx: profiles.of_actor(tx, page.me.actor.id))
    brought = [each for each in mine if each.import_key and each.rule.readers == "me" and not each.words.question]
    return page.render(
        "portability/lines.html",
        status=form.status,
        form=form,
        entries=brought,
        told=lambda entry: _told(page.t, {each.name: each.value for each in entry.fields if each.value}),
    )


async def talk_form(page: Page) -> Response:
    chosen = [number for each in page.request.query_params.getlist("line") if (number := whole(each)) is not None]
    form = Form()
    if len(set(chosen)) > MOST_TALKED_OF:
        form.refuse(page.t("Three at most"), "line")
        return await _lines(page, form)
    if not chosen:
        return page.to("/settings/import/lines")
    return await _talk(page, form, chosen)


async def _talk(page: Page, form: Form, chosen: list[int]) -> Response:
    mine = await page.read(lambda tx: profiles.by_ids(tx, page.me.actor.id, chosen))
    if not mine:
        raise NotFound("no entry of theirs")
    for each in mine:
        form.values.setdefault(f"question-{each.id}", each.words.question)
    return page.render("portability/talk.html", status=form.status, form=form, entries=mine)


async def talk(page: Page) -> Response:
    form = await page.form()
    answers = {
        number: form.text(name)
        for name in form.values
        if name.startswith("question-") and (number := whole(name.removeprefix("question-"))) is not None
    }
    given = {number: answer for number, answer in answers.items() if answer}
    if not given:
        return page.to("/settings/import/lines")
    await form.attempt(page.t, page.perform(commands.answer_questions, AnswerQuestions(page.by, given)))
    if form.errors:
        return await _talk(page, form, list(answers))
    return page.to("/entries", "questions")


# --- the address book


async def address_book(page: Page) -> Response:
    start = page.number("from") or 0

    def load(tx: Tx) -> tuple[int, list[Person]]:
        account_id = page.me.account.id
        return store.count_people(tx, account_id), store.people(tx, account_id, limit=PEOPLE, offset=start)

    count, people = await page.read(load)
    more = start + PEOPLE if start + PEOPLE < count else None
    return page.render("portability/address_book.html", people=people, count=count, more=more)


async def forget(page: Page) -> Response:
    form = await page.form()
    await page.perform(commands.forget_people, ForgetPeople(page.by, form["key"] or None))
    return page.to("/settings/address-book", "forgotten")


# --- out


async def take_resume(page: Page) -> Response:
    """One's own résumé as a file: `face` everything, public, or granted (with `to`, an actor's id)."""
    face, to = page.asked("face"), page.number("to")
    if face not in FACES:
        raise NotFound("no such face")

    def load(tx: Tx) -> bytes:
        me = page.me.actor
        if face == "granted" and to not in {each.id for each in opened_to(tx, me.id, page.here.now)}:
            raise NotFound("nothing is open to them")
        if face == "everything":
            return faces.everything(tx, me, page.here)
        viewer = views.viewer_of(tx, me.id, to if face == "granted" else None, page.here.now)
        return faces.resume(me, views.of_owner(tx, me.id, viewer, page.here.now), page.here)

    response = Response(await page.read(load), media_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{page.me.actor.username}-{face}.json"'
    return settle(response, page.t.language)


def opened_to(tx: Tx, actor_id: int, now: datetime) -> list[Actor]:
    """Those to whom a part of the profile is open now."""
    found = {each.to_actor_id for each in grant_store.of_owner(tx, actor_id, limit=10_000) if each.holds(now)}
    return sorted(actors.by_ids(tx, found).values(), key=lambda each: each.handle)


async def resume(page: Page) -> Response:
    """`/@name/resume.json`: the page as JSON Resume, as who asks may read it."""
    return await _outward(page, faces.resume, "application/json")


async def card(page: Page) -> Response:
    """`/@name.vcf`: the page as a vCard, as who asks may read it."""
    return await _outward(page, faces.card, "text/vcard; charset=utf-8")


async def _outward(page: Page, made: faces.Maker, media_type: str) -> Response:
    """The owner gets what anybody gets, or whose eyes they borrow: what they pass on must not be more than it seems."""

    def load(tx: Tx) -> tuple[Actor, Viewer, list[Disclosed]]:
        owner = public.member(tx, page.request.path_params["name"])
        viewer = eyes_of(tx, page, owner.id).viewer
        viewer = ANYBODY if viewer.owner else viewer
        return owner, viewer, views.of_owner(tx, owner.id, viewer, page.here.now)

    owner, viewer, shown = await page.read(load)
    if owner.id != page.viewer:
        await note_opening(page, shown)
    response = settle(Response(made(owner, shown, page.here), media_type=media_type), page.t.language)
    return response if viewer == ANYBODY and page.looker is None else closed(response)
