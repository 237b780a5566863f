"""Arriving here from another server's page to follow, answer, like or share with the account one has here: the
OStatus subscribe template (`/authorize_interaction?uri=`) and the activity intents our WebFinger tells of (FEP-3b86).

Nothing happens before the member has seen what it is and pressed the button: an address is no consent.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.errors import FediprofError, NotFound
from fediprof.i18n.catalog import N_
from fediprof.posts import views
from fediprof.posts.records import Shown
from fediprof.text.html import plain
from fediprof.web.forms import Form, sentence
from fediprof.web.people import resolved
from fediprof.web.view import Page, actor_path

_ACTS = {
    "follow": (N_("Follow this person?"), N_("Follow")),
    "like": (N_("Like this post?"), N_("Like")),
    "announce": (N_("Share this post with those who follow you?"), N_("Share")),
}


async def authorize_interaction(page: Page) -> Response:
    """A person is followed, a post answered."""
    return await _arrive(page, page.asked("uri"), "")


async def follow(page: Page) -> Response:
    return await _arrive(page, page.asked("object"), "follow")


async def create(page: Page) -> Response:
    """An answer when something is answered; else a new post, its text proposed."""
    if address := page.asked("inReplyTo"):
        return await _arrive(page, address, "create")
    return page.to(f"/write?{urlencode({'text': plain(page.asked('content'))[:5000]})}")


async def open_object(page: Page) -> Response:
    """Just to see it, with one's own buttons (the intent called Object)."""
    found = await resolved(page, page.asked("object"))
    if found is None:
        raise NotFound("no address")
    return page.to(actor_path(found, page.visitor) if isinstance(found, Actor) else f"/posts/{found}")


async def like(page: Page) -> Response:
    return await _arrive(page, page.asked("object"), "like")


async def announce(page: Page) -> Response:
    return await _arrive(page, page.asked("object"), "announce")


async def _arrive(page: Page, address: str, act: str) -> Response:
    form = Form()
    actor: Actor | None = None
    shown: Shown | None = None
    try:
        found = await resolved(page, address.removeprefix("acct:")[:2000])
        if isinstance(found, Actor):
            actor = found
        elif found is not None:
            shown = await page.read(lambda tx: views.one(tx, found, page.viewer))
    except FediprofError as error:
        form.refuse(sentence(error, page.t))
    if actor is None and shown is None and not form.errors:
        form.refuse(page.t("Nobody and nothing was found at this address."))
    if shown is not None and act in ("", "create"):
        return page.to(f"/write?reply={shown.post.id}")
    if shown is not None and act == "follow":
        author = shown.author
        actor, shown = await page.read(lambda tx: actors.by_id(tx, author.id)), None
    if actor is not None and act in ("like", "announce", "create"):
        act = "follow"
    title, label = _ACTS.get(act, _ACTS["follow"])
    target = after = ""
    if actor is not None:
        target, after = f"/people/{actor.id}/follow", f"/people/{actor.id}"
    elif shown is not None:
        target, after = f"/posts/{shown.post.id}/{'like' if act == 'like' else 'share'}", f"/posts/{shown.post.id}"
    return page.render(
        "people/intent.html",
        status=form.status,
        form=form,
        title=page.t(title),
        label=page.t(label),
        actor=actor,
        shown=shown,
        target=target,
        after=after,
    )
