"""Mastodon.py, the Python library for this API, goes once round: log in, write, answer, react, follow, search, listen.

Its typed entities are the measure of ours: each attribute it declares must be there, and not null where it may not be.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import mastodon
import pytest
from mastodon import Mastodon, StreamListener
from mastodon import return_types as types
from PIL import Image

from tests.contract.conftest import Home

pytestmark = pytest.mark.anyio

Result = TypeVar("Result")
SCOPES = ["read", "write", "follow", "push"]
NEWER = {
    "Account": {"show_media", "show_media_replies", "show_featured", "feature_approval"},
    "Status": {"quotes_count", "tagged_collections"},
    "SearchV2": {"collections"},
    "Search": {"collections"},
    "InstanceConfigurationV2": {"timelines_access"},
}
"""Attributes that came after the version we say we are compatible with."""


async def call(function: Callable[..., Result], *arguments: Any, **more: Any) -> Result:
    """The library waits for its answers; the server must go on meanwhile."""
    return await asyncio.to_thread(function, *arguments, **more)


def complete(entity: Any, declared: type) -> None:
    """Every attribute the library declares is there, and null only where it says so."""
    for name, kind in declared.__annotations__.items():
        if name in NEWER.get(declared.__name__, ()) or name.startswith("_"):
            continue
        optional = str(kind).strip("'").startswith("Optional")
        assert optional or entity.get(name) is not None, f"{declared.__name__}.{name} is {entity.get(name)!r}"


async def logged_in(home: Home, username: str) -> Mastodon:
    client_id, secret = await call(
        Mastodon.create_app, "Mastodon.py", scopes=SCOPES, api_base_url=home.url, website="https://app.example"
    )
    assert secret is not None
    app = await call(Mastodon, client_id=client_id, client_secret=secret, api_base_url=home.url)
    url = await call(app.auth_request_url, scopes=SCOPES, allow_http=True)
    code = await home.allow(url, username)
    await call(app.log_in, code=code, scopes=SCOPES, allow_http=True)
    return app


class Heard(StreamListener):  # type: ignore[misc]
    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.something = threading.Event()

    def on_update(self, status: Any) -> None:
        self._keep("update", status)

    def on_notification(self, notification: Any) -> None:
        self._keep("notification", notification)

    def on_delete(self, deleted_id: Any) -> None:
        self._keep("delete", deleted_id)

    def on_abort(self, err: Any) -> None:
        self._keep("abort", err)

    def _keep(self, kind: str, what: Any) -> None:
        self.events.append((kind, what))
        self.something.set()


async def test_mastodon_py_goes_once_round(home: Home) -> None:
    ada, bob = await logged_in(home, "ada"), await logged_in(home, "bob")

    me = await call(ada.account_verify_credentials)
    complete(me, types.Account)
    assert me.acct == "ada"
    instance = await call(ada.instance_v2)
    complete(instance, types.InstanceV2)
    complete(instance.configuration, types.InstanceConfigurationV2)
    complete(await call(ada.instance_v1), types.Instance)
    complete(await call(ada.preferences), types.Preferences)
    complete(await call(ada.app_verify_credentials), types.Application)
    assert await call(ada.custom_emojis) == []

    first = await call(ada.status_post, "Hello #world", spoiler_text="News", language="en", idempotency_key="once")
    complete(first, types.Status)
    assert (await call(ada.status_post, "Hello #world", idempotency_key="once")).id == first.id
    followed = await call(bob.account_follow, me.id)
    complete(followed, types.Relationship)
    assert followed.following
    assert [each.id for each in await call(bob.timeline_home)] == [first.id]
    answer = await call(bob.status_reply, first, "Hi there")
    assert answer.in_reply_to_id == first.id
    assert (await call(bob.status_favourite, first.id)).favourited is True
    boost = await call(bob.status_reblog, first.id)
    assert boost.reblog.id == first.id
    told = await call(ada.notifications)
    assert sorted(each.type for each in told) == ["favourite", "follow", "mention", "reblog"]
    for each in told:
        complete(each, types.Notification)
        complete(each.account, types.Account)
    only = await call(ada.notifications, types=["mention"])
    assert [each.type for each in only] == ["mention"]
    around = await call(ada.status_context, first.id)
    complete(around, types.Context)
    assert [each.id for each in around.descendants] == [answer.id]
    assert (await call(bob.status_unreblog, first.id)).reblogged is False
    assert (await call(bob.status_unfavourite, first.id)).favourited is False

    changed = await call(ada.status_update, first.id, status="Hello again")
    assert changed.edited_at is not None
    complete(await call(ada.status_source, first.id), types.StatusSource)

    found = await call(ada.search, f"@bob@{home.domain}", resolve=True)
    complete(found, types.SearchV2)
    assert [each.acct for each in found.accounts] == ["bob"]
    assert (await call(ada.account_lookup, "bob")).id == found.accounts[0].id
    standing = await call(ada.account_relationships, [found.accounts[0].id, me.id])
    assert [each.id for each in standing] == [found.accounts[0].id, me.id]
    complete(standing[0], types.Relationship)

    out = io.BytesIO()
    Image.new("RGB", (60, 40), (9, 90, 60)).save(out, "PNG")
    media = await call(
        ada.media_post, out.getvalue(), mime_type="image/png", description="Green", focus=(0.0, 0.5), synchronous=True
    )
    complete(media, types.MediaAttachment)
    assert media.description == "Green"
    pictured = await call(ada.status_post, "Look", media_ids=[media], visibility="unlisted")
    assert [each.id for each in pictured.media_attachments] == [media.id]
    assert pictured.visibility == "unlisted"
    assert [each.id for each in await call(ada.account_statuses, me.id, only_media=True)] == [pictured.id]

    private = await call(ada.status_post, "@bob psst", visibility="direct")
    conversations = await call(bob.conversations)
    assert [each.last_status.id for each in conversations] == [private.id]
    complete(conversations[0], types.Conversation)

    await call(ada.status_delete, pictured.id)
    with pytest.raises(mastodon.MastodonNotFoundError):
        await call(ada.status, pictured.id)
    await call(bob.account_unfollow, me.id)
    await call(ada.revoke_access_token, allow_http=True)
    assert ada.access_token is None


async def test_mastodon_py_walks_through_pages_and_back(home: Home) -> None:
    ada = await logged_in(home, "ada")
    posts = [await call(ada.status_post, f"Number {number}") for number in range(7)]
    expected = [each.id for each in reversed(posts)]
    page = await call(ada.timeline_home, limit=3)
    assert [each.id for each in await call(ada.fetch_remaining, page)] == expected
    second = await call(ada.fetch_next, page)
    assert [each.id for each in second] == expected[3:6]
    assert [each.id for each in await call(ada.fetch_previous, second)] == expected[:3]
    assert not await call(ada.fetch_previous, page)


async def test_mastodon_py_hears_what_happens(home: Home) -> None:
    ada, bob = await logged_in(home, "ada"), await logged_in(home, "bob")
    assert await call(ada.stream_healthy)
    heard = Heard()
    stream = await call(ada.stream_user, heard, run_async=True)
    try:
        while not home.services.streams._open:
            await asyncio.sleep(0.02)
        made = await call(ada.status_post, "Hello")
        await call(bob.status_favourite, made.id)
        await call(ada.status_delete, made.id)
        for _ in range(100):
            if len(heard.events) >= 3:
                break
            await asyncio.sleep(0.05)
        assert [kind for kind, _ in heard.events] == ["update", "notification", "delete"]
        assert heard.events[0][1].id == made.id
        assert heard.events[1][1].type == "favourite"
        assert str(heard.events[2][1]) == str(made.id)
    finally:
        await call(stream.close)


async def test_an_app_that_was_refused_is_told_so(home: Home) -> None:
    wrong = await call(Mastodon, access_token="nonsense", api_base_url=home.url)
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        await call(wrong.timeline_home)
    ada = await logged_in(home, "ada")
    with pytest.raises(mastodon.MastodonAPIError, match="Validation failed"):
        await call(ada.status_post, "x" * 5001)
    with pytest.raises(mastodon.MastodonNotFoundError):
        await call(ada.timeline_public)
