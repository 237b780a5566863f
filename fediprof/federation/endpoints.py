"""What other servers ask of us over HTTP: actors, posts, collections, inboxes, discovery. Each translates, asks, answers.

The paths of actors and posts are shared with pages: `as2_wanted` decides by the Accept header which door answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from fediprof import keystore
from fediprof.actors import store as actors
from fediprof.actors import wire as actor_wire
from fediprof.actors.records import Actor
from fediprof.as2 import build, names, origin
from fediprof.as2.model import Document
from fediprof.db.database import Tx
from fediprof.errors import Gone, NotAllowed, NotFound, NotVerified
from fediprof.federation import collections, discovery, instance, passed
from fediprof.federation.viewing import viewer_of
from fediprof.groups import collections as group_collections
from fediprof.groups import store as groups
from fediprof.groups import wire as group_wire
from fediprof.groups.records import Hosted
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.moderation import limits
from fediprof.posts import rules, views, wire
from fediprof.posts import store as posts
from fediprof.posts.records import Post, Shown
from fediprof.principal import Anonymous, RemoteServer
from fediprof.refusals import paths
from fediprof.refusals import store as refusals
from fediprof.refusals.prefixes import prefix_of
from fediprof.signatures import verify
from fediprof.signatures.message import SignableRequest

if TYPE_CHECKING:
    from fediprof.services import Services

HEADERS = {"Vary": "Accept, Signature", "Cache-Control": "private, max-age=0, must-revalidate"}
PUBLIC_HEADERS = {"Vary": "Accept, Signature", "Cache-Control": "public, max-age=180"}


def services_of(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def as2_wanted(request: Request) -> bool:
    """Whether the asker wants the document and not the page: the first of the two that the Accept header names.

    PieFed asks for ld+json with no profile; some libraries for plain JSON. Browsers name text/html first.
    """
    accept = request.headers.get("accept", "")
    for part in accept.lower().split(","):
        kind = part.partition(";")[0].strip()
        if kind in ("text/html", "application/xhtml+xml"):
            return False
        if kind in ("application/activity+json", "application/ld+json", "application/json"):
            return True
    return False


def answer(document: Document, status: int = 200, *, public: bool = False) -> Response:
    headers = PUBLIC_HEADERS if public else HEADERS
    body = msgspec.json.encode(document)
    return Response(body, status, headers, media_type=f"{names.MEDIA_TYPE}; charset=utf-8")


def signable(request: Request, services: Services, body: bytes = b"") -> SignableRequest:
    """The request as it must have been signed: towards our public address, whatever the proxy in front calls us."""
    target = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    url = services.settings.origin + target + (f"?{query}" if query else "")
    return SignableRequest(request.method, url, headers, body)


async def viewer(request: Request, *, collection: bool = False, key: bool = False) -> Anonymous | RemoteServer:
    """Who fetches, once the gate let them. `collection`: it lists what a person wrote. `key`: without it, what we send
    is not believed; a server that takes our deliveries gets it, however many people it asks for."""
    services = services_of(request)
    asked = signable(request, services)
    wanted = collection and services.perform.settings.signed_collections
    try:
        found = await viewer_of(asked, services.perform, services.resolver, signed=wanted)
    except NotAllowed:
        services.gate.tally.add("server", origin.host_of(verify.claim(asked).key_id))
        raise
    except NotVerified:
        if "signature" not in asked.headers and "signature-input" not in asked.headers:
            services.gate.tally.add("unsigned", _prefix(request) or "private")
        raise
    reader = found.host if isinstance(found, RemoteServer) else _prefix(request)
    refused = services.gate.check(reader, paths.person_in(request.scope["path"]))
    if refused is None or reader is None:
        return found
    if key and refused.kind == "people" and isinstance(found, RemoteServer):
        host = found.host
        if await services.read(lambda tx: refusals.sent_to(tx, host)):
            return found
    raise services.gate.refusal(refused, reader)


def _prefix(request: Request) -> str | None:
    return prefix_of(request.client.host) if request.client else None


async def _member(request: Request, username: str) -> Actor:
    return await services_of(request).read(lambda tx: member_named(tx, username))


def member_named(tx: Tx, username: str) -> Actor:
    """A member by name. Raises NotFound, and Gone for one who left."""
    found = actors.local_by_username(tx, username)
    if found is None or found.username == INSTANCE_ACTOR:
        raise NotFound(f"no member {username}")
    if found.gone_at is not None:
        raise Gone(f"{found.username} left")
    if limits.suspended(tx, found.id):
        raise NotFound(f"{found.username} is suspended")
    return found


# --- actors


async def server_actor(request: Request) -> Response:
    """Given to anybody, unsigned too: two servers that both ask for signatures would else never learn a key."""
    return await _actor_document(request, INSTANCE_ACTOR)


async def actor(request: Request) -> Response:
    """Unsigned too, in secure mode without the profile: the key must be had, the rest need not."""
    username = request.path_params["username"]
    member = await _member(request, username)
    try:
        await viewer(request, key=True)
    except NotVerified:
        if "signature" in request.headers or "signature-input" in request.headers:
            raise
        return await _actor_document(request, member.username, stub=True)
    return await _actor_document(request, member.username)


async def _actor_document(request: Request, username: str, *, stub: bool = False) -> Response:
    services = services_of(request)

    def load(tx: Tx) -> Document:
        found = actors.local_by_username(tx, username)
        if found is None:
            raise NotFound(username)
        keys, hosted = keystore.public_material(tx, found.id), groups.hosted(tx, found.id)
        if hosted is not None:
            document = group_wire.document(hosted, keys, services.here())
        else:
            document = actor_wire.document(found, keys, services.here())
        if stub:
            kept = ("@context", "id", "type", "preferredUsername", "inbox", "publicKey", "assertionMethod")
            document = {name: document[name] for name in kept}
        return document

    return answer(await services.read(load), public=not stub)


async def outbox(request: Request) -> Response:
    if (hosted := await _group(request)) is not None:
        make = group_collections.outbox_page if "page" in request.query_params else group_collections.outbox
        return await _of_group(request, hosted, make)
    return await _paged(request, "max_id", collections.outbox)


async def _paged(request: Request, cursor: str, make: Callable[..., Document]) -> Response:
    services, username = services_of(request), request.path_params["username"]
    await viewer(request, collection=True)
    number, page = _cursor(request, cursor), "page" in request.query_params
    return answer(await services.read(lambda tx: make(tx, member_named(tx, username), services.here(), number, page)))


async def followers(request: Request) -> Response:
    member = await _member(request, request.path_params["username"])
    await viewer(request, collection=True)
    return answer(collections.followers(member))


async def following(request: Request) -> Response:
    member = await _member(request, request.path_params["username"])
    await viewer(request, collection=True)
    return answer(collections.following(member))


async def followers_on(request: Request) -> Response:
    """FEP-8fcf: a server sees its own part of the followers, and only with its signature."""
    services, member = services_of(request), await _member(request, request.path_params["username"])
    asker = await viewer(request)
    if not isinstance(asker, RemoteServer):
        raise NotVerified("the partial collection is for the server it is about")
    return answer(await services.read(lambda tx: collections.followers_on(tx, member, asker.host)))


async def moderators(request: Request) -> Response:
    """A group's, given to anybody: other servers ask for it before they believe a moderator (groups rule 17)."""
    services = services_of(request)
    await viewer(request)
    hosted = await _group(request)
    if hosted is None:
        raise NotFound("no group of that name")
    return answer(await services.read(lambda tx: group_collections.moderators(tx, hosted)), public=True)


