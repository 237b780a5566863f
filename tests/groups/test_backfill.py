"""What is fetched of a group elsewhere when somebody here looks at it or joins it (groups §3, §8)."""

from __future__ import annotations

import json

import pytest

from fediprof.groups import front, store
from fediprof.groups.finding import AskForGroup, ask_for_group, ask_for_thread
from fediprof.net.pace import HostPace
from fediprof.posts.commands import AskForThread
from fediprof.timelines import store as timelines
from tests.support.remote import AS2, PUBLIC

pytestmark = pytest.mark.anyio


async def look(data, marie, *, again=True):
    group_id = await data.learn()
    await data.services.perform(ask_for_group, AskForGroup(marie, group_id, again=again))


async def threads(data, marie):
    group_id = await data.learn()
    ids = await data.services.read(lambda tx: front.threads(tx, [group_id], marie.actor_id, limit=50))
    return await data.services.read(lambda tx: front.shown(tx, ids, marie.actor_id))


async def test_a_group_looked_at_shows_its_latest_threads_and_nobodys_home_does(data, marie, ana, paul, drain):
    pages = [data.page(ana, 1, published="2026-11-18T10:00:00Z"), data.page(paul, 2), data.page(ana, 3)]
    items = [data.announce(data.create(ana, pages[0])), data.announce(data.create(paul, pages[1])), pages[2]["id"]]
    data.lists("outbox", items)
    await look(data, marie)
    await drain()
    assert {each.shown.post.iri for each in await threads(data, marie)} == {page["id"] for page in pages}
    assert await data.services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=9)) == []
    assert pages[1]["id"] in data.network.got
    assert pages[0]["id"] not in data.network.got


async def test_what_was_fetched_before_it_was_passed_on_stands_in_the_homes_once_it_is(data, marie, ana, drain):
    """Who joins has the latest threads fetched; one begun in that moment is passed on to them as well."""
    await data.joined_by(marie)
    page = data.page(ana, 1)
    data.lists("outbox", [data.announce(data.create(ana, page))])
    await look(data, marie)
    await drain()
    for _ in range(2):
        assert len(await threads(data, marie)) == 1
        await data.pass_on(data.create(ana, page))
        await drain()
        assert len(await data.services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=9))) == 1


async def test_at_most_twenty_are_fetched(data, marie, ana, drain):
    data.lists("outbox", [data.announce(data.create(ana, data.page(ana, number))) for number in range(1, 40)])
    await look(data, marie)
    await drain()
    assert len(await threads(data, marie)) == 20


async def test_moderators_and_what_is_on_top_are_as_listed(data, marie, ana, paul, drain):
    top = data.page(ana, 1)
    data.lists("featured", [top])
    data.lists("moderators", [ana.iri, {"id": paul.iri, "type": "Person"}])
    await look(data, marie)
    await drain()
    group_id = await data.learn()
    kept = await data.services.read(lambda tx: store.moderators(tx, group_id))
    assert {each.iri for each in kept} == {ana.iri, paul.iri}
    assert (await data.placed(top["id"])).pinned_at is not None
    data.lists("featured", [])
    data.lists("moderators", [ana.iri])
    await look(data, marie)
    await drain()
    assert [each.iri for each in await data.services.read(lambda tx: store.moderators(tx, group_id))] == [ana.iri]
    assert (await data.placed(top["id"])).pinned_at is None


@pytest.mark.parametrize("way", ["context", "replies"])
async def test_a_threads_answers_come_by_its_context_or_its_replies(data, marie, ana, paul, drain, way):
    root = "https://lemmy.example/post/1"
    page = data.page(ana, 1, context=f"{root}/context", replies=f"{root}/replies")
    first = data.answer(paul, 2, root, replies="https://far.example/post/2/replies")
    second = data.answer(ana, 3, first["id"])

    def collection(iri, items):
        data.network.documents[iri] = {"@context": AS2, "id": iri, "type": "OrderedCollection", "orderedItems": items}

    if way == "context":
        collection(f"{root}/context", [root, first["id"], second])
    else:
        collection(f"{root}/replies", [first["id"]])
        collection("https://far.example/post/2/replies", [second["id"]])
    data.lists("outbox", [data.announce(data.create(ana, page))])
    await look(data, marie)
    await drain()
    thread = await data.placed(root)
    assert thread.answers == 1  # Ana's own counts for nothing
    for each in (first, second):
        assert (await data.placed(each["id"])).thread_id == thread.post_id


async def test_a_copy_of_somebody_elses_post_in_a_list_is_not_believed(data, marie, ana, paul, drain):
    page = data.page(paul, 1)
    data.lists("outbox", [data.announce(data.create(paul, page | {"content": "<p>forged</p>"}))])
    await look(data, marie)
    await drain()
    assert "forged" not in (await data.post(page["id"])).content


async def test_what_is_listed_and_not_for_the_group_is_left_out(data, marie, ana, drain):
    data.lists("outbox", [data.page(ana, 1, audience="https://other.example/c/x", to=[PUBLIC])["id"], 7, None, {}])
    await look(data, marie)
    await drain()
    assert await threads(data, marie) == []


@pytest.mark.parametrize("broken", [404, 500, {"id": "x"}, {"type": "Note"}], ids=str)
async def test_lists_that_are_not_there_do_no_harm(data, marie, ana, drain, broken):
    for name in ("featured", "moderators"):
        data.network.documents[f"{data.iri}/{name}"] = broken
    page = data.page(ana, 1)
    data.lists("outbox", [data.announce(data.create(ana, page))])
    await look(data, marie)
    await drain()
    assert (await data.placed(page["id"])).state == "shown"


async def test_one_thread_is_asked_for_again(data, marie, ana, paul, drain):
    root = "https://lemmy.example/post/1"
    page = data.page(ana, 1, replies=f"{root}/replies")
    data.lists("outbox", [data.announce(data.create(ana, page))])
    await look(data, marie)
    await drain()
    answer = data.answer(paul, 2, root)
    listed = {"@context": AS2, "id": f"{root}/replies", "type": "Collection", "items": [answer["id"]]}
    data.network.documents[f"{root}/replies"] = listed
    post = await data.post(root)
    await data.services.perform(ask_for_thread, AskForThread(marie, post.id))
    await drain()
    assert (await data.placed(answer["id"])).thread_id == post.id


async def test_a_captured_outbox_of_lemmy_is_read(data, marie, wire, remote, network, drain):
    """Its announce, with the posts at the test's hosts."""
    document = json.loads((wire / "lemmy" / "activity-announce-create-page.json").read_text())
    inner = document["object"]
    author = remote("writer", "lemmy.example")
    page = inner["object"]
    text = json.dumps(document).replace(document["actor"], data.iri)
    text = text.replace(inner["actor"], author.iri).replace(page["id"], "https://lemmy.example/post/77")
    told = json.loads(text)
    network.documents["https://lemmy.example/post/77"] = {"@context": AS2, **told["object"]["object"]}
    data.lists("outbox", [told])
    await look(data, marie)
    await drain()
    found = await data.post("https://lemmy.example/post/77")
    assert found is not None
    assert found.title == page["name"]


async def test_one_host_waits_for_its_turn_and_another_does_not() -> None:
    now, slept = [0.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = HostPace(0.5, clock=lambda: now[0], sleep=sleep)
    for host in ("a.example", "A.example", "b.example", "a.example"):
        await pace.wait(host)
    assert slept == [0.5, 0.5]
