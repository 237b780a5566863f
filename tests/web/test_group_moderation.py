"""Moderators at their pages: the queue first, each act with its words, its undo, and a way to contest."""

from __future__ import annotations

import pytest

from fediprof.groups import moderating, store
from fediprof.groups.contesting import AnswerContest, ContestDecision, answer_contest, contest
from fediprof.groups.moderating import ModeratePost
from fediprof.notifications import store as notifications
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.moderation import decisions, placed
from tests.mastodon.people import token
from tests.web.in_a_group import answer, begin, join

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workshop(services, marie):  # type: ignore[no-untyped-def]
    """First posts wait for Marie."""
    return await make_group(services, marie, "workshop", rules=("Name the pay", "Be kind"), hold_newcomers=True)


async def test_a_first_post_waits_and_is_let_in(services, workshop, browse, member, visitor) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, workshop)
    writer = await browse("paul")
    await writer.open(f"/groups/{workshop.id}/begin")
    await writer.press("/begin", kind="ask", title="May I come in?", text="My first words here.")
    assert "waits for a moderator" in writer.text
    thread = writer.path
    assert (await visitor.open(thread)).status == 404
    assert "May I come in?" not in (await visitor.open("/@paul")).answer.text
    await visitor.open("/@workshop")
    assert "May I come in?" not in visitor.text
    await member.open("/notifications")
    assert "Paul wrote something that waits for you" in member.text
    await member.open("/groups")
    assert "1 to decide" in member.text
    await member.open("/@workshop/queue")
    assert "My first words here." in member.text
    number = (await services.read(lambda tx: store.held(tx, workshop.id)))[0].post_id
    # refusing asks for a reason, and keeps what was written
    await member.press(f"/queue/not-taken/{number}", reason="", rule="0")
    assert member.status == 422
    assert "Name the rule, or say why: whom it concerns reads it" in member.text
    await member.press(f"/queue/let-in/{number}")
    assert "It is in the group now." in member.text
    assert "Nothing waits for you." in member.text
    await visitor.open("/@workshop")
    assert "May I come in?" in visitor.text
    await writer.open("/notifications")
    assert "let in what you wrote" in writer.text


async def test_what_is_taken_out_says_why_may_be_contested_and_comes_back(
    services, marie, industry, browse, member, visitor
) -> None:
    paul, nora = await make_member(services, "paul", name="Paul"), await make_member(services, "nora", name="Nora")
    for each in (paul, nora):
        await join(services, each, industry)
    post = await begin(services, paul, industry, "A job, ask me", "The pay is a secret-of-ours. #hidden", "offer")
    path = post.url.removeprefix(services.settings.origin)
    await member.open(path)
    await member.open(f"/posts/{post.id}/moderate")
    await member.press("/moderate", "Take it out", rule="1", reason="Say it in the post.")
    assert "It was taken out of the group; its author was told why." in member.text
    assert (await visitor.open(path)).status == 410
    assert "Rule 1: Name the pay" in visitor.text
    assert "secret-of-ours" not in visitor.answer.text
    for place in ("/@industry", "/@industry.atom", "/@paul", "/@paul.atom", "/tags/hidden"):
        assert "secret-of-ours" not in (await visitor.open(place)).answer.text, place
    writer = await browse("paul")
    await writer.open("/notifications")
    assert "Industry took out what you wrote" in writer.text
    await writer.open(path)
    assert "Taken out of the group by its moderators. Rule 1: Name the pay Reason: Say it in the post." in writer.text
    assert "secret-of-ours" in writer.text
    assert not writer.page.select("#reply")
    await writer.open(writer.page.select_one(".honest a")["href"])
    await writer.press("", "Contest the decision", words="")
    assert writer.status == 422
    await writer.press("", "Contest the decision", words="The pay is in the attached picture.")
    assert "Contested." in writer.text
    # another moderator answers, not the one who decided
    await member.open("/@industry/settings")
    await member.press("/settings/people", "Appoint", handle="@nora@home.example")
    assert "They are a moderator now." in member.text
    await member.open("/@industry/queue")
    assert "You decided this: another moderator answers." in member.text
    other = await browse("nora")
    await other.open("/@industry/queue")
    await other.press("", "Undo the decision", words="You are right.")
    assert other.status == 200
    await visitor.open(path)
    assert visitor.status == 200
    assert "secret-of-ours" in visitor.text
    await writer.open("/@industry/log")
    for words in ("A post was taken out · Paul", "taken back on", "A decision was contested", "A post was put back"):
        assert words in writer.text, words
    # others are told neither that there is a decision, nor what it says
    stranger = await make_member(services, "otto", name="Otto")
    assert stranger
    reader = await browse("otto")
    assert (await reader.open("/@industry/log")).status == 404


