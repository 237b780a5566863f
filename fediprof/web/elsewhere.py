"""An entry on another server that was opened to the member: read here, by their own name, and not kept.

A button, not a link: that server learns who reads, and nobody's page may make a member do that unasked.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from fediprof.errors import FediprofError
from fediprof.federation.opening import opened
from fediprof.profiles import addresses
from fediprof.profiles.text import KINDS
from fediprof.web.eyes import closed
from fediprof.web.forms import Form, sentence
from fediprof.web.view import Page


async def form(page: Page) -> Response:
    url = page.asked("url").strip()[:2000]
    wanted = Form({"url": url})
    if url and not addresses.is_entry(url, page.here):
        wanted.refuse(page.t("This is not the address of an entry on another server."), "url")
    return _show(page, wanted)


async def show(page: Page) -> Response:
    sent = await page.form()
    url = sent.text("url").strip()[:2000]
    if not addresses.is_entry(url, page.here):
        sent.refuse(page.t("This is not the address of an entry on another server."), "url")
        return _show(page, sent)
    try:
        found = await opened(page.services, page.me.actor.id, url)
    except FediprofError as error:
        sent.refuse(sentence(error, page.t), "url")
        return _show(page, sent)
    if found is None:
        sent.refuse(page.t("There is nothing for you at this address: it may be closed again, or never was."), "url")
        return _show(page, sent)
    kind = KINDS.get((found.entry or {}).get("kind", "free"), KINDS["free"])
    return closed(page.render("people/opened.html", found=found, kind=page.t(kind)))


def _show(page: Page, form: Form) -> Response:
    host = urlsplit(form["url"]).netloc if not form.errors else ""
    return page.render("people/elsewhere.html", status=form.status, form=form, host=host)
