"""How others find us: WebFinger (RFC 7033), host-meta, NodeInfo 2.0 and 2.1 (FEP-f1d5, FEP-0151). Pure documents."""

from __future__ import annotations

from fediprof import __version__
from fediprof.actors.records import Actor
from fediprof.as2.names import MEDIA_TYPE
from fediprof.here import INSTANCE_ACTOR, Here
from fediprof.net.webfinger import ASK
from fediprof.settings import Settings

INTENTS = {"Follow": "follow", "Create": "create", "Like": "like", "Announce": "announce", "Object": "object"}
"""FEP-3b86: activities a member can be sent here to do, and the page for each."""


def wanted(resource: str, here: Here) -> str | None:
    """The username a `resource` asks for (acct: or one of our addresses), or None when it is not ours.

    Both our domains are answered: with a split domain, people type either.
    """
    if resource.startswith("acct:"):
        user, _, domain = resource[5:].lstrip("@").rpartition("@")
        if domain.lower() not in (here.domain, here.host):
            return None
        return INSTANCE_ACTOR if user.lower() in (here.domain, here.host, INSTANCE_ACTOR) else user
    if not here.is_ours(resource):
        return None
    path = resource.partition("://")[2].partition("/")[2].rstrip("/")
    if path in ("", "actor"):
        return INSTANCE_ACTOR
    for prefix in ("u/", "@"):
        if path.startswith(prefix) and "/" not in path.removeprefix(prefix):
            return path.removeprefix(prefix)
    return None


def jrd(actor: Actor, here: Here) -> dict[str, object]:
    """The answer for one of our actors; `subject` is its handle, `self` its id."""
    template = f"{here.origin}/authorize_interaction?uri={{uri}}"
    links: list[dict[str, str]] = [
        {"rel": "self", "type": MEDIA_TYPE, "href": actor.iri},
        {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": actor.url},
    ]
    if actor.username != INSTANCE_ACTOR:
        links.append({"rel": "http://ostatus.org/schema/1.0/subscribe", "template": template})
        links.append({"rel": ASK, "template": f"{here.origin}/intents/ask?object={{object}}"})
        links += [
            {
                "rel": f"https://w3id.org/fep/3b86/{activity}",
                "template": f"{here.origin}/intents/{page}?{'content={content}&inReplyTo={inReplyTo}' if page == 'create' else 'object={object}'}",
            }
            for activity, page in INTENTS.items()
        ]
    return {"subject": f"acct:{actor.username}@{here.domain}", "aliases": [actor.url, actor.iri], "links": links}


def host_meta(here: Here) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template="{here.origin}/.well-known/webfinger?resource={{uri}}"/></XRD>\n'
    )


def nodeinfo_links(here: Here) -> dict[str, object]:
    """Also names the server's own actor (FEP-2677)."""
    versions = [
        {"rel": f"http://nodeinfo.diaspora.software/ns/schema/{v}", "href": f"{here.origin}/nodeinfo/{v}"}
        for v in ("2.0", "2.1")
    ]
    server = {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": here.actor(INSTANCE_ACTOR)}
    return {"links": [*versions, server]}


def nodeinfo(version: str, settings: Settings, *, members: int, active: int, posts: int) -> dict[str, object]:
    """Counts are of members who are there; nobody is told apart by them."""
    software: dict[str, str] = {"name": "fediprof", "version": __version__}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0"]},
        "openRegistrations": False,
        "usage": {"users": {"total": members, "activeMonth": active, "activeHalfyear": active}, "localPosts": posts},
        "metadata": {"nodeName": settings.name, "languages": ["fr", "en"]},
    }
