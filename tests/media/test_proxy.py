"""Other servers' pictures, from a server on loopback to a visitor of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fediprof.errors import NotFound
from fediprof.media import proxy as proxying
from fediprof.media.proxy import REFUSED_SECONDS, UNREACHABLE_SECONDS, VARIANTS, PictureProxy
from fediprof.media.storage import PictureCache
from fediprof.net.fetcher import Fetcher

from ..net.peer import Peer, answer, peer, redirect
from .drawings import bomb, decoded, drawing, encoded

pytestmark = pytest.mark.anyio

PNG = encoded(drawing(3000, 2000))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def there() -> AsyncIterator[Peer]:
    async with peer() as it:
        it.answers["/a.png"] = answer(PNG, content_type="image/png")
        yield it


@pytest.fixture
async def proxy(tmp_path: Path, clock: Clock) -> AsyncIterator[PictureProxy]:
    fetch = Fetcher(user_agent="t", development=True)
    yield PictureProxy(fetch, PictureCache(tmp_path, 10_000_000, 0), b"s" * 32, clock=clock)
    await fetch.close()


@pytest.mark.parametrize(
    ("variant", "size"),
    [
        ("avatar", (128, 128)),
        ("avatar_big", (400, 400)),
        ("small", (640, 427)),
        ("full", (1600, 1067)),
        ("header", (1500, 500)),
    ],
)
async def test_a_picture_comes_in_the_size_of_its_place(
    proxy: PictureProxy, there: Peer, variant: str, size: tuple[int, int]
) -> None:
    data, media_type = await proxy.picture(proxy.sign(there.url("/a.png"), variant))
    assert (media_type, decoded(data).format, decoded(data).size) == ("image/webp", "WEBP", size)
    # And the second visitor does not reach the other server
    assert await proxy.picture(proxy.sign(there.url("/a.png"), variant)) == (data, media_type)
    assert len(there.requests) == 1


async def test_a_token_is_one_path_segment_and_stays_the_same(proxy: PictureProxy) -> None:
    token = proxy.sign("https://example.org/é?a=b/../c#d", "small")
    assert token == proxy.sign("https://example.org/é?a=b/../c#d", "small")
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    with pytest.raises(ValueError, match="poster"):
        proxy.sign("https://example.org/", "poster")


async def test_only_what_we_signed_is_fetched(proxy: PictureProxy, there: Peer, tmp_path: Path) -> None:
    token = proxy.sign(there.url("/a.png"), "small")
    variant, mac, encoded_url = token.split(".")
    stranger = PictureProxy(proxy._fetcher, PictureCache(tmp_path, 1, 0), b"x" * 32)
    other = proxy.sign(there.url("/b.png"), "small").split(".")[2]
    for forged in (
        "",
        ".",
        "..",
        "small",
        f"{variant}..{encoded_url}",
        f"full.{mac}.{encoded_url}",
        f"{variant}.{mac}.{other}",
        f"{variant}.{mac}x.{encoded_url}",
        f"{variant}.{mac}.{encoded_url}.x",
        f"{variant}.é.{encoded_url}",
        f"{variant}.{mac}.é",
        f"{variant}.{mac}._w",
        f"poster.{mac}.{encoded_url}",
        stranger.sign(there.url("/a.png"), "small"),
    ):
        with pytest.raises(NotFound):
            await proxy.picture(forged)
    assert there.requests == []


@pytest.mark.parametrize(
    ("served", "seconds"),
    [
        (answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/png"), REFUSED_SECONDS),
        (answer(b"<html>", content_type="image/jpeg"), REFUSED_SECONDS),
        (answer(bomb(60_000, 60_000), content_type="image/png"), REFUSED_SECONDS),
        (answer(PNG, "404 Not Found"), REFUSED_SECONDS),
        (redirect("http://169.254.169.254/latest"), REFUSED_SECONDS),
        (redirect("/a.png"), REFUSED_SECONDS),
        (answer(PNG, "503 Service Unavailable"), UNREACHABLE_SECONDS),
        (answer(PNG, "429 Too Many Requests"), UNREACHABLE_SECONDS),
        (b"nonsense\r\n\r\n", UNREACHABLE_SECONDS),
    ],
)
async def test_what_cannot_be_shown_is_not_found_and_not_asked_again_at_once(
    proxy: PictureProxy, there: Peer, clock: Clock, served: bytes, seconds: float
) -> None:
    there.answers["/a.png"] = served
    token = proxy.sign(there.url("/a.png"), "avatar")
    for _ in range(3):
        with pytest.raises(NotFound):
            await proxy.picture(token)
    asked = len(there.requests)
    assert asked in (1, 4)  # four where it redirects to itself
    # When it has been mended, and the time is over, it is shown
    there.answers["/a.png"] = answer(PNG)
    clock.now += seconds - 1
    with pytest.raises(NotFound):
        await proxy.picture(token)
    assert len(there.requests) == asked
    clock.now += 2
    assert decoded((await proxy.picture(token))[0]).size == (128, 128)


async def test_pictures_are_read_up_to_a_limit(
    proxy: PictureProxy, there: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxying, "MAX_BYTES", len(PNG) - 1)
    with pytest.raises(NotFound):
        await proxy.picture(proxy.sign(there.url("/a.png"), "avatar"))


async def test_what_failed_is_remembered_within_bounds(
    proxy: PictureProxy, there: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxying, "REFUSED_KEPT", 3)
    for number in range(6):
        with pytest.raises(NotFound):
            await proxy.picture(proxy.sign(there.url(f"/{number}"), "avatar"))
    assert len(proxy._refused) == 3


def test_every_variant_is_bounded() -> None:
    assert all(max(variant.width, variant.height) <= 1600 for variant in VARIANTS.values())
