"""A thread in a group, begun on the page where everything else is written."""

from __future__ import annotations

import pytest

from fediprof.follows.commands import RequestFollow
from fediprof.groups import membership
from fediprof.groups import store as groups
from fediprof.groups.moderating import BanPerson, ban_person
from fediprof.posts import store as posts
from tests.conftest import make_member
from tests.groups.conftest import make_group

pytestmark = pytest.mark.anyio


async def newest(services, by):  # type: ignore[no-untyped-def]
    def look(tx):  # type: ignore[no-untyped-def]
        found = posts.of_actor(tx, by.actor_id, by.actor_id, limit=1)
        return (posts.by_id(tx, found[0]), groups.post(tx, found[0])) if found else None

    return await services.read(look)


@pytest.fixture
async def leo(services, industry):  # type: ignore[no-untyped-def]
    made = await make_member(services, "leo", name="Léo")
    await services.perform(membership.join, RequestFollow(made, industry.id))
    return made


async def test_a_thread_is_begun_where_one_writes(services, marie, industry, member, visitor) -> None:
    await member.open("/write")
    sent = {"text": "Nobody *prepared* it.", "group": str(industry.id), "language": "en"}
    await member.press("/write", **sent, visibility="direct", warning="Long")
    # What is missing is asked for beside its field, and nothing that was written is lost
    assert member.status == 422
    assert "Choose what it is" in member.page.select_one("#e-kind").get_text()
    await member.press("/write", kind="ask")
    assert member.status == 422
    assert "Give the thread a title" in member.page.select_one("#e-title").get_text()
    assert member.page.select_one("#f-title").find_parent("details").has_attr("open")
    values = member.values(member.form("/write"))
    assert {name: values[name][0] for name in sent} == sent
    await member.press("/write", title="Why was the night shift late?")
    assert "Your thread is in the group." in member.text
    post, placed = await newest(services, marie)
    assert (placed.group_id, placed.kind, placed.state) == (industry.id, "ask", "shown")
    assert (post.title, post.visibility, post.warning) == ("Why was the night shift late?", "public", "Long")
    await visitor.open("/@industry")
    assert "Why was the night shift late?" in visitor.text


async def test_a_private_group_s_thread_is_for_its_members_whatever_was_ticked(services, marie, member) -> None:
    private = await make_group(services, marie, "circle", membership="private")
    await member.open(f"/write?group={private.id}")
    assert member.values(member.form("/write"))["group"] == [str(private.id)]
    await member.press("/write", text="Between us", title="Between us", kind="tell", visibility="public")
    post, placed = await newest(services, marie)
    assert (post.visibility, placed.group_id) == ("group", private.id)


async def test_a_group_that_takes_nothing_leaves_the_text_where_it_was(
    services, marie, industry, leo, browse
) -> None:
    await services.perform(ban_person, BanPerson(marie, industry.id, leo.actor_id, "noise"))
    reader = await browse("leo")
    await reader.open("/write")
    assert reader.page.select_one("#f-group") is None
    await reader.open(f"/write?group={industry.id}")
    written = {"text": "Let me in", "title": "Let me in", "kind": "tell", "group": str(industry.id)}
    await reader.press("/write", **written)
    assert reader.status == 422
    assert "banned from this group" in reader.page.select_one("#refused").get_text()
    values = reader.values(reader.form("/write"))
    assert {name: values[name][0] for name in written} == written  # nor does it go out to everybody at the next press
    for wrong in ("none", "9" * 25, str(leo.actor_id)):
        reader.page.select_one("#f-group").append(reader.page.new_tag("option", value=wrong))
        await reader.press("/write", group=wrong)
        assert reader.status == 422, wrong
        await reader.open(f"/write?group={industry.id}")
        await reader.press("/write", **written)
    assert await newest(services, leo) is None


async def test_an_answer_is_asked_for_no_group(services, marie, industry, member) -> None:
    await member.open("/write")
    await member.press("/write", text="Hello all")
    post, _ = await newest(services, marie)
    await member.open(f"/write?reply={post.id}&group={industry.id}")
    assert member.page.select_one("#f-group") is None
