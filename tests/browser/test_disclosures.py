"""The pages of what is open to whom, as full as they get: at phone and desk width, in both themes and languages; and a
part opened by the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from fediprof.profiles.asks import AskFor, ask_for
from fediprof.profiles.grants import OpenPart, open_part
from fediprof.profiles.ledger import NoteOpening, note_opening
from fediprof.profiles.sets import SaveSet, save_set
from tests.browser.conftest import Site, Watch, log_in
from tests.browser.test_pages import AXE, RUN

pytestmark = pytest.mark.anyio


async def filled(site: Site) -> tuple[int, int]:
    """Paul asked, was shown a part under a set's name and sent another, and read. (conversation, his message)."""
    perform, marie, paul = site.services.perform, site.marie, site.paul
    url = site.services.here().entry("marie", site.entry.slug)
    words = "Nous faisons le même métier, à deux vallées de distance."
    asking = AskFor(paul, marie.actor_id, url, site.entry.words.headline, ("employer",), words, "fr")
    asked = await perform(ask_for, asking)
    shown = {site.entry.id: frozenset({"employer", "dates"}), site.close.id: frozenset()}
    await perform(save_set, SaveSet(marie, "CV production", shown))  # type: ignore[arg-type]
    to = {"conversation_id": asked.conversation_id, "language": "fr"}
    await perform(open_part, OpenPart(marie, paul.actor_id, shown, label="CV production", **to))  # type: ignore[arg-type]
    sent = {site.entry.id: frozenset({"employer"})}
    await perform(open_part, OpenPart(marie, paul.actor_id, sent, mode="send", sure=True, **to))  # type: ignore[arg-type]
    await perform(note_opening, NoteOpening(marie.actor_id, paul.actor_id, tuple(shown)))
    return asked.conversation_id, asked.id


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("theme", "language"), [("light", "fr"), ("dark", "en")])
async def test_what_is_open_to_whom_is_whole_and_open_to_all(
    browser: Browser, site: Site, theme: str, language: str
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: tests/browser/setup.sh")
    thread, asked = await filled(site)
    opening = f"/conversations/{thread}/open"
    own = [f"/conversations/{thread}", f"{opening}?ask={asked}", "/grants", "/ledger", f"/ask/{site.entry.slug}"]
    problems: list[str] = []
    for width in (320, 1280):
        context = await browser.new_context(
            base_url=site.origin,
            color_scheme=theme,  # type: ignore[arg-type]
            locale=language,
            viewport={"width": width, "height": 800},
            bypass_csp=True,  # for axe alone
        )
        watch = Watch(context, site.origin)
        page = await context.new_page()

        async def look(path: str) -> None:
            await page.evaluate(  # noqa: B023
                "document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true })"
            )
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            if (over := await page.evaluate(wide)) > 0:  # noqa: B023
                problems.append(f"{path} at {width}: {over} too wide")  # noqa: B023
            await page.add_script_tag(path=AXE)  # noqa: B023
            problems.extend(f"{path} {each}" for each in await page.evaluate(RUN))  # noqa: B023

        for path in (f"/ask/{site.entry.slug}?field=employer", None, *own):
            if path is None:
                await log_in(page, site)
                continue
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            await look(path)
        await page.goto(f"{opening}?ask={asked}")
        await page.check("input[name=mode][value=send]")
        async with page.expect_navigation():
            await page.click("main form button.button")
        await look("before sending")
        problems += watch.elsewhere + [each for each in watch.errors if "/pictures/" not in each]
        await context.close()
    assert problems == [], "\n".join(problems)


async def test_a_part_is_opened_by_the_keyboard_alone(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, locale="fr")
    page = await context.new_page()
    await log_in(page, site)
    await page.goto(f"/conversations/{site.private.conversation_id}/open")
    await page.focus(f"input[name=part-{site.close.id}]")
    await page.keyboard.press("Space")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('main form button.button')"):
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/conversations/*said=part-open*")
    assert "Open, until the day you chose." in await page.inner_text("main")
    await context.close()
