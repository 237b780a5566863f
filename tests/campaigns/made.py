"""A campaign from another server, for tests of pages that show one."""

from __future__ import annotations

from collections.abc import Mapping

from fediprof import clock, ids
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import parse
from fediprof.campaigns import store
from fediprof.db.database import Tx
from fediprof.here import INSTANCE_ACTOR
from fediprof.posts.receive import ReceivePost, receive_post
from fediprof.posts.records import Post
from fediprof.services import Services
from tests.campaigns.texts import template


async def campaign_of(
    services: Services, owns: Mapping[str, str], *, host: str = "recruits.example", name: str = "agent"
) -> tuple[int, dict[str, Post]]:
    """`owns`: member → the sentence written for them alone. Its id, and what came to each."""
    sender = await services.database.write(lambda tx: _sender(tx, host, name))
    came: dict[str, Post] = {}
    for n, (member, own) in enumerate(owns.items()):
        note = {
            "id": f"{sender.iri}/{n}",
            "type": "Note",
            "attributedTo": sender.iri,
            "to": [services.here().actor(member)],
            "published": clock.rfc3339(clock.now()),
            "content": (html := f"<p>{template(member, own)}</p>"),
            "contentMap": {"fr": html},
        }
        arrival = await services.perform(receive_post, ReceivePost(parse.post(note), sender, html))
        assert arrival.post is not None
        came[member] = arrival.post
    return (await services.read(store.lines))[0].campaign.id, came


def _sender(tx: Tx, host: str, name: str) -> Actor:
    known = actors.local_by_username(tx, INSTANCE_ACTOR)
    assert known is not None
    iri = f"https://{host}/users/{name}"
    who = {
        "id": ids.new_id(),
        "local": False,
        "type": "Person",
        "username": name,
        "domain": host,
        "name": name.title(),
    }
    where = {"iri": iri, "url": iri, "inbox": f"{iri}/inbox", "shared_inbox": None, "host": host}
    made = Actor(**{**{field: getattr(known, field) for field in Actor.__slots__}, **who, **where})
    actors.insert_actor(tx, made)
    return made
