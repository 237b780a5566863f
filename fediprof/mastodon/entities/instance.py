"""Instance, versions 1 and 2: what this server is called and what it takes. Apps read their limits here, and decide by
`version` and `api_versions` which endpoints to call."""

from __future__ import annotations

from dataclasses import dataclass

from fediprof import __version__
from fediprof.actors.records import Actor
from fediprof.here import Here
from fediprof.i18n.catalog import LANGUAGES
from fediprof.mastodon.entities import account
from fediprof.mastodon.entities.answer import Answer, Entity
from fediprof.media import addresses
from fediprof.media.processing import MAX_FILM_BYTES, MAX_PIXELS
from fediprof.posts.records import MAX_ATTACHMENTS, MAX_CHARACTERS, MAX_PINS
from fediprof.settings import Settings

VERSION = f"4.3.0 (compatible; fediprof {__version__})"
"""Apps compare the number before the blank with the version an endpoint came in; 4.3 is the last whose endpoints, where
an app finds one missing (404), it does without. What it does by `api_versions` alone is claimed there."""

API_VERSIONS = {"mastodon": 1}
"""1: no grouped notifications (2), no quotes (7), no collections (10). Claim only what works."""

MIME_TYPES = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    "audio/mp4",
)
MOST_DESCRIPTION = 1500
RESERVED_PER_URL = 23  # characters an app counts for a link


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted when asked; `admin`: whom to write to, where there is an administrator."""

    members: int
    posts: int
    servers: int
    admin: Actor | None


def render_v1(settings: Settings, figures: Figures, answer: Answer) -> Entity:
    """`uri` is a bare host, `urls.streaming_api` has no path."""
    return {
        "uri": settings.domain,
        "title": settings.name,
        "short_description": "",
        "description": "",
        "email": settings.contact,
        "version": VERSION,
        "urls": {"streaming_api": _streaming(answer.here)},
        "stats": {"user_count": figures.members, "status_count": figures.posts, "domain_count": figures.servers},
        "thumbnail": thumbnail(answer.here),
        "languages": [settings.language, *(each for each in LANGUAGES if each != settings.language)],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _limits(settings),
        "contact_account": account.render(figures.admin, answer) if figures.admin else None,
        "rules": [],
    }


def render_v2(settings: Settings, figures: Figures, answer: Answer) -> Entity:
    return {
        "domain": settings.domain,
        "title": settings.name,
        "version": VERSION,
        "api_versions": API_VERSIONS,
        "source_url": f"{answer.here.origin}/about",
        "description": "",
        "usage": {"users": {"active_month": figures.members}},
        "thumbnail": {
            "url": thumbnail(answer.here),
            "blurhash": None,
            "versions": {},
            "description": "",
        },
        "icon": [],
        "languages": [settings.language, *(each for each in LANGUAGES if each != settings.language)],
        "configuration": {
            **_limits(settings),
            "urls": {
                "streaming": _streaming(answer.here),
                "about": f"{answer.here.origin}/about",
                "status": None,
                "privacy_policy": None,
                "terms_of_service": None,
            },
            "vapid": {"public_key": ""},
            "translation": {"enabled": False},
            "limited_federation": False,
        },
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "contact": {
            "email": settings.contact,
            "account": account.render(figures.admin, answer) if figures.admin else None,
        },
        "rules": [],
    }


def thumbnail(here: Here) -> str:
    """A real picture: apps draw it without asking."""
    return f"{here.origin}/{addresses.NO_HEADER}"


def _streaming(here: Here) -> str:
    return here.origin.replace("http", "ws", 1)


def _limits(settings: Settings) -> Entity:
    image_limit = settings.upload_mb * 1024 * 1024
    return {
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": MAX_PINS,
            "max_profile_fields": 4,
            "profile_field_name_limit": 255,
            "profile_field_value_limit": 255,
        },
        "statuses": {
            "max_characters": MAX_CHARACTERS,
            "max_media_attachments": MAX_ATTACHMENTS,
            "characters_reserved_per_url": RESERVED_PER_URL,
        },
        "media_attachments": {
            "supported_mime_types": list(MIME_TYPES),
            "description_limit": MOST_DESCRIPTION,
            "image_size_limit": image_limit,
            "image_matrix_limit": MAX_PIXELS,
            "video_size_limit": min(image_limit, MAX_FILM_BYTES),
            "video_frame_rate_limit": 60,
            "video_matrix_limit": MAX_PIXELS,
        },
        "polls": {
            "max_options": 0,
            "max_characters_per_option": 0,
            "min_expiration": 0,
            "max_expiration": 0,
        },
    }