async def _group(request: Request) -> Hosted | None:
    services, username = services_of(request), request.path_params["username"]
    found = await services.read(lambda tx: groups.hosted_by_name(tx, username))
    if found is not None and found.actor.gone_at is not None:
        raise Gone(f"the group {username} was closed")
    return found


async def _of_group(request: Request, hosted: Hosted, make: Callable[[Tx, Hosted, Here], Document]) -> Response:
    """A list of a group; of a private one for servers that have a member in it, and for all others as if it were not there."""
    services = services_of(request)
    asker = await viewer(request, collection=True)

    def load(tx: Tx) -> Document:
        if hosted.group.private and not (
            isinstance(asker, RemoteServer) and groups.has_member_on(tx, hosted.id, asker.host)
        ):
            raise NotFound("no such list")
        return make(tx, hosted, services.here())

    return answer(await services.read(load))


async def featured(request: Request) -> Response:
    if (hosted := await _group(request)) is not None:
        return await _of_group(request, hosted, group_collections.featured)
    services, member = services_of(request), await _member(request, request.path_params["username"])
    await viewer(request, collection=True)
    return answer(await services.read(lambda tx: collections.featured(tx, member, services.here())))


async def featured_tags(request: Request) -> Response:
    services, member = services_of(request), await _member(request, request.path_params["username"])
    await viewer(request, collection=True)
    return answer(await services.read(lambda tx: collections.featured_tags(tx, member, services.here())))


