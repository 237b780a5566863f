"""Live updates over real sockets: what one member is told at once, and what nobody else hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from fediprof.oauth import store
from fediprof.oauth.commands import WithdrawApp, withdraw_app
from fediprof.services import Services
from tests.mastodon.people import Person, person, token
from tests.support.live import serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Services]:
    """One engine tells all there is to tell of one process; for several see `interop/test_streams`."""
    async with serving(tmp_path, f"sqlite:///{tmp_path / 'live.sqlite3'}") as services:
        yield services


@pytest.fixture
async def pair(live: Services) -> AsyncIterator[tuple[Person, Person]]:
    async with httpx2.AsyncClient(base_url=live.settings.origin) as client:
        yield await person(live, client, "ada"), await person(live, client, "bob")


def address(services: Services, path: str = "/api/v1/streaming", query: str = "") -> str:
    return services.settings.origin.replace("http", "ws", 1) + path + query


async def next_message(socket: ClientConnection) -> dict[str, Any]:
    text = await asyncio.wait_for(socket.recv(), 5)
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


async def silence(socket: ClientConnection) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(socket.recv(), 0.4)


def entity(message: dict[str, Any]) -> Any:
    assert isinstance(message["payload"], str)
    return msgspec.json.decode(message["payload"])


async def test_one_socket_carries_what_it_subscribed_to(live: Services, pair: tuple[Person, Person]) -> None:
    ada, bob = pair
    for path in ("/api/v1/streaming", "/api/v1/streaming/"):
        async with connect(address(live, path, f"?access_token={ada.token}")) as socket:
            await ada.write("Before the subscription")
            await silence(socket)
            await socket.send('{"type": "subscribe", "stream": "user"}')
            await asyncio.sleep(0.1)
            made = await ada.write("Hello")
            told = await next_message(socket)
            assert (told["stream"], told["event"], entity(told)["id"]) == (["user"], "update", made["id"])
            assert entity(told)["favourited"] is False
            await bob.post(f"/api/v1/statuses/{made['id']}/favourite")
            told = await next_message(socket)
            assert (told["event"], entity(told)["type"]) == ("notification", "favourite")
            await ada.ask("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "Changed"})
            told = await next_message(socket)
            assert (told["event"], entity(told)["content"]) == ("status.update", "<p>Changed</p>")
            await ada.ask("DELETE", f"/api/v1/statuses/{made['id']}")
            told = await next_message(socket)
            assert (told["event"], told["payload"]) == ("delete", made["id"])
            await socket.send('{"type": "unsubscribe", "stream": "user"}')
            await asyncio.sleep(0.1)
            await ada.write("After")
            await silence(socket)


async def test_a_boost_comes_as_its_wrapper_and_another_members_news_do_not_come(
    live: Services, pair: tuple[Person, Person]
) -> None:
    ada, bob = pair
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    made = await ada.write("Boost me")
    async with connect(address(live, query=f"?stream=user&access_token={ada.token}")) as socket:
        await bob.write("@ada for you alone", visibility="direct")
        told = await next_message(socket)
        assert (told["event"], entity(told)["type"]) == ("notification", "mention")
        boost = await bob.post(f"/api/v1/statuses/{made['id']}/reblog")
        told = [await next_message(socket), await next_message(socket)]
        by_event = {each["event"]: entity(each) for each in told}
        assert by_event["update"]["id"] == boost["id"]
        assert by_event["update"]["reblog"]["id"] == made["id"]
        assert by_event["notification"]["type"] == "reblog"
        await ada.ask("POST", f"/api/v1/accounts/{bob.id}/unfollow")
        await bob.write("Nobody follows me")
        await silence(socket)


async def test_the_token_may_stand_in_three_places_and_its_protocol_is_given_back(
    live: Services, pair: tuple[Person, Person]
) -> None:
    ada, _ = pair
    async with connect(address(live), subprotocols=[Subprotocol(ada.token)]) as socket:
        assert socket.subprotocol == ada.token
    async with connect(address(live), additional_headers={"authorization": f"Bearer {ada.token}"}) as socket:
        assert socket.subprotocol is None
    async with connect(address(live, query=f"?access_token={ada.token}")):
        pass


async def test_a_bad_token_or_stream_is_refused_at_the_handshake(live: Services, pair: tuple[Person, Person]) -> None:
    ada, _ = pair
    other = await token(live, ada.by, "write push")
    for query, status in (
        ("", 401),
        ("?access_token=nonsense", 401),
        (f"?access_token={other}", 403),
        (f"?access_token={ada.token}&stream=public", 403),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(address(live, query=query)):
                pass
        assert refused.value.response.status_code == status, query
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(live, "/api/v1/nothing", f"?access_token={ada.token}")):
            pass
    assert refused.value.response.status_code == 404


async def test_nonsense_on_a_socket_harms_nothing(live: Services, pair: tuple[Person, Person]) -> None:
    ada, _ = pair
    async with connect(address(live, query=f"?access_token={ada.token}")) as socket:
        for text in ("{", "[]", '{"type":"subscribe"}', '{"type":"subscribe","stream":7}', "[" * 3000, "x" * 9000):
            await socket.send(text)
        await socket.send('{"type":"subscribe","stream":"public"}')
        answers = [await next_message(socket) for _ in range(3)]
        assert all(each["error"] == "Unknown stream type" for each in answers)
        await socket.send('{"type":"subscribe","stream":"user"}')
        await asyncio.sleep(0.1)
        await ada.write("Still here")
        assert (await next_message(socket))["event"] == "update"
        await socket.send(b"\x00")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)
    assert not live.streams._open


async def test_a_token_without_the_scope_hears_no_notifications(live: Services, pair: tuple[Person, Person]) -> None:
    ada, bob = pair
    narrow = await token(live, ada.by, "read:statuses")
    made = await ada.write("Hello")
    async with connect(address(live, query=f"?stream=user&access_token={narrow}")) as socket:
        await bob.post(f"/api/v1/statuses/{made['id']}/favourite")
        await silence(socket)
        await socket.send('{"type":"subscribe","stream":"user:notification"}')
        assert "error" in await next_message(socket)


async def test_a_revoked_token_ends_its_stream(live: Services, pair: tuple[Person, Person]) -> None:
    ada, _ = pair
    extra = await token(live, ada.by)
    async with connect(address(live, query=f"?stream=user&access_token={extra}")) as socket:
        held = await live.read(lambda tx: store.allowed(tx, ada.by.account_id))
        await live.perform(withdraw_app, WithdrawApp(ada.by, held[0].app.id))
        await ada.write("Secret")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)


async def test_events_come_by_http_too(live: Services, pair: tuple[Person, Person]) -> None:
    ada, bob = pair
    assert (await ada.client.get("/api/v1/streaming/health")).text == "OK"
    assert (await ada.client.get("/api/v1/streaming/user")).status_code == 401
    headers = {"authorization": f"Bearer {ada.token}"}
    for path, more in (
        ("/api/v1/streaming/user", {"headers": headers}),
        ("/api/v1/streaming/user", {"params": {"access_token": ada.token}}),
        ("/api/v1/streaming/user/notification", {"headers": headers}),
    ):
        async with ada.client.stream("GET", path, **more) as answer:  # type: ignore[arg-type]
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["access-control-allow-origin"] == "*"
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith(":")
            made = await ada.write("Hello")
            await bob.post(f"/api/v1/statuses/{made['id']}/favourite")
            events: list[tuple[str, Any]] = []
            wanted = 1 if path.endswith("notification") else 2
            while len(events) < wanted:
                line = await asyncio.wait_for(anext(lines), 5)
                if line.startswith("event: "):
                    data = await anext(lines)
                    events.append((line[7:], msgspec.json.decode(data.removeprefix("data: "))))
            assert events[-1][0] == "notification"
            assert events[-1][1]["status"]["id"] == made["id"]
            if wanted == 2:
                assert (events[0][0], events[0][1]["id"]) == ("update", made["id"])