async def test_a_locked_thread_says_why_nobody_answers(services, marie, industry, browse, member, visitor) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    post = await begin(services, paul, industry, "A quarrel")
    path = post.url.removeprefix(services.settings.origin)
    await member.open(f"/posts/{post.id}/moderate")
    await member.press("/moderate", "Lock the thread", rule="2", reason="Enough.")
    await member.open(f"/posts/{post.id}/moderate")
    await member.press("/moderate", "Pin it on top of the group")
    reader = await browse("paul")
    await reader.open(path)
    assert "This thread is locked: nobody answers here any more. Rule 2: Be kind Enough." in reader.text
    assert not reader.page.select("#reply")
    await visitor.open("/@industry")
    assert "Pinned" in visitor.text
    assert "Locked" in visitor.text
    await member.open(f"/posts/{post.id}/moderate")
    await member.press("/moderate", "Open it for answers again")
    await reader.open(path)
    assert reader.page.select("#reply")


async def test_a_ban_has_an_end_and_a_reason_and_is_ended(services, marie, industry, browse, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    post = await begin(services, paul, industry, "Shouting")
    await member.open(f"/posts/{post.id}/moderate")
    await member.press("/moderate", "Ban Paul", days="7", rule="2", reason="Three times now.")
    assert member.status == 200
    reader = await browse("paul")
    await reader.open("/@industry")
    assert "You are banned from this group until" in reader.text
    assert "Three times now." in reader.text
    assert not reader.page.find("a", string="Begin a thread")
    await reader.open(f"/groups/{industry.id}/begin")
    await reader.press("/begin", kind="ask", title="But why?", text="Words I keep.")
    assert reader.status == 422
    assert "Words I keep." in reader.page.find("textarea", id="f-text").get_text()
    await reader.open("/notifications")
    await reader.open(reader.page.find("a", string="Read the decision")["href"])
    assert "Banned" in reader.text
    await member.open("/@industry/settings")
    assert "Three times now." in member.text
    await member.press("/settings/people", "End the ban")
    assert "No longer banned." in member.text
    assert "Nobody is banned." in member.text


async def test_reports_come_to_moderators_and_who_reported_is_told(services, marie, industry, browse, member) -> None:
    paul, _ = await make_member(services, "paul", name="Paul"), await make_member(services, "nora", name="Nora")
    await join(services, paul, industry)
    post = await begin(services, paul, industry, "Buy my course")
    reporter = await browse("nora")
    await reporter.open(f"/people/{paul.actor_id}/report?post={post.id}")
    await reporter.press("/report", comment="This is an advertisement.")
    await member.open("/@industry/queue")
    assert "This is an advertisement." in member.text
    await member.press("", "Close the report", decision="Taken out, thank you.")
    assert "Decided, and told." in member.text
    await reporter.open("/notifications")
    assert "decided about what you reported" in reporter.text


async def test_the_desk_is_closed_to_all_but_moderators(services, marie, industry, browse, visitor) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    post = await begin(services, marie, industry, "By the founder")
    reader = await browse("paul")
    for path in ("/@industry/queue", "/@industry/settings", f"/posts/{post.id}/moderate"):
        assert (await reader.open(path)).status == 404, path
        await visitor.open(path)
        assert visitor.path == "/login", path


async def test_the_charter_is_changed_and_what_is_wrong_is_told(services, marie, industry, member, visitor) -> None:
    await member.open("/@industry/settings")
    await member.press(
        "/settings", "Save the charter", name="Workshops of the east", rules="One\nTwo\nThree", votes=None
    )
    assert "Saved." in member.text
    await visitor.open("/@industry")
    assert "Workshops of the east" in visitor.text
    assert "Three" in visitor.text
    assert "Votes are not counted." in visitor.text
    await member.open("/@industry/settings")
    await member.press("/settings", "Save the charter", name="", description="Kept words")
    assert member.status == 422
    assert "Kept words" in member.page.find("textarea", id="f-description").get_text()


async def test_a_closed_group_says_where_people_went(services, marie, industry, member, visitor) -> None:
    await begin(services, marie, industry, "Long ago")
    await member.open("/@industry/settings")
    await member.press("/settings/close", "Close the group", words="We meet at !east@other.example now.")
    assert member.status == 422
    assert "We meet at" in member.page.find("textarea", id="f-words").get_text()
    await member.press("/settings/close", "Close the group", words="We meet at !east@other.example now.", sure="1")
    assert "The group is closed." in member.text
    await visitor.open("/@industry")
    assert visitor.status == 410
    assert "We meet at !east@other.example now." in visitor.text
    assert "Long ago" not in visitor.text


async def test_requests_are_answered_and_members_choose_to_be_named(services, marie, browse, member) -> None:
    await make_group(services, marie, "quiet", membership="approval")
    for name in ("paul", "nora"):
        await make_member(services, name, name=name.title())
    paul, nora = await browse("paul"), await browse("nora")
    for each in (paul, nora):
        await each.open("/@quiet")
        await each.press("/join", "Ask to join")
        assert "You asked to join; no answer yet." in each.text
    await member.open("/@quiet/queue")
    await member.press("", "Let them in Paul")
    assert "They are in, and were told so." in member.text
    await member.press("", "Say no Nora")
    await nora.open("/@quiet")
    assert "Your request was turned down." in nora.text
    assert (await nora.open("/@quiet/members")).status == 404
    await paul.open("/@quiet/members")
    assert "Nobody chose to be named yet." in paul.text
    await paul.press("/members", "Save", listed="1", recruiter="1")
    await member.open("/@quiet/members")
    assert "Paul" in member.text
    assert "Recruiter" in member.text


async def test_apps_are_told_nothing_of_kinds_they_do_not_know(services, marie, workshop, client) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, workshop)
    await begin(services, paul, workshop, "It waits")
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=9))
    assert [each.kind for each in told] == ["group.held"]
    headers = {"Authorization": f"Bearer {await token(services, marie)}"}
    for query in ("", "?types[]=group.held", "?exclude_types[]=mention"):
        answered = await client.get(f"/api/v1/notifications{query}", headers=headers)
        assert (answered.status_code, answered.json()) == (200, []), query


