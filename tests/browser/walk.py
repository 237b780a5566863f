"""Pages looked at one after the other, as each of the four pairs of theme and language shows them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page

from tests.browser.test_pages import AXE, RUN

PAIRS: tuple[tuple[Literal["light", "dark"], str], ...] = (
    ("light", "fr"),
    ("dark", "en"),
    ("dark", "fr"),
    ("light", "en"),
)
WIDTHS = (320, 1280)
OPEN = "document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true })"
SMALL = """() => [...document.querySelectorAll("main button, main summary, main input:not([type=hidden]), main select")]
 .map(each => [each, each.getBoundingClientRect()])
 .filter(([each, box]) => box.width && !each.closest("label") && (box.height < 24 || box.width < 24))
 .map(([each]) => `smaller than a finger: ${each.outerHTML}`)"""


async def walked(
    page: Page, paths: Sequence[str], key: Collection[str] = (), expected: Mapping[str, int] | None = None
) -> list[str]:
    """What is wrong with the pages, at phone and desk width: what sticks out or is too small to be touched, what axe-core
    finds, a language that was not asked for, another status than `expected` (200). Those of `key` in all four pairs, the
    others in two, which change from page to page; a picture of each lies in FEDIPROF_SCREENSHOTS, where that is set. The
    page's context has to let axe-core in (`bypass_csp`)."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: tests/browser/setup.sh")
    problems: list[str] = []
    for number, path in enumerate(paths):
        for turn, width in enumerate(WIDTHS):
            await page.set_viewport_size({"width": width, "height": 800})
            for theme, language in PAIRS if path in key else (PAIRS[(number + turn) % len(PAIRS)],):
                await page.emulate_media(color_scheme=theme)
                answer = await page.goto(path + ("&" if "?" in path else "?") + f"lang={language}")
                where = f"{path} {width} {theme} {language}"
                if answer is None or answer.status != (expected or {}).get(path, 200):
                    problems.append(f"{where}: {answer and answer.status}")
                if await page.get_attribute("html", "lang") != language:
                    problems.append(f"{where}: in another language")
                if folder := os.environ.get("FEDIPROF_SCREENSHOTS"):
                    name = "-".join((*path.strip("/").replace("?", "/").split("/")[:3], str(width), theme, language))
                    await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
                await page.evaluate(OPEN)
                over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if over > 0:
                    problems.append(f"{where}: {over} px stick out")
                await page.add_script_tag(path=AXE)
                found = [*await page.evaluate(SMALL), *await page.evaluate(RUN)]
                problems += [f"{where}: {each}" for each in found]
    return problems
