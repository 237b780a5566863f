"""What a moderator does in a group by its pages: what changes, what is passed on, who is told, what the log says."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.errors import Conflict, Invalid, NotAllowed
from fediprof.groups import moderating, voting
from fediprof.groups import store as groups
from fediprof.groups.moderating import BanPerson, ModeratePerson, ModeratePost
from fediprof.groups.posting import BeginThread, begin_thread, publish
from fediprof.groups.records import Hosted
from fediprof.interactions.commands import React
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost
from fediprof.principal import Member
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, decisions, joined, kinds, must_be_sound, placed, thread, wrapped
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio


async def begun(services, hosted: Hosted, by: Member, title: str = "A question"):  # type: ignore[no-untyped-def]
    from fediprof.follows.commands import RequestFollow
    from fediprof.groups.membership import join

    await services.perform(join, RequestFollow(by, hosted.id))
    return await services.perform(begin_thread, BeginThread(PublishPost(by, "Who knows?", title=title), hosted.id))


async def test_a_post_is_taken_out_with_the_rule_and_put_back(
    services, industry, marie, remote, network, drain
) -> None:
    paul, lea, moe = remote("paul", "far.example"), remote("lea", "masto.example"), remote("moe", "lemmy.example")
    await joined(industry, (paul, lea, moe), drain, network)
    await services.perform.database.write(
        lambda tx: tx.exec_driver_sql("update peer set software = 'lemmy' where host = 'lemmy.example'")
    )
    await services.perform.database.write(
        lambda tx: tx.exec_driver_sql("update peer set software = 'mastodon' where host = 'masto.example'")
    )
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    asked = ModeratePost(marie, industry.id, post.id, "no pay named", 1)
    event = await services.perform(moderating.remove_post, asked)
    await drain()
    must_be_sound(network, industry)
    deletes = wrapped(network, "Delete")
    assert deletes
    assert all(each["actor"] == "https://home.example/u/marie" for each in deletes)
    assert deletes[0]["object"] == post.iri
    assert deletes[0]["summary"] == "1. Name the pay · no pay named"
    assert deletes[0]["audience"] == industry.actor.iri
    to_mastodon = [each.activity for each in network.delivered if "masto.example" in each.url]
    assert [each["type"] for each in to_mastodon] == ["Undo"], "the boost is taken back, and that is all it is sent"
    assert to_mastodon[0]["object"]["type"] == "Announce"
    assert not [each for each in network.delivered if "lemmy.example" in each.url and each.activity["type"] == "Undo"]
    notes = [each for each in network.activities("Create") if each["actor"] == industry.actor.iri]
    assert len(notes) == 1
    assert notes[0]["to"] == [paul.iri]
    text = notes[0]["object"]["content"]
    assert "Rule 1: Name the pay" in text
    assert "no pay named" in text
    assert f"/@industry/log/{event.id}" in text
    there = await placed(services, post)
    assert (there.state, there.reason) == ("removed", "no pay named")
    with pytest.raises(Conflict):
        await services.perform(moderating.remove_post, asked)

    network.delivered.clear()
    await services.perform(moderating.restore_post, ModeratePost(marie, industry.id, post.id, "looked again"))
    await drain()
    must_be_sound(network, industry)
    undone = wrapped(network, "Undo")
    assert undone[0]["object"]["type"] == "Delete"
    assert undone[0]["object"]["object"] == post.iri
    assert undone[0]["object"]["actor"] == undone[0]["actor"]
    assert "@context" not in undone[0]["object"]
    boosts = [each for each in network.activities("Announce") if isinstance(each["object"], str)]
    assert {each["object"] for each in boosts} == {post.iri}
    assert len({each["id"] for each in boosts}) == 1, "boosted again, once"
    with pytest.raises(Conflict):
        await services.perform(moderating.restore_post, ModeratePost(marie, industry.id, post.id))
    told = await decisions(services, industry)
    assert [(each.action, each.rule) for each in told[-2:]] == [("remove", 1), ("restore", None)]
    assert told[-2].undone_at is not None


async def test_of_two_who_decide_at_once_one_does(services, industry, marie, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    asked = ModeratePost(marie, industry.id, post.id, "spam")
    both = (services.perform(moderating.remove_post, asked) for _ in range(2))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "Event"]
    await drain()
    assert len({each["id"] for each in wrapped(network, "Delete")}) == 1
    assert [each.action for each in await decisions(services, industry)].count("remove") == 1


async def test_what_is_taken_from_somebody_asks_for_a_reason_or_a_rule(services, industry, marie) -> None:
    post = await begun(services, industry, marie)
    with pytest.raises(Invalid) as refused:
        await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id))
    assert refused.value.field == "reason"
    with pytest.raises(Invalid) as refused:
        await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id, rule=3))
    assert refused.value.field == "rule"


async def test_only_moderators_and_who_runs_the_server_may(services, industry, marie) -> None:
    lin = await make_member(services, "lin")
    post = await begun(services, industry, lin)
    for command in (
        moderating.approve_held,
        moderating.refuse_held,
        moderating.remove_post,
        moderating.restore_post,
        moderating.lock_thread,
        moderating.unlock_thread,
        moderating.pin_thread,
        moderating.unpin_thread,
    ):
        with pytest.raises(NotAllowed):
            await services.perform(command, ModeratePost(lin, industry.id, post.id, "why"))
    with pytest.raises(NotAllowed):
        await services.perform(moderating.ban_person, BanPerson(lin, industry.id, marie.actor_id, "why"))
    for command in (moderating.unban_person, moderating.warn):
        with pytest.raises(NotAllowed):
            await services.perform(command, ModeratePerson(lin, industry.id, marie.actor_id, "why"))


async def test_first_posts_are_let_in_as_they_came_or_refused(services, marie, remote, network, drain) -> None:
    quiet = await make_group(services, marie, "quiet", hold_newcomers=True, rules=("Be kind",))
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    await joined(quiet, (paul, lea), drain, network)
    first = await thread(services, quiet, paul, 1, drain)
    answer = await thread(services, quiet, lea, 2, drain, type="Note", name=None, inReplyTo=first.iri, to=[PUBLIC])
    assert wrapped(network) == []
    with pytest.raises(Conflict):
        await services.perform(moderating.approve_held, ModeratePost(marie, quiet.id, answer.id))
    await services.perform(moderating.approve_held, ModeratePost(marie, quiet.id, first.id))
    await drain()
    creates = wrapped(network, "Create")
    assert creates[0]["unknown:term"] == {"kept": [1, 2.5, None]}, "unchanged"
    assert (await placed(services, first)).state == "shown"
    network.delivered.clear()
    await services.perform(moderating.refuse_held, ModeratePost(marie, quiet.id, answer.id, rule=1))
    await drain()
    assert wrapped(network) == []
    rejects = network.activities("Reject")
    assert rejects[0]["object"] == "https://masto.example/create/2"
    assert "Be kind" in rejects[0]["content"]
    must_be_sound(network, quiet)
    second = await thread(services, quiet, paul, 3, drain)
    assert (await placed(services, second)).state == "shown", "who was let in once waits no more"


async def test_a_member_s_held_post_is_let_in_and_they_are_told(services, marie, remote, network, drain) -> None:
    quiet = await make_group(services, marie, "quiet", hold_newcomers=True)
    lin, lea = await make_member(services, "lin"), remote("lea", "masto.example")
    await joined(quiet, (lea,), drain, network)
    post = await begun(services, quiet, lin)
    assert wrapped(network) == []
    await services.perform(moderating.approve_held, ModeratePost(marie, quiet.id, post.id))
    await drain()
    assert {each["object"]["id"] for each in wrapped(network, "Create")} == {post.iri}
    assert "group.approved" in await kinds(services, lin.actor_id)


async def test_what_was_refused_can_be_let_in_after_all(services, marie, remote, network, drain) -> None:
    quiet = await make_group(services, marie, "quiet", hold_newcomers=True)
    paul = remote("paul", "far.example")
    await joined(quiet, (paul,), drain, network)
    post = await thread(services, quiet, paul, 1, drain)
    await services.perform(moderating.refuse_held, ModeratePost(marie, quiet.id, post.id, "no"))
    await services.perform(moderating.restore_post, ModeratePost(marie, quiet.id, post.id))
    await drain()
    assert len(wrapped(network, "Create")) >= 1
    assert (await placed(services, post)).state == "shown"


async def test_a_locked_thread_takes_no_answers(services, industry, marie, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    await joined(industry, (paul, lea), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    await services.perform(moderating.lock_thread, ModeratePost(marie, industry.id, post.id, "enough"))
    await drain()
    locks = wrapped(network, "Lock")
    assert locks[0]["object"] == post.iri
    assert locks[0]["summary"] == "enough"
    network.delivered.clear()
    await lea.send(_answer(lea, industry, post.iri, 2))
    await drain()
    assert wrapped(network) == []
    rejects = network.activities("Reject")
    assert rejects[0]["object"] == "https://masto.example/create/2"
    lin = await make_member(services, "lin")
    with pytest.raises(NotAllowed):
        await services.perform(publish, PublishPost(lin, "too late", in_reply_to_id=post.id))
    network.delivered.clear()
    await services.perform(moderating.unlock_thread, ModeratePost(marie, industry.id, post.id))
    await lea.send(_answer(lea, industry, post.iri, 3))
    await drain()
    assert wrapped(network, "Undo")[0]["object"]["type"] == "Lock"
    assert wrapped(network, "Create")
    must_be_sound(network, industry)


def _answer(person, hosted, parent: str, number: int):  # type: ignore[no-untyped-def]
    from tests.groups.test_intake import created

    return created(person, hosted, number, type="Note", name=None, inReplyTo=parent, to=[PUBLIC])


async def test_a_locked_thread_of_a_member_says_so(services, industry, marie, client) -> None:
    lin = await make_member(services, "lin")
    post = await begun(services, industry, lin)
    accept = {"accept": "application/activity+json"}
    path = post.iri.removeprefix("https://home.example")
    assert (await client.get(path, headers=accept)).json()["commentsEnabled"] is True
    await services.perform(moderating.lock_thread, ModeratePost(marie, industry.id, post.id, "enough"))
    assert (await client.get(path, headers=accept)).json()["commentsEnabled"] is False
    assert "group.locked" in await kinds(services, lin.actor_id)


async def test_a_thread_on_top(services, industry, marie, remote, network, drain, client) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    await services.perform(moderating.pin_thread, ModeratePost(marie, industry.id, post.id))
    await drain()
    added = wrapped(network, "Add")[0]
    assert added["object"] == post.iri
    assert added["target"] == f"{industry.actor.iri}/featured"
    assert (await paul.get("/u/industry/featured")).json()["orderedItems"] == [post.iri]
    await services.perform(moderating.unpin_thread, ModeratePost(marie, industry.id, post.id))
    await drain()
    assert wrapped(network, "Remove")[0]["target"] == f"{industry.actor.iri}/featured"
    must_be_sound(network, industry)


async def test_a_ban_with_its_end_and_its_undoing(services, industry, marie, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    await joined(industry, (paul, lea), drain, network)
    one = await thread(services, industry, paul, 1, drain)
    other = await thread(services, industry, paul, 2, drain)
    network.delivered.clear()
    person = await actor(services, paul.iri)
    until = clock.now() + timedelta(days=3)
    asked = BanPerson(marie, industry.id, person.id, "spam", 2, until, remove_posts=True)
    await services.perform(moderating.ban_person, asked)
    await drain()
    must_be_sound(network, industry)
    block = wrapped(network, "Block")[0]
    assert block["object"] == paul.iri
    assert block["target"] == industry.actor.iri
    assert block["endTime"] == block["expires"] == clock.rfc3339(until)
    assert block["removeData"] is True
    direct = [each for each in network.delivered if each.activity["type"] == "Block"]
    assert [each.url for each in direct] == [f"{paul.iri}/inbox"]
    assert (await placed(services, one)).state == (await placed(services, other)).state == "removed"
    undone = [each for each in network.activities("Undo") if each["object"]["type"] == "Announce"]
    assert {each["object"]["object"] for each in undone} == {one.iri, other.iri}

    network.delivered.clear()
    await paul.send(_answer(paul, industry, one.iri, 3))
    await drain()
    assert wrapped(network) == []
    assert await services.read(lambda tx: groups.is_member(tx, industry.id, person.id)), (
        "the follow stays, as with Lemmy"
    )
    network.delivered.clear()
    await services.perform(moderating.unban_person, ModeratePerson(marie, industry.id, person.id))
    await drain()
    undo = wrapped(network, "Undo")[0]
    assert undo["object"]["id"] == block["id"]
    assert undo["object"]["target"] == industry.actor.iri
    assert (await thread(services, industry, paul, 4, drain)) is not None
    assert [each.action for each in await decisions(services, industry)][-2:] == ["ban", "unban"]
    must_be_sound(network, industry)


async def test_who_is_banned_neither_votes_nor_changes_what_is_shown(
    services, industry, marie, remote, network, drain
) -> None:
    lin, paul = await make_member(services, "lin"), remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    for person_id in (lin.actor_id, post.actor_id):
        await services.perform(moderating.ban_person, BanPerson(marie, industry.id, person_id, "spam"))
    await drain()
    network.delivered.clear()
    for command in (voting.like, voting.dislike):
        with pytest.raises(NotAllowed):
            await services.perform(command, React(lin, post.id))
    page = created(paul, industry, 1, content="<p>Buy!</p>", updated=clock.rfc3339(clock.now()))["object"]
    await paul.send(paul.activity("Update", page, to=[industry.actor.iri, PUBLIC], cc=[]))
    await drain()
    assert network.activities() == []
    assert "Buy" not in (await services.read(lambda tx: posts.by_id(tx, post.id))).content


async def test_a_ban_that_is_over_is_over(services, industry, marie, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    person = await actor(services, paul.iri)
    day = timedelta(days=1)
    past = BanPerson(marie, industry.id, person.id, "spam", ends_at=clock.now() - day)
    with pytest.raises(Invalid):
        await services.perform(moderating.ban_person, past)
    await services.perform(
        moderating.ban_person, BanPerson(marie, industry.id, person.id, "x", ends_at=clock.now() + day)
    )
    assert await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1")) is None
    await services.perform.database.write(
        lambda tx: groups.set_standing(tx, industry.id, person.id, ban_ends_at=clock.now() - day)
    )
    assert (await placed(services, await thread(services, industry, paul, 1, drain))).state == "shown"


async def test_a_moderator_is_not_banned(services, industry, marie) -> None:
    with pytest.raises(Conflict):
        await services.perform(moderating.ban_person, BanPerson(marie, industry.id, marie.actor_id, "why"))


async def test_a_warning_is_announced_to_nobody(services, industry, marie, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    lin = await make_member(services, "lin")
    await joined(industry, (paul,), drain, network)
    person = await actor(services, paul.iri)
    for _ in range(2):
        await services.perform(moderating.warn, ModeratePerson(marie, industry.id, lin.actor_id, "Please", 2))
    await services.perform(moderating.warn, ModeratePerson(marie, industry.id, person.id, "Please", 2))
    await drain()
    assert (await kinds(services, lin.actor_id)).count("group.warned") == 1
    assert network.activities("Announce") == []
    [note] = network.activities("Create")
    assert note["to"] == [paul.iri]
    assert "Rule 2: Be kind" in note["object"]["content"]
    assert [each.action for each in await decisions(services, industry)][-3:] == ["warn"] * 3


async def test_answers_are_counted_anew(services, industry, marie, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "masto.example")
    await joined(industry, (paul, lea), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    answer = await thread(services, industry, lea, 2, drain, type="Note", name=None, inReplyTo=post.iri, to=[PUBLIC])
    assert (await placed(services, post)).answers == 1
    await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, answer.id, "off topic"))
    assert (await placed(services, post)).answers == 0
    await services.perform(moderating.restore_post, ModeratePost(marie, industry.id, answer.id))
    assert (await placed(services, post)).answers == 1


async def test_nothing_done_in_a_private_group_names_the_public(services, marie, remote, network, drain) -> None:
    closed = await make_group(services, marie, "closed", membership="private", rules=("Be kind",))
    lin = await make_member(services, "lin")
    moe = remote("moe", "lemmy.example")
    from fediprof.follows.commands import RequestFollow
    from fediprof.groups.membership import AnswerRequest, admit, join

    await services.perform.database.write(
        lambda tx: tx.exec_driver_sql(
            "insert into peer (host, software, failures, failing_days) values ('lemmy.example', 'lemmy', 0, '[]')"
        )
    )
    await moe.send(moe.activity("Follow", closed.actor.iri))
    await drain()
    for person_id in (lin.actor_id, (await actor(services, moe.iri)).id):
        if person_id == lin.actor_id:
            await services.perform(join, RequestFollow(lin, closed.id))
        await services.perform(admit, AnswerRequest(marie, closed.id, person_id))
    thread_asked = BeginThread(PublishPost(lin, "For us", title="Among us"), closed.id)
    post = await services.perform(begin_thread, thread_asked)
    asked = ModeratePost(marie, closed.id, post.id, "why", 1)
    for command in (
        moderating.remove_post,
        moderating.restore_post,
        moderating.lock_thread,
        moderating.unlock_thread,
        moderating.pin_thread,
        moderating.unpin_thread,
    ):
        await services.perform(command, asked)
    person = await actor(services, moe.iri)
    await services.perform(moderating.ban_person, BanPerson(marie, closed.id, person.id, "why", 1, remove_posts=True))
    await services.perform(moderating.unban_person, ModeratePerson(marie, closed.id, person.id))
    await drain()
    assert {each["type"] for each in wrapped(network)} >= {
        "Create",
        "Delete",
        "Undo",
        "Lock",
        "Add",
        "Remove",
        "Block",
    }
    must_be_sound(network, closed, private=True)
    assert await services.read(lambda tx: posts.by_id(tx, post.id)) is not None
