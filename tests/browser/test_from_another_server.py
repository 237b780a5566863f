"""Two servers and one browser: a visitor of the one follows and answers from the account on the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser

from fediprof.accounts.commands import SetPassword, set_password
from fediprof.posts.commands import PublishPost, publish_post
from tests.browser.conftest import PASSWORD, Watch
from tests.conftest import make_member
from tests.support.live import serving

pytestmark = pytest.mark.anyio


async def test_following_and_answering_go_through_ones_own_server(
    browser: Browser, tmp_path: Path, sqlite_template: Path
) -> None:
    paths = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        paths.append(tmp_path / name / "test.sqlite3")
        shutil.copy(sqlite_template, paths[-1])
    async with (
        serving(tmp_path / "here", f"sqlite:///{paths[0]}", language="en") as here,
        serving(tmp_path / "there", f"sqlite:///{paths[1]}", language="en") as there,
    ):
        # Given Marie with a post here, and Rachel with an account there
        marie = await make_member(here, "marie", name="Marie")
        post = await here.perform(publish_post, PublishPost(marie, "Ask me why we failed twice", "public"))
        rachel = await make_member(there, "rachel", name="Rachel")
        await there.perform(set_password, SetPassword(rachel, None, PASSWORD))
        address = f"rachel@{there.settings.host}"
        context = await browser.new_context(locale="en")
        watch = Watch(context, here.settings.origin)
        page = await context.new_page()
        # When she gives her address on Marie's page
        await page.goto(f"{here.settings.origin}/@marie")
        await page.click("text=Follow from my account")
        await page.fill("[name=handle]", address)
        await page.click("text=Go on to my server")
        # Then her own server asks her to log in, and shows whom she is about to follow
        await page.wait_for_url(f"{there.settings.origin}/login?back=*")
        await page.fill("[name=username]", "rachel")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/intents/follow?*")
        assert f"@marie@{here.settings.host}" in await page.inner_text("main")
        await page.click("main >> text=Follow >> nth=-1")
        await page.wait_for_url("**/people/*")
        assert await page.inner_text("[role=status]") != ""
        # And an answer begins under Marie's words, over there
        await page.goto(post.url)
        await page.click("text=Reply from my account")
        await page.fill("[name=handle]", address)
        await page.click("text=Go on to my server")
        await page.wait_for_url(f"{there.settings.origin}/write?reply=*")
        assert "Ask me why we failed twice" in await page.inner_text("main")
        assert await page.input_value("textarea[name=text]") == f"@marie@{here.settings.host} "
        assert [each for each in watch.errors if "Content Security Policy" in each] == []
        await context.close()
