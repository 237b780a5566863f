"""Who signed what comes in, as far as the database knows: asked at every activity, so one statement for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, select

from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.db.prepared import Prepared
from fediprof.errors import NotAllowed
from fediprof.moderation import policies
from fediprof.schema.actors import actor, public_key
from fediprof.schema.delivery import peer
from fediprof.schema.moderation import sanction
from fediprof.signatures import keys
from fediprof.signatures.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Signer:
    """`key`, and of the actor it belongs to what the inbox's door asks for. `failing`: our deliveries to its server
    have failed lately; that it writes shows that it is back."""

    key: PublicKey
    actor_id: int
    iri: str
    followers: str | None
    fetched_at: datetime | None
    failing: bool
    suspended: bool = False

    @classmethod
    def fetched(cls, key: PublicKey, actor: Actor, *, suspended: bool) -> Signer:
        """Whose key was just asked for; of its server nothing was looked up."""
        return cls(key, actor.id, actor.iri, actor.followers, actor.fetched_at, failing=True, suspended=suspended)


_SIGNER = Prepared(
    select(
        public_key.c.owner,
        public_key.c.material,
        policies.SEVERITY,
        actor.c.id,
        actor.c.iri,
        actor.c.followers,
        actor.c.fetched_at,
        exists().where(peer.c.host == bindparam("host"), peer.c.failures > 0),
        exists().where(sanction.c.actor_id == actor.c.id, sanction.c.kind == "suspend"),
    )
    .join(actor, actor.c.id == public_key.c.actor_id)
    .where(public_key.c.iri == bindparam("iri"))
)
"""Columns: owner, material, what is decided about the host, and Signer's."""


def signer(tx: Tx, key_id: str, host: str) -> Signer | None:
    """The owner of a key we hold; `host` is the key's. Raises NotAllowed when that server is blocked here."""
    row = _SIGNER.first(tx, {"iri": key_id, "host": host, "names": policies.over(host)})
    if row is None:
        if policies.domain_blocked(tx, host):
            raise NotAllowed(f"{host} is blocked here")
        return None
    owner, material, severity, *known = row
    if severity == "block":
        raise NotAllowed(f"{host} is blocked here")
    return Signer(keys.public_from_material(key_id, owner, material), *known)
