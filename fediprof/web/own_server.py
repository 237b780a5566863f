"""A visitor's own server, looked up by the handle they typed, to be sent there.

Nothing is kept of the handle. A visitor's request makes this server ask another, so it is counted per address.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from fediprof.errors import Malformed, NotFound, TooMuch, Unreachable
from fediprof.net import webfinger
from fediprof.net.webfinger import Found
from fediprof.web.forms import Form, sentence
from fediprof.web.throttle import Throttle
from fediprof.web.view import Page, settle

_lookups = Throttle(limit=20, seconds=300)


async def found(page: Page, form: Form, unreachable: str) -> Found | None:
    """What that server says of the account in `handle`; None with the reason in the form. `unreachable`: what to tell
    where it does not answer, with the way by hand."""
    address = page.request.client.host if page.request.client else ""
    services = page.services
    try:
        _lookups.must_pass(address)
        return await webfinger.discover(services.fetcher, form["handle"][:300], scheme=services.settings.scheme)
    except Malformed:
        form.refuse(page.t("This is not an address like you@your.server."), "handle")
    except NotFound:
        form.refuse(page.t("That server knows no such account."), "handle")
    except Unreachable:
        form.refuse(unreachable, "handle")
    except TooMuch as error:
        form.refuse(sentence(error, page.t), "handle")
    return None


def sent_there(page: Page, target: str) -> Response:
    return settle(RedirectResponse(target, 303), page.t.language, outward=True)
