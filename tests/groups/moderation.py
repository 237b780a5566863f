"""What the tests of moderation share: a group with members elsewhere, what was sent of what is done in it, its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.groups import log
from fediprof.groups import store as groups
from fediprof.groups.records import Event, GroupPost, Hosted
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from fediprof.services import Services
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC, Network, Remote


async def joined(hosted: Hosted, people: Iterable[Remote], drain: Any, network: Network) -> None:
    for person in people:
        await person.send(person.activity("Follow", hosted.actor.iri))
    await drain()
    network.delivered.clear()


async def thread(services: Services, hosted: Hosted, person: Remote, number: int, drain: Any, **note: Any) -> Post:
    """A post by somebody elsewhere, in the group."""
    create = created(person, hosted, number, **note)
    assert (await person.send(create)).status_code == 202
    await drain()
    return await found(services, create["object"]["id"])  # type: ignore[index]


async def found(services: Services, iri: str) -> Post:
    post = await services.read(lambda tx: posts.by_iri(tx, iri))
    assert post is not None
    return post


async def placed(services: Services, post: Post) -> GroupPost:
    there = await services.read(lambda tx: groups.post(tx, post.id))
    assert there is not None
    return there


async def actor(services: Services, iri: str) -> Actor:
    person = await services.read(lambda tx: actors.by_iri(tx, iri))
    assert person is not None
    return person


async def decisions(services: Services, hosted: Hosted) -> list[Event]:
    """The group's log, the oldest first."""
    return (await services.read(lambda tx: log.page(tx, hosted.id)))[::-1]


async def kinds(services: Services, actor_id: int) -> list[str]:
    """Of what a member was told."""
    from fediprof.notifications import store as notifications

    told = await services.read(lambda tx: notifications.page(tx, actor_id, limit=40))
    return [each.kind for each in told]


def wrapped(network: Network, type: str | None = None) -> list[dict[str, Any]]:
    """The activities inside what was announced."""
    inner = [each["object"] for each in network.activities("Announce")]
    return [each for each in inner if isinstance(each, dict) and (type is None or each["type"] == type)]


def must_be_sound(network: Network, hosted: Hosted, *, private: bool = False) -> None:
    """What every receiver demands of what a group sends (groups §4, §5): lists, short ids, a string for an actor; and of
    what a private group sends, that it names the public nowhere."""
    for each in network.activities():
        _must_be_sound(each)
        if each["type"] == "Announce":
            assert each["actor"] == hosted.actor.iri
            assert each["published"]
            inner = each["object"]
            if isinstance(inner, dict):
                assert set(inner) >= {"id", "type", "actor", "object"}
                _must_be_sound(inner)
            else:
                assert not private, "a boost of what is private"
        if private:
            assert PUBLIC not in str(each)


def _must_be_sound(activity: dict[str, Any]) -> None:
    assert isinstance(activity["actor"], str)
    assert len(activity["id"]) <= 100
    if activity["type"] in ("Announce", "Delete", "Lock", "Block", "Add", "Remove") or "audience" in activity:
        assert isinstance(activity["to"], list), activity
        assert isinstance(activity["cc"], list), activity
        assert activity["to"] or activity["cc"]
