"""Files: the style and icons, members' uploads, other servers' pictures through our proxy."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from fediprof.errors import FediprofError
from fediprof.media import store as uploads
from fediprof.services import Services

STATIC = Path(__file__).parents[2] / "static"
_YEAR = "public, max-age=31536000, immutable"
_ALONE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",  # apps in a browser draw them on canvases
    "X-Robots-Tag": "noindex, noai, noimageai",
}


@lru_cache(maxsize=1)
def version() -> str:
    """Stands in the addresses of the style and script, so that a new one is asked for at once."""
    held = hashlib.blake2b(digest_size=5)
    for path in sorted(STATIC.glob("*.*")):
        held.update(path.read_bytes())
    return held.hexdigest()


class Static(StaticFiles):
    """Kept for ever when the address names the version, checked each time otherwise."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = _YEAR if versioned else "public, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def upload(request: Request) -> Response:
    """A member's file. Its name is random and never reused, so it may be kept for ever."""
    services: Services = request.app.state.services
    name = request.path_params["file"]
    try:
        path = await asyncio.to_thread(services.storage.path, name)
    except FediprofError:
        return _missing()
    known = await services.read(lambda tx: uploads.file_known(tx, name))
    media_type = known or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=media_type, headers={**_ALONE, "Cache-Control": _YEAR})


async def picture(request: Request) -> Response:
    """A copy of another server's picture, for an address that we signed."""
    services: Services = request.app.state.services
    try:
        data, media_type = await services.pictures.picture(request.path_params["token"])
    except FediprofError:
        return _missing()
    headers = {**_ALONE, "Cache-Control": "public, max-age=604800, stale-while-revalidate=86400"}
    return Response(data, media_type=media_type, headers=headers)


def _missing() -> Response:
    return PlainTextResponse("Not found", 404, {**_ALONE, "Cache-Control": "public, max-age=60"})
