"""The pages of groups: what each says of itself, who may come in, threads begun and answered, what is shown to whom."""

from __future__ import annotations

import pytest

from tests.conftest import make_member
from tests.web.in_a_group import answer, begin, join

pytestmark = pytest.mark.anyio


async def test_a_group_says_what_it_is_to_anybody(services, marie, industry, visitor) -> None:
    await begin(services, marie, industry, "How do you plan a night shift?")
    await visitor.open("/@industry")
    assert visitor.status == 200
    for words in (
        "Industry",
        "!industry@home.example",
        "People who run workshops.",
        "Whoever asks is in at once. Everyone reads.",
        "1 member.",
        "Moderated by Marie",
        "Name the pay",
        "Join from my account",
        "How do you plan a night shift?",
        "Question",
        "No answer yet",
    ):
        assert words in visitor.text, words
    addresses = {"!industry@home.example", "@industry@home.example"}
    handles = {each.text for each in visitor.page.select("details[open] .copyable code")}
    assert handles == addresses, "at once"
    assert {each["data-copy"] for each in visitor.page.select("button.copy")} == addresses
    assert "What they decide stands in a log that members read." in visitor.text
    assert "Tuesdays" in visitor.text
    # Who joins from elsewhere is told how groups are joined; nobody is told to write to one in private
    await visitor.open("/@industry/follow")
    assert {each.text for each in visitor.page.select(".copyable code")} == addresses
    assert "Join Industry" in visitor.text
    assert "private mention" not in visitor.text
    await visitor.open("/u/industry")
    assert visitor.path == "/@industry"
    for path in ("/@industry/cv", "/@industry.vcf", "/@industry/resume.json"):
        assert (await visitor.open(path)).status == 404, path
    await visitor.open("/@nobody")
    assert visitor.status == 404


async def test_what_a_group_shares_stands_once_at_home(services, marie, industry, member) -> None:
    await begin(services, marie, industry, "How do you plan a night shift?")
    await member.open("/home")
    titles = [each.get_text() for each in member.page.select("article h3")]
    assert titles == ["How do you plan a night shift?"]


async def test_a_member_joins_writes_is_answered_and_leaves(services, marie, industry, browse) -> None:
    await make_member(services, "paul", name="Paul")
    paul = await browse("paul")
    await paul.open("/groups")
    assert "Industry" in paul.text
    await paul.open("/groups/find?q=!industry@home.example")
    assert paul.path == "/@industry"
    await paul.press("/join", "Join")
    assert "You are a member of this group." in paul.text
    await paul.open(f"/groups/{industry.id}/begin")
    await paul.press("/begin", kind="tell", title="x", text="What I lost and found again.")
    assert paul.status == 422
    assert "Give the thread a title" in paul.text
    assert paul.page.find("textarea", id="f-text").get_text().strip() == "What I lost and found again."
    assert paul.page.find("input", value="tell").has_attr("checked")
    await paul.press("/begin", title="We stopped counting minutes")
    assert "Your thread is in the group." in paul.text
    assert paul.page.find("h1").get_text() == "We stopped counting minutes"
    assert "Experience" in paul.text
    assert "In the group Industry" in paul.text
    thread = paul.path
    other = await browse("marie")
    await other.open("/groups/threads")
    assert "We stopped counting minutes" in other.text
    await other.open(thread)
    await other.press("/like", "Useful")
    assert other.page.find("output").get_text() == "1"
    await other.press("/dislike", "Not useful")
    assert other.page.find("output").get_text() == "-1"
    await other.press("/undislike")
    await other.press("/write", "Reply", text="@paul Which minutes?")
    await paul.open("/@industry")
    assert "1 answer" in paul.text
    await paul.open(thread)
    assert "Which minutes?" in paul.text
    await paul.open("/@industry")
    await paul.press("/leave", "Leave")
    assert "You left the group." in paul.text


async def test_kinds_and_unanswered_questions_are_lists(services, marie, industry, visitor, browse) -> None:
    paul = await make_member(services, "paul", name="Paul")
    await join(services, paul, industry)
    asked = await begin(services, paul, industry, "Who knows milling?")
    await begin(services, paul, industry, "A lathe to give", kind="offer")
    answered = await begin(services, paul, industry, "Who knows turning?")
    await answer(services, marie, answered, "@paul I do.")
    await visitor.open("/@industry?show=ask")
    assert "milling" in visitor.text
    assert "lathe" not in visitor.text
    await visitor.open("/@industry?show=unanswered")
    assert "milling" in visitor.text
    assert "turning" not in visitor.text
    reader = await browse("marie")
    await reader.open("/groups/unanswered")
    assert "milling" in reader.text
    assert "turning" not in reader.text
    # one small answer, and it is gone from there
    await reader.open(asked.url)
    await reader.press("/write", "Reply", text="@paul I do, a little.")
    await reader.open("/groups/unanswered")
    assert "Every question in your groups was answered." in reader.text


async def test_threads_come_in_pages_the_last_active_first(services, marie, industry, visitor) -> None:
    threads = [await begin(services, marie, industry, f"Thread number {n:02}") for n in range(23)]
    await answer(services, marie, threads[0], "It moves up.")
    await visitor.open("/@industry")
    titles = [each.get_text() for each in visitor.page.select(".thread-line h3")]
    assert titles[:2] == ["Thread number 00", "Thread number 22"]
    assert len(titles) == 20
    await visitor.open(visitor.page.find("a", rel="next")["href"])
    assert [each.get_text() for each in visitor.page.select(".thread-line h3")] == [
        f"Thread number {n:02}" for n in (3, 2, 1)
    ]


async def test_a_public_group_has_a_feed(services, marie, industry, visitor) -> None:
    await begin(services, marie, industry, "Read by readers of feeds")
    await visitor.open("/@industry.atom")
    assert visitor.answer.headers["content-type"].startswith("application/atom+xml")
    assert "Read by readers of feeds" in visitor.answer.text
    assert "<name>Marie</name>" in visitor.answer.text
