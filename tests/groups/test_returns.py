"""An author takes a Delete back, as Lemmy's people may: the post is there again, in a group here and in one elsewhere; what
moderators took out stays out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from fediprof.groups import moderating
from fediprof.groups.moderating import BanPerson, ModeratePost
from fediprof.posts import store as posts
from fediprof.schema.inbox import inbox_activity
from tests.groups.moderation import actor, found, joined, placed, thread, wrapped
from tests.groups.test_inbound_moderation import act, undo
from tests.support.remote import AS2, PUBLIC

pytestmark = pytest.mark.anyio

CAPTURED = Path("/work/shared/wire/lemmy/activity-undo-delete-page.json")


def page(person, group_iri: str, number: int = 1, **changes: object) -> dict[str, object]:  # type: ignore[no-untyped-def]
    return {
        "id": f"https://{person.host}/post/{number}",
        "type": "Page",
        "attributedTo": person.iri,
        "name": f"Title {number}",
        "content": "<p>Ten years of ETL.</p>",
        "to": [group_iri, PUBLIC],
        "cc": [],
        "audience": group_iri,
        "published": "2026-11-20T10:00:00Z",
        **changes,
    }


def serves(network, document: dict[str, object] | None, iri: str = "") -> None:  # type: ignore[no-untyped-def]
    network.documents[str(document["id"]) if document else iri] = {"@context": AS2, **document} if document else 410


async def last_outcome(services) -> str:  # type: ignore[no-untyped-def]
    query = select(inbox_activity.c.outcome).order_by(inbox_activity.c.id.desc()).limit(1)
    return str(await services.read(lambda tx: tx.execute(query).scalar()))


async def test_a_post_in_a_group_here_comes_back_and_that_is_passed_on(
    services, industry, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    delete = act(paul, "Delete", industry, post.iri)
    await paul.send(delete)
    await drain()
    assert (await found(services, post.iri)).content == ""
    network.delivered.clear()
    back = undo(paul, industry, delete)
    # Nothing is to be had yet: that is said, and nothing changes
    serves(network, None, post.iri)
    await paul.send(back)
    await drain()
    assert await last_outcome(services) == "its author brought it back, and it is not at its address"
    assert (await found(services, post.iri)).deleted_at is not None
    assert network.delivered == []
    # It is fetched anew, for what we held was emptied
    serves(network, page(paul, industry.actor.iri, content="<p>Eleven years.</p>"))
    again = {**back, "id": "https://far.example/undo/2"}
    await paul.send(again)
    await drain()
    known = await found(services, post.iri)
    assert (known.deleted_at, known.title, known.content) == (None, "Title 1", "<p>Eleven years.</p>")
    assert await services.read(lambda tx: posts.is_visible(tx, known.id, None))
    assert wrapped(network, "Undo")[0] == again, "unchanged"
    assert [each["object"] for each in network.activities("Announce") if each["object"] == post.iri], "boosted again"
    network.delivered.clear()
    await paul.send({**back, "id": "https://far.example/undo/3"})
    await drain()
    assert (await last_outcome(services), network.delivered) == ("there already", [])


async def test_what_is_embedded_is_believed_of_its_author_alone(services, industry, remote, network, drain) -> None:
    paul, eve = remote("paul", "far.example"), remote("eve", "evil.example")
    await joined(industry, (paul, eve), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    delete = act(paul, "Delete", industry, page(paul, industry.actor.iri, content="<p>As it was.</p>"))
    await paul.send(act(paul, "Delete", industry, post.iri))
    await drain()
    network.delivered.clear()
    for by in (eve, remote("ana", "far.example")):  # somebody else, there or on the author's own server
        theirs = act(by, "Delete", industry, page(paul, industry.actor.iri, content="<p>Forged.</p>"))
        await by.send(undo(by, industry, theirs))
        await drain()
        assert (await found(services, post.iri)).deleted_at is not None
    assert network.activities("Announce") == []
    await paul.send(undo(paul, industry, delete))
    await drain()
    assert (await found(services, post.iri)).content == "<p>As it was.</p>"


async def test_no_author_brings_back_what_moderators_took_out(
    services, industry, marie, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    first, second = [await thread(services, industry, paul, number, drain) for number in (1, 2)]
    await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, first.id, "an ad"))
    person = await actor(services, paul.iri)
    for number, post in ((1, first), (2, second)):
        delete = act(paul, "Delete", industry, post.iri)
        await paul.send(delete)
        await drain()
        if number == 2:
            await services.perform(moderating.ban_person, BanPerson(marie, industry.id, person.id, "ads"))
            await drain()
        network.delivered.clear()
        serves(network, page(paul, industry.actor.iri, number))
        await paul.send(undo(paul, industry, delete))
        await drain()
        assert (await found(services, post.iri)).deleted_at is not None, number
        assert network.activities("Announce") == []
    assert await last_outcome(services) == "its author is banned from the group"
    assert (await placed(services, first)).state == "removed"


async def test_a_moderator_s_undo_brings_back_nothing_an_author_deleted(
    services, industry, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    await paul.send(act(paul, "Delete", industry, post.iri))
    moe = remote("moe", "far.example")  # the post's own server may take it out, and put it back
    await moe.send(undo(moe, industry, act(moe, "Delete", industry, post.iri, summary="x")))
    await drain()
    assert (await found(services, post.iri)).deleted_at is not None


async def test_nothing_of_who_is_gone_comes_back(services, industry, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    await paul.send(act(paul, "Delete", industry, paul.iri))
    await drain()
    network.delivered.clear()
    serves(network, page(paul, industry.actor.iri))
    await paul.send(undo(paul, industry, act(paul, "Delete", industry, post.iri)))
    await drain()
    assert (await found(services, post.iri)).deleted_at is not None
    assert network.activities("Announce") == []


async def test_a_delete_that_came_first_is_forgotten(services, industry, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    delete = act(paul, "Delete", industry, "https://far.example/post/1")
    await paul.send(delete)
    await paul.send(undo(paul, industry, delete))
    await drain()
    post = await thread(services, industry, paul, 1, drain)
    assert (await placed(services, post)).state == "shown"


async def test_a_post_in_a_group_elsewhere_comes_back(services, data, marie, paul, network, drain) -> None:
    await data.joined_by(marie)
    iri = data.page(paul, 1)["id"]
    await data.pass_on(data.create(paul, network.documents[iri]))
    await drain()
    delete = paul.activity("Delete", iri, to=[PUBLIC], cc=[data.iri], audience=data.iri)
    network.documents[iri] = 410
    await data.pass_on(delete)
    await drain()
    assert (await data.post(iri)).deleted_at is not None
    back = paul.activity("Undo", delete, to=[PUBLIC], cc=[data.iri], audience=data.iri)
    await data.pass_on(back)
    await drain()
    assert (await data.post(iri)).deleted_at is not None, "its own server does not give it"
    data.page(paul, 1, content="<p>Again.</p>")
    await data.pass_on({**back, "id": "https://far.example/undo/9"})
    await drain()
    post = await data.post(iri)
    assert (post.deleted_at, post.content) == (None, "<p>Again.</p>")
    assert (await data.placed(iri)).state == "shown"


async def test_a_captured_undo_of_a_delete_brings_a_post_back(services, industry, remote, network, drain) -> None:
    if not CAPTURED.exists():
        pytest.skip("the captured activities are not beside this repository")
    paul = remote("lemmy_alpha", "ds9.lemmy.ml")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    await paul.send(act(paul, "Delete", industry, post.iri))
    await drain()
    serves(network, page(paul, industry.actor.iri))
    text = CAPTURED.read_text().replace("http://ds9.lemmy.ml/u/lemmy_alpha", paul.iri)
    captured = json.loads(
        text.replace("http://ds9", "https://ds9").replace("https://enterprise.lemmy.ml/c/main", industry.actor.iri)
    )
    await paul.send(captured)
    await drain()
    assert (await found(services, post.iri)).deleted_at is None
