"""Visitors in a real browser: with the account of another server, and by a link; every page of it open to all."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import insert

from fediprof import clock, ids
from fediprof.accounts.commands import SetPassword, set_password
from fediprof.db.database import Tx
from fediprof.principal import Member
from fediprof.schema.profiles import disclosure_grant
from fediprof.services import Services
from fediprof.visitors.links import make_link
from tests.browser.conftest import PASSWORD, Watch
from tests.browser.test_pages import AXE, RUN
from tests.conftest import make_member
from tests.support.live import serving

pytestmark = pytest.mark.anyio


async def problems(page: Page) -> list[str]:
    """What sticks out at this width, and what axe-core finds."""
    found = [f"{page.url}: {each}" for each in await _axe(page)]
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, f"{page.url}: {over} px stick out"] if over > 0 else found


async def _axe(page: Page) -> list[str]:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: tests/browser/setup.sh")
    await page.add_script_tag(path=AXE)
    found: list[str] = await page.evaluate(RUN)
    return found


async def link(services: Services, marie: Member, actor_id: int) -> str:
    now = clock.now()

    def unit(tx: Tx) -> str:
        row = {"id": ids.new_id(), "actor_id": marie.actor_id, "to_actor_id": actor_id, "mode": "show", "parts": {}}
        ends = {"starts_at": now, "ends_at": now + timedelta(days=30), "label": ""}
        tx.execute(insert(disclosure_grant), {**row, **ends})
        return make_link(tx, grant_id=row["id"], owner_id=marie.actor_id, actor_id=actor_id, now=now)

    return f"{services.settings.origin}/c/{await services.database.write(unit)}"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("fr", "dark"), ("en", "light"), ("en", "dark")])
async def test_a_visitor_comes_by_the_login_of_their_own_server_then_by_a_link(
    browser: Browser, tmp_path: Path, sqlite_template: Path, language: str, theme: str
) -> None:
    paths = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        paths.append(tmp_path / name / "test.sqlite3")
        shutil.copy(sqlite_template, paths[-1])
    async with (
        serving(tmp_path / "here", f"sqlite:///{paths[0]}") as here,
        serving(tmp_path / "there", f"sqlite:///{paths[1]}") as there,
    ):
        # Given Marie here, and Rachel with an account there
        marie = await make_member(here, "marie", name="Marie")
        rachel = await make_member(there, "rachel", name="Rachel")
        await there.perform(set_password, SetPassword(rachel, None, PASSWORD))
        handle, found = f"@rachel@{there.settings.host}", []
        context = await browser.new_context(
            locale=language,
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": 320, "height": 700},
            bypass_csp=True,
        )
        page = await context.new_page()
        # When she gives her address here, she is told where she is going
        await page.goto(f"{here.settings.origin}/visit?to=/@marie")
        found += await problems(page)
        await page.fill("[name=handle]", handle)
        async with page.expect_navigation():
            await page.click("main form[action='/visit'] button")
        assert there.settings.host in await page.inner_text("h1")
        found += await problems(page)
        # and her own server asks her, once she has logged in there
        await page.click("main a.button:not(.plain)")
        await page.wait_for_url(f"{there.settings.origin}/login?back=*")
        await page.fill("[name=username]", "rachel")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url(f"{there.settings.origin}/oauth/authorize?*")
        await page.click("form button >> nth=0")
        # Then she is on Marie's page as herself
        await page.wait_for_url(f"{here.settings.origin}/@marie")
        assert handle in await page.inner_text("body")
        found += await problems(page)
        # until she leaves
        async with page.expect_navigation(url=f"{here.settings.origin}/@marie"):
            await page.click("form[action='/visit/leave'] button")
        assert handle not in await page.inner_text("body")
        # A link opens by its button, though its page tells nobody where it is
        known = await here.resolver.actor(there.here().actor("rachel"))
        assert known is not None
        address = await link(here, marie, known.id)
        await page.goto(address)
        found += await problems(page)
        await page.click("main button")
        await page.wait_for_url(f"{here.settings.origin}/@marie")
        assert handle in await page.inner_text("body")
        # The way by a message, and the page of a login that could not be
        await page.goto(f"{here.settings.origin}/visit?to=/@marie")
        await page.click("form[action='/visit/code'] button")
        await page.wait_for_url("**/visit/code")
        found += await problems(page)
        await page.click("form[action='/visit/code/sent'] button")
        await page.wait_for_url("**/visit/code?early=1")
        found += await problems(page)
        await page.goto(f"{here.settings.origin}/visit/back?state=x&code=y")
        found += await problems(page)
        await context.close()
        assert found == []


async def test_the_pages_work_under_their_own_policy(browser: Browser, tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    async with serving(tmp_path, f"sqlite:///{path}") as here:
        marie = await make_member(here, "marie")
        paul = await make_member(here, "paul")
        context = await browser.new_context()
        watch = Watch(context, here.settings.origin)
        page = await context.new_page()
        await page.goto(await link(here, marie, paul.actor_id))
        await page.click("main button")
        await page.wait_for_url("**/@marie")
        await page.goto(f"{here.settings.origin}/visit")
        await page.click("form[action='/visit/code'] button")
        await page.wait_for_url("**/visit/code")
        assert (watch.errors, watch.elsewhere) == ([], [])
        await context.close()
