"""What goes wrong, told to a person, in the look of every other page. An answer says no more than it must: unknown and
not for you are one sentence."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fediprof.errors import FediprofError
from fediprof.i18n.catalog import N_, choose, texts
from fediprof.web.view import Page

_WORDS = {
    400: (N_("This could not be read"), N_("Something in the address or the form was not as it should be.")),
    401: (N_("This does not open"), N_("The link or the login is no longer good. Ask for a new one.")),
    403: (N_("This is not allowed"), N_("If you sent a form, open its page again and send it once more.")),
    404: (
        N_("There is nothing here"),
        N_("Perhaps the address is wrong, or what was here is not meant for everyone."),
    ),
    405: (N_("This cannot be done here"), N_("Open the page itself, and begin again from there.")),
    409: (N_("This was done already"), N_("What you asked contradicts what is already so.")),
    410: (N_("This was deleted"), N_("Whoever published it took it away.")),
    413: (N_("This is too large"), N_("A smaller file or a shorter text will pass.")),
    422: (N_("This cannot be accepted as it is"), N_("Go back, change what is wrong, and send it again.")),
    429: (N_("Too many attempts"), N_("Wait a few minutes, then try again.")),
    500: (N_("Something went wrong here"), N_("It is not your fault. Try again in a moment.")),
    502: (N_("The other server does not answer"), N_("Try again later; it may be resting.")),
    503: (N_("Too busy for a moment"), N_("Try again in a minute.")),
}


def failure(page: Page, error: FediprofError | HTTPException | Exception) -> Response:
    """The page for an error met while answering `page`."""
    code = error.status if isinstance(error, FediprofError) else getattr(error, "status_code", 500)
    title, text = _WORDS.get(code, _WORDS[500])
    if isinstance(error, FediprofError) and (told := page.t.told(error.public)) is not None:
        text = told
    response = page.render("error.html", status=code, code=code, title=page.t(title), text=page.t(text))
    retry = getattr(error, "retry_after", None)
    if retry is not None:
        response.headers["Retry-After"] = str(retry)
    return response


async def error_page(request: Request, error: Exception) -> Response:
    """The same for what no page handler met: unknown addresses, wrong methods, our own mistakes. Reads nothing from
    the database, which may be what failed."""
    services = request.app.state.services
    language = choose(
        request.query_params.get("lang"),
        request.cookies.get("language"),
        accept=request.headers.get("accept-language", ""),
        default=services.settings.language,
    )
    return failure(Page(request, services, services.here(), texts(language), None), error)
