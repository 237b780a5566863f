"""A profile's entries in a real browser: by keyboard alone, without JavaScript, and on paper."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page

from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import EVERYONE, Field, Words
from tests.browser.conftest import Site

pytestmark = pytest.mark.anyio


async def _tab_to(page: Page, text: str) -> None:
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("document.activeElement.innerText || ''")
        if focused.startswith(text):
            width = await page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
            assert width >= 2, f"{text} has the focus and does not show it"
            return
    raise AssertionError(f"{text} is not reached by keyboard")


async def test_what_is_masked_is_asked_for_and_the_entry_answered_by_keyboard(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, locale="fr", java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/@marie")
    assert await page.locator(".standin").first.inner_text() == "une PME de l’énergie"
    await context.close()
    context = await browser.new_context(base_url=site.origin, locale="fr")
    page = await context.new_page()
    await page.goto("/@marie")
    await _tab_to(page, "Diviser par trois")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/@marie/e/{site.entry.slug}")
    await _tab_to(page, "Demander")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/ask/**")
    await page.go_back()
    await _tab_to(page, "Répondre depuis mon compte")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/reply")
    await context.close()


async def test_a_career_goes_on_two_pages_and_nothing_else_with_it(browser: Browser, site: Site) -> None:
    # Given twelve more entries, as of a long career
    story = "Trois mois pour comprendre, six pour changer, un an pour que cela tienne sans nous. " * 3
    for number in range(12):
        fields = (Field("employer", f"Maison {number}", stand_in="une maison"), Field("dates", "2001/2004", EVERYONE))
        kind = ("experience", "project", "education")[number % 3]
        words = Words(f"Un chantier, numéro {number}", story, "Qu’avez-vous gardé ?")
        draft = Draft(kind, words, "fr", rule=EVERYONE, fields=fields)
        await site.services.perform(write_entry, WriteEntry(site.marie, draft, confirmed=True))
    # When they are printed, from the page itself and from its form for paper
    context = await browser.new_context(base_url=site.origin, locale="fr")
    for path in ("/@marie", "/@marie/cv"):
        page = await context.new_page()
        await page.goto(path)
        printed = await page.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2, path
        # Then it is the text alone, in one column, with the day and the address
        await page.emulate_media(media="print")
        for gone in ("header.site", "footer.page", ".actions", "form", ".ask", ".posts"):
            assert await page.locator(gone).locator("visible=true").count() == 0, (path, gone)
        assert f"{site.origin}/@marie" in await page.locator(".printed").inner_text()
        assert await page.locator("h3", has_text="numéro 11").is_visible()
        text = await page.locator("main").inner_text()
        assert "Maison" not in text
        assert "une maison" in text
    await context.close()
