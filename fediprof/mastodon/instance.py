"""What this server is, for apps that are about to log in."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from fediprof.accounts import store as accounts
from fediprof.actors import store as actors
from fediprof.db.database import Tx
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import instance
from fediprof.mastodon.entities.instance import Figures
from fediprof.mastodon.errors import json

_FRESH_FOR = timedelta(minutes=1)


def v1(tx: Tx, call: Call) -> Response:
    return json(instance.render_v1(call.services.settings, figures(tx, call), call.answer()))


def v2(tx: Tx, call: Call) -> Response:
    return json(instance.render_v2(call.services.settings, figures(tx, call), call.answer()))


def custom_emojis(tx: Tx, call: Call) -> Response:
    """This server has none of its own."""
    return json([])


def figures(tx: Tx, call: Call) -> Figures:
    """Counted once a minute: the page is open to all, and reads every account."""
    state = call.request.app.state
    held: tuple[datetime, Figures] | None = getattr(state, "api_figures", None)
    if held is not None and call.here.now - held[0] < _FRESH_FOR:
        return held[1]
    people = [(account, actor) for account, actor in accounts.everyone(tx) if actor.gone_at is None]
    admin = next((actor for account, actor in people if account.admin), None)
    made = Figures(len(people), sum(actor.posts_count for _, actor in people), actors.hosts(tx), admin)
    state.api_figures = (call.here.now, made)
    return made
