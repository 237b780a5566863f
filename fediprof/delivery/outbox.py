"""What a command wants sent becomes rows, in the command's own transaction: the activity rendered and proven once, and
one row per inbox. Nothing is sent here; `delivery.worker` does that once the rows are committed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import lru_cache

import msgspec
from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update

from fediprof.as2 import origin
from fediprof.db.among import among
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.db.upsert import insert_all_or_leave
from fediprof.delivery import software
from fediprof.effects import Audience, Deliver
from fediprof.errors import NotVerified
from fediprof.here import Here
from fediprof.keystore import KeyStore
from fediprof.moderation import policies
from fediprof.schema.actors import actor, follow
from fediprof.schema.delivery import delivery, outgoing, peer
from fediprof.signatures import integrity

_shared = func.coalesce(actor.c.shared_inbox, actor.c.inbox)

_OUTGOING = ("actor_id", "activity_iri", "type", "object_iri", "post_id", "body", "created_at")
_DELIVERY = ("outgoing_id", "object_iri", "state", "attempts", "next_at", "inbox", "host")
_INSERT = Prepared(insert(outgoing).returning(outgoing.c.id), _OUTGOING)
_INSERT_DELIVERY = Prepared(insert(delivery), _DELIVERY)
_reachable = and_(~actor.c.local, actor.c.gone_at.is_(None))
_FOLLOWERS = Prepared(
    select(_shared, func.min(actor.c.host), func.min(peer.c.software))
    .join(follow, follow.c.follower_id == actor.c.id)
    .join(peer, peer.c.host == actor.c.host, isouter=True)
    .where(follow.c.target_id == bindparam("of"), follow.c.state == "accepted", _reachable)
    .group_by(_shared)
)
_SHARED_OF = Prepared(select(actor.c.inbox, _shared).where(among(actor.c.inbox, "inboxes")))
_NOW = bindparam("now", type_=peer.c.next_at.type)
# All of them, due already or not: else a worker that takes one on, finds nothing and gives it back, all while we have not
# committed, leaves what we wrote asleep. In one order, so that nobody waits for a lock of somebody who waits for theirs.
_LOCK = Prepared(select(peer.c.host).where(among(peer.c.host, "hosts")).order_by(peer.c.host).with_for_update())
# Due now: hosts with nothing to wait for, or with something put off that is no fault of theirs. Those on lease too, since
# a worker that gives one back just now has not seen these rows.
_WAKE = Prepared(
    update(peer)
    .where(
        among(peer.c.host, "hosts"),
        or_(
            peer.c.next_at.is_(None),
            peer.c.lease_until.is_not(None),
            and_(peer.c.failures == 0, peer.c.next_at > _NOW),
        ),
    )
    .values(next_at=case((peer.c.failures == 0, _NOW), else_=func.coalesce(peer.c.next_at, _NOW)))
)
_FORWARDED = select(outgoing.c.id).where(outgoing.c.activity_iri == bindparam("iri"))


def record(tx: Tx, keystore: KeyStore, deliver: Deliver, here: Here) -> int:
    """Write one outgoing activity and a delivery per inbox. Returns how many inboxes; 0 writes nothing.

    Public and followers-only mail goes to shared inboxes; a single person's mail to that person's own. Local actors,
    gone actors and blocked servers get none.
    """
    targets = _targets(tx, deliver.audience)
    if not targets:
        return 0
    if deliver.body is not None and tx.execute(_FORWARDED, {"iri": deliver.activity["id"]}).first() is not None:
        return 0  # somebody else's activity, passed on before under this id
    row = {
        "actor_id": deliver.actor_id,
        "activity_iri": str(deliver.activity["id"]),
        "type": str(deliver.activity["type"]),
        "object_iri": deliver.object_iri,
        "post_id": deliver.post_id,
        "body": deliver.body if deliver.body is not None else _proven(tx, keystore, deliver, here.now),
        "created_at": here.now,
    }
    [[outgoing_id]] = _INSERT.all(tx, row)
    common = {
        "outgoing_id": outgoing_id,
        "object_iri": deliver.object_iri,
        "state": "waiting",
        "attempts": 0,
        "next_at": here.now,
    }
    _INSERT_DELIVERY.run_all(tx, [common | {"inbox": inbox, "host": host} for inbox, host in targets.items()])
    _wake_hosts(tx, set(targets.values()), here.now)
    return len(targets)


@lru_cache(maxsize=64)
def _people(count: int) -> Prepared:
    """(inbox, shared inbox, host, software) of so many actors. Not `among`: beside `_reachable` SQLite would then go through
    every actor of other servers, by the index of `local`."""
    ids = [bindparam(f"id{number}", type_=actor.c.id.type) for number in range(count)]
    query = select(actor.c.inbox, _shared, actor.c.host, peer.c.software)
    query = query.join(peer, peer.c.host == actor.c.host, isouter=True)
    return Prepared(query.where(actor.c.id.in_(ids), _reachable))


def _proven(tx: Tx, keystore: KeyStore, deliver: Deliver, now: datetime) -> bytes:
    """With its proof; without one where what a group passes on has numbers that proofs know no form for."""
    document = dict(deliver.activity)
    with suppress(NotVerified):
        document = integrity.attach(document, keystore.pair(tx, deliver.actor_id).ed25519, now)
    return msgspec.json.encode(document)


def _targets(tx: Tx, audience: Audience) -> dict[str, str]:
    """{inbox: host}, each inbox once."""
    found: dict[str, str] = {}
    if audience.followers_of is not None:
        rows = _FOLLOWERS.all(tx, {"of": audience.followers_of})
        found.update((row[0], row[1]) for row in rows if software.reads(row[2], audience.form))
    if audience.actor_ids:
        alone = audience.followers_of is None and len(audience.actor_ids) == 1
        ids = {f"id{number}": each for number, each in enumerate(audience.actor_ids)}
        people = _people(len(ids)).all(tx, ids)
        found.update(
            (inbox if alone else shared, host)
            for inbox, shared, host, runs in people
            if software.reads(runs, audience.form)
        )
    if audience.inboxes:
        known = _SHARED_OF.all(tx, {"inboxes": list(audience.inboxes)})
        shared: dict[str, str] = {row[0]: row[1] for row in known}
        for inbox in audience.inboxes:
            if shared.get(inbox) not in found:
                found.setdefault(inbox, origin.host_of(inbox))
    if audience.but_host:
        found = {inbox: host for inbox, host in found.items() if host != audience.but_host}
    return found if audience.parting else _let_through(tx, found)


def _let_through(tx: Tx, found: dict[str, str]) -> dict[str, str]:
    """Without what would go to servers blocked here."""
    decided = policies.of_hosts(tx, found.values())
    blocked = {host for host, policy in decided.items() if policy.severity == "block"}
    return {inbox: host for inbox, host in found.items() if host not in blocked} if blocked else found


def _wake_hosts(tx: Tx, hosts: set[str], now: datetime) -> None:
    """Make hosts due at once unless they are being spared after failures."""
    known = {row[0] for row in _LOCK.all(tx, {"hosts": list(hosts)})}
    fresh = [{"host": host, "next_at": now, "failures": 0, "failing_days": []} for host in sorted(hosts - known)]
    insert_all_or_leave(tx, peer, fresh)
    _WAKE.run(tx, {"hosts": list(hosts), "now": now})
