"""Pages of who moderates a group of another server, of a group that nobody moderates, and of who is suspended: whole at phone and desk
width, in both themes and languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Browser

from fediprof import clock, ids
from fediprof.accounts.commands import IssueLink, issue_login_link
from fediprof.actors import store as actors
from fediprof.actors.records import Actor
from fediprof.db.database import Tx
from fediprof.groups import moderating, receive
from fediprof.groups import store as groups
from fediprof.groups.moderating import BanPerson, ModeratePost
from fediprof.groups.moderators import Resign, resign
from fediprof.groups.records import Group, Moderator
from fediprof.groups.reporting import ReceiveReport, receive_report
from fediprof.moderation.commands import ReceiveFlag
from fediprof.moderation.sanctions import SanctionActor, sanction_actor
from fediprof.posts import store as posts
from fediprof.posts.records import Post
from tests.browser.conftest import Site, Watch, log_in
from tests.browser.test_groups import found
from tests.browser.walk import walked
from tests.conftest import make_member

pytestmark = pytest.mark.anyio
HOME = "https://lemmy.example/c/ateliers"


def _elsewhere(tx: Tx, site: Site) -> tuple[int, int, int]:
    """(a group of a Lemmy that Marie moderates, a thread of Anna's in it, an answer)"""
    now, anna = clock.now(), site.stranger
    home: Actor = replace(
        anna,
        id=ids.new_id(),
        iri=HOME,
        url=HOME,
        type="Group",
        username="ateliers",
        domain="lemmy.example",
        host="lemmy.example",
        name="Ateliers du monde et de ses environs",
        summary="<p>Ce qui tourne, et ce qui casse.</p>",
        inbox=f"{HOME}/inbox",
        followers=f"{HOME}/followers",
        featured=f"{HOME}/featured",
        icon=None,
    )
    actors.insert_actor(tx, home)
    blank = {"rules": [], "hold_newcomers": False, "votes": True, "language": None, "founder_id": None}
    times = {"closed_at": None, "closing_words": "", "fetched_at": now, "created_at": now}
    place = {"moderators": f"{HOME}/moderators", "membership": "open", "posting": "members"}
    groups.insert_group(tx, Group(actor_id=home.id, local=False, **blank, **times, **place))  # type: ignore[arg-type]
    groups.appoint(tx, Moderator(home.id, f"{site.origin}/u/marie", HOME, now))
    written = posts.by_id(tx, site.post.id)
    assert written is not None
    place_of: list[int] = []
    above: Post | None = None
    for number, title in ((8, "Vendez-vous votre presse ?"), (9, "")):
        own = {"id": ids.new_id(), "iri": f"{anna.iri}/{number}", "url": f"{anna.iri}/{number}", "actor_id": anna.id}
        answers = {
            "in_reply_to_iri": above.iri if above else None,
            "in_reply_to_id": above.id if above else None,
            "in_reply_to_actor_id": anna.id if above else None,
        }
        words = {"title": title, "content": "<p>Une annonce, une de plus.</p>", "source": None, "local": False}
        post = Post(
            **{name: getattr(written, name) for name in Post.__slots__}
            | own
            | answers
            | words
            | {"group_id": home.id, "language": "fr"}
        )
        posts.insert_post(tx, post, [], [])
        thread = groups.post(tx, above.id) if above else None
        groups.insert_post(tx, receive.placing(home, post, thread, "", now, site.services.here()))
        place_of.append(post.id)
        above = post
    return home.id, place_of[0], place_of[1]


@pytest.mark.timeout(240)
async def test_pages_of_who_moderates_elsewhere_and_of_who_is_suspended(browser: Browser, site: Site) -> None:
    services, marie = site.services, site.marie
    group, thread, answer = await services.database.write(lambda tx: _elsewhere(tx, site))
    await services.perform(moderating.remove_post, ModeratePost(marie, group, thread, "Une annonce."))
    await services.perform(moderating.pin_thread, ModeratePost(marie, group, thread))
    await services.perform(moderating.lock_answer, ModeratePost(marie, group, answer, "Assez."))
    await services.perform(moderating.ban_person, BanPerson(marie, group, site.stranger.id, "Trois annonces."))
    flag = ReceiveFlag(f"{HOME}/flag/1", HOME, (f"{site.stranger.iri}/8",), "Encore une annonce pour la même presse.")
    assert await services.perform(receive_report, ReceiveReport(flag, {}))
    lena = await make_member(services, "lena", name="Léna")
    guild = await found(services, lena, "guilde", name="Guilde des outilleurs")
    await services.perform(resign, Resign(lena, guild.id))
    await services.perform(
        sanction_actor, SanctionActor(marie, site.paul.actor_id, "suspend", "Des menaces, deux fois.")
    )
    paths = [
        f"/people/{group}",
        f"/groups/{group}/queue",
        f"/groups/{group}/log",
        f"/posts/{thread}",
        f"/posts/{thread}/moderate",
        f"/posts/{answer}/moderate",
        "/groups",
        "/@guilde",
        "/@guilde/settings",
        "/admin",
        "/admin/groups",
        "/notifications",
    ]
    context = await browser.new_context(base_url=site.origin, bypass_csp=True)  # for axe alone
    watch = Watch(context, site.origin)
    page = await context.new_page()
    await log_in(page, site)
    problems = await walked(page, paths, (f"/posts/{answer}/moderate",))
    await page.goto(f"/posts/{thread}/moderate?lang=en")
    said = await page.inner_text("main")
    for words in ("Asked: take the post out", "Asked: pin the thread", "Asked: ban its author", "Not sent yet"):
        assert words in said, words
    await page.goto(f"/posts/{answer}/moderate?lang=en")
    said = await page.inner_text("main")
    assert "Asked: lock this answer" in said
    assert "Asked: take the post out" not in said, "that was asked of what began the thread"
    await context.close()
    context = await browser.new_context(base_url=site.origin, bypass_csp=True)
    page = await context.new_page()
    secret = await services.perform(issue_login_link, IssueLink("paul"))
    await page.goto(f"/login/link/{secret}")
    await page.click("main form button")
    await page.wait_for_url("**/suspended")
    problems += await walked(page, ["/suspended"], ("/suspended",))
    await page.fill("textarea[name=words]", "It was a quotation.")
    await page.press("textarea[name=words]", "Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=It was a quotation.")
    assert not await page.query_selector("textarea[name=words]")
    problems += await walked(page, ["/suspended?contested=1"])
    await context.close()
    assert problems + watch.elsewhere == [], "\n".join(problems)
