"""Live updates for one member: a WebSocket that carries several streams, and Server-Sent Events.

Streams built: `user` (what `effects.Stream` tells of home, posts and notifications) and `user:notification`. The token
is asked for anew with each event: one that was revoked ends the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from fediprof.db.database import Tx
from fediprof.effects import Stream
from fediprof.errors import FediprofError, NotAllowed, NotVerified
from fediprof.mastodon import auth, errors
from fediprof.mastodon.auth import Caller
from fediprof.mastodon.call import Call
from fediprof.mastodon.entities import notification, status
from fediprof.mastodon.entities.answer import Answer
from fediprof.moderation import limits
from fediprof.notifications import store as notifications
from fediprof.notifications.records import KINDS
from fediprof.oauth import scopes
from fediprof.posts import views
from fediprof.services import Services
from fediprof.timelines import store as timelines

STREAMS = {
    "user": frozenset({"update", "status.update", "delete", "notification"}),
    "user:notification": frozenset({"notification"}),
}
_NEEDS = {"user": "read:statuses", "user:notification": "read:notifications"}
HEARTBEAT_SECONDS = 15.0
_MOST_BYTES = 4096


# --- WebSocket


async def socket(ws: WebSocket) -> None:
    """The token stands in `Authorization`, in `access_token`, or in `Sec-WebSocket-Protocol`, and that header is then
    given back: Chrome drops the socket otherwise. A bad token is refused at the handshake."""
    services: Services = ws.app.state.services
    protocol = ws.headers.get("sec-websocket-protocol", "").partition(",")[0].strip() or None
    try:
        secret = auth.bearer(ws.headers.get("authorization", "")) or ws.query_params.get("access_token") or protocol
        who = await services.read(lambda tx: _member(tx, secret))
        open_streams: set[str] = set()
        if first := ws.query_params.get("stream"):
            open_streams.add(_stream(first, who))
    except FediprofError as error:
        await ws.send_denial_response(errors.refusal(error))
        return
    async with services.streams.subscribed(who.by.actor_id if who.by else 0) as queue:
        await ws.accept(subprotocol=protocol)
        told = asyncio.create_task(_tell(ws, services, queue, open_streams, secret))
        try:
            await _listen(ws, open_streams, who, told)
        finally:
            told.cancel()
            await asyncio.gather(told, return_exceptions=True)


async def _listen(ws: WebSocket, open_streams: set[str], who: Caller, told: asyncio.Task[None]) -> None:
    """Read subscriptions until the client goes, or the teller ended."""
    while True:
        heard = asyncio.ensure_future(ws.receive_text())
        await asyncio.wait((heard, told), return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            heard.cancel()
            await asyncio.gather(heard, return_exceptions=True)
            return
        try:
            await _subscribe(ws, heard.result(), open_streams, who)
        except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
            return


async def _subscribe(ws: WebSocket, message: str, open_streams: set[str], who: Caller) -> None:
    try:
        asked = msgspec.json.decode(message) if len(message) <= _MOST_BYTES else None
    except (msgspec.DecodeError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        return
    kind, name = asked.get("type"), asked.get("stream")
    if kind == "unsubscribe":
        open_streams.discard(name if isinstance(name, str) else "")
    elif kind == "subscribe":
        try:
            open_streams.add(_stream(name if isinstance(name, str) else "", who))
        except FediprofError as error:
            await ws.send_text(_text({"error": error.public, "status": error.status}))


async def _tell(
    ws: WebSocket, services: Services, queue: asyncio.Queue[Stream], open_streams: set[str], secret: str | None
) -> None:
    while True:
        event = await queue.get()
        streams = [name for name in sorted(open_streams) if event.event in STREAMS[name]]
        if not streams:
            continue
        try:
            payload = await _payload(services, event, secret)
        except FediprofError:
            await ws.close(1008)
            return
        if payload is not None:
            for name in streams:
                await ws.send_text(_text({"stream": [name], "event": event.event, "payload": payload}))


# --- Server-Sent Events


async def user(call: Call) -> Response:
    return _events(call, "user")


async def user_notification(call: Call) -> Response:
    return _events(call, "user:notification")


async def health(call: Call) -> Response:
    return PlainTextResponse("OK")


def _events(call: Call, name: str) -> Response:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_lines(call, name), 200, headers, "text/event-stream")


async def _lines(call: Call, name: str) -> AsyncIterator[str]:
    secret = auth.bearer(call.request.headers.get("authorization", "")) or call.params.text("access_token")
    async with call.services.streams.subscribed(call.by.actor_id) as queue:
        yield ":)\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ":thump\n\n"
                continue
            if event.event not in STREAMS[name]:
                continue
            try:
                payload = await _payload(call.services, event, secret)
            except FediprofError:
                return
            if payload is not None:
                yield f"event: {event.event}\ndata: {payload}\n\n"


# --- what both carry


def _member(tx: Tx, secret: str | None) -> Caller:
    who = auth.caller(tx, secret)
    auth.must_reach(who, "read:statuses|read:notifications")
    return who


def _stream(name: str, who: Caller) -> str:
    """The stream, if there is one of that name and this token reaches it."""
    if name not in STREAMS:
        raise NotAllowed(f"stream {name[:40]!r}", public="Unknown stream type")
    auth.must_reach(who, _NEEDS[name])
    return name


async def _payload(services: Services, event: Stream, secret: str | None) -> str | None:
    """The entity as JSON text (for `delete` a bare id); None for what this member's app is not to see, or is gone."""

    def rendered(tx: Tx) -> str | None:
        who = auth.caller(tx, secret)
        if who.by is None or who.by.actor_id != event.actor_id:
            raise NotVerified("the token is gone")
        needed = "read:notifications" if event.event == "notification" else "read:statuses"
        if not scopes.covers(who.by.scopes, needed):
            return None
        if event.event == "delete":
            return str(event.subject)
        suspended = limits.all_suspended(tx)
        return _entity(tx, event, Answer(services.here(), services.pictures, event.actor_id, suspended))

    return await services.read(rendered)


def _entity(tx: Tx, event: Stream, answer: Answer) -> str | None:
    subject, reader = event.subject, event.actor_id
    if event.event == "notification":
        told = notifications.page(tx, reader, limit=1, only=subject, kinds=KINDS)
        return _text(notification.render(told[0], answer)) if told else None
    if event.event == "update":
        pairs = timelines.home(tx, reader, limit=1, max_id=subject + 1, since_id=subject - 1)
        found = views.items(tx, pairs, reader)
    else:
        found = views.shown(tx, [subject], reader)
    return _text(status.render(found[0], answer)) if found else None


def _text(body: object) -> str:
    return msgspec.json.encode(body).decode()
