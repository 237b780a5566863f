"""What those who run a server do about a campaign: say that it is none, and write to those who run the sender's server."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof.actors import store as actors
from fediprof.as2 import build
from fediprof.campaigns import store
from fediprof.campaigns.records import MAX_WORDS, Campaign
from fediprof.db.database import Tx
from fediprof.effects import Audience, Deliver, Done, Effect
from fediprof.errors import Invalid, NotFound
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.principal import Member, must_run_server


@dataclass(frozen=True, slots=True)
class DismissCampaign:
    """`again`: take it back; the label stands again."""

    by: Member
    campaign_id: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class TellServer:
    by: Member
    campaign_id: int
    words: str


def dismiss_campaign(tx: Tx, request: DismissCampaign, here: Here) -> Done[None]:
    """Nobody is told any more that their message is part of it, whoever gets about the same text next either."""
    must_run_server(request.by)
    found = _found(tx, request.campaign_id)
    if request.again:
        store.set_dismissed(tx, found.id, None, None)
    elif found.dismissed_at is None:
        store.set_dismissed(tx, found.id, request.by.actor_id, here.now)
    return Done(None)


def tell_server(tx: Tx, request: TellServer, here: Here) -> Done[bool]:
    """A report in this server's name to the server the campaign comes from: a Flag for each account that wrote it, with what
    is said and no post, for none is theirs to read. Once: False for what was sent before. Raises Invalid, NotFound."""
    must_run_server(request.by)
    found = _found(tx, request.campaign_id)
    if found.told_at is not None:
        return Done(False)
    words = request.words.strip()
    if not words:
        raise Invalid("Write something", field="words")
    if len(words) > MAX_WORDS:
        raise Invalid(f"At most {MAX_WORDS} characters", field="words")
    people = actors.by_ids(tx, store.senders(tx, found.id)).values()
    senders = [each for each in people if not each.local and each.gone_at is None]
    server = actors.local_by_username(tx, INSTANCE_ACTOR)
    if found.member_id is not None or not senders or server is None:
        raise NotFound("nobody elsewhere to write to")
    iris: list[str] = []
    effects: list[Effect] = []
    for each in senders:
        iris.append(here.new_activity())
        flag = build.activity("Flag", iris[-1], server.iri, each.iri, content=words)
        effects.append(Deliver(server.id, flag, Audience(actor_ids=(each.id,)), iris[-1]))
    store.set_told(tx, found.id, request.by.actor_id, here.now, iris)
    return Done(True, tuple(effects))


def _found(tx: Tx, campaign_id: int) -> Campaign:
    found = store.to_change(tx, campaign_id)
    if found is None:
        raise NotFound("no such campaign")
    return found
