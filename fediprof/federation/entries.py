"""Entries asked for as documents. A published one is its post; any other is given to a person it was opened to, who
asks with a key of their own, and is for everybody else an address where nothing is (the same words, at the same pace).

A server's own actor stands for nobody in particular: what it asks for, it asks for everybody there.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.as2 import names
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.errors import NotFound
from fediprof.federation.endpoints import As2Route, answer, member_named, services_of, viewer
from fediprof.posts import store as posts
from fediprof.principal import Anonymous, RemoteServer
from fediprof.profiles import ledger, views, wire
from fediprof.profiles.disclosure import Disclosed
from fediprof.profiles.ledger import NoteFetch

PRIVATE_HEADERS = {
    "Vary": "Accept, Signature",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, noarchive, nosnippet",
}


async def entry(request: Request) -> Response:
    services, slug = services_of(request), request.path_params["slug"]
    username = request.path_params.get("username")
    asker, here = await viewer(request), services.here()

    def load(tx: Tx) -> tuple[Document, NoteFetch | None] | str | None:
        looker = _looker(tx, asker)
        shown = views.one(tx, slug, looker.id if looker else None, here.now)
        owner = actors.by_id(tx, shown.actor_id if shown else 0)
        if shown is None or owner is None or (username is not None and username.lower() != owner.username.lower()):
            return None
        if (iri := _iris(tx, [shown])[0]) and owner.gone_at is None:
            return iri
        if looker is None:
            return None
        noted = NoteFetch(owner.id, looker.id, (shown.id,), looker.host) if shown.grant_id is not None else None
        return wire.note(shown, owner, looker.iri, here), noted

    found = await services.read(load)
    if found is None:
        raise NotFound("no such entry")
    if isinstance(found, str):
        return RedirectResponse(found, 302, headers={"Vary": "Accept, Signature"})
    document, noted = found
    if noted is not None and request.method == "GET":
        await services.perform(ledger.fetched, noted)
    return _private(document)


async def profile(request: Request) -> Response:
    services, username = services_of(request), request.path_params["username"]
    asker, here = await viewer(request, collection=True), services.here()

    def load(tx: Tx) -> tuple[Document, bool]:
        owner, looker = member_named(tx, username), _looker(tx, asker)
        seen_by = views.viewer_of(tx, owner.id, looker.id if looker else None, here.now)
        shown = views.of_owner(tx, owner.id, seen_by, here.now)
        found = [(each, iri) for each, iri in zip(shown, _iris(tx, shown), strict=True) if iri or looker]
        return wire.collection(found, owner, here), all(iri for _, iri in found)

    document, public = await services.read(load)
    return answer(document) if public else _private(document)


def _looker(tx: Tx, asker: Anonymous | RemoteServer) -> Actor | None:
    """The person whose key signed, if it was a person's."""
    found = actors.by_iri(tx, asker.actor_iri) if isinstance(asker, RemoteServer) else None
    return found if found is not None and found.type != "Application" and found.gone_at is None else None


def _iris(tx: Tx, shown: list[Disclosed]) -> list[str]:
    """The posts that entries are, "" for those that are none."""
    found = posts.by_ids(tx, [each.post_id for each in shown if each.public and each.post_id is not None])
    return [found[each.post_id].iri if each.public and each.post_id in found else "" for each in shown]


def _private(document: Document) -> Response:
    body = msgspec.json.encode(document)
    return Response(body, headers=PRIVATE_HEADERS, media_type=f"{names.MEDIA_TYPE}; charset=utf-8")


routes = [Route("/u/{username}/profile", profile, methods=["GET"])]
negotiated = [
    As2Route("/e/{slug}", entry, methods=["GET"]),
    As2Route("/@{username}/e/{slug}", entry, methods=["GET"]),
]
