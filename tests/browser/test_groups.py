"""Pages of groups in a real browser: whole at phone and desk width, in both themes and languages; nobody is kept out (axe), nobody
else is asked; a thread is begun, answered and moderated by keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser

from fediprof.follows.commands import RequestFollow
from fediprof.groups import contesting, membership, moderating, posting, reporting, store, voting
from fediprof.groups.contesting import ContestDecision
from fediprof.groups.founding import Charter, FoundGroup, found_group
from fediprof.groups.membership import AnswerRequest, ShowMyself
from fediprof.groups.moderating import BanPerson, ModeratePost
from fediprof.groups.posting import BeginThread
from fediprof.groups.records import Hosted, Kind
from fediprof.interactions.commands import React
from fediprof.moderation.commands import ReportActor
from fediprof.posts.commands import PublishPost
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import Entry, Field, Rule, Words
from fediprof.services import Services
from tests.browser.conftest import Site, Watch, log_in
from tests.browser.test_by_keyboard import tab_to
from tests.browser.walk import walked
from tests.conftest import make_member, sealed

pytestmark = pytest.mark.anyio
ABOUT = (
    "Celles et ceux qui font tourner des ateliers : questions, essais, embauches.\n\n"
    "Nous nous retrouvons *le mardi*. On y vient d’un poste ou sans poste.\n\n- ce qui a marché\n- ce qui a raté"
)
RULES = ("Une offre dit qui, où et pour combien.", "On parle aux gens comme s’ils étaient là.", "Pas de robots.")


@dataclass(slots=True)
class Circle:
    """A group with a thread of each kind, what waits for Marie, and a private one."""

    group: Hosted
    private: Hosted
    thread: Post
    offer: Post
    removed: Post
    decision: int
    waiting: Post
    entry: Entry


async def found(services: Services, by: Member, username: str, **more: Any) -> Hosted:
    keys = sealed(services.keystore, services.here().actor(username))
    return await services.perform(found_group, FoundGroup(by, username, Charter(**more), keys, True))


@pytest.fixture
async def circle(site: Site) -> Circle:
    services, marie, paul = site.services, site.marie, site.paul
    more = {
        "name": "Ateliers de l’Est",
        "description": ABOUT,
        "rules": RULES,
        "language": "fr",
        "posting": "everyone",
    }
    group = await found(services, marie, "ateliers", hold_newcomers=True, **more)
    private = await found(services, marie, "entre_nous", name="Entre nous", membership="private", rules=RULES[:1])
    people = [await make_member(services, name, name=name.title()) for name in ("nora", "otto")]
    for each in (paul, *people):
        await services.perform(membership.join, RequestFollow(each, group.id))
    await services.perform(membership.join, RequestFollow(people[0], private.id))
    await services.perform(membership.show_myself, ShowMyself(paul, group.id, True, "recruiter"))

    async def begin(by: Member, title: str, text: str, kind: Kind) -> Post:
        made = PublishPost(by, text, "public", title=title, language="fr")
        return await services.perform(posting.begin_thread, BeginThread(made, group.id, kind))

    text = "Trois équipes, un seul four. *Qui a déjà essayé* de décaler les pauses ?"
    thread = await begin(marie, "Comment organiser un poste de nuit sans casser les gens ?", text, "ask")
    pinned = await begin(marie, "Bienvenue : dites d’où vous venez", "Une ligne suffit.", "tell")
    offer = await begin(
        paul, "Chef d’atelier à Grenoble, 42 à 48 k€", "PME de 40 personnes, poste à prendre.", "offer"
    )
    await services.perform(moderating.approve_held, ModeratePost(marie, group.id, offer.id))
    answered = PublishPost(
        paul, "@marie Nous, oui, en 2019. Cela a tenu six mois.", "public", in_reply_to_id=thread.id
    )
    answer = await services.perform(posting.publish, answered)
    again = PublishPost(marie, "@paul Et ensuite ?", "public", in_reply_to_id=answer.id)
    await services.perform(posting.publish, again)
    await services.perform(voting.like, React(paul, thread.id))
    await services.perform(voting.like, React(marie, answer.id))
    await services.perform(moderating.pin_thread, ModeratePost(marie, group.id, pinned.id))
    await begin(people[1], "Première question d’un nouveau", "Est-ce bien ici ?", "ask")
    removed = await begin(paul, "Formation miracle", "Achetez-la.", "offer")
    event = await services.perform(moderating.remove_post, ModeratePost(marie, group.id, removed.id, "Sans prix.", 1))
    await services.perform(contesting.contest, ContestDecision(paul.actor_id, event.id, "Le prix est dans l’image."))
    await services.perform(reporting.report, ReportActor(people[0], paul.actor_id, (offer.id,), "Est-ce vrai ?"))
    await services.perform(moderating.lock_thread, ModeratePost(marie, group.id, pinned.id, "Tout est dit."))
    away = await make_member(services, "yann", name="Yann")
    await services.perform(moderating.ban_person, BanPerson(marie, group.id, away.actor_id, "Trois fois.", 2))
    by_request = await found(services, marie, "sur_demande", name="Sur demande", membership="approval")
    await services.perform(membership.join, RequestFollow(paul, by_request.id))
    await services.perform(membership.admit, AnswerRequest(marie, by_request.id, paul.actor_id))
    asked = {"author_pace": 1, "offers_name_pay": True, "offers_name_contact": True}
    await services.database.write(lambda tx: store.change(tx, group.id, asked))
    waiting = await begin(paul, "Et encore une question", "Sur les pauses.", "ask")
    rule = Rule("group", groups=frozenset({group.id, private.id}))
    fields = (Field("employer", "Zéphyr SA", Rule("group", groups=frozenset({private.id})), "une PME"),)
    draft = Draft("project", Words("Ce que la nuit apprend", "Trois ans."), "fr", rule=rule, fields=fields)
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    return Circle(group, private, thread, offer, removed, event.id, waiting, entry)


def public(site: Site, circle: Circle) -> list[str]:
    return [
        "/groups",
        "/@ateliers",
        "/@ateliers?show=ask",
        "/@ateliers?show=unanswered",
        "/@entre_nous",
        "/@ateliers/follow",
        f"/@ateliers/log/{circle.decision}",
        site.path(circle.thread),
        site.path(circle.removed),
    ]


def own(site: Site, circle: Circle) -> list[str]:
    return [
        "/groups",
        "/groups/threads",
        "/groups/unanswered",
        "/groups/new",
        "/groups/find?q=!nobody",
        "/@ateliers",
        "/@entre_nous",
        f"/groups/{circle.group.id}/begin",
        "/@ateliers/queue",
        "/@ateliers/settings",
        "/@ateliers/members",
        "/@ateliers/log",
        "/@ateliers/decisions",
        f"/@ateliers/log/{circle.decision}",
        site.path(circle.thread),
        site.path(circle.removed),
        site.path(circle.waiting),
        f"/posts/{circle.thread.id}/moderate",
        f"/posts/{circle.removed.id}/moderate",
        f"/people/{site.paul.actor_id}/report?post={circle.offer.id}",
        "/notifications",
        "/home",
        f"/write?group={circle.group.id}",
        "/entries",
        f"/entries/{circle.entry.id}/edit",
        f"/@marie?as=group:ateliers@{site.services.here().domain}",
    ]


def key(site: Site, circle: Circle) -> list[str]:
    """Those looked at in both themes and both languages, each."""
    return ["/@ateliers", site.path(circle.thread), "/@ateliers/queue", f"/groups/{circle.group.id}/begin", "/groups"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("member", [False, True], ids=["a visitor", "a moderator"])
async def test_every_page_of_groups_is_whole_and_open_to_all(
    browser: Browser, site: Site, circle: Circle, member: bool
) -> None:
    context = await browser.new_context(base_url=site.origin, bypass_csp=True)  # for axe alone
    watch = Watch(context, site.origin)
    page = await context.new_page()
    expected = {site.path(circle.removed): 410, f"/@ateliers/log/{circle.decision}": 401}
    if member:
        await log_in(page, site)
        expected = {"/groups/find?q=!nobody": 422}
    paths = own(site, circle) if member else public(site, circle)
    problems = await walked(page, paths, key(site, circle), expected)
    assert problems + watch.elsewhere == [], "\n".join(problems)
    await context.close()


async def test_the_sheet_of_groups_is_small_and_for_their_pages_alone(
    browser: Browser, site: Site, circle: Circle
) -> None:
    context = await browser.new_context(base_url=site.origin)
    page = await context.new_page()
    sizes: dict[str, int] = {}

    async def weigh(response) -> None:  # type: ignore[no-untyped-def]
        sizes[response.url] = len(await response.body())

    page.on("response", weigh)
    await page.goto("/@ateliers", wait_until="networkidle")
    assert sum(sizes.values()) < 100_000
    assert next(size for url, size in sizes.items() if "groups.css" in url) <= 3 * 1024
    sizes.clear()
    await page.goto("/@marie", wait_until="networkidle")
    assert not any("groups.css" in url for url in sizes)
    await context.close()


async def test_a_thread_is_begun_and_taken_out_by_keyboard_alone(
    browser: Browser, site: Site, circle: Circle
) -> None:
    context = await browser.new_context(base_url=site.origin, locale="en")
    await context.route("**/static/app.js*", lambda route: route.abort())
    page = await context.new_page()
    await log_in(page, site)
    await page.goto("/groups?lang=en")
    await tab_to(page, "Ateliers de l’Est")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/@ateliers")
    await tab_to(page, "Begin a thread")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/begin")
    await tab_to(page, "Question")
    await page.keyboard.press("Space")
    await tab_to(page, "Title")
    await page.keyboard.type("By keyboard alone")
    await tab_to(page, "Your text")
    await page.keyboard.type("No mouse was moved.")
    await tab_to(page, "Publish in the group")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**said=in-group*")
    await page.goto(f"/posts/{circle.thread.id}/moderate")
    await tab_to(page, "Take it out of the group")
    await page.keyboard.press("Enter")
    await tab_to(page, "Your words to them")
    await page.keyboard.type("Because.")
    await tab_to(page, "Take it out")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**said=taken-out*")
    await context.close()
