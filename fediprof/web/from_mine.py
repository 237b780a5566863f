"""Following and answering from the account a visitor has elsewhere: their server is asked how it wants to be asked
(FEP-3b86 activity intents, then the OStatus subscribe template); where it does not say, the address to copy is shown.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.net.webfinger import Found
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.web import own_server
from fediprof.web.entry import entry_of
from fediprof.web.forms import Form
from fediprof.web.public import member_or_group
from fediprof.web.view import Page


async def follow_form(page: Page) -> Response:
    if page.visitor is not None:
        return page.to(f"/@{page.request.path_params['name']}")
    return await _show(page, Form(), None)


async def follow(page: Page) -> Response:
    form = await page.form()
    actor = await page.read(lambda tx: member_or_group(tx, page.request.path_params["name"]))
    return await _go(page, form, None, actor.iri, "Follow")


async def reply_form(page: Page) -> Response:
    shown = await _post(page)
    if page.visitor is not None:
        return page.to(f"/write?reply={shown.post.id}")
    return await _show(page, Form(), shown)


async def reply(page: Page) -> Response:
    form, shown = await page.form(), await _post(page)
    return await _go(page, form, shown, shown.post.iri, "Create")


async def _post(page: Page) -> Shown:
    """A public post by its address, or an entry's public side by the entry's (`/e/`); nothing else can be answered from
    elsewhere."""
    if "/e/" in page.request.url.path:
        return await page.read(lambda tx: _public_side(tx, page))
    iri = f"{page.services.settings.origin}/p/{page.request.path_params['slug']}"

    def load(tx: Tx) -> Shown | None:
        post = posts.by_iri(tx, iri)
        return None if post is None else views.one(tx, post.id, page.viewer)

    shown = await page.read(load)
    if shown is None:
        raise NotFound(f"no post {iri} for {page.viewer}")
    return shown


def _public_side(tx: Tx, page: Page) -> Shown:
    _, entry = entry_of(tx, page)
    shown = views.one(tx, entry.post_id, page.viewer) if entry.post_id is not None else None
    if shown is None:
        raise NotFound("nothing of it was sent out")
    return shown


async def _go(page: Page, form: Form, shown: Shown | None, iri: str, intent: str) -> Response:
    by_hand = page.t("That server did not answer. Do it by hand, as told below.")
    found = await own_server.found(page, form, by_hand)
    if found is not None:
        target = where(found, iri, intent)
        if target is not None:
            return own_server.sent_there(page, target)
        form.refuse(page.t("That server does not say how to be asked. Do it by hand, as told below."), "handle")
    return await _show(page, form, shown)


def where(found: Found, iri: str, intent: str) -> str | None:
    """The address of the visitor's server to go on at. A follow's intent names its `{object}`, an answer's the
    `{inReplyTo}` (FEP-3b86); the subscribe template takes any `{uri}`."""
    template = found.intents.get(intent)
    if template is not None:
        place = "{inReplyTo}" if intent == "Create" else "{object}"
        if place in template:
            filled = template.replace(place, quote(iri, safe=""))
            return _without_placeholders(filled)
    if found.subscribe_template is not None:
        return found.subscribe_template.replace("{uri}", quote(iri, safe=""))
    return None


def _without_placeholders(url: str) -> str:
    """What a template asks for and we do not give is left empty."""
    out = url
    while "{" in out and "}" in out[out.index("{") :]:
        start = out.index("{")
        out = out[:start] + out[out.index("}", start) + 1 :]
    return out


async def _show(page: Page, form: Form, shown: Shown | None) -> Response:
    actor = await page.read(lambda tx: member_or_group(tx, page.request.path_params["name"]))
    return page.render(
        "public/from_mine.html",
        status=form.status,
        outward=True,
        form=form,
        shown=shown,
        actor=actor,
        address=shown.post.url if shown else f"@{actor.handle}",
    )
