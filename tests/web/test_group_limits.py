"""A group's rules that are held by the software, through its pages: what offers say and how many there are (stories B9 and C2),
and at what pace posts come in."""

from __future__ import annotations

import pytest

from fediprof.groups import store
from fediprof.text.html import plain
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.test_offers import WHOLE, edited, said
from tests.groups.test_turns import later
from tests.web.in_a_group import begin, join
from tests.web.test_group_stories import CHARTER

pytestmark = pytest.mark.anyio
__all__ = ["later"]
C2 = {"offers_name_pay": "1", "offers_name_contact": "1", "offers_a_month": "3"}


async def test_c2_an_admin_s_rules_for_offers_are_held(services, member, browse, remote, network, drain) -> None:
    # Given a group whose charter asks for the pay, a person, and at most three offers a month
    await member.open("/groups/new")
    assert {member.page.find("input", id=f"f-{name}")["value"] for name in ("author_pace", "offers_a_month")} == {
        "6",
        "3",
    }
    await member.press("/groups/new", "Start the group", **{**CHARTER, "username": "industry", **C2})
    for words in ("An offer names its pay", "a person to write to", "at most 3 offers in thirty days"):
        assert words in member.text, words
    group = await services.read(lambda tx: store.hosted_by_name(tx, "industry"))
    # When a recruiter's app mentions it without (B9), they are told in private, and what they add lets it in
    paul = remote("paul", "masto.example")
    await paul.send(paul.activity("Follow", group.actor.iri))
    await drain()
    network.delivered.clear()
    note = said(group, paul, "", 1)
    await paul.send(paul.create(note))
    await drain()
    [told] = [plain(str(each["object"]["content"])) for each in network.activities("Create")]
    assert "What is missing: the pay" in told
    await edited(paul, note, WHOLE, 1)
    await drain()
    await member.open("/@industry/queue")
    assert "Nous recrutons une soudeuse" in member.text, "a newcomer: held"
    await member.press("", "Let it in")
    await member.open("/@industry?show=offer")
    assert "Nous recrutons une soudeuse" in member.text
    # And a member here reads beside the form what is missing, and after three offers when the next may come
    await make_member(services, "kim", name="Kim")
    kim = await browse("kim")
    await kim.open(f"/groups/{group.id}/begin?kind=offer")
    assert "An offer names its pay, or a range." in kim.text
    await kim.press("/begin", title="A welder", text="In Lyon, @kim")
    assert kim.status == 422
    assert "An offer names its pay here" in kim.page.find(id="e-text").get_text()
    await kim.press("/begin", text="In Lyon. Pay: 40 k€. Write to @kim")
    assert "first posts of newcomers" in kim.text
    for number in (2, 3):
        await kim.open(f"/groups/{group.id}/begin?kind=offer")
        await kim.press("/begin", title=f"Welder {number}", text="Pay: 40 k€. Write to @kim")
        assert kim.status == 200
    await kim.open(f"/groups/{group.id}/begin?kind=offer")
    await kim.press("/begin", title="Welder 4", text="Pay: 40 k€. Write to @kim")
    assert kim.status == 422
    assert "At most 3 offers of one person in thirty days; the next from 20" in kim.text
    assert kim.page.find("input", id="f-title")["value"] == "Welder 4"


async def test_the_charter_s_numbers_are_kept_and_what_is_none_is_told(services, industry, member, visitor) -> None:
    await member.open("/@industry/settings")
    await member.press("/@industry/settings", "Save the charter", author_pace="many", pace="5000", offers_a_month="2")
    assert member.status == 422
    assert "A number from 0 to 1000" in member.text
    assert member.page.find("input", id="f-author_pace")["value"] == "many"
    await member.press("/@industry/settings", "Save the charter", author_pace="2", pace="0", group_followers="1")
    assert "Saved" in member.text
    values = {n: member.page.find("input", id=f"f-{n}")["value"] for n in ("author_pace", "pace", "offers_a_month")}
    assert values == {"author_pace": "2", "pace": "0", "offers_a_month": "2"}
    assert member.page.find("input", attrs={"name": "group_followers"}).has_attr("checked")
    await visitor.open("/@industry")
    assert "Of one person 2 posts a minute are let in" in visitor.text
    assert "at most 2 offers" in visitor.text
    await visitor.open("/@industry", **{"accept-language": "fr"})
    assert "au plus 2 offres en trente jours" in visitor.text


async def test_moderators_and_authors_see_what_waits_for_its_turn(
    services, marie, member, browse, drain, later
) -> None:
    group = await make_group(services, marie, "busy", author_pace=2)
    kim = await make_member(services, "kim", name="Kim")
    await join(services, kim, group)
    for number in range(4):
        await begin(services, kim, group, f"Question {number}")
    reader = await browse("kim")
    await reader.open(f"/groups/{group.id}/begin?kind=ask")
    await reader.press("/begin", title="One more", text="Words.")
    assert "Your thread waits for its turn" in reader.text
    assert "Its turn comes at about" in reader.text
    await reader.open("/@busy")
    assert reader.text.count("Waits for its turn") == 3
    await member.open("/@busy")
    assert "One more" not in member.text
    assert "To decide (" not in member.text, "nothing to decide"
    await member.open("/@busy/queue")
    assert "3 posts wait; the next comes in at about" in member.text
    await member.open(member.page.select_one('a[href$="/moderate"]')["href"])
    assert "Question 2" in member.text
    await member.press("", "Let it in")
    await member.open("/@busy")
    assert "Question 2" in member.text
    for _ in range(3):
        later(61)
        await drain()
    await member.open("/@busy")
    assert "One more" in member.text
    await member.open("/@busy/queue")
    assert "Nothing waits for you." in member.text
