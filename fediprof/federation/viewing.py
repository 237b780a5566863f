"""Who fetches: an unsigned request is Anonymous; a signed one a RemoteServer. A bad signature is refused, a missing one
only where the setting says so; the server's own actor is always given to anybody (federation rule 7)."""

from __future__ import annotations

from fediprof import clock
from fediprof.as2 import origin
from fediprof.db.database import Tx
from fediprof.errors import NotAllowed, NotVerified, TryLater, Unreachable, WrongKey
from fediprof.federation.resolve import NetworkResolver
from fediprof.moderation import policies
from fediprof.perform import Performer
from fediprof.principal import ANONYMOUS, Anonymous, RemoteServer
from fediprof.signatures import verify
from fediprof.signatures.message import SignableRequest


async def viewer_of(
    request: SignableRequest, perform: Performer, resolver: NetworkResolver, *, signed: bool = False
) -> Anonymous | RemoteServer:
    """`signed`: what is asked for is given to signed requests only, as everything is in secure mode. Raises NotVerified
    for a signature that does not hold (or a missing one that is asked for), NotAllowed for a blocked server; TryLater
    where a signature is asked for, and too many keys nobody knows are named at one host."""
    signed = signed or perform.settings.secure_fetch
    if "signature" not in request.headers and "signature-input" not in request.headers:
        if signed:
            raise NotVerified("this server gives its documents to signed requests only")
        return ANONYMOUS
    claim = verify.claim(request)
    host = origin.host_of(claim.key_id)

    def blocked(tx: Tx) -> bool:
        return policies.domain_blocked(tx, host)

    if await perform.database.read(blocked):
        raise NotAllowed(f"{host} is blocked here")
    try:
        found = await resolver.key(claim.key_id)
    except TryLater:
        if signed:
            raise
        return ANONYMOUS
    except Unreachable:
        found = None
    if found is None:
        if signed:
            raise NotVerified(f"there is no key {claim.key_id}")
        return ANONYMOUS  # what is public is given to them as to anybody
    try:
        verified = verify.prove(request, claim, found[0], clock.now())
    except WrongKey as wrong:
        if not resolver.budget.take(host):
            raise
        try:
            again = await resolver.key(claim.key_id, fresh=True)
        except Unreachable:
            raise wrong from None
        if again is None:
            raise
        verified = verify.prove(request, claim, again[0], clock.now())
    return RemoteServer(origin.host_of(verified.owner), verified.owner)
