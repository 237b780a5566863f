"""What a command wants sent becomes rows, in the command's own transaction: the activity rendered and proven once, and
one row per inbox. Nothing is sent here; `delivery.worker` does that once the rows are committed."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select, update

from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.db.upsert import insert_all_or_leave
from fediprof.effects import Audience, Deliver
from fediprof.here import Here
from fediprof.keystore import KeyStore
from fediprof.schema.actors import actor, follow
from fediprof.schema.delivery import delivery, outgoing, peer
from fediprof.schema.moderation import domain_block
from fediprof.signatures import integrity

_shared = func.coalesce(actor.c.shared_inbox, actor.c.inbox)
_BLOCKED = select(domain_block.c.domain)


def record(tx: Tx, keystore: KeyStore, deliver: Deliver, here: Here) -> int:
    """Write one outgoing activity and a delivery per inbox. Returns how many inboxes; 0 writes nothing.

    Public and followers-only mail goes to shared inboxes; a single person's mail to that person's own. Local actors,
    gone actors and blocked servers get none.
    """
    targets = _targets(tx, deliver.audience)
    if not targets:
        return 0
    outgoing_id = tx.execute(
        insert(outgoing).returning(outgoing.c.id),
        {
            "actor_id": deliver.actor_id,
            "activity_iri": str(deliver.activity["id"]),
            "type": str(deliver.activity["type"]),
            "object_iri": deliver.object_iri,
            "post_id": deliver.post_id,
            "body": deliver.body if deliver.body is not None else _proven(tx, keystore, deliver, here.now),
            "created_at": here.now,
        },
    ).scalar_one()
    tx.execute(
        insert(delivery),
        [
            {
                "outgoing_id": outgoing_id,
                "host": host,
                "inbox": inbox,
                "object_iri": deliver.object_iri,
                "state": "waiting",
                "attempts": 0,
                "next_at": here.now,
            }
            for inbox, host in targets.items()
        ],
    )
    _wake_hosts(tx, set(targets.values()), here.now)
    return len(targets)


def _proven(tx: Tx, keystore: KeyStore, deliver: Deliver, now: datetime) -> bytes:
    key = keystore.pair(tx, deliver.actor_id).ed25519
    return msgspec.json.encode(integrity.attach(dict(deliver.activity), key, now))


def _targets(tx: Tx, audience: Audience) -> dict[str, str]:
    """{inbox: host}, each inbox once."""
    found: dict[str, str] = {}
    if audience.followers_of is not None:
        query = (
            select(_shared, func.min(actor.c.host))
            .join(follow, follow.c.follower_id == actor.c.id)
            .where(
                follow.c.target_id == audience.followers_of,
                follow.c.state == "accepted",
                ~actor.c.local,
                actor.c.gone_at.is_(None),
                actor.c.host.not_in(_BLOCKED),
            )
            .group_by(_shared)
        )
        found.update((row[0], row[1]) for row in tx.execute(query))
    if audience.actor_ids:
        one_by_one = actor.c.inbox if audience.followers_of is None and len(audience.actor_ids) == 1 else _shared
        query = select(one_by_one, actor.c.host).where(
            actor.c.id.in_(audience.actor_ids),
            ~actor.c.local,
            actor.c.gone_at.is_(None),
            actor.c.host.not_in(_BLOCKED),
        )
        found.update((row[0], row[1]) for row in tx.execute(query))
    if audience.inboxes:
        query = select(actor.c.inbox, _shared).where(actor.c.inbox.in_(audience.inboxes))
        shared: dict[str, str] = {row[0]: row[1] for row in tx.execute(query)}
        for inbox in audience.inboxes:
            if shared.get(inbox) not in found:
                found.setdefault(inbox, origin.host_of(inbox))
    return found


def _wake_hosts(tx: Tx, hosts: set[str], now: datetime) -> None:
    """Make hosts due at once unless they are being spared after failures."""
    insert_all_or_leave(
        tx, peer, [{"host": host, "next_at": now, "failures": 0, "failing_days": []} for host in sorted(hosts)]
    )
    quiet = update(peer).where(peer.c.host.in_(hosts), peer.c.next_at.is_(None)).values(next_at=now)
    tx.execute(quiet)
