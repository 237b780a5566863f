"""The fetcher, against servers on loopback that behave badly."""

from __future__ import annotations

import asyncio
import gzip
import os
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import trustme

from fediprof.errors import Forbidden, TooMuch, Unreachable
from fediprof.net import fetcher as fetching
from fediprof.net.fetcher import Fetcher

from .peer import Peer, answer, peer, redirect
from .recorder import Names, Recorder

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"


@pytest.fixture
async def there() -> AsyncIterator[Peer]:
    async with peer() as it:
        yield it


@pytest.fixture
async def fetch() -> AsyncIterator[Fetcher]:
    it = Fetcher(user_agent="fediprof/test", development=True)
    yield it
    await it.close()


async def test_an_answer_comes_back_whole(fetch: Fetcher, there: Peer) -> None:
    there.answers["/actor?x=1"] = answer(b'{"id": 1}', content_type="application/activity+json")
    got = await fetch.get(there.url("/actor?x=1#main-key"), accept="application/activity+json")
    assert (got.url, got.status, got.body) == (there.url("/actor?x=1"), 200, b'{"id": 1}')
    assert got.headers.get("Content-Type") == "application/activity+json"
    (request,) = there.requests
    assert request.headers["accept"] == "application/activity+json"
    assert request.headers["user-agent"] == "fediprof/test"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["host"] == f"localhost:{there.port}"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "401 Unauthorized", "503 Service Unavailable"])
async def test_statuses_are_given_back_not_raised(fetch: Fetcher, there: Peer, status: str) -> None:
    there.answers["/"] = answer(b"no", status, retry_after="30")
    got = await fetch.get(there.url(), accept="*/*")
    assert (got.status, got.body, got.headers["retry-after"]) == (int(status[:3]), b"no", "30")


async def test_a_connection_is_used_again(fetch: Fetcher, there: Peer) -> None:
    there.answers["/"] = answer(b"ok")
    for _ in range(5):
        await fetch.get(there.url(), accept="*/*")
        await fetch.post(there.url(), b"x", headers={"Content-Type": "text/plain"})
    assert (len(there.requests), there.connections) == (10, 1)


async def test_one_server_gets_six_gets_at_once(fetch: Fetcher, there: Peer) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(answer(b"ok"))

    there.answers["/"] = slowly
    await asyncio.gather(*(fetch.get(there.url(), accept="*/*") for _ in range(20)))
    assert (len(there.requests), there.most_at_once) == (20, 6)


@pytest.mark.parametrize("announced", [True, False])
async def test_more_bytes_than_allowed_are_not_read(fetch: Fetcher, there: Peer, announced: bool) -> None:
    written = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        length = b"Content-Length: 400000000\r\n" if announced else b""
        writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        while written < 400_000_000:
            writer.write(b"x" * 65_536)
            written += 65_536
            await writer.drain()

    there.answers["/"] = flood
    with pytest.raises(TooMuch):
        await fetch.get(there.url(), accept="*/*", max_bytes=100_000)
    assert written < 40_000_000


async def test_a_body_of_exactly_the_limit_is_taken(fetch: Fetcher, there: Peer) -> None:
    there.answers["/"] = answer(b"x" * 1000)
    assert len((await fetch.get(there.url(), accept="*/*", max_bytes=1000)).body) == 1000
    with pytest.raises(TooMuch):
        await fetch.get(there.url(), accept="*/*", max_bytes=999)


async def test_a_gzip_bomb_is_refused_by_its_decompressed_size(fetch: Fetcher, there: Peer) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    there.answers["/"] = answer(bomb, content_encoding="gzip")
    await fetch.get(there.url("/elsewhere"), accept="*/*")  # so that connecting is not measured
    tracemalloc.start()
    try:
        with pytest.raises(TooMuch):
            await fetch.get(there.url(), accept="*/*", max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


async def test_a_file_held_compressed_is_read_all_the_same(fetch: Fetcher, there: Peer) -> None:
    noise = os.urandom(30_000)
    there.answers["/"] = answer(gzip.compress(noise), content_encoding="gzip")
    assert (await fetch.get(there.url(), accept="*/*")).body == noise
    there.answers["/"] = answer(gzip.compress(noise)[:-20_000], content_encoding="gzip")
    with pytest.raises(Unreachable):
        await fetch.get(there.url(), accept="*/*")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_other_encodings_are_refused(fetch: Fetcher, there: Peer, encoding: str) -> None:
    there.answers["/"] = answer(b"x", content_encoding=encoding)
    with pytest.raises(Unreachable):
        await fetch.get(there.url(), accept="*/*")


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
async def test_a_slow_drip_is_cut_at_the_deadline(fetch: Fetcher, there: Peer, start: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        for _ in range(200):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    there.answers["/"] = drip
    began = time.monotonic()
    with pytest.raises(Unreachable, match="within"):
        await fetch.get(there.url(), accept="*/*", seconds=0.4)
    with pytest.raises(Unreachable, match="within"):
        await fetch.post(there.url(), b"", headers={}, seconds=0.4)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nxxxxx",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
)
async def test_a_broken_answer_is_unreachable(fetch: Fetcher, there: Peer, broken: bytes) -> None:
    async def hang_up(writer: asyncio.StreamWriter) -> None:
        writer.write(broken)
        await writer.drain()
        writer.close()

    there.answers["/"] = hang_up
    with pytest.raises(Unreachable):
        await fetch.get(there.url(), accept="*/*", seconds=3)


async def test_nobody_listening_is_unreachable(fetch: Fetcher) -> None:
    async with peer() as gone:
        url = gone.url()
    with pytest.raises(Unreachable):
        await fetch.get(url, accept="*/*")


async def test_redirects_are_followed_three_times_and_the_final_url_is_told(fetch: Fetcher, there: Peer) -> None:
    there.answers |= {"/1": redirect("/2"), "/2": redirect("3", "307 T"), "/3": redirect("/4"), "/4": answer(b"end")}
    got = await fetch.get(there.url("/1"), accept="*/*")
    assert (got.url, got.body) == (there.url("/4"), b"end")
    there.answers["/4"] = redirect("/5")
    with pytest.raises(Forbidden, match="redirects"):
        await fetch.get(there.url("/1"), accept="*/*")


async def test_endless_redirects_end(fetch: Fetcher, there: Peer) -> None:
    there.answers["/"] = redirect("/")
    with pytest.raises(Forbidden):
        await fetch.get(there.url(), accept="*/*")
    assert len(there.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://private.example/",
        "http://public.example/",
        "http://127.0.0.1:8000/",
        "https://public.example:6379/",
        "file:///etc/passwd",
        "https://[::1",
        "//10.0.0.1/",
    ],
)
async def test_each_hop_of_a_redirect_is_checked_as_the_first(location: str) -> None:
    names = Names(public_example=[PUBLIC], private_example=["192.168.0.1"])
    sockets = Recorder(redirect(location))
    with pytest.raises(Forbidden):
        await Fetcher(user_agent="t", development=False, resolver=names, backend=sockets).get(
            "https://public.example/", accept="*/*"
        )
    assert sockets.dialled == [(PUBLIC, 443)]


