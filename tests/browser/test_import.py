"""A profile is brought in a real browser, step by step: each page at phone and desk width, in a theme and a language, has
nothing that sticks out or keeps people out, and asks nobody else."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Site, Watch, log_in
from tests.browser.test_pages import AXE, RUN
from tests.portability.exports import FULL, zipped

pytestmark = pytest.mark.anyio


async def faults(page: Page) -> list[str]:
    await page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true })")
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    await page.add_script_tag(path=AXE)
    found = [f"{page.url}: {each}" for each in await page.evaluate(RUN)]
    return found + ([f"{page.url}: {over} px stick out"] if over > 0 else [])


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "fr", 320), ("dark", "en", 320), ("light", "en", 1280)]
)
async def test_a_profile_is_brought_and_three_lines_get_a_question(
    browser: Browser, site: Site, theme: str, language: str, width: int
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: tests/browser/setup.sh")
    long = {
        **FULL,
        "Skills.csv": FULL["Skills.csv"] + "Anticonstitutionnellementetbiendavantageencoresansuneseulecoupure\n",
    }
    context = await browser.new_context(
        base_url=site.origin,
        color_scheme=theme,  # type: ignore[arg-type]
        locale=language,
        viewport={"width": width, "height": 800},
        bypass_csp=True,
    )
    watch = Watch(context, site.origin)
    page = await context.new_page()
    await log_in(page, site)
    await context.add_cookies([{"name": "language", "value": language, "url": site.origin}])
    problems: list[str] = []

    async def look(path: str) -> None:
        assert page.url.removeprefix(site.origin).startswith(path), page.url
        problems.extend(await faults(page))

    async def press(selector: str) -> None:
        async with page.expect_navigation():
            await page.click(selector)

    await page.goto("/settings/import")
    await look("/settings/import")
    # What is no profile is refused beside the field
    refused = {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    await page.set_input_files("#f-file", refused)  # type: ignore[arg-type]
    await press("form[action='/settings/import'] button")
    await look("/settings/import")
    assert await page.locator("#e-file").is_visible()
    # What is one is shown before it is brought
    archive = {"name": "linkedin.zip", "mimeType": "application/zip", "buffer": zipped(long)}
    await page.set_input_files("#f-file", archive)  # type: ignore[arg-type]
    await press("form[action='/settings/import'] button")
    await look("/settings/import/preview")
    await press("form[action='/settings/import/preview'] button")
    await look("/settings/import/done")
    await press("a[href='/settings/import/lines']")
    await look("/settings/import/lines")
    for at in range(3):
        await page.locator("input[name=line]").nth(at).check()
    await press("form[action='/settings/import/talk'] button")
    await look("/settings/import/talk")
    await page.locator("input[type=text]").first.fill("Comment avez-vous fait ?")
    await press("form[action='/settings/import/talk'] button")
    assert page.url.startswith(f"{site.origin}/entries"), page.url
    await page.goto("/settings/address-book")
    await look("/settings/address-book")
    assert await page.get_by_text("Leo Martin").first.is_visible()
    problems += watch.elsewhere
    await context.close()
    assert problems == []
