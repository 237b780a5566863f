"""An introduction in a browser: its pages are whole and open to all; it is proposed, answered and talked over by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from fediprof.introductions.commands import AnswerIntroduction, ProposeIntroduction, answer, propose
from tests.browser.conftest import Site, Watch, log_in
from tests.browser.test_by_keyboard import tab_to
from tests.browser.walk import walked
from tests.conftest import make_member

pytestmark = pytest.mark.anyio
WHY = "Vous avez tous deux déplacé un four.\n\nUn-mot-très-long-que-rien-ne-coupe-sinon-la-page-elle-même"


@pytest.mark.timeout(300)
async def test_every_page_of_introductions_is_whole_and_open_to_all(browser: Browser, site: Site) -> None:
    services, marie, paul = site.services, site.marie, site.paul
    nora = await make_member(services, "nora", name="Nora Belhadj")
    otto = await make_member(services, "otto", name="Otto")
    asked = await services.perform(propose, ProposeIntroduction(nora, "marie", "paul", WHY, "fr"))
    yes = await services.perform(propose, ProposeIntroduction(otto, "marie", "nora", WHY, "fr"))
    opened = await services.perform(propose, ProposeIntroduction(paul, "marie", "otto", WHY, "fr"))
    await make_member(services, "yann", name="Yann")
    no = await services.perform(propose, ProposeIntroduction(otto, "marie", "yann", WHY, "fr"))
    for introduction, people in ((yes, (marie,)), (opened, (marie, otto))):
        for person in people:
            await services.perform(answer, AnswerIntroduction(person.actor_id, introduction.id, "yes"))
    await services.perform(answer, AnswerIntroduction(marie.actor_id, no.id, "no"))
    await services.perform(propose, ProposeIntroduction(marie, "nora", "otto", WHY, "fr"))
    context = await browser.new_context(base_url=site.origin, bypass_csp=True)  # for axe alone
    watch = Watch(context, site.origin)
    page = await context.new_page()
    await log_in(page, site)
    await page.goto(f"/introductions/{opened.id}")
    talk = await page.get_attribute("main a.button", "href")
    assert talk is not None
    questions = [f"/introductions/{each.id}" for each in (asked, yes, opened, no)]
    key = ("/introductions", questions[0])
    problems = await walked(page, ["/introductions", "/introductions/new", *questions, talk], key)
    assert problems + watch.elsewhere == []
    await context.close()


async def test_three_people_are_brought_together_by_keyboard_alone(browser: Browser, site: Site) -> None:
    await make_member(site.services, "nora", name="Nora")
    context = await browser.new_context(base_url=site.origin, locale="en")
    page = await context.new_page()
    await log_in(page, site)
    # Given Marie, who proposes Paul and Nora to each other
    await page.goto("/introductions?lang=en")
    await tab_to(page, "Introduce two people")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/introductions/new")
    await tab_to(page, "One of them")
    await page.keyboard.type("paul")
    await tab_to(page, "The other")
    await page.keyboard.type("nobody")
    await tab_to(page, "Why should they meet?")
    await page.keyboard.type("You both moved an oven.")
    await tab_to(page, "Ask both")
    await page.keyboard.press("Enter")
    # What is refused is told first; one Tab from there leads to it
    await page.get_by_role("alert").wait_for()
    assert await page.evaluate("document.activeElement.id") == "refused"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "f-two"
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("nora")
    await tab_to(page, "Ask both")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**said=proposed*")
    # When both say yes
    await _answer(browser, site, "paul", "Yes, introduce us")
    told = await _answer(browser, site, "nora", "Yes, introduce us")
    assert "Both of you said yes" in told
    # Then the three of them write to each other
    await page.goto("/notifications")
    await tab_to(page, "See the introductions")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/introductions")
    await tab_to(page, "Both said yes: the conversation")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/conversations/*")
    await tab_to(page, "Your answer")
    await page.keyboard.press("ControlOrMeta+End")
    await page.keyboard.type("Here we are.")
    await tab_to(page, "Reply")
    await page.keyboard.press("Enter")
    await page.get_by_text("Here we are.").first.wait_for()
    await context.close()


async def _answer(browser: Browser, site: Site, username: str, word: str) -> str:
    """What the question's page says once it was answered."""
    context = await browser.new_context(base_url=site.origin, locale="en")
    page: Page = await context.new_page()
    await log_in(page, site, username)
    await page.goto("/introductions?lang=en")
    await tab_to(page, "would like to introduce you")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/introductions/*")
    await tab_to(page, word)
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    said = await page.inner_text("main")
    await context.close()
    return said