async def test_posts_do_not_follow_redirects(fetch: Fetcher, there: Peer) -> None:
    there.answers["/inbox"] = redirect("/elsewhere", "307 Temporary Redirect")
    got = await fetch.post(there.url("/inbox"), b"{}", headers={"Content-Type": "application/activity+json"})
    assert (got.status, len(there.requests)) == (307, 1)


async def test_a_post_arrives_as_given_and_its_long_answer_is_cut(fetch: Fetcher, there: Peer) -> None:
    there.answers["/inbox"] = answer(b"x" * 100_000, "400 Bad Request")
    got = await fetch.post(there.url("/inbox"), b'{"a":1}', headers={"content-type": "t/x", "Signature": "s"})
    (request,) = there.requests
    assert (request.method, request.body) == ("POST", b'{"a":1}')
    assert (request.headers["content-type"], request.headers["signature"]) == ("t/x", "s")
    assert request.headers["user-agent"] == "fediprof/test"
    assert (got.status, got.body) == (400, b"x" * 4096)


async def test_every_hop_is_signed_anew_for_its_own_url(fetch: Fetcher, there: Peer) -> None:
    signed: list[tuple[str, str, str]] = []

    def sign(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        signed.append((method, url, headers["Host"]))
        return {"Signature": f"for {url}"}

    there.answers |= {"/a": redirect("/b"), "/b": answer(b"ok")}
    await fetch.get(there.url("/a"), accept="*/*", sign=sign)
    assert signed == [("GET", there.url(path), f"localhost:{there.port}") for path in ("/a", "/b")]
    assert [r.headers["signature"] for r in there.requests] == [f"for {there.url(path)}" for path in ("/a", "/b")]


async def test_the_least_recently_used_servers_are_let_go(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ORIGINS_KEPT", 2)
    async with peer() as one, peer() as two, peer() as three:
        for it in (one, two, three, one):
            it.answers["/"] = answer(b"ok")
            await fetch.get(it.url(), accept="*/*")
        assert (one.connections, two.connections, three.connections) == (2, 1, 1)
        assert len(fetch._origins) == 2
        # And what has been idle for a minute is closed with the next request to anyone
        for origin in fetch._origins.values():
            origin.used -= 61
        await fetch.get(two.url(), accept="*/*")
        assert len(fetch._origins) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_tls_checks_the_name_although_the_address_is_pinned(authority: trustme.CA) -> None:
    # Given a server that can prove to be alice.example, and a name mallory.example that leads to it too
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with peer(server_context(authority, "alice.example")) as there:
        there.answers["/"] = answer(b"alice")
        hosts = {name: ("127.0.0.1", there.port) for name in ("alice.example", "mallory.example")}
        fetch = Fetcher(user_agent="t", development=True, ssl_context=trust, hosts=hosts)
        # When it is asked by its name, it answers; by the other, it is not believed
        assert (await fetch.get("https://alice.example/", accept="*/*")).body == b"alice"
        with pytest.raises(Unreachable, match="CERTIFICATE"):
            await fetch.get("https://mallory.example/", accept="*/*")
        await fetch.close()
        assert [r.headers["host"] for r in there.requests] == ["alice.example"]
        # And without the authority in our trust, not even by its name
        stranger = Fetcher(user_agent="t", development=True, hosts=hosts)
        with pytest.raises(Unreachable, match="CERTIFICATE"):
            await stranger.get("https://alice.example/", accept="*/*")
        await stranger.close()


async def test_https_does_not_redirect_to_http_even_in_development(authority: trustme.CA) -> None:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with peer() as plain, peer(server_context(authority, "alice.example")) as there:
        there.answers["/"] = redirect(plain.url("/"))
        fetch = Fetcher(
            user_agent="t", development=True, ssl_context=trust, hosts={"alice.example": ("127.0.0.1", there.port)}
        )
        with pytest.raises(Forbidden, match="TLS"):
            await fetch.get("https://alice.example/", accept="*/*")
        await fetch.close()
        assert plain.requests == []