async def test_an_answer_is_locked_by_page_and_contested(services, industry, marie, browse, member, drain) -> None:
    lin, kim = [await make_member(services, name, name=name.title()) for name in ("lin", "kim")]
    for each in (lin, kim):
        await join(services, each, industry)
    began = await begin(services, kim, industry, "A question")
    said = await answer(services, lin, began, "An answer.")
    await member.open(f"/posts/{said.id}/moderate")
    await member.press("/moderate", "Lock this answer", rule="2", reason="Off the point.")
    assert member.status == 200
    reader = await browse("kim")
    await reader.open(said.url.removeprefix(services.settings.origin))
    assert "This answer, or one above it, is locked: nobody answers here any more." in reader.text
    assert not reader.page.select("#reply")
    await reader.open(began.url.removeprefix(services.settings.origin))
    assert reader.page.select("#reply")
    event = (await decisions(services, industry))[-1]
    assert (event.action, event.subject_iri) == ("lock", said.iri)
    made = await services.perform(contest, ContestDecision(lin.actor_id, event.id, "It was to the point."))
    await services.perform(answer_contest, AnswerContest(marie, made.id, True, "So it was."))
    assert (await placed(services, said)).locked_at is None
    await services.perform(moderating.lock_answer, ModeratePost(marie, industry.id, said.id, "again"))
    await member.open(f"/posts/{said.id}/moderate")
    await member.press("/moderate", "Open it for answers again (this answer)")
    assert (await placed(services, said)).locked_at is None
