"""Application, CredentialApplication and Token (the OAuth side of the client API)."""

from __future__ import annotations

from fediprof.mastodon.entities.answer import Entity
from fediprof.oauth.records import App, Issued, Registered


def render(app: App) -> Entity:
    """`redirect_uri` is the older field: all of them, a line each. There is no push, hence no key for it."""
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris,
        "vapid_key": "",
    }


def render_registered(made: Registered) -> Entity:
    return {
        **render(made.app),
        "client_id": made.app.client_id,
        "client_secret": made.client_secret,
        "client_secret_expires_at": 0,
    }


def render_token(issued: Issued) -> Entity:
    """No `expires_in` at all: a null there breaks Mastodon.py. `created_at` is a unix time, unlike everywhere else."""
    return {
        "access_token": issued.secret,
        "token_type": "Bearer",
        "scope": " ".join(issued.scopes),
        "created_at": int(issued.created_at.timestamp()),
    }
