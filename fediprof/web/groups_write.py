"""Beginning a thread in a group, here or elsewhere: what it is, a title, the text. Nothing written is lost to a refusal."""

from __future__ import annotations

from starlette.responses import Response

from fediprof import ids
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.groups import front
from fediprof.groups.front import Place
from fediprof.groups.records import KINDS
from fediprof.media.records import Upload
from fediprof.posts.commands import PublishPost
from fediprof.web import compose, group_lines
from fediprof.web.forms import Form
from fediprof.web.groups_page import group_in
from fediprof.web.view import Page, group_path


async def form(page: Page) -> Response:
    place = await _place(page)
    kind = page.asked("kind") if page.asked("kind") in KINDS else ""
    language = (place.group.language if place.group else None) or page.me.account.language
    return _show(page, place, Form({"key": ids.slug(), "language": language, "kind": kind}))


async def submit(page: Page) -> Response:
    sent = await page.form()
    place = await _place(page)
    kept = await compose.pictures_of(page, sent)
    post = PublishPost(
        by=page.by,
        text=sent.text("text"),
        visibility="group" if place.private else "public",
        language=sent["language"] or None,
        upload_ids=tuple(each.id for each in kept),
        title=sent.text("title"),
        idempotency_key=sent["key"][:64],
    )
    made = await compose.begun(page, sent, post, place.actor.id)
    if made is None:
        compose.placed(sent)
        return _show(page, place, sent, kept)
    return await compose.to_thread(page, made)


async def _place(page: Page) -> Place:
    """The group to write in, once its reader may read it. Raises NotFound."""

    def load(tx: Tx) -> Place:
        return front.place(tx, group_in(tx, page), page.me.actor, page.here.now)

    place = await page.read(load)
    if place.actor.gone_at is not None or not place.readable:
        raise NotFound("no such group for its reader")
    return place


def _show(page: Page, place: Place, form: Form, uploads: list[Upload] | None = None) -> Response:
    return page.render(
        "groups/begin.html",
        status=form.status,
        place=place,
        path=group_path(place.actor),
        standing=group_lines.standing(place, page.t) if place.membership != "member" else "",
        form=form,
        uploads=uploads or [],
        tongues=compose.tongues(form["language"]),
    )
