"""The client API in one table: every path, its method, and the scope a token must hold for it.

Tier 1 of what Mastodon clients call, and what living with it needs. Everything else under `/api` answers 404 in JSON: a
client that finds an endpoint missing does without, one that finds half an endpoint breaks.
"""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from fediprof.mastodon import (
    accounts,
    apps,
    conversations,
    follows,
    instance,
    media,
    notifications,
    oauth,
    reactions,
    search,
    statuses,
    streaming,
    timelines,
)
from fediprof.mastodon.door import Door, acts, reads

# Needs: "" nobody; "optional X" nobody, but a token must hold X; "app" any token; "X|Y" a member's token with one of them.
ENDPOINTS = (
    # OAuth
    acts("GET", "/.well-known/oauth-authorization-server", "", oauth.metadata),
    acts("GET", "/oauth/authorize", "", oauth.authorize, page=True),
    acts("POST", "/oauth/authorize", "", oauth.decide, page=True),
    acts("POST", "/oauth/token", "", oauth.token),
    acts("POST", "/oauth/revoke", "", oauth.revoke),
    acts("POST", "/api/v1/apps", "", apps.register),
    reads("GET", "/api/v1/apps/verify_credentials", "app", apps.verify_credentials),
    # The server
    reads("GET", "/api/v1/instance", "", instance.v1),
    reads("GET", "/api/v2/instance", "", instance.v2),
    reads("GET", "/api/v1/custom_emojis", "", instance.custom_emojis),
    # Accounts
    reads("GET", "/api/v1/accounts/verify_credentials", "profile|read:accounts", accounts.verify_credentials),
    reads("GET", "/api/v1/preferences", "read:accounts", accounts.preferences),
    reads("GET", "/api/v1/accounts/lookup", "optional read:accounts", accounts.lookup),
    reads("GET", "/api/v1/accounts/relationships", "read:follows", follows.relationships),
    reads("GET", "/api/v1/accounts/:id", "optional read:accounts", accounts.show),
    reads("GET", "/api/v1/accounts/:id/statuses", "optional read:statuses", accounts.statuses),
    reads("GET", "/api/v1/accounts/:id/followers", "optional read:accounts", follows.followers),
    reads("GET", "/api/v1/accounts/:id/following", "optional read:accounts", follows.following),
    acts("POST", "/api/v1/accounts/:id/follow", "write:follows", follows.follow),
    acts("POST", "/api/v1/accounts/:id/unfollow", "write:follows", follows.unfollow),
    reads("GET", "/api/v1/follow_requests", "read:follows", follows.requests),
    acts("POST", "/api/v1/follow_requests/:id/authorize", "write:follows", follows.authorize),
    acts("POST", "/api/v1/follow_requests/:id/reject", "write:follows", follows.reject),
    # Statuses
    acts("POST", "/api/v1/statuses", "write:statuses", statuses.publish),
    reads("GET", "/api/v1/statuses/:id", "optional read:statuses", statuses.show),
    acts("PUT", "/api/v1/statuses/:id", "write:statuses", statuses.revise),
    acts("DELETE", "/api/v1/statuses/:id", "write:statuses", statuses.delete),
    reads("GET", "/api/v1/statuses/:id/context", "optional read:statuses", statuses.context),
    reads("GET", "/api/v1/statuses/:id/source", "read:statuses", statuses.source),
    acts("POST", "/api/v1/statuses/:id/favourite", "write:favourites", reactions.favourite),
    acts("POST", "/api/v1/statuses/:id/unfavourite", "write:favourites", reactions.unfavourite),
    acts("POST", "/api/v1/statuses/:id/reblog", "write:statuses", reactions.reblog),
    acts("POST", "/api/v1/statuses/:id/unreblog", "write:statuses", reactions.unreblog),
    # What a member finds on arriving
    reads("GET", "/api/v1/timelines/home", "read:statuses", timelines.home),
    reads("GET", "/api/v1/notifications", "read:notifications", notifications.page),
    reads("GET", "/api/v1/conversations", "read:statuses", conversations.page),
    acts("POST", "/api/v1/conversations/:id/read", "write:conversations", conversations.read),
    acts("GET", "/api/v2/search", "optional read:search", search.search),
    # Media
    acts("POST", "/api/v2/media", "write:media", media.upload),
    acts("POST", "/api/v1/media", "write:media", media.upload),
    reads("GET", "/api/v1/media/:id", "write:media", media.show),
    acts("PUT", "/api/v1/media/:id", "write:media", media.describe),
    # Live
    acts("GET", "/api/v1/streaming/health", "", streaming.health),
    acts("GET", "/api/v1/streaming/user", "read:statuses", streaming.user, query_token=True),
    acts(
        "GET",
        "/api/v1/streaming/user/notification",
        "read:notifications",
        streaming.user_notification,
        query_token=True,
    ),
)

DOOR = Door(ENDPOINTS, {"/api/v1/streaming": streaming.socket})

routes: list[BaseRoute] = [
    Route("/.well-known/oauth-authorization-server", DOOR),
    Route("/api", DOOR),
    Mount("/api", DOOR),
    Mount("/oauth", DOOR),
]
