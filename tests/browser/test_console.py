"""The console in a browser, at phone and desk width, in both themes and languages; and a block decided with the keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from fediprof import clock
from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.actors import store as actors
from fediprof.backups import commands as backups
from fediprof.backups import folder
from fediprof.db.database import Tx
from fediprof.moderation import erasures, notes, policies
from fediprof.moderation.commands import ReportActor, report_actor
from fediprof.moderation.domains import Line
from fediprof.moderation.sanctions import (
    ContestSanction,
    SanctionActor,
    WarnActor,
    contest_sanction,
    sanction_actor,
    warn_actor,
)
from fediprof.moderation.subscriptions import BringFile, Subscribe, bring_file, subscribe
from fediprof.posts import store as posts
from tests.browser.conftest import Site, Watch, log_in
from tests.browser.walk import walked
from tests.campaigns.made import campaign_of
from tests.conftest import make_member

pytestmark = pytest.mark.anyio


async def _console(site: Site) -> list[str]:
    """Something on each of its pages; returns their addresses."""
    services, marie = site.services, site.marie
    paul_id = await services.read(lambda tx: _id_of(tx, "https://far.example/users/anna"))
    reported = await services.perform(
        report_actor,
        ReportActor(marie, site.stranger.id, await _posts(site), "Un-mot-très-long-que-rien-ne-coupe" * 3),
    )
    long = "un-nom-de-serveur-vraiment-tres-tres-tres-long.et-encore-un-peu-plus-long.example"
    lines = tuple(Line(f"bad{n}.example", "block", public_comment="spam") for n in range(30))
    brought = await services.perform(bring_file, BringFile(marie, (*lines, Line(long, "limit"))))
    listed = await services.perform(subscribe, Subscribe(marie, f"https://{long}/liste.csv", 5, 10))
    now = clock.now()

    def decide(tx: Tx) -> None:
        policies.keep(tx, policies.blank(long, "block", now))
        notes.keep(tx, "backup", {"bytes": 123456789, "keys": False}, now - timedelta(days=9))
        notes.keep(tx, backups.RUN, {"state": "failed", "why": "room"}, now - timedelta(hours=1))

    await services.database.write(decide)
    (folder.opened(services.settings) / folder.name(now - timedelta(days=9))).write_bytes(bytes(2_000_000))
    event = await services.perform(warn_actor, WarnActor(marie, site.paul.actor_id, "Deux fois la même annonce"))
    await services.perform(contest_sanction, ContestSanction(site.paul, event.id, "C’était une réponse"))
    await services.perform(sanction_actor, SanctionActor(marie, paul_id, "limit", "Trop fort", 30))
    nora = await make_member(services, "nora")
    await make_member(services, "ines")
    own = {
        "marie": "Votre pont de bambou à Nantes m’a fait changer d’avis.",
        "paul": "",
        "ines": "Bravo pour le voilier.",
    }
    campaign, copies = await campaign_of(services, own, host=long)
    secret = await services.perform(delete_own_account, DeleteAccount(nora))
    erased = await services.read(lambda tx: erasures.by_secret(tx, secret))
    assert erased is not None
    for kind in ("trap", "people", "flood"):
        services.gate.tally.add(kind, "192.0.2.0/24" if kind == "trap" else long)
    return [
        "/admin",
        "/admin/reports",
        f"/admin/reports/{reported.id}",
        "/admin/people",
        "/admin/people?of=elsewhere",
        f"/admin/people/{site.stranger.id}",
        f"/admin/people/{site.paul.actor_id}",
        "/admin/groups",
        "/admin/campaigns",
        f"/admin/campaigns/{campaign}",
        f"/conversations/{copies['marie'].conversation_id}",
        "/admin/domains",
        f"/admin/lists/{brought.id}",
        f"/admin/lists/{listed.id}",
        "/admin/deliveries",
        "/admin/storage",
        "/admin/erasures",
        f"/admin/erasures/{erased.id}",
        f"/erasure/{secret}",
        "/moderation-log",
        f"/moderation-log/{event.id}",
    ]


def _id_of(tx: Tx, iri: str) -> int:
    found = actors.by_iri(tx, iri)
    assert found is not None
    return found.id


async def _posts(site: Site) -> tuple[int, ...]:
    post = await site.services.read(lambda tx: posts.by_iri(tx, f"{site.stranger.iri}/1"))
    return (post.id,) if post is not None else ()


@pytest.mark.timeout(300)
async def test_the_console_is_whole_on_a_phone_and_open_to_all(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, bypass_csp=True)  # for axe alone
    watch = Watch(context, site.origin)
    page = await context.new_page()
    paths = await _console(site)
    await log_in(page, site)
    key = ("/admin", "/admin/domains", "/admin/deliveries", paths[2])
    assert await walked(page, paths, key) + watch.elsewhere == []
    await context.close()


async def test_a_block_is_decided_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en", viewport={"width": 320, "height": 800})
    watch = Watch(context, site.origin)
    page = await context.new_page()
    await log_in(page, site)
    await page.goto("/admin/domains?lang=en")
    await page.focus("#f-domain")
    await page.keyboard.type("bad.example")
    await page.keyboard.press("Enter")
    await page.get_by_text("This would cut 0 follows").wait_for()
    await page.get_by_role("button", name="Decide so").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/admin/domains?said=saved")
    assert await page.get_by_text("bad.example").count() > 0
    assert watch.errors == []
    await context.close()
