"""Other servers' pictures on our pages: fetched by the guard, drawn anew, cached; visitors ask no third party.

Each address is signed by us (HMAC), so nobody can make this server fetch what its own pages do not show. What cannot be
shown is NotFound, whatever the reason, and remembered for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from fediprof.errors import FediprofError, Forbidden, NotFound, Refused, TryLater, Unreachable
from fediprof.media.processing import cover_picture, proxy_picture
from fediprof.media.storage import PictureCache
from fediprof.net.fetcher import Fetcher

MAX_BYTES = 8 * 1024 * 1024
MEDIA_TYPE = "image/webp"
REFUSED_SECONDS = 3600.0
UNREACHABLE_SECONDS = 300.0
REFUSED_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Variant:
    """`cover`: cut to this shape, for avatars and headers; otherwise the whole picture inside it."""

    width: int
    height: int
    cover: bool


VARIANTS = {
    "avatar": Variant(128, 128, cover=True),
    "avatar_big": Variant(400, 400, cover=True),
    "small": Variant(640, 640, cover=False),
    "full": Variant(1600, 1600, cover=False),
    "header": Variant(1500, 500, cover=True),
}


class PictureProxy:
    """`secret`: the instance's, of at least 32 bytes; tokens are good as long as it stays the same."""

    def __init__(
        self, fetcher: Fetcher, cache: PictureCache, secret: bytes, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._secret = secret
        self._clock = clock
        self._refused: OrderedDict[str, float] = OrderedDict()  # url → when to try again
        self._fetching = asyncio.Semaphore(12)  # each may hold MAX_BYTES
        self._drawing = asyncio.Semaphore(2)  # each may hold a whole picture's pixels

    def sign(self, url: str, variant: str) -> str:
        """The token that stands for this picture in an address of ours: one path segment, the same each time."""
        if variant not in VARIANTS:
            raise ValueError(f"No variant {variant!r}")
        return f"{variant}.{self._mac(url, variant)}.{_b64(url.encode())}"

    async def picture(self, token: str) -> tuple[bytes, str]:
        """(bytes, media type) of the picture a token stands for. Raises NotFound."""
        url, variant = self._read(token)
        self._must_be_worth_trying(url)
        data = await self._cache.fetch(PictureCache.key(url, variant), lambda: self._make(url, VARIANTS[variant]))
        return data, MEDIA_TYPE

    async def _make(self, url: str, variant: Variant) -> bytes:
        self._must_be_worth_trying(url)  # again: the one before us in the queue may just have failed
        try:
            async with self._fetching:
                answer = await self._fetcher.get(url, accept="image/*", max_bytes=MAX_BYTES)
                if answer.status != 200:
                    raise Refused(f"{url} answered {answer.status}", code=answer.status)
                async with self._drawing:
                    return await asyncio.to_thread(_draw, answer.body, variant)
        except FediprofError as error:
            self._remember(url, UNREACHABLE_SECONDS if _may_pass(error) else REFUSED_SECONDS)
            raise NotFound(f"No picture from {url}: {error}") from error

    def _must_be_worth_trying(self, url: str) -> None:
        until = self._refused.get(url)
        if until is None:
            return
        if self._clock() < until:
            raise NotFound(f"No picture from {url}, asked lately")
        del self._refused[url]

    def _remember(self, url: str, seconds: float) -> None:
        self._refused[url] = self._clock() + seconds
        self._refused.move_to_end(url)
        if len(self._refused) > REFUSED_KEPT:
            self._refused.popitem(last=False)

    def _read(self, token: str) -> tuple[str, str]:
        variant, _, rest = token.partition(".")
        mac, _, encoded = rest.partition(".")
        try:
            url = urlsafe_b64decode(encoded.encode("ascii") + b"=" * (-len(encoded) % 4)).decode()
        except ValueError:
            raise NotFound("No such picture") from None
        if variant not in VARIANTS or not hmac.compare_digest(mac.encode(), self._mac(url, variant).encode()):
            raise NotFound("No such picture")
        return url, variant

    def _mac(self, url: str, variant: str) -> str:
        return _b64(hmac.digest(self._secret, f"picture\0{variant}\0{url}".encode(), hashlib.sha256)[:16])


def _draw(data: bytes, variant: Variant) -> bytes:
    if variant.cover:
        return cover_picture(data, variant.width, variant.height)
    return proxy_picture(data, variant.width)


def _may_pass(error: FediprofError) -> bool:
    """Whether the fault may be gone in minutes: no answer, or one that says so."""
    if isinstance(error, Refused):
        return error.code >= 500 or error.code in (408, 429)
    return isinstance(error, (Unreachable, TryLater)) and not isinstance(error, Forbidden)


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")
