"""What this server is, for apps that are about to log in."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.accounts import store as accounts
from fediprof.db.database import Tx
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import instance
from fediprof.mastodon.entities.instance import Figures
from fediprof.mastodon.errors import json


def v1(tx: Tx, call: Call) -> Response:
    return json(instance.render_v1(call.services.settings, figures(tx), call.answer()))


def v2(tx: Tx, call: Call) -> Response:
    return json(instance.render_v2(call.services.settings, figures(tx), call.answer()))


def custom_emojis(tx: Tx, call: Call) -> Response:
    """This server has none of its own."""
    return json([])


def figures(tx: Tx) -> Figures:
    people = accounts.everyone(tx)
    admin = next((actor for account, actor in people if account.admin and actor.gone_at is None), None)
    posts = sum(actor.posts_count for _, actor in people)
    return Figures(len(people), posts, 0, admin)
