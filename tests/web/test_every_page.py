"""What holds for each page there is, whoever looks."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.groups import log
from fediprof.introductions.commands import ProposeIntroduction, propose
from fediprof.moderation import erasures
from fediprof.moderation.commands import ReportActor, report_actor
from fediprof.moderation.domains import Line
from fediprof.moderation.sanctions import SanctionActor, WarnActor, sanction_actor, warn_actor
from fediprof.moderation.subscriptions import BringFile, bring_file
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Field, Words
from fediprof.web.routes import routes
from tests.campaigns.made import campaign_of
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.web.in_a_group import begin

pytestmark = pytest.mark.anyio


async def _for_the_console(services, marie, paul) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """What the console's pages are about, by the beginning of their addresses."""
    loud = await make_member(services, "loud", name="Loud")
    report = await services.perform(report_actor, ReportActor(marie, paul.actor_id, comment="Look"))
    brought = await services.perform(bring_file, BringFile(marie, (Line("far.example", "block"),)))
    event = await services.perform(warn_actor, WarnActor(marie, paul.actor_id, "Please"))
    await services.perform(sanction_actor, SanctionActor(marie, loud.actor_id, "limit", "Too loud"))
    nora = await make_member(services, "nora")
    secret = await services.perform(delete_own_account, DeleteAccount(nora))
    erasure = await services.read(lambda tx: erasures.by_secret(tx, secret))
    campaign, _ = await campaign_of(services, {"marie": "", "paul": "", "loud": ""})
    return {
        "/admin/campaigns/": campaign,
        "/admin/reports/": report.id,
        "/admin/lists/": brought.id,
        "/admin/erasures/": erasure.id,
        "/moderation-log/": event.id,
    }


PAGES = [
    route.path
    for route in routes
    if isinstance(route, Route)
    and "GET" in (route.methods or ())
    and not route.path.startswith(
        ("/media/", "/pictures/", "/robots", "/login/link/", "/intents/", "/authorize", "/visit/", "/c/", "/erasure/")
    )
    and not route.path.endswith((".atom", ".json", ".pdf", ".vcf", ".csv"))
]

ROOMS = {
    "/@{name}/members": "/@circle/members",
    "/@{name}/log": "/@circle/log",
    "/@{name}/log/{number:int}": "/@circle/log/{decision}",
    "/@{name}/decisions": "/@circle/decisions",
    "/@{name}/queue": "/@circle/queue",
    "/@{name}/settings": "/@circle/settings",
    "/@{name}/t/{number:int}": "/@circle/t/{thread}",
    "/groups/{id:int}/begin": "/groups/{group}/begin",
    "/groups/{id:int}/log": "/groups/{group}/log",
    "/groups/{id:int}/queue": "/groups/{group}/queue",
    "/groups/find": "/groups/find?q=circle",
    "/posts/{id:int}/moderate": "/posts/{thread}/moderate",
}
"""Pages of groups: address → where one is."""


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_page_opens_under_the_policy_and_asks_nobody_else(services, marie, member, language) -> None:
    # Given something to see: a post answered by a person elsewhere in the alphabet
    post = await services.perform(publish_post, PublishPost(marie, "Ask me #lean", "public"))
    paul = await make_member(services, "paul", name="Paul")
    private = await services.perform(publish_post, PublishPost(paul, "@marie Well?", "direct"))
    masked = Field("employer", "Zephyr", stand_in="a small company")
    draft = Draft("project", Words("A project", "", "Why twice?"), rule=EVERYONE, fields=(masked,))
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    entry = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    console = await _for_the_console(services, marie, paul)
    await make_member(services, "olga")
    asked = await services.perform(propose, ProposeIntroduction(paul, "marie", "olga", "You both repair."))
    circle = await make_group(services, marie, "circle", votes=True)
    thread = await begin(services, marie, circle, "A thread")
    decision = (await services.read(lambda tx: log.page(tx, circle.id)))[0]
    seen = 0
    for template in PAGES:
        number = str(paul.actor_id if "/people/" in template else post.id)
        number = str(private.conversation_id) if "/conversations/" in template else number
        number = str(entry.id) if "/entries/" in template else number
        number = str(asked.id) if "/introductions/" in template else number
        number = next((str(each) for start, each in console.items() if template.startswith(start)), number)
        slug = entry.slug if "/e/" in template or "/ask/" in template else post.iri.rpartition("/")[2]
        path = template.replace("{name}", "marie").replace("{slug}", slug).replace("{id:int}", number)
        path = path.replace("{step}", "aim")
        if template in ROOMS:
            path = ROOMS[template].format(group=circle.id, thread=thread.id, decision=decision.id)
        await member.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert member.status == 200, path
        assert member.page.html["lang"] == language
        assert len(member.page.find_all("h1")) == 1, path
        headers = member.answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["tdm-reservation"] == "1"
        assert "no-" in headers["cache-control"], path  # a member's page stays with the member
        assert "public" not in headers["cache-control"], path
        for tag in member.page.find_all(["img", "script", "link", "iframe", "video", "audio"]):
            if tag.name == "link" and "stylesheet" not in tag["rel"] and "icon" not in tag["rel"]:
                continue
            assert (tag.get("src") or tag["href"]).startswith("/"), (path, tag)
        assert not member.page.find_all(style=True), path
        assert not re.search(r"\son\w+=", str(member.page)), path
        for form in member.page.find_all("form", method="post"):
            assert form.find("input", attrs={"name": "token"})["value"], path
        seen += 1
    assert seen > 30
