"""New keys for a local actor, when the old ones may be known to somebody else. Same key ids, as peers expect: they find
the new key when a signature does not fit the one they kept, or in the Update that goes to followers."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof import keystore
from fediprof.actors import store, wire
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done
from fediprof.errors import NotFound
from fediprof.here import Here
from fediprof.keystore import SealedKey


@dataclass(frozen=True, slots=True)
class RotateKeys:
    """`keys`: made by `KeyStore.make` before the transaction. The caller has the key store `forget` the actor first:
    the Update is proven with the new key."""

    username: str
    keys: tuple[SealedKey, ...]


def rotate_keys(tx: Tx, request: RotateKeys, here: Here) -> Done[Actor]:
    """Raises NotFound."""
    actor = store.local_by_username(tx, request.username)
    if actor is None or actor.gone_at is not None:
        raise NotFound("no such actor", public=f"There is no actor named {request.username} here")
    keystore.keep(tx, actor.id, request.keys, here.now)
    store.replace_keys(tx, actor.id, [(key.iri, actor.iri, key.public) for key in request.keys], here.now)
    activity = wire.update(actor, keystore.public_material(tx, actor.id), here)
    return Done(actor, (Deliver(actor.id, activity, Audience(actor.id), actor.iri),))
