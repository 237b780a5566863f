"""What members send to groups elsewhere: its shape, and what is refused before it is sent (groups rules 5 to 11)."""

from __future__ import annotations

import json

import pytest

from fediprof.delivery import hosts
from fediprof.errors import Invalid, NotAllowed, NotFound
from fediprof.groups import posting, reporting, store, voting
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import DEEPEST
from fediprof.interactions.commands import React
from fediprof.moderation.commands import ReportActor
from fediprof.posts import commands
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio
ME = "https://home.example/u/marie"


@pytest.fixture
async def joined(data, marie, drain):
    await data.joined_by(marie)
    await drain()
    data.network.delivered.clear()
    return data


async def begin(joined, marie, title="Looking for ETL work", text="Ten *years*.", **more):
    group_id = await joined.learn()
    request = BeginThread(PublishPost(marie, text, title=title, **more), group_id)
    return await joined.services.perform(posting.begin_thread, request)


async def taken(joined, page):
    """What stands here of a post the group passed on."""
    return await joined.post(page["id"])


def ids_in(value):
    if isinstance(value, dict):
        found = [value["id"]] if isinstance(value.get("id"), str) else []
        return found + [each for item in value.values() for each in ids_in(item)]
    return [each for item in value for each in ids_in(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("kind", ["Article", "Page"])
async def test_a_thread_is_what_every_receiver_takes(joined, marie, drain, monkeypatch, kind):
    monkeypatch.setattr(commands, "THREAD_TYPE", kind)
    post = await begin(joined, marie, language="en-GB")
    await drain()
    (sent,) = joined.network.delivered
    create = sent.activity
    assert sent.url == "https://lemmy.example/inbox"
    thread = create["object"]
    assert (thread["type"], thread["name"], thread["id"]) == (kind, "Looking for ETL work", post.iri)
    for each in (create, thread):
        assert each["to"] == [joined.iri, PUBLIC]
        assert each["cc"] == [f"{ME}/followers"]
        assert each["audience"] == joined.iri
        assert each["published"]
    assert thread["source"] == {"content": "Ten *years*.", "mediaType": "text/markdown"}
    assert "<em>years</em>" in thread["content"]
    assert thread["attributedTo"] == ME
    assert thread.get("inReplyTo") is None
    assert thread["attachment"] == []
    assert thread["tag"] == []
    assert thread["context"].startswith(post.iri)
    assert thread["language"] == {"identifier": "en", "name": "en"}
    assert all(len(each) < 100 for each in ids_in(create))


async def test_an_answer_names_who_is_answered_and_the_context_it_is_in(joined, marie, ana, drain):
    page = joined.page(ana, 1, context="https://lemmy.example/post/1/context")
    await joined.pass_on(joined.create(ana, page))
    await drain()
    parent = await taken(joined, page)
    answer = await joined.services.perform(posting.publish, PublishPost(marie, "Here.", in_reply_to_id=parent.id))
    await drain()
    create = joined.network.activities("Create")[-1]
    note = create["object"]
    assert (note["type"], note["inReplyTo"], note["audience"]) == ("Note", page["id"], joined.iri)
    assert note["to"] == [PUBLIC]
    assert note["cc"][:2] == [joined.iri, ana.iri]
    assert note["context"] == page["context"]
    assert ana.iri in [each.get("href") for each in note["tag"] if each["type"] == "Mention"]
    assert (await joined.placed(answer.iri)).state == "sent"


async def test_answers_stand_no_deeper_than_lemmy_takes_them(joined, marie, ana, drain):
    above = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, above))
    for number in range(2, DEEPEST + 2):
        above = joined.answer(ana, number, above["id"])
        await joined.pass_on(joined.create(ana, above))
        await drain()
    deepest = await taken(joined, above)
    answer = await joined.services.perform(posting.publish, PublishPost(marie, "Here.", in_reply_to_id=deepest.id))
    assert answer.in_reply_to_iri == deepest.in_reply_to_iri


async def test_a_change_keeps_the_address_and_is_a_new_activity(joined, marie, drain):
    post = await begin(joined, marie)
    for text in ("Eleven.", "Twelve."):
        request = RevisePost(marie, post.id, text, title="Still looking")
        await joined.services.perform(posting.revise, request)
    await drain()
    assert [each["type"] for each in joined.network.activities()] == ["Create", "Update", "Update"]
    first, second = joined.network.activities("Update")
    assert first["id"] != second["id"]
    for each in (first, second):
        assert each["object"]["id"] == post.iri
        assert each["object"]["updated"]
        assert each["audience"] == each["object"]["audience"] == joined.iri
        assert each["to"] == [joined.iri, PUBLIC]
    assert second["object"]["name"] == "Still looking"


async def test_a_title_is_there_and_short_enough(joined, marie):
    for title in ("", "ab", "x" * 201):
        with pytest.raises(Invalid):
            await begin(joined, marie, title=title)
    post = await begin(joined, marie, title="x" * 200)
    with pytest.raises(Invalid):
        await joined.services.perform(posting.revise, RevisePost(marie, post.id, "Eleven.", title="x" * 201))


