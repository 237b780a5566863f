"""What the endpoints ask of the instance as a whole: who a post was for, how much there is, how much a body may weigh."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select
from starlette.requests import Request

from fediprof import clock
from fediprof.db.database import Tx
from fediprof.errors import TooMuch
from fediprof.federation.pacing import LARGEST, Pacing
from fediprof.federation.receive import Receiver
from fediprof.net.budget import HostBudget
from fediprof.posts.records import Post
from fediprof.schema.accounts import account
from fediprof.schema.actors import actor, follow
from fediprof.schema.posts import mention
from fediprof.schema.posts import post as post_table

if TYPE_CHECKING:
    from starlette.applications import Starlette

REFETCHES_PER_MINUTE = 6


def was_for(tx: Tx, post: Post, host: str) -> bool:
    """Whether a post that is not public was written for somebody on a server."""
    named = exists().where(mention.c.post_id == post.id, mention.c.actor_id == actor.c.id)
    follows = exists().where(
        follow.c.follower_id == actor.c.id, follow.c.target_id == post.actor_id, follow.c.state == "accepted"
    )
    in_group = exists().where(
        follow.c.follower_id == actor.c.id, follow.c.target_id == post.group_id, follow.c.state == "accepted"
    )
    readers = {"followers": or_(named, follows), "group": in_group}.get(post.visibility, named)
    query = select(actor.c.id).where(actor.c.host == host, ~actor.c.local, readers).limit(1)
    return tx.execute(query).first() is not None


def usage(tx: Tx) -> tuple[int, int, int]:
    """(members, members active within half a year, posts of members)"""
    members = select(func.count()).select_from(account)
    since = clock.now() - timedelta(days=180)
    joined = account.join(actor, actor.c.id == account.c.actor_id)
    active = select(func.count()).select_from(joined).where(actor.c.last_post_at > since)
    written = (
        select(func.count()).select_from(post_table).where(post_table.c.local, post_table.c.deleted_at.is_(None))
    )
    counts = [int(tx.execute(query).scalar_one()) for query in (members, active, written)]
    return counts[0], counts[1], counts[2]


async def limited_body(request: Request, stated: str) -> bytes:
    """The body, or TooMuch as soon as it is known to be too large."""
    if stated.isdigit() and int(stated) > LARGEST:
        raise TooMuch(f"{stated} bytes announced")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise TooMuch("more bytes than taken")
        parts.append(part)
    return b"".join(parts)


def receiver(app: Starlette) -> Receiver:
    """One per process: it remembers how often keys were asked for again."""
    found: Receiver | None = getattr(app.state, "receiver", None)
    if found is None:
        services = app.state.services
        pacing = Pacing(services.database, per_minute=services.settings.inbox_per_minute)
        budget = HostBudget(REFETCHES_PER_MINUTE)
        found = Receiver(services.perform, services.resolver, budget, pacing, services.gate.tally.add)
        app.state.receiver = found
    return found
