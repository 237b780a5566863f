"""A decision is contested once, with words; another moderator looks at it; what is overturned is undone."""

from __future__ import annotations

import pytest

from fediprof.errors import Conflict, Invalid, NotAllowed, NotFound
from fediprof.groups import contests, log, moderating
from fediprof.groups import store as groups
from fediprof.groups.contesting import ALONE, AnswerContest, ContestDecision, answer_contest, contest
from fediprof.groups.moderating import BanPerson, ModeratePerson, ModeratePost
from fediprof.groups.moderators import AppointModerator, DismissModerator, appoint, dismiss
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, decisions, joined, kinds, placed, thread, wrapped
from tests.groups.test_moderating import begun

pytestmark = pytest.mark.anyio


async def test_a_removal_is_contested_and_overturned_by_another(
    services, industry, marie, remote, network, drain
) -> None:
    lin, kim = await make_member(services, "lin"), await make_member(services, "kim")
    lea = remote("lea", "lemmy.example")
    await joined(industry, (lea,), drain, network)
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=kim.actor_id))
    post = await begun(services, industry, lin)
    event = await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id, "ad", 1))
    made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "It names the pay."))
    assert "group.contested" in await kinds(services, kim.actor_id)
    with pytest.raises(Conflict):
        await services.perform(contest, ContestDecision(lin.actor_id, event.id, "Again."))
    with pytest.raises(NotAllowed):
        await services.perform(answer_contest, AnswerContest(marie, made.id, True, "Fine"))
    with pytest.raises(Invalid):
        await services.perform(answer_contest, AnswerContest(kim, made.id, False))
    await drain()
    network.delivered.clear()
    answered = await services.perform(answer_contest, AnswerContest(kim, made.id, True, "It does."))
    await drain()
    assert answered.state == "overturned"
    assert (await placed(services, post)).state == "shown"
    assert wrapped(network, "Undo")[0]["object"]["type"] == "Delete"
    assert "group.overturned" in await kinds(services, lin.actor_id)
    told = await decisions(services, industry)
    assert [each.action for each in told][-4:] == ["remove", "contest", "restore", "overturn"]
    assert next(each for each in told if each.id == event.id).undone_at is not None
    with pytest.raises(Conflict):
        await services.perform(answer_contest, AnswerContest(kim, made.id, False, "no"))


async def test_what_stands_stays(services, industry, marie) -> None:
    lin, kim = await make_member(services, "lin"), await make_member(services, "kim")
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=kim.actor_id))
    post = await begun(services, industry, lin)
    event = await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id, "ad"))
    made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "No."))
    await services.perform(answer_contest, AnswerContest(kim, made.id, False, "It is one."))
    assert (await placed(services, post)).state == "removed"
    assert "group.upheld" in await kinds(services, lin.actor_id)
    kept = await services.read(lambda tx: contests.of_events(tx, [event.id]))
    assert (kept[event.id].state, kept[event.id].answer) == ("upheld", "It is one.")


async def test_who_decided_answers_only_when_there_is_no_other_and_the_log_says_so(services, marie) -> None:
    nora = await make_member(services, "nora")
    group = await make_group(services, nora, "plain", rules=("Be kind",))
    lin = await make_member(services, "lin")
    post = await begun(services, group, lin)
    event = await services.perform(moderating.remove_post, ModeratePost(nora, group.id, post.id, "ad"))
    made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "No."))
    waiting = await services.read(lambda tx: contests.open_in(tx, group.id))
    assert [each.id for each in waiting] == [made.id]
    await services.perform(answer_contest, AnswerContest(nora, made.id, False, "It is."))
    assert (await decisions(services, group))[-1].reason == f"It is. {ALONE}"


async def test_only_whom_it_concerns_contests(services, industry, marie) -> None:
    lin, eve = await make_member(services, "lin"), await make_member(services, "eve")
    post = await begun(services, industry, lin)
    event = await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id, "ad"))
    with pytest.raises(NotFound):
        await services.perform(contest, ContestDecision(eve.actor_id, event.id, "Not mine."))
    with pytest.raises(Invalid):
        await services.perform(contest, ContestDecision(lin.actor_id, event.id, " "))
    [found] = [e for e in await decisions(services, industry) if e.action == "found"]
    with pytest.raises(NotFound):
        await services.perform(contest, ContestDecision(marie.actor_id, found.id, "What?"))
    made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "Mine."))
    with pytest.raises(NotAllowed):
        await services.perform(answer_contest, AnswerContest(eve, made.id, True))


async def test_a_ban_of_somebody_elsewhere_is_overturned_with_what_it_took(
    services, industry, marie, remote, network, drain
) -> None:
    kim = await make_member(services, "kim")
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=kim.actor_id))
    one = await thread(services, industry, paul, 1, drain)
    other = await thread(services, industry, paul, 2, drain)
    person = await actor(services, paul.iri)
    await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, one.id, "spam"))
    asked = BanPerson(marie, industry.id, person.id, "spam", remove_posts=True)
    event = await services.perform(moderating.ban_person, asked)
    made = await services.perform(contest, ContestDecision(person.id, event.id, "I was hacked."))
    await services.perform(answer_contest, AnswerContest(kim, made.id, True, "Welcome back."))
    assert (await placed(services, other)).state == "shown"
    assert (await placed(services, one)).state == "removed", "that was another decision"
    assert not (await services.read(lambda tx: groups.standing(tx, industry.id, person.id))).banned_at
    await drain()
    notes = [each for each in network.activities("Create") if "contested" in each["object"]["content"]]
    assert [each["to"] for each in notes] == [[paul.iri]]


async def test_every_kind_that_can_be_contested_is_undone(services, marie) -> None:
    kim, lin = await make_member(services, "kim"), await make_member(services, "lin")
    group = await make_group(services, marie, "quiet", hold_newcomers=True, rules=("Be kind",))
    for each in (kim, lin):
        await services.perform(appoint, AppointModerator(marie, group.id, person_id=each.actor_id))
    gone = await services.perform(dismiss, DismissModerator(marie, group.id, "https://home.example/u/lin", "away"))
    post = await begun(services, group, lin)
    refused = await services.perform(moderating.refuse_held, ModeratePost(marie, group.id, post.id, rule=1))
    warned = await services.perform(moderating.warn, ModeratePerson(marie, group.id, lin.actor_id, rule=1))
    for event in (refused, warned, gone):
        made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "No."))
        await services.perform(answer_contest, AnswerContest(kim, made.id, True))
        after = await services.read(lambda tx, event=event: log.by_id(tx, event.id))
        assert after.undone_at is not None
    locked = await services.perform(moderating.lock_thread, ModeratePost(marie, group.id, post.id, "enough"))
    made = await services.perform(contest, ContestDecision(lin.actor_id, locked.id, "No."))
    await services.perform(answer_contest, AnswerContest(kim, made.id, True))
    there = await placed(services, post)
    assert (there.state, there.locked_at) == ("shown", None)
    assert await services.read(lambda tx: groups.moderates(tx, group.id, "https://home.example/u/lin"))