# --- posts


async def post(request: Request) -> Response:
    services = services_of(request)
    found = await _visible_post(request)
    if found.deleted_at is not None:
        gone = build.tombstone(found.iri, found.type, found.deleted_at)
        return answer(gone, 410)
    return answer(await services.read(lambda tx: wire.note(_shown(tx, found), services.here())))


async def post_activity(request: Request) -> Response:
    services = services_of(request)
    found = await _visible_post(request)
    if found.deleted_at is not None:
        raise Gone(found.iri)
    return answer(await services.read(lambda tx: wire.create(_shown(tx, found), services.here())))


async def passed_on(request: Request) -> Response:
    """An activity of a group, as it was sent."""
    services = services_of(request)
    asker = await viewer(request)
    iri = f"{services.settings.origin}/a/{request.path_params['slug']}"
    body = await services.read(lambda tx: passed.activity(tx, iri, asker))
    if body is None:
        raise NotFound("no such activity")
    return Response(body, 200, HEADERS, media_type=f"{names.MEDIA_TYPE}; charset=utf-8")


async def post_part(request: Request) -> Response:
    """replies, context, likes, shares."""
    services = services_of(request)
    found = await _visible_post(request)
    if found.deleted_at is not None:
        raise Gone(found.iri)
    part = request.path_params["part"]
    if part == "replies":
        after, page = _cursor(request, "after"), "page" in request.query_params
        return answer(await services.read(lambda tx: collections.replies(tx, found, after, page)))
    if part == "context":
        if found.in_reply_to_iri is not None:
            raise NotFound("the thread began elsewhere")
        return answer(await services.read(lambda tx: collections.context(tx, found)))
    counted = {"likes": found.likes_count, "shares": found.announces_count}
    if part not in counted:
        raise NotFound(part)
    return answer(collections.counted(f"{found.iri}/{part}", counted[part]))


def _shown(tx: Tx, found: Post) -> Shown:
    shown = views.one(tx, found.id, found.actor_id)
    if shown is None:
        raise NotFound(found.iri)
    return shown


async def _visible_post(request: Request) -> Post:
    """A local post that the asker may see; what may not be seen is not found, in the same words.

    A followers' post is given to a server that has an accepted follower, a private one to a server that has someone it
    names: a signature proves the server, and that is whom it was sent to.
    """
    services = services_of(request)
    asker = await viewer(request)
    iri = f"{services.settings.origin}/p/{request.path_params['slug']}"

    def load(tx: Tx) -> Post | None:
        found = posts.by_iri(tx, iri)
        if found is None or not found.local or limits.suspended(tx, found.actor_id):
            return None
        if found.deleted_at is not None or rules.is_public(found):
            return found
        if not isinstance(asker, RemoteServer):
            return None
        return found if instance.was_for(tx, found, asker.host) else None

    found = await services.read(load)
    if found is None:
        raise NotFound("no such post")
    return found


def _cursor(request: Request, name: str) -> int | None:
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 19 else None


# --- inboxes


