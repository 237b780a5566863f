"""From whom a member's entries stay hidden, whatever else was opened: the list, and what is added and taken off."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.profiles import hiding, store
from fediprof.profiles.hiding import HideFrom, UnhideFrom
from fediprof.web.forms import Form
from fediprof.web.view import Page


async def form(page: Page) -> Response:
    return await _show(page, Form())


async def hide(page: Page) -> Response:
    sent = await page.form()
    asked = HideFrom(page.by, sent.text("people"), sent.text("domain"))
    await sent.attempt(page.t, page.perform(hiding.hide_from, asked), known=frozenset(("people", "domain")))
    if sent.errors:
        return await _show(page, sent)
    return page.to("/settings/hidden", "hidden")


async def unhide(page: Page) -> Response:
    sent = await page.form()
    what = "domain" if sent["what"] == "domain" else "person"
    await page.perform(
        hiding.unhide_from, UnhideFrom(page.by, "domain" if what == "domain" else "person", sent["whom"])
    )
    return page.to("/settings/hidden", "saved")


async def _show(page: Page, sent: Form) -> Response:
    def load(tx: Tx) -> tuple[list[Actor], list[str]]:
        held = store.hidden_from_of(tx, page.by.actor_id)
        people = actors.by_ids(tx, held.people) if held.people else {}
        return sorted(people.values(), key=lambda each: each.handle), sorted(held.domains)

    people, domains = await page.read(load)
    return page.render("settings/hidden.html", status=sent.status, form=sent, people=people, domains=domains)
