"""Asking for what a stand-in stands for. A member presses a button; whoever has an account elsewhere is taken to their own
server where that knows how (another of this kind), and else gets the words to send as a private message of their own.

There is never a link that begins a public post with these words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.errors import FediprofError, NotFound
from fediprof.posts import views as post_views
from fediprof.profiles import asks, store, text, views
from fediprof.profiles.asks import AskFor
from fediprof.profiles.records import FIELDS, FieldName
from fediprof.profiles.text import FIELDS as FIELD_WORDS
from fediprof.web import own_server
from fediprof.web.forms import Form
from fediprof.web.people import resolved
from fediprof.web.view import Page

_SHOWN = frozenset({"words"})


@dataclass(frozen=True, slots=True)
class Asking:
    """An entry that can be asked about, as its asker reads it. `stand_ins`: the words in a masked field's place."""

    owner: Actor
    url: str
    headline: str
    language: str
    stand_ins: Mapping[FieldName, str]
    public: bool = True


async def form(page: Page) -> Response:
    """`?field=`: what the stand-in they pressed stands for."""
    asking = await _here(page)
    return _show(page, asking, _fresh(page, asking), f"/ask/{page.request.path_params['slug']}")


async def submit(page: Page) -> Response:
    sent, asking = await page.form(), await _here(page)
    action = f"/ask/{page.request.path_params['slug']}"
    if page.visitor is not None:
        return await _ask(page, asking, sent, action)
    return await _go(page, asking, sent, action)


async def arrive(page: Page) -> Response:
    """From another server of this kind, whose entry `?object=` is."""
    asking = await _elsewhere(page, page.asked("object"))
    return _show(page, asking, _fresh(page, asking), "/intents/ask")


async def ask(page: Page) -> Response:
    sent = await page.form()
    return await _ask(page, await _elsewhere(page, sent["object"]), sent, "/intents/ask")


# --- parts


async def _here(page: Page) -> Asking:
    """An entry of a member's, as who looks may read it. Raises NotFound."""
    slug = page.request.path_params["slug"]

    def load(tx: Tx) -> Asking:
        entry = store.by_slug(tx, slug)
        owner = actors.by_id(tx, entry.actor_id if entry else 0)
        looker = page.viewer
        if page.visitor is None and page.came is not None:
            looker = page.came.actor.id if page.came.looks_at(owner.username if owner else "") else None
        shown = views.one(tx, slug, looker, page.here.now)
        if shown is None or owner is None:
            raise NotFound(f"no entry {slug} for {looker}")
        url = page.here.entry(owner.username, shown.slug)
        code, words = text.words_in(shown, page.t.language)
        masked = {each.name: each.told(code) for each in shown.fields if each.stand_in}
        return Asking(owner, url, words.headline, code, masked, shown.public)

    return await page.read(load)


async def _elsewhere(page: Page, address: str) -> Asking:
    """A public entry of another server. Raises NotFound."""
    try:
        found = await resolved(page, address[:2000])
    except FediprofError as error:
        raise NotFound(f"{address[:200]}: {error}") from None
    shown = None
    if isinstance(found, int):
        shown = await page.read(lambda tx: post_views.one(tx, found, page.viewer))
    if shown is None or shown.post.entry is None or "name" not in shown.post.entry:
        raise NotFound(f"no entry at {address[:200]}")
    entry = shown.post.entry
    told = entry.get("standIns", {})
    masked = {name: _in(page.t.language, told.get(f"{name}Map", {})) or told[name] for name in FIELDS if name in told}
    return Asking(shown.author, shown.post.url or shown.post.iri, entry["name"], shown.post.language or "", masked)


def _in(language: str, by_language: Mapping[str, str]) -> str:
    return next((text for code, text in by_language.items() if code.partition("-")[0] == language), "")


def _fresh(page: Page, asking: Asking) -> Form:
    wanted = page.request.query_params.getlist("field")
    ticked = [name for name in asking.stand_ins if name in wanted] or list(asking.stand_ins)
    return Form({f"field-{name}": "1" for name in ticked})


def _fields(asking: Asking, form: Form) -> tuple[FieldName, ...]:
    return tuple(name for name in asking.stand_ins if form.has(f"field-{name}"))


async def _ask(page: Page, asking: Asking, form: Form, action: str) -> Response:
    request = AskFor(
        page.by,
        asking.owner.id,
        asking.url,
        asking.headline,
        _fields(asking, form),
        form.text("words"),
        page.t.language,
    )
    post = await form.attempt(page.t, page.perform(asks.ask_for, request), known=_SHOWN)
    if post is None:
        return _show(page, asking, form, action)
    return page.to(f"/conversations/{post.conversation_id}#p{post.id}", "asked-for")


async def _go(page: Page, asking: Asking, form: Form, action: str) -> Response:
    """To the visitor's own server, where it knows asking."""
    by_hand = page.t("That server did not answer. Send the message yourself, as told above.")
    found = await own_server.found(page, form, by_hand)
    if found is not None:
        if found.ask_template is not None:
            return own_server.sent_there(page, found.ask_template.replace("{object}", quote(asking.url, safe="")))
        form.refuse(
            page.t("That server does not know this kind of question. Send it yourself, as told above."), "handle"
        )
    return _show(page, asking, form, action)


def _show(page: Page, asking: Asking, form: Form, action: str) -> Response:
    mine = asking.owner.id == page.viewer
    fields: Sequence[FieldName] = cast("Sequence[FieldName]", _fields(asking, form))
    said = asks.sentence(asking.headline, fields, asking.url, page.t)
    response = page.render(
        "disclosures/ask.html",
        status=form.status,
        outward=page.visitor is None,
        asking=asking,
        form=form,
        action=action,
        mine=mine,
        message=f"@{asking.owner.handle} {said}",
        field_words=FIELD_WORDS,
    )
    if not asking.public:
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex, noarchive, nosnippet"
    return response
