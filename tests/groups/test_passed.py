"""What a group passed on is to be had under the id it went out with, by whom it was for, as long as it stands."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete

from fediprof import clock
from fediprof.delivery import store as deliveries
from fediprof.schema.delivery import delivery
from tests.groups.conftest import make_group
from tests.groups.test_intake import created
from tests.groups.test_software import runs

pytestmark = pytest.mark.anyio
AS2 = {"accept": "application/activity+json"}


async def passed(person, group, drain, network, number: int = 1, **note: object) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    """What a group sent on a member's thread."""
    await person.send(person.activity("Follow", group.actor.iri))
    await drain()
    network.delivered.clear()
    await person.send(created(person, group, number, **note))
    await drain()
    found = [each.activity for each in network.delivered if each.activity["type"] == "Announce"]
    assert found
    return found


def path(activity) -> str:  # type: ignore[no-untyped-def]
    return urlsplit(str(activity["id"])).path


async def test_both_forms_of_a_thread_are_given_as_they_went_out(industry, remote, network, client, drain) -> None:
    paul = remote("paul")
    wrapped, boost = await passed(paul, industry, drain, network)
    assert path(wrapped).startswith("/a/")
    for each in (wrapped, boost):
        answer = await client.get(path(each), headers=AS2)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/activity+json")
        assert answer.json() == each
        [sent] = [one.body for one in network.delivered if one.activity == each]
        assert answer.content == sent
        assert (await client.get(path(each))).json() == each  # whatever the asker accepts


async def test_votes_and_ends_are_given(industry, remote, network, client, drain) -> None:
    runs(network, "far.example", "lemmy")
    paul = remote("paul")
    await passed(paul, industry, drain, network)
    post = "https://far.example/post/1"
    await paul.send(paul.activity("Like", post))
    await paul.send(paul.activity("Delete", {"type": "Tombstone", "id": post}))
    await drain()
    found = network.activities("Announce")
    assert [each["object"]["type"] for each in found] == ["Create", "Like", "Delete"]
    for each in found[1:]:
        assert (await client.get(path(each), headers=AS2)).json() == each
    # What held the post is gone with it
    assert (await client.get(path(found[0]), headers=AS2)).status_code == 404


async def test_a_boost_goes_with_its_post(industry, remote, network, client, drain) -> None:
    paul = remote("paul")
    wrapped, boost = await passed(paul, industry, drain, network)
    await paul.send(paul.activity("Delete", {"type": "Tombstone", "id": "https://far.example/post/1"}))
    await drain()
    for each in (wrapped, boost):
        assert (await client.get(path(each), headers=AS2)).status_code == 404


async def test_what_is_not_a_groups_is_not_there(industry, marie, services, remote, network, client, drain) -> None:
    """An Accept is for one person; a member's own activities have addresses of their own."""
    from fediprof.posts.commands import PublishPost, publish_post

    paul = remote("paul")
    for target in (industry.actor.iri, "https://home.example/u/marie"):
        await paul.send(paul.activity("Follow", target))
    await drain()
    await services.perform(publish_post, PublishPost(marie, "Hello"))
    await drain()
    assert {each["type"] for each in network.activities()} == {"Accept", "Create"}
    for each in (*network.activities("Accept"), {"id": "https://home.example/a/none"}):
        assert (await paul.get(path(each))).status_code == 404


async def test_a_private_groups_are_for_servers_with_a_member(
    services, marie, remote, network, client, drain
) -> None:
    inner = await make_group(services, marie, "inner", membership="private")
    runs(network, "far.example", "fediprof")
    runs(network, "next.example", "fediprof")
    paul, eve = remote("paul"), remote("eve", "next.example")
    for person in (paul, eve):
        await person.send(person.activity("Follow", inner.actor.iri))
    await drain()
    from fediprof.actors import store as actors
    from fediprof.groups.membership import AnswerRequest, admit

    known = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    await services.perform(admit, AnswerRequest(marie, inner.id, known.id))
    await drain()
    network.delivered.clear()
    await paul.send(created(paul, inner, 1, to=[inner.actor.iri, inner.actor.followers]))
    await drain()
    [sent] = network.delivered
    assert urlsplit(sent.url).netloc == "far.example"
    where = path(sent.activity)
    assert (await paul.get(where)).json() == sent.activity
    # Who asked and was not let in yet, and whoever asks without a name: as if it were not there
    nothing = (await eve.get("/a/nothing")).content
    for answer in (await eve.get(where), await client.get(where, headers=AS2)):
        assert (answer.status_code, answer.content) == (404, nothing)


async def test_it_is_not_there_once_it_is_swept(industry, remote, network, services, client, drain) -> None:
    paul = remote("paul")
    wrapped, _ = await passed(paul, industry, drain, network)
    assert (await client.get(path(wrapped), headers=AS2)).status_code == 200
    await services.database.write(lambda tx: tx.execute(delete(delivery).where(delivery.c.state == "waiting")))
    later = clock.now() + timedelta(days=31)
    await services.database.write(lambda tx: deliveries.sweep(tx, later - timedelta(days=30)))
    assert (await client.get(path(wrapped), headers=AS2)).status_code == 404
