"""`/limits`: which of the measures against gathering are locks, which only signs, and what cannot be taken back."""

from __future__ import annotations

from starlette.responses import Response

from fediprof.refusals import paths
from fediprof.web.view import Page


async def index(page: Page) -> Response:
    settings = page.services.settings
    return page.render(
        "public/limits.html",
        people=settings.profiles_per_hour,
        pages=settings.profile_pages_per_minute,
        signed=settings.signed_collections or settings.secure_fetch,
        trap=paths.TRAP,
    )
