"""A thread of many answers is read a page at a time: every answer stands on one page, and no page is heavy."""

from __future__ import annotations

import re

import pytest

from fediprof.posts.commands import PublishPost, publish_post
from tests.conftest import make_member
from tests.web.in_a_group import answer, begin, crowd
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio
ANSWERS = 620


async def _read_through(reader: Reader, path: str) -> list[str]:
    """What the answers say, from the first page to the last."""
    said: list[str] = []
    await reader.open(path)
    while True:
        assert reader.status == 200
        assert len(reader.answer.content) < 50_000
        here = [
            each.get_text() for each in reader.page.select("#answers ~ * .e-content, #answers ~ .reply .e-content")
        ]
        assert 0 < len(here) <= 30
        said += here
        further = reader.page.select_one("nav.paging a[rel=next]")
        if further is None:
            return said
        await reader.open(further["href"])
        assert len(said) <= ANSWERS + 50, "the pages go round"


async def test_each_of_many_answers_stands_on_one_page(services, marie, industry, visitor, member) -> None:
    thread = await begin(services, marie, industry, "What did you stop doing?")
    paul = await make_member(services, "paul", name="Paul")
    first = await answer(services, paul, thread, "Answer first.")
    await crowd(services, thread, first, ANSWERS)
    path = thread.url.removeprefix(services.settings.origin)
    said = await _read_through(visitor, path)
    numbers = re.findall(r"Answer (\w+)", " ".join(said))
    assert sorted(numbers) == sorted(["first", *(f"{number:04}" for number in range(ANSWERS))])
    assert numbers.index("0019") == numbers.index("0018") + 1, "an answer stands behind what it answers"
    # The last page leads back to the first, and no robot is led through them
    assert "noindex" in visitor.answer.headers["x-robots-tag"]
    while (before := visitor.page.select_one("nav.paging a[rel=prev]")) is not None:
        await visitor.open(before["href"])
    assert visitor.answer.url.path == path
    assert "Answer first." in visitor.text
    # An answer deep inside has its own page; a voter comes back to the page they voted on
    second = visitor.page.select_one("nav.paging a[rel=next]")["href"]
    await member.open(second)
    assert len(member.answer.content) < 80_000
    await member.press("/like", "Useful")
    assert member.answer.url.params["after"] in second
    assert member.page.select_one("button[aria-pressed=true]") is not None
    # Where the page began is gone: one reads from the first
    await visitor.open(f"{path}?after=1")
    assert "Answer first." in visitor.text


async def test_a_post_outside_of_groups_is_read_so_too(services, marie, visitor) -> None:
    post = await services.perform(publish_post, PublishPost(marie, "What did you stop doing?", "public"))
    for number in range(60):
        made = PublishPost(marie, f"Answer {number:04}.", "public", in_reply_to_id=post.id)
        await services.perform(publish_post, made)
    said = await _read_through(visitor, post.url.removeprefix(services.settings.origin))
    assert sorted(said) == [f"Answer {number:04}." for number in range(60)]


async def test_a_long_private_conversation_opens_at_its_end(services, marie, member) -> None:
    paul = await make_member(services, "paul", name="Paul")
    last = await services.perform(publish_post, PublishPost(paul, "@marie Words 0000.", "direct"))
    for number in range(1, 60):
        by = PublishPost(paul, f"@marie Words {number:04}.", "direct", in_reply_to_id=last.id)
        last = await services.perform(publish_post, by)
    await member.open(f"/conversations/{last.conversation_id}")
    assert "Words 0059." in member.text
    assert "Words 0000." not in member.text
    await member.press("/write", "Reply", text="@paul The last word.")
    await member.open(f"/conversations/{last.conversation_id}")
    assert member.text.index("The last word.") > member.text.index("Words 0059.")
    await member.open(member.page.select_one("a[rel=prev]")["href"])
    assert "Words 0000." in member.text
    assert "The last word." not in member.text
    assert member.page.select_one("textarea") is None, "one answers where the last message stands"
    await member.open(member.page.find("a", string="To the last message")["href"])
    assert "The last word." in member.text
