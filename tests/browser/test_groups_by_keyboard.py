"""A group from the first look to a contested decision, with the keyboard alone: join, begin, answer, vote, report, moderate, contest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page

from fediprof.groups import moderating
from fediprof.groups.moderating import ModeratePost
from fediprof.posts import store as posts
from tests.browser.conftest import Site, log_in
from tests.browser.test_by_keyboard import tab_to
from tests.browser.test_groups import Circle, circle
from tests.conftest import make_member

pytestmark = pytest.mark.anyio
__all__ = ("circle",)


@asynccontextmanager
async def at_the_keys(browser: Browser, site: Site, username: str) -> AsyncIterator[Page]:
    """Somebody logged in, whose browser runs none of our scripts."""
    context = await browser.new_context(base_url=site.origin, locale="en", viewport={"width": 320, "height": 800})
    await context.route("**/static/app.js*", lambda route: route.abort())
    page = await context.new_page()
    await log_in(page, site, username)
    await page.goto("/groups?lang=en")
    yield page
    await context.close()


async def press(page: Page, wanted: str, leads_to: str) -> None:
    await tab_to(page, wanted)
    await page.keyboard.press("Enter")
    await page.wait_for_url(leads_to)


async def in_focus(page: Page) -> str:
    """The id of the article that what is in focus stands in; "" in none."""
    return str(await page.evaluate("document.activeElement.closest('article')?.id ?? ''"))


@pytest.mark.timeout(180)
async def test_a_newcomers_day_in_a_group(browser: Browser, site: Site, circle: Circle) -> None:
    await make_member(site.services, "zoe", name="Zoé")
    async with at_the_keys(browser, site, "zoe") as page, at_the_keys(browser, site, "marie") as desk:
        # Given Zoé at the group's page: past the navigation in one step
        await page.goto("/@ateliers")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('main') !== null")
        # When she joins and begins a thread, which waits
        await press(page, "Join", "**said=joined*")
        await press(page, "Begin a thread", "**/begin")
        await tab_to(page, "Question")
        await page.keyboard.press("Space")
        await tab_to(page, "Title")
        await page.keyboard.type("What did you stop doing at night?")
        await tab_to(page, "Your text")
        await page.keyboard.type("I count everything twice.")
        await press(page, "Publish in the group", "**/@zoe/p/*")
        thread = page.url.partition("?")[0]
        assert "Waits for a moderator" in await page.inner_text("main")
        # Then a moderator lets it in, from the queue
        await desk.goto("/@ateliers")
        await press(desk, "To decide", "**/queue")
        await tab_to(desk, "Let it in Zoé")
        await desk.keyboard.press("Enter")
        await desk.get_by_role("status").wait_for()
        assert "What did you stop doing at night?" not in await desk.inner_text("main")
        # She votes for another's thread: what she pressed is what she comes back to
        await page.goto("/@ateliers")
        await press(page, "Comment organiser", "**/p/*")
        await tab_to(page, "Useful")
        voted = await in_focus(page)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**#{voted}")
        await page.keyboard.press("Tab")
        assert await in_focus(page) == voted
        assert await page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        # She answers, and reports
        await tab_to(page, "Your answer")
        await page.keyboard.type("We stopped counting.")
        await press(page, "Reply", "**/@zoe/p/*")
        assert "We stopped counting." in await page.inner_text("main")
        await page.goto(f"/posts/{circle.offer.id}")
        await tab_to(page, "More about this post by Paul")
        await page.keyboard.press("Enter")
        await press(page, "Report", "**/report?post=*")
        await tab_to(page, "What is wrong?")
        await page.keyboard.type("It names no place.")
        await press(page, "Send the report", "**said=reported-in-group*")
        # What a moderator took out of hers she reads with its rule, and contests
        iri = f"{site.origin}/p/{thread.rpartition('/')[2]}"
        post = await site.services.read(lambda tx: posts.by_iri(tx, iri))
        assert post is not None
        await desk.goto("/@ateliers/queue")
        assert "It names no place." in await desk.inner_text("main")
        taken = ModeratePost(site.marie, circle.group.id, post.id, "Said twice.", 1)
        await site.services.perform(moderating.remove_post, taken)
        await page.goto(thread)
        await press(page, "Read the decision, or contest it", "**/log/*")
        await tab_to(page, "Why you think this is wrong")
        await page.keyboard.type("It was said once.")
        await tab_to(page, "Contest the decision")
        await page.keyboard.press("Enter")
        await page.get_by_text("No answer yet.").wait_for()
        # and no page keeps who walks through it: Tab leaves it at its end, and leads in again
        await page.goto("/@ateliers")
        await tab_to(page, "Français")
        await page.keyboard.press("Tab")
        await tab_to(page, "Skip to the content")
