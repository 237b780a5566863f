"""A day on the pages: logging in, writing, answering, with the keyboard alone and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import PASSWORD, Site, Watch, log_in

pytestmark = pytest.mark.anyio


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element in focus says `wanted` (its text, label or value); where it is must be visible."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        said, ring = await page.evaluate("""() => {
            const here = document.activeElement;
            const label = here.labels && here.labels[0] ? here.labels[0].innerText : "";
            const style = getComputedStyle(here);
            return [[here.innerText, label, here.getAttribute("aria-label")].join(" "), style.outlineStyle];
        }""")
        if wanted in " ".join(said.split()):
            assert ring != "none", f"{wanted}: the focus cannot be seen"
            return
    raise AssertionError(f"{wanted!r} is not reached by Tab on {page.url}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_login_post_and_answer_by_keyboard(browser: Browser, site: Site, scripts: bool) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en", java_script_enabled=True)
    if not scripts:
        await context.route("**/static/app.js*", lambda route: route.abort())
    watch = Watch(context, site.origin)
    page = await context.new_page()
    # Given the first page, she goes to the login
    await page.goto("/about")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await tab_to(page, "Log in")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/login")
    await tab_to(page, "Name")
    await page.keyboard.type("marie")
    await tab_to(page, "Password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home")
    # When she writes to everybody, quietly
    await tab_to(page, "Write")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/write")
    await page.keyboard.type("Why did we fail twice?")  # the field has the focus
    await tab_to(page, "Everyone")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "Publish")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/@marie/p/*")
    # Then it is there, for those she chose
    assert "Why did we fail twice?" in await page.inner_text("article")
    assert "Everyone, quietly" in await page.inner_text("article .audience")
    # And she answers Paul under her first post
    await page.goto(site.path(site.post))
    await tab_to(page, "Reply to Paul")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/write?reply=*")
    assert await page.input_value("textarea[name=text]") == "@paul "
    if not scripts:
        await page.keyboard.press("End")
    await page.keyboard.type("Almost.")
    await tab_to(page, "Publish")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/@marie/p/*")
    assert "@paul Almost." in await page.inner_text("article.entry")
    assert [
        each for each in watch.errors if "app.js" not in each and "/pictures/" not in each and "404" not in each
    ] == [each for each in watch.errors if "ERR_FAILED" in each]
    await context.close()


async def test_pages_work_where_scripts_are_off(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en", java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=username]", "marie")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/home")
    await page.goto("/@paul")
    await page.click("text=Follow")
    assert "You follow this person" in await page.inner_text("[role=status]")
    await page.goto(site.path(site.post))
    await page.click("article.entry >> text=More")
    await page.click("article.entry >> text=Unpin")
    assert "No longer pinned" in await page.inner_text("[role=status]")
    await context.close()


async def test_what_was_refused_is_told_first_and_the_text_stays(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en")
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=username]", "marie")
    await page.fill("[name=password]", "wrong")
    await page.click("main button")
    assert await page.evaluate("document.activeElement.id") == "refused"
    assert await page.input_value("[name=username]") == "marie"
    await context.close()


async def test_copying_is_one_press(browser: Browser, site: Site) -> None:
    context = await browser.new_context(
        base_url=site.origin, locale="en", permissions=["clipboard-read", "clipboard-write"]
    )
    page = await context.new_page()
    await page.goto("/@marie")
    await page.click("button.copy")
    assert await page.evaluate("navigator.clipboard.readText()") == f"@marie@{site.services.settings.domain}"
    assert await page.inner_text("button.copy") == "Copied"
    await context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_an_entry_is_written_masked_and_published_by_keyboard(
    browser: Browser, site: Site, scripts: bool
) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en", java_script_enabled=True)
    if not scripts:
        await context.route("**/static/app.js*", lambda route: route.abort())
    page = await context.new_page()
    await log_in(page, site)
    # Given the list of her entries, she begins a project
    await tab_to(page, "Entries")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/entries")
    await tab_to(page, "Project")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/entries/new?kind=project")
    await tab_to(page, "In one line")
    await page.keyboard.type("Cutting a delay")
    await tab_to(page, "What would you like to be asked")
    await page.keyboard.type("Why did we fail twice?")
    # When she chooses who may read it, and what not
    await tab_to(page, "Only me")
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await tab_to(page, "Employer or organisation")
    await page.keyboard.press("Enter")
    await tab_to(page, "Employer or organisation")
    await page.keyboard.type("Zephyr")
    await tab_to(page, "what the others read in its place")
    await page.keyboard.type("a small company")
    await tab_to(page, "Save")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/entries?said=kept*")
    # Then it is published after a look at what everyone reads
    await tab_to(page, "Publish Cutting a delay")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/publish")
    shown = await page.inner_text("article.entry")
    assert "a small company" in shown
    assert "Zephyr" not in shown
    await tab_to(page, "Publish")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/entries?said=published*")
    await context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_navigation_is_one_line_and_its_menu_opens_by_keyboard(
    browser: Browser, site: Site, language: str
) -> None:
    context = await browser.new_context(
        base_url=site.origin, locale=language, viewport={"width": 1280, "height": 800}
    )
    await context.route("**/static/app.js*", lambda route: route.abort())
    page = await context.new_page()
    await log_in(page, site)
    await page.goto(f"/home?lang={language}")
    assert await page.is_visible("nav.own >> a[href='/requests']")  # with all there is in it
    tops = "[...document.querySelectorAll('nav.own > *')].map(each => Math.round(each.getBoundingClientRect().top))"
    assert len(set(await page.evaluate(tops))) == 1
    await tab_to(page, {"fr": "Plus", "en": "More"}[language])
    assert not await page.is_visible("nav.own >> a[href='/settings']")
    await page.keyboard.press("Enter")
    await tab_to(page, {"fr": "Réglages", "en": "Settings"}[language])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/settings")
    assert await page.get_attribute("nav.own >> a[href='/settings']", "aria-current") == "page"
    await context.close()
