"""An entry on another server that was opened to one member of ours: asked for with that member's own key, shown to them,
and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fediprof.actors.records import Actor
from fediprof.as2 import origin, parse, reader
from fediprof.db.database import Tx
from fediprof.errors import Malformed, NotAllowed
from fediprof.posts import wire
from fediprof.signatures.keys import PrivateKey

if TYPE_CHECKING:
    from fediprof.services import Services


@dataclass(frozen=True, slots=True)
class Opened:
    """`html`: safe. `entry`: what `posts.wire.entry_of` reads. `until`: when it closes again, as its server says.
    `public`: its server does not ask that it be kept nowhere."""

    url: str
    owner: Actor
    html: str
    language: str | None
    entry: dict[str, Any] | None
    until: datetime | None
    public: bool


async def opened(services: Services, actor_id: int, url: str) -> Opened | None:
    """What stands at `url` for one member; None when there is nothing for them. Raises Unreachable, Forbidden."""

    def own_key(tx: Tx) -> PrivateKey:
        return services.keystore.pair(tx, actor_id).rsa

    fetched = await services.resolver.documents.fetch(url, await services.read(own_key))
    if fetched is None:
        return None
    try:
        written = parse.post(fetched.document)
        origin.must_own(written.id, written.attributed_to, written.attributed_to)
    except (Malformed, NotAllowed):
        return None
    owner = await services.resolver.actor(written.attributed_to)
    if owner is None or owner.local or owner.gone_at is not None:
        return None
    return Opened(
        url=written.url or written.id,
        owner=owner,
        html=wire.html_of(written),
        language=written.language,
        entry=wire.entry_of(written.entry),
        until=reader.instant(fetched.document.get("endTime")),
        public=not reader.boolean(fetched.document.get("fp:noStore")),
    )