async def test_a_deletion_is_a_tombstone_to_whom_the_post_was_for(joined, marie, drain, client):
    post = await begin(joined, marie)
    await drain()
    await joined.services.perform(posting.withdraw, DeletePost(marie, post.id))
    await drain()
    delete = joined.network.activities("Delete")[-1]
    assert delete["object"]["type"] == "Tombstone"
    assert (delete["to"], delete["cc"]) == ([joined.iri, PUBLIC], [f"{ME}/followers"])
    assert delete["audience"] == joined.iri
    assert "summary" not in delete  # that would be a moderator's
    answered = await client.get(
        post.iri.removeprefix("https://home.example").removeprefix("http://home.example"),
        headers={"accept": "application/activity+json"},
    )
    assert (answered.status_code, answered.json()["type"]) == (410, "Tombstone")


async def test_a_change_of_mind_takes_back_and_votes_anew(joined, marie, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    joined.network.delivered.clear()
    post = await taken(joined, page)
    await joined.services.perform(voting.like, React(marie, post.id))
    await joined.services.perform(voting.like, React(marie, post.id))
    await joined.services.perform(voting.dislike, React(marie, post.id))
    await drain()
    to_group = [each.activity for each in joined.network.delivered if each.activity.get("audience") == joined.iri]
    assert [each["type"] for each in to_group] == ["Like", "Undo", "Dislike"]
    like, undo, dislike = to_group
    assert undo["object"]["id"] == like["id"]
    assert undo["object"]["audience"] == joined.iri
    assert (like["object"], dislike["object"]) == (page["id"], page["id"])
    placed = await joined.placed(page["id"])
    assert (placed.ups, placed.downs) == (0, 1)
    await joined.pass_on(dislike)
    await drain()
    assert (await joined.placed(page["id"])).downs == 1


async def test_no_vote_against_where_none_is_read(joined, marie, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    post = await taken(joined, page)
    await joined.services.database.write(lambda tx: hosts.remember_software(tx, "lemmy.example", "discourse"))
    with pytest.raises(NotAllowed):
        await joined.services.perform(voting.dislike, React(marie, post.id))


async def test_nobody_votes_against_their_own(joined, marie):
    post = await begin(joined, marie)
    with pytest.raises(NotAllowed):
        await joined.services.perform(voting.dislike, React(marie, post.id))


async def test_a_report_goes_to_the_group_in_the_servers_name(joined, marie, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    joined.network.delivered.clear()
    post = await taken(joined, page)
    request = ReportActor(marie, post.actor_id, (post.id,), "Spam", forward=True)
    await joined.services.perform(reporting.report, request)
    await drain()
    (flag,) = joined.network.activities("Flag")
    assert flag["actor"] == "https://home.example/actor"
    assert flag["to"] == [joined.iri]
    assert (flag["object"], flag["audience"]) == (page["id"], joined.iri)
    assert flag["summary"] == flag["content"] == "Spam"
    assert "marie" not in json.dumps(flag)


async def test_where_moderators_alone_begin_threads_nobody_else_is_let_try(joined, marie, drain):
    joined.publish(postingRestrictedToMods=True)
    with pytest.raises(NotAllowed, match="moderators"):
        await begin(joined, marie)
    await drain()
    assert joined.network.delivered == []


async def test_what_was_deleted_is_not_answered(joined, marie, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    post = await taken(joined, page)
    joined.network.documents[page["id"]] = 410
    await joined.pass_on(ana.activity("Delete", page["id"]))
    await drain()
    with pytest.raises(NotFound):
        await joined.services.perform(posting.publish, PublishPost(marie, "Here.", in_reply_to_id=post.id))


@pytest.fixture
async def private(joined, ana, drain):
    joined.publish(manuallyApprovesFollowers=True)
    await joined.learn()
    page = joined.page(ana, 1, **joined.private())
    await joined.pass_on(joined.create(ana, page), **joined.private())
    await drain()
    joined.network.delivered.clear()
    assert (await joined.kept()).private
    return joined


async def test_nothing_written_in_a_private_group_is_for_the_public_not_even_changed(private, marie, drain, client):
    post = await begin(private, marie)
    await private.services.perform(posting.revise, RevisePost(marie, post.id, "Eleven.", title="Still looking"))
    parent = await private.post("https://lemmy.example/post/1")
    await private.services.perform(posting.publish, PublishPost(marie, "Here.", in_reply_to_id=parent.id))
    await private.services.perform(posting.withdraw, DeletePost(marie, post.id))
    await drain()
    assert [each["type"] for each in private.network.activities()] == ["Create", "Update", "Create", "Delete"] or (
        {each["type"] for each in private.network.activities()} == {"Create", "Update", "Delete"}
    )
    for each in private.network.delivered:
        assert PUBLIC not in each.body.decode()
        assert f"{ME}/followers" not in json.dumps([each.activity["to"], each.activity["cc"]])
        assert each.activity["to"] == [private.iri, f"{private.iri}/followers"]


async def test_who_is_in_no_private_group_writes_nothing_there(private, services, drain):
    from tests.conftest import make_member

    anna = await make_member(services, "anna")
    group_id = await private.learn()
    with pytest.raises(NotAllowed, match="members"):
        await services.perform(
            posting.begin_thread, BeginThread(PublishPost(anna, "Hi", title="Hello all"), group_id)
        )
    assert private.network.delivered == []


async def test_a_post_that_names_a_group_elsewhere_is_in_it_once_it_passes_it_on(joined, services, marie, drain):
    request = PublishPost(marie, "@data@lemmy.example Who hires?")
    post = await services.perform(posting.publish, request)
    await drain()
    sent = joined.network.activities("Create")[-1]
    await joined.pass_on(sent)
    await drain()
    placed = await services.read(lambda tx: store.post(tx, post.id))
    assert placed is not None
    assert placed.state == "shown"
