"""The first steps, one question a page: `/start` goes on where they were left. Each can be passed over; an entry made here
is sent to nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import cast

from starlette.responses import Response

from fediprof.errors import NotFound
from fediprof.i18n.catalog import N_
from fediprof.profiles import beginning, entries, hiding, store, text
from fediprof.profiles.beginning import FIRST, Answer
from fediprof.profiles.entries import Draft, ReviseEntry, WriteEntry, draft_of
from fediprof.profiles.hiding import HideFrom
from fediprof.profiles.records import AIMS, KINDS, STEPS, Aim, Beginning, Entry, Kind, Readers, Rule, Step, Words
from fediprof.web import audiences
from fediprof.web.entries import path_of
from fediprof.web.entry_form import offered
from fediprof.web.forms import Form
from fediprof.web.view import Page

AIM_WORDS: Mapping[Aim, str] = {
    "quiet": N_("Change, without my employer knowing"),
    "search": N_("Find work"),
    "known": N_("Be asked about what I know"),
    "meet": N_("Meet people of my trade"),
    "look": N_("Look around first"),
}
_DEFAULTS: tuple[Readers, ...] = ("me", "contacts", "everyone")
"""Whom to begin with: people one chooses are named entry by entry."""


async def begin(page: Page) -> Response:
    begun = await _begun(page)
    kept = await page.read(lambda tx: store.count(tx, page.by.actor_id))
    if begun.step == "done" and kept:
        return page.to("/entries", page.asked("said"))
    return page.to(f"/start/{'aim' if begun.step == 'done' else begun.step}", page.asked("said"))


async def form(page: Page) -> Response:
    step, begun = _step(page), await _begun(page)
    entry = await _entry(page, begun)
    if step == "question" and entry is None:
        return page.to("/start/entry")
    return await _show(page, step, begun, entry, _filled(page, step, begun, entry))


async def submit(page: Page) -> Response:
    step, begun, sent = _step(page), await _begun(page), await page.form()
    entry = await _entry(page, begun)
    following = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    if sent.has("skip"):
        if step == "entry":
            following = "done"
        await page.perform(beginning.answer, Answer(page.by, following))
    elif step in _TAKES:
        await _TAKES[step](page, sent, following, begun, entry)
    else:
        await page.perform(beginning.answer, Answer(page.by, following))
    if sent.errors:
        return await _show(page, step, begun, entry, sent)
    return page.to(f"/start/{following}")


def _step(page: Page) -> Step:
    named = page.request.path_params["step"]
    for each in STEPS:
        if each == named:
            return each
    raise NotFound("no such step")


async def _begun(page: Page) -> Beginning:
    return await page.read(lambda tx: store.beginning_of(tx, page.by.actor_id)) or Beginning(page.by.actor_id)


async def _entry(page: Page, begun: Beginning) -> Entry | None:
    """The first entry, while it is there."""
    number = begun.entry_id
    return None if number is None else await page.read(lambda tx: store.by_id(tx, page.by.actor_id, number))


# --- what each question takes


async def _take_aim(page: Page, sent: Form, following: Step, begun: Beginning, entry: Entry | None) -> None:
    asked = Answer(page.by, following, aim=cast("Aim", sent["aim"]))
    await sent.attempt(page.t, page.perform(beginning.answer, asked), known=frozenset(("aim",)))


async def _take_readers(page: Page, sent: Form, following: Step, begun: Beginning, entry: Entry | None) -> None:
    readers = next((each for each in _DEFAULTS if each == sent["readers"]), None)
    if readers is None:
        sent.refuse(page.t(N_("Choose who may read this")), "readers")
        return
    if sent.text("domain"):
        hide = HideFrom(page.by, domain=sent.text("domain"))
        await sent.attempt(page.t, page.perform(hiding.hide_from, hide), known=frozenset(("domain",)))
    if not sent.errors:
        await page.perform(beginning.answer, Answer(page.by, following, readers=readers))


async def _take_entry(page: Page, sent: Form, following: Step, begun: Beginning, entry: Entry | None) -> None:
    known = frozenset(("kind", "headline", "story", "ceiling"))
    kind, ceiling = cast("Kind", sent["kind"]), page.services.settings.entry_ceiling
    if entry is None:
        words = Words(sent.text("headline"), sent.text("story"))
        draft = Draft(kind, words, page.me.account.language, rule=Rule(begun.readers))
        kept = await sent.attempt(
            page.t, page.perform(entries.write_entry, WriteEntry(page.by, draft, ceiling)), known=known
        )
    else:
        words = replace(entry.words, headline=sent.text("headline"), story=sent.text("story"))
        draft = replace(draft_of(entry), kind=kind, words=words)
        kept = await sent.attempt(
            page.t, page.perform(entries.revise_entry, ReviseEntry(page.by, entry.id, draft, ceiling)), known=known
        )
    if kept is not None:
        await page.perform(beginning.answer, Answer(page.by, following, entry_id=kept.id))


async def _take_question(page: Page, sent: Form, following: Step, begun: Beginning, entry: Entry | None) -> None:
    if entry is None:
        raise NotFound("no first entry")
    if not sent.text("question"):
        sent.refuse(page.t(N_("Write a question, or pass over this.")), "question")
        return
    draft = replace(draft_of(entry), words=replace(entry.words, question=sent.text("question")))
    asked = ReviseEntry(page.by, entry.id, draft, page.services.settings.entry_ceiling)
    await sent.attempt(page.t, page.perform(entries.revise_entry, asked), known=frozenset(("question",)))
    if not sent.errors:
        await page.perform(beginning.answer, Answer(page.by, following))


_Take = Callable[[Page, Form, Step, Beginning, Entry | None], Awaitable[None]]
_TAKES: Mapping[Step, _Take] = {
    "aim": _take_aim,
    "readers": _take_readers,
    "entry": _take_entry,
    "question": _take_question,
}


# --- the pages


def _filled(page: Page, step: Step, begun: Beginning, entry: Entry | None) -> Form:
    match step:
        case "aim":
            return Form({"aim": begun.aim} if begun.step != "aim" else {})
        case "readers":
            return Form({"readers": begun.readers if begun.readers in _DEFAULTS else "me"})
        case "entry" if entry is not None:
            return Form({"kind": entry.kind, "headline": entry.words.headline, "story": entry.words.story})
        case "entry":
            return Form({"kind": FIRST[begun.aim]})
        case "question" if entry is not None:
            return Form({"question": entry.words.question})
    return Form()


async def _show(page: Page, step: Step, begun: Beginning, entry: Entry | None, sent: Form) -> Response:
    return page.render(
        f"start/{step}.html",
        status=sent.status,
        form=sent,
        step=step,
        number=STEPS.index(step) + 1,
        count=len(STEPS) - 1,
        before=f"/start/{STEPS[STEPS.index(step) - 1]}" if step not in ("aim", "done") else "",
        begun=begun,
        entry=entry,
        aims=[(each, page.t(AIM_WORDS[each])) for each in AIMS],
        offered=await offered(page, _DEFAULTS),
        kinds=[(each, page.t(text.KINDS[each])) for each in KINDS],
        asks=page.t(audiences.QUESTIONS[entry.kind]) if entry is not None else "",
        readers=page.t(audiences.WORDS[entry.rule.readers]) if entry is not None else "",
        path=path_of(page, entry) if entry is not None else "",
    )
