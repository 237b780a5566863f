"""What is sent to login servers, over real sockets: secrets follow no redirect, and nobody is waited or read for without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fediprof.errors import Forbidden, Unreachable
from fediprof.net.fetcher import Fetcher
from fediprof.visitors import provider
from fediprof.visitors.provider import NoLogin
from tests.net.peer import Peer, answer, peer, redirect

pytestmark = pytest.mark.anyio
METADATA = "/.well-known/oauth-authorization-server"
ACCOUNT = "/api/v1/accounts/verify_credentials"
CLIENT = {"client_id": "id", "client_secret": "secret"}


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(user_agent="test", development=True)
    yield made
    await made.close()


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    """Where a hostile server would have us go."""
    async with peer() as opened:
        yield opened


@pytest.fixture
async def host() -> AsyncIterator[Peer]:
    async with peer() as opened:
        yield opened


def base(host: Peer) -> str:
    return host.url("")


async def test_no_secret_follows_a_redirect(fetcher, host, other) -> None:
    for path in (METADATA, ACCOUNT, "/oauth/token", "/api/v1/apps", "/oauth/revoke"):
        host.answers[path] = redirect(other.url("/taken"), "307 Temporary Redirect")
    there = await provider.offered(fetcher, base(host))
    with pytest.raises(Unreachable):
        await provider.acct(fetcher, base(host), "bearer")
    with pytest.raises(NoLogin):
        await provider.register(fetcher, there, name="x", redirect_uri="https://home.example/", website="")
    with pytest.raises(Unreachable):
        await provider.token(fetcher, there.token_url, code="c", verifier="v", redirect_uri="r", **CLIENT)
    assert not await provider.revoke(fetcher, there.revoke_url, "bearer", **CLIENT)
    assert other.requests == []
    assert {request.target for request in host.requests} == {
        METADATA,
        ACCOUNT,
        "/oauth/token",
        "/api/v1/apps",
        "/oauth/revoke",
    }


async def test_the_token_goes_to_the_host_in_a_header(fetcher, host) -> None:
    host.answers[ACCOUNT] = answer(b'{"acct": "paul"}', content_type="application/json")
    assert await provider.acct(fetcher, base(host), "bearer") == "paul"
    (request,) = host.requests
    assert request.headers["authorization"] == "Bearer bearer"
    assert "bearer" not in request.target


@pytest.mark.parametrize("path", [METADATA, ACCOUNT, "/oauth/token"])
async def test_what_is_huge_is_not_read(fetcher, host, path) -> None:
    host.answers[path] = answer(b'{"a": "' + b"x" * 600_000 + b'"}', content_type="application/json")
    with pytest.raises(Unreachable):
        await ask(fetcher, host, path)


@pytest.mark.parametrize("path", [METADATA, ACCOUNT, "/oauth/token"])
async def test_what_is_slow_is_not_waited_for(fetcher, host, path, monkeypatch) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await asyncio.sleep(0.1)

    host.answers[path] = drip
    monkeypatch.setattr(provider, "SECONDS", 0.3)
    with pytest.raises(Unreachable, match="no whole answer"):
        await ask(fetcher, host, path)


async def ask(fetcher: Fetcher, host: Peer, path: str) -> None:
    if path == METADATA:
        await provider.offered(fetcher, base(host))
    elif path == ACCOUNT:
        await provider.acct(fetcher, base(host), "bearer")
    else:
        await provider.token(fetcher, host.url(path), code="c", verifier="v", redirect_uri="r", **CLIENT)


@pytest.mark.parametrize("private", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[::ffff:10.0.0.1]"])
async def test_private_addresses_are_not_asked(fetcher, private) -> None:
    there = await provider.offered(fetcher, f"https://{private}")
    with pytest.raises(Forbidden):
        await provider.register(fetcher, there, name="x", redirect_uri="https://home.example/", website="")


@pytest.mark.parametrize(
    "said",
    [b'{"acct": 1}', b'{"acct": ""}', b'{"acct": "a\\nb"}', b'{"acct": "' + b"a" * 5000 + b'"}', b"[]", b"null", b""],
)
async def test_an_account_without_a_proper_name_is_none(fetcher, host, said) -> None:
    host.answers[ACCOUNT] = answer(said, content_type="application/json")
    with pytest.raises(Unreachable):
        await provider.acct(fetcher, base(host), "bearer")
