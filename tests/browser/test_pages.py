"""Every page, at phone and desk width, in both themes and languages: nothing sticks out, nobody else is asked, nothing
fails on the console, and axe-core finds nothing that keeps people out (WCAG 2.2 AA)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Site, Watch, log_in

pytestmark = pytest.mark.anyio
AXE = Path(__file__).parent / "js" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
 .then(found => found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join(" | ")))"""


def public(site: Site) -> list[str]:
    path, entry = site.path(site.post), f"/@marie/e/{site.entry.slug}"
    return [
        "/@marie",
        entry,
        f"{entry}/reply",
        "/@marie/cv",
        path,
        f"{path}/reply",
        "/@marie/follow",
        "/tags/lean",
        "/about",
        "/limits",
        "/login",
        "/visit",
        "/",
    ]


def own(site: Site) -> list[str]:
    post, anna = site.post.id, site.stranger.id
    return [
        "/home",
        "/notifications",
        "/requests",
        "/followers",
        "/following",
        "/conversations",
        f"/conversations/{site.private.conversation_id}",
        "/find?q=anna",
        "/write",
        f"/write?reply={post}",
        site.path(site.post),
        "/@marie",
        "/@marie?as=contact",
        f"/@marie/e/{site.entry.slug}",
        f"/@marie/e/{site.close.slug}",
        "/@marie/cv",
        "/@paul",
        f"/people/{anna}",
        f"/people/{anna}/block",
        f"/people/{anna}/report",
        f"/posts/{post}/edit",
        f"/posts/{post}/delete",
        f"/posts/{post}/deliveries",
        "/entries",
        "/entries/new?kind=experience",
        f"/entries/{site.entry.id}/edit",
        f"/entries/{site.close.id}/publish",
        f"/entries/{site.entry.id}/remove",
        "/start/aim",
        "/start/readers",
        "/start/import",
        "/start/entry",
        "/start/done",
        "/settings/hidden",
        "/settings",
        "/settings/profile",
        "/settings/account",
        "/settings/apps",
        "/settings/move",
        "/settings/data",
        "/admin",
        "/welcome",
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_page_is_whole_quiet_and_open_to_all(
    browser: Browser, site: Site, theme: str, language: str
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: tests/browser/setup.sh")
    problems: list[str] = []
    for width in (320, 1280):
        for member in (False, True):
            context = await browser.new_context(
                base_url=site.origin,
                color_scheme=theme,  # type: ignore[arg-type]
                locale=language,
                viewport={"width": width, "height": 800},
                bypass_csp=True,  # for axe alone; what the policy lets through is watched by the next test
            )
            watch = Watch(context, site.origin)
            page = await context.new_page()
            if member:
                await log_in(page, site)
            for path in own(site) if member else public(site):
                answer = await page.goto(path + ("&" if "?" in path else "?") + f"lang={language}")
                assert answer is not None
                where = f"{path} {width} {theme} {language}"
                if answer.status != 200:
                    problems.append(f"{where}: {answer.status}")
                await page.evaluate(
                    "document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true })"
                )
                over = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                if over > 0:
                    problems.append(f"{where}: {over} px stick out")
                if width == 320 or path in ("/@marie", "/write"):
                    await page.add_script_tag(path=AXE)
                    problems += [f"{where}: {each}" for each in await page.evaluate(RUN)]
            problems += watch.elsewhere
            await context.close()
    assert problems == []


async def test_the_policy_of_the_pages_lets_them_work_and_nothing_else(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin)
    watch = Watch(context, site.origin)
    page = await context.new_page()
    await log_in(page, site)
    for path in [*public(site), *own(site)]:
        await page.goto(path)
    # The stranger's portrait cannot be had from a server that is not there; that alone may be told.
    assert [each for each in watch.errors if "404" not in each and "/pictures/" not in each] == []
    assert watch.elsewhere == []
    # and a script put into a page by whoever does not run
    await page.goto("/@marie")
    await page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "document.title = 'taken over'";
        document.body.append(script);
    }""")
    assert "taken over" not in await page.title()
    assert any("Content Security Policy" in each for each in watch.errors)


async def test_a_first_page_is_light(browser: Browser, site: Site) -> None:
    """At most 100 KB without photographs, and 12 KB of style (design budget); members need little more."""
    context = await browser.new_context(base_url=site.origin)
    page = await context.new_page()
    sizes: dict[str, int] = {}

    async def weigh(response) -> None:  # type: ignore[no-untyped-def]
        sizes[response.url] = len(await response.body())

    page.on("response", weigh)
    await page.goto("/@marie", wait_until="networkidle")
    assert sum(sizes.values()) < 100_000
    assert next(size for url, size in sizes.items() if "style.css" in url) <= 12 * 1024
    assert not any("desk.css" in url for url in sizes)
    assert len(await (await page.request.get("/static/desk.css")).body()) <= 4 * 1024
