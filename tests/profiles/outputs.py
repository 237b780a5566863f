"""Every address that gives something out, by door, and what is asked there: a table that grows with the routes.

`{name}`: an owner. `{slug}`: one of their entries, whoever may read it. `{post}`, `{post_id}`: the post of a published
entry. `{tag}`: a tag of an entry. `{word}`: a hidden word, looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from starlette.applications import Starlette
from starlette.routing import Route

from fediprof.federation.endpoints import As2Route
from fediprof.mastodon import routes as mastodon

Door: TypeAlias = Literal["page", "document", "app"]

PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/about": ("/about",),
    "/@{name}": (
        "/@circle",
        "/@{name}",
        "/@{name}?as=contact",
        "/@{name}?as=person:anna",
        "/@{name}?as=group:guild@home.example",
        "/@{name}?max_id=9223372036854775807",
    ),
    "/@{name}.atom": ("/@{name}.atom", "/@circle.atom"),
    "/@{name}/members": ("/@circle/members",),
    "/@{name}/log": ("/@circle/log",),
    "/groups": ("/groups",),
    "/groups/find": ("/groups/find?q=circle", "/groups/find?q={name}"),
    "/groups/threads": ("/groups/threads",),
    "/groups/unanswered": ("/groups/unanswered",),
    "/@{name}.vcf": ("/@{name}.vcf",),
    "/@{name}/cv": ("/@{name}/cv", "/@{name}/cv?as=contact"),
    "/@{name}/resume.json": ("/@{name}/resume.json", "/@{name}/resume.json?face=everything"),
    "/@{name}/e/{slug}": (
        "/@{name}/e/{slug}",
        "/@{name}/e/{slug}?as=contact",
        "/@{name}/e/{slug}?as=group:guild@home.example",
        "/@{name}/e/{slug}?in=de",
    ),
    "/@{name}/e/{slug}/reply": ("/@{name}/e/{slug}/reply",),
    "/@{name}/p/{slug}": ("/@{name}/p/{post}",),
    "/@{name}/p/{slug}/reply": ("/@{name}/p/{post}/reply",),
    "/@{name}/follow": ("/@{name}/follow",),
    "/ask/{slug}": ("/ask/{slug}", "/ask/{slug}?field=employer", "/ask/{slug}?field=title"),
    "/u/{name}": ("/u/{name}",),
    "/p/{slug}": ("/p/{post}",),
    "/tags/{name}": ("/tags/{tag}",),
    "/home": ("/home",),
    "/notifications": ("/notifications",),
    "/conversations": ("/conversations",),
    "/elsewhere": ("/elsewhere?url={origin}/@{name}/e/{slug}",),
    "/find": ("/find?q={word}", "/find?q={name}"),
    "/people/{id:int}": ("/people/{owner_id}",),
    "/people/{id:int}/report": ("/people/{owner_id}/report", "/people/{owner_id}/report?post={post_id}"),
    "/people/{id:int}/block": ("/people/{owner_id}/block",),
    "/posts/{id:int}": ("/posts/{post_id}",),
    "/posts/{id:int}/edit": ("/posts/{post_id}/edit",),
    "/posts/{id:int}/delete": ("/posts/{post_id}/delete",),
    "/posts/{id:int}/deliveries": ("/posts/{post_id}/deliveries",),
    "/write": ("/write?reply={post_id}", "/write"),
    "/followers": ("/followers",),
    "/following": ("/following",),
    "/requests": ("/requests",),
    "/intents/object": ("/intents/object?object={origin}/@{name}/e/{slug}",),
    "/intents/like": ("/intents/like?object={origin}/p/{post}",),
    "/intents/announce": ("/intents/announce?object={origin}/p/{post}",),
    "/intents/create": ("/intents/create?inReplyTo={origin}/@{name}/e/{slug}",),
    "/intents/follow": ("/intents/follow?object={origin}/u/{name}",),
    "/intents/ask": ("/intents/ask?object={origin}/@{name}/e/{slug}", "/intents/ask?entry={origin}/@{name}/e/{slug}"),
    "/authorize_interaction": ("/authorize_interaction?uri={origin}/@{name}/e/{slug}",),
    "/entries": ("/entries",),
    "/entries/new": ("/entries/new?kind=project",),
    "/entries/{id:int}/edit": ("/entries/{entry_id}/edit",),
    "/entries/{id:int}/publish": ("/entries/{entry_id}/publish",),
    "/entries/{id:int}/remove": ("/entries/{entry_id}/remove",),
    "/grants": ("/grants",),
    "/ledger": ("/ledger",),
    "/settings/profile": ("/settings/profile",),
    "/settings/hidden": ("/settings/hidden",),
    "/settings/resume.json": ("/settings/resume.json", "/settings/resume.json?face=everything"),
    "/settings/import/lines": ("/settings/import/lines",),
    "/settings/import/done": ("/settings/import/done",),
    "/settings/import/talk": ("/settings/import/talk",),
    "/start": ("/start",),
    "/start/{step}": ("/start/aim", "/start/entry", "/start/question", "/start/done"),
    "/admin": ("/admin",),
    "/admin/people": ("/admin/people?q={name}", "/admin/people?q={word}"),
    "/admin/people/{id:int}": ("/admin/people/{owner_id}",),
    "/admin/reports": ("/admin/reports", "/admin/reports?state=closed"),
}

DOCUMENTS: dict[str, tuple[str, ...]] = {
    "/u/{username}": ("/u/{name}",),
    "/@{username}": ("/@{name}",),
    "/u/{username}/outbox": ("/u/{name}/outbox", "/u/{name}/outbox?page=true"),
    "/u/{username}/featured": ("/u/{name}/featured",),
    "/u/{username}/moderators": ("/u/{name}/moderators",),
    "/u/{username}/tags": ("/u/{name}/tags",),
    "/u/{username}/followers": ("/u/{name}/followers",),
    "/u/{username}/following": ("/u/{name}/following",),
    "/u/{username}/followers/synchronization": ("/u/{name}/followers/synchronization",),
    "/u/{username}/profile": ("/u/{name}/profile",),
    "/p/{slug}": ("/p/{post}",),
    "/@{username}/p/{slug}": ("/@{name}/p/{post}",),
    "/p/{slug}/activity": ("/p/{post}/activity",),
    "/p/{slug}/{part}": ("/p/{post}/replies?page=true", "/p/{post}/context", "/p/{post}/likes", "/p/{post}/shares"),
    "/e/{slug}": ("/e/{slug}",),
    "/@{username}/e/{slug}": ("/@{name}/e/{slug}",),
    "/.well-known/webfinger": ("/.well-known/webfinger?resource=acct:{name}@home.example",),
    "/nodeinfo/{version}": ("/nodeinfo/2.1",),
}

APPS: dict[str, tuple[str, ...]] = {
    "/api/v1/instance": ("/api/v1/instance",),
    "/api/v2/instance": ("/api/v2/instance",),
    "/api/v1/accounts/verify_credentials": ("/api/v1/accounts/verify_credentials",),
    "/api/v1/accounts/lookup": ("/api/v1/accounts/lookup?acct={name}",),
    "/api/v1/accounts/:id": ("/api/v1/accounts/{owner_id}",),
    "/api/v1/accounts/:id/statuses": (
        "/api/v1/accounts/{owner_id}/statuses",
        "/api/v1/accounts/{owner_id}/statuses?pinned=true",
        "/api/v1/accounts/{owner_id}/statuses?tagged={tag}",
    ),
    "/api/v1/accounts/:id/followers": ("/api/v1/accounts/{owner_id}/followers",),
    "/api/v1/accounts/:id/following": ("/api/v1/accounts/{owner_id}/following",),
    "/api/v1/accounts/relationships": ("/api/v1/accounts/relationships?id[]={owner_id}",),
    "/api/v1/statuses/:id": ("/api/v1/statuses/{post_id}",),
    "/api/v1/statuses/:id/context": ("/api/v1/statuses/{post_id}/context",),
    "/api/v1/statuses/:id/source": ("/api/v1/statuses/{post_id}/source",),
    "/api/v1/timelines/home": ("/api/v1/timelines/home?limit=40",),
    "/api/v1/notifications": ("/api/v1/notifications?limit=40",),
    "/api/v1/conversations": ("/api/v1/conversations",),
    "/api/v2/search": (
        "/api/v2/search?q={word}",
        "/api/v2/search?q={name}",
        "/api/v2/search?q={origin}/@{name}/e/{slug}&resolve=true",
    ),
}

NOTHING_OF_ANYBODY: dict[str, str] = {
    "/inbox": "is not read",
    "/u/{username}/inbox": "is not read",
    "/actor": "the server's own",
    "/a/{slug}": "what groups passed on, and nobody's else: tests/groups/test_passed.py",
    "/.well-known/host-meta": "addresses of this server",
    "/.well-known/nodeinfo": "addresses of this server",
    "/.well-known/oauth-authorization-server": "what apps need to know of this server",
    "/.well-known/tdmrep.json": "what machines may do",
    "/robots.txt": "what machines may do",
    "/@{name}/cv.pdf": "as /@{name}/cv, compared in tests/web/test_cv_pdf.py",
    "/limits": "plain words about the server",
    "/health/live": "whether it runs",
    "/health/ready": "whether it runs",
    "/metrics": "figures",
    "/media/{file}": "uploads, by unguessable name",
    "/pictures/{token}": "other servers' pictures",
    "/admin/reports/{id:int}": "a report, and of the posts it names what everybody may read",
    "/admin/groups": "groups and figures",
    "/admin/campaigns": "who sent, and figures; neither texts nor recipients: tests/campaigns/test_stories.py",
    "/admin/campaigns/{id:int}": "who sent, and figures",
    "/admin/domains": "servers",
    "/admin/domains.csv": "servers",
    "/admin/lists/{id:int}": "servers",
    "/admin/deliveries": "servers and figures",
    "/admin/storage": "figures",
    "/admin/erasures": "names of members who left, and figures",
    "/admin/erasures/{id:int}": "servers that were told",
    "/suspended": "a decision, for the member it suspended",
    "/moderation-log": "decisions, without the names of people",
    "/moderation-log/{id:int}": "one of them",
    "/erasure/{secret}": "servers that were told, by a link of the member who left",
    "/login": "a form",
    "/login/link/{secret}": "a form",
    "/welcome": "a form",
    "/visit": "a form",
    "/visit/back": "the end of a login",
    "/visit/code": "a code",
    "/c/{secret}": "one neutral button",
    "/conversations/{id:int}": "private messages, of those in them",
    "/conversations/{id:int}/open": "the owner's own parts, for the owner",
    "/introductions": "names, handles and the words of who proposes: tests/introductions",
    "/introductions/new": "a form",
    "/introductions/{id:int}": "names, handles and the words of who proposes: tests/introductions",
    "/groups/new": "a form",
    "/groups/{id:int}/begin": "a form, and the group's rules",
    "/groups/{id:int}/log": "as /@{name}/log",
    "/groups/{id:int}/queue": "reports that a group elsewhere sent to its moderator here",
    "/@{name}/log/{number:int}": "one line of /@{name}/log",
    "/@{name}/decisions": "what was decided about who reads",
    "/@{name}/queue": "what waits for moderators: posts, names, reports",
    "/@{name}/settings": "the group's own charter, and who moderates it",
    "/posts/{id:int}/moderate": "a post of a group, and a form",
    "/@{name}/t/{number:int}": "what people elsewhere wrote in a group; members' posts are at their own address",
    "/settings": "links",
    "/settings/account": "the member's own",
    "/settings/apps": "the member's own",
    "/settings/move": "the member's own",
    "/settings/data": "a form; the archive itself is asked for in the test",
    "/settings/import": "a form",
    "/settings/import/preview": "the member's own upload",
    "/settings/address-book": "the member's own",
    "/oauth/authorize": "a form",
    "/api/v1/apps/verify_credentials": "the app's own",
    "/api/v1/custom_emojis": "there are none",
    "/api/v1/preferences": "the member's own",
    "/api/v1/follow_requests": "people only",
    "/api/v1/media/:id": "the member's own upload",
    "/api/v1/streaming/health": "whether it runs",
    "/api/v1/streaming/user": "what lands in a home, as the home shows it",
    "/api/v1/streaming/user/notification": "notifications, as their list shows them",
}
"""Why an address is not in the tables above."""


def of_app(app: Starlette) -> Iterator[tuple[Door, str]]:
    """Every address the application answers a GET at."""
    for route in app.routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        document = isinstance(route, As2Route) or (route.path in DOCUMENTS and route.path not in PAGES)
        yield "document" if document else "page", route.path
    for endpoint in mastodon.DOOR.endpoints:
        if endpoint.method == "GET":
            yield "app", endpoint.path


TABLE: dict[Door, dict[str, tuple[str, ...]]] = {"page": PAGES, "document": DOCUMENTS, "app": APPS}