async def inbox(request: Request) -> Response:
    """A member's inbox, or the shared one: the audience is read from the activity, not from the address."""
    services = services_of(request)
    length = request.headers.get("content-length", "")
    body = await instance.limited_body(request, length)
    await instance.receiver(request.app)(signable(request, services, body))
    return Response(status_code=202)


async def inbox_read(request: Request) -> Response:
    raise NotAllowed("an inbox is read by its owner only")


# --- discovery


async def webfinger(request: Request) -> Response:
    services = services_of(request)
    here = services.here()
    username = discovery.wanted(request.query_params.get("resource", ""), here)
    found = None if username is None else await services.read(lambda tx: actors.local_by_username(tx, username))
    if found is None or await services.read(lambda tx: limits.suspended(tx, found.id)):
        raise NotFound("no such account")
    if found.gone_at is not None:
        raise Gone("the account left")
    body = msgspec.json.encode(discovery.jrd(found, here))
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"}
    return Response(body, 200, headers, media_type="application/jrd+json")


async def host_meta(request: Request) -> Response:
    body = discovery.host_meta(services_of(request).here())
    return Response(body, headers={"Access-Control-Allow-Origin": "*"}, media_type="application/xrd+xml")


async def nodeinfo_links(request: Request) -> Response:
    body = msgspec.json.encode(discovery.nodeinfo_links(services_of(request).here()))
    return Response(body, headers={"Access-Control-Allow-Origin": "*"}, media_type="application/json")


async def nodeinfo(request: Request) -> Response:
    version = request.path_params["version"]
    if version not in ("2.0", "2.1"):
        raise NotFound(version)
    services = services_of(request)
    members, active, written = await services.read(instance.usage)
    document = discovery.nodeinfo(version, services.settings, members=members, active=active, posts=written)
    kind = f'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
    return Response(msgspec.json.encode(document), headers={"Access-Control-Allow-Origin": "*"}, media_type=kind)


Endpoint = Callable[[Request], Awaitable[Response]]


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


routes = [
    Route("/inbox", inbox, methods=["POST"]),
    _get("/inbox", inbox_read),
    _get("/actor", server_actor),
    Route("/actor/inbox", inbox, methods=["POST"]),
    _get("/u/{username}/outbox", outbox),
    Route("/u/{username}/inbox", inbox, methods=["POST"]),
    _get("/u/{username}/inbox", inbox_read),
    _get("/u/{username}/followers", followers),
    _get("/u/{username}/followers/synchronization", followers_on),
    _get("/u/{username}/following", following),
    _get("/u/{username}/featured", featured),
    _get("/u/{username}/moderators", moderators),
    _get("/u/{username}/tags", featured_tags),
    _get("/p/{slug}/activity", post_activity),
    _get("/a/{slug}", passed_on),
    _get("/.well-known/webfinger", webfinger),
    _get("/.well-known/host-meta", host_meta),
    _get("/.well-known/nodeinfo", nodeinfo_links),
    _get("/nodeinfo/{version}", nodeinfo),
    _get("/p/{slug}/{part}", post_part),
]


async def actor_alias(request: Request) -> Response:
    """The page's address, asked for as a document: on to the id, where it is."""
    member = await _member(request, request.path_params["username"])
    return RedirectResponse(member.iri, 302, headers={"Vary": "Accept"})


async def post_alias(request: Request) -> Response:
    iri = f"{services_of(request).settings.origin}/p/{request.path_params['slug']}"
    return RedirectResponse(iri, 302, headers={"Vary": "Accept"})


class As2Route(Route):
    """Answers only who asks for a document; a browser at the same address falls through to the page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not as2_wanted(Request(scope)):
            return Match.NONE, {}
        return super().matches(scope)


negotiated = [
    As2Route("/u/{username}", actor, methods=["GET"]),
    As2Route("/@{username}", actor_alias, methods=["GET"]),
    As2Route("/p/{slug}", post, methods=["GET"]),
    As2Route("/@{username}/p/{slug}", post_alias, methods=["GET"]),
]
