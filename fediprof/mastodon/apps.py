"""Client apps: registering one, and asking which one a token is of."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediprof.db.database import Tx
from fediprof.errors import NotVerified
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import app
from fediprof.mastodon.errors import INVALID_TOKEN, json
from fediprof.mastodon.throttle import Throttle
from fediprof.oauth import store
from fediprof.oauth.commands import RegisterApp, register_app
from fediprof.oauth.records import App


async def register(call: Call) -> Response:
    """`redirect_uris` is a text, a text with a line for each, or a list."""
    knock(call.request, "apps")
    uris = [uri.strip() for given in call.params.texts("redirect_uris") for uri in given.splitlines()]
    asked = RegisterApp(
        name=call.params.text("client_name"),
        redirect_uris=tuple(dict.fromkeys(filter(None, uris))),
        scopes=" ".join(call.params.texts("scopes")),
        website=call.params.text("website"),
    )
    return json(app.render_registered(await call.perform(register_app, asked)))


def verify_credentials(tx: Tx, call: Call) -> Response:
    return json(app.render(of_token(tx, call)))


def of_token(tx: Tx, call: Call) -> App:
    token = call.caller.token
    found = store.app_by_id(tx, token.app_id) if token else None
    if found is None:
        raise NotVerified("no app", public=INVALID_TOKEN)
    return found


def knock(request: Request, door: str) -> None:
    """Slow down who knocks too often on a door open to all. The buckets belong to the running app: one per process."""
    held: dict[str, Throttle] | None = getattr(request.app.state, "api_throttles", None)
    if held is None:
        held = request.app.state.api_throttles = {"apps": Throttle(30, 10), "token": Throttle(60, 5)}
    held[door].knock(request.client.host if request.client else "")
