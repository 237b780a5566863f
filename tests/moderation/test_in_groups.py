"""What those who run a server decide meets its groups: what a limited person writes there waits, and a report is passed on to the
group's moderators."""

from __future__ import annotations

import pytest

from fediprof.groups import store as groups
from fediprof.moderation import figures
from fediprof.moderation.domains import DecideDomains, Line, decide_domains
from fediprof.moderation.sanctions import LiftSanction, SanctionActor, lift_sanction, sanction_actor
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from tests.conftest import make_member
from tests.groups.conftest import make_group
from tests.groups.test_intake import created
from tests.web.in_a_group import answer, begin, join
from tests.web.reader import Reader

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lin(services, marie):  # type: ignore[no-untyped-def]
    return await make_member(services, "lin", name="Lin")


@pytest.fixture
async def guild(services, lin):  # type: ignore[no-untyped-def]
    """Lin moderates it; newcomers do not wait in it."""
    return await make_group(services, lin, "guild")


async def state(services, iri: str) -> str:  # type: ignore[no-untyped-def]
    def find(tx):  # type: ignore[no-untyped-def]
        post = posts.by_iri(tx, iri)
        return groups.post(tx, post.id).state if post is not None else "not kept"

    return await services.read(find)


async def test_what_a_limited_member_writes_in_a_group_waits(
    services, marie, paul, lin, guild, drain, network
) -> None:
    await join(services, paul, guild)
    before = await begin(services, paul, guild, "Before")
    assert await state(services, before.iri) == "shown"
    await services.perform(sanction_actor, SanctionActor(marie, paul.actor_id, "limit", "Loud"))
    thread, said = await begin(services, paul, guild, "After"), await answer(services, paul, before, "And this.")
    assert await state(services, thread.iri) == "held"
    assert await state(services, said.iri) == "held", "an answer, too, and by who was let in before"
    told = await services.read(lambda tx: notifications.page(tx, lin.actor_id, limit=9))
    await drain()
    assert network.activities("Announce") == []
    assert {each.kind for each in told} <= {"group.held"}
    await services.perform(lift_sanction, LiftSanction(marie, paul.actor_id))
    assert await state(services, (await begin(services, paul, guild, "Since")).iri) == "shown"


@pytest.mark.parametrize("by", ["person", "server"])
async def test_what_a_limited_person_elsewhere_writes_in_a_group_waits(
    services, marie, guild, remote, drain, network, by: str
) -> None:
    ana, bo = remote("ana", "far.example"), remote("bo", "near.example")
    for person in (ana, bo):
        await person.send(person.activity("Follow", guild.actor.iri))
    await drain()
    if by == "server":
        await services.perform(decide_domains, DecideDomains(marie, (Line("far.example", "limit"),)))
    else:
        known = await services.resolver.actor(ana.iri)
        await services.perform(sanction_actor, SanctionActor(marie, known.id, "limit", "Loud"))
    network.delivered.clear()
    await ana.send(created(ana, guild, 1))
    await drain()
    assert await state(services, "https://far.example/post/1") == "held"
    assert network.activities("Announce") == []
    await bo.send(created(bo, guild, 1))
    await drain()
    assert await state(services, "https://near.example/post/1") == "shown"


async def test_a_report_is_passed_to_the_moderators_of_the_group(
    services, marie, paul, lin, guild, keeper, app, remote, drain
) -> None:
    await join(services, paul, guild)
    post = await begin(services, paul, guild, "Buy my course")
    far = remote("server", "mastodon.example")
    # Names the account first, and what is in the group among others: it came to who runs the server
    await far.send(far.activity("Flag", ["https://home.example/u/paul", post.iri], content="spam in the guild"))
    await drain()
    report = (await services.read(figures.reports))[0]
    await services.database.write(lambda tx: _unplaced(tx, report.id))
    await services.database.write(lambda tx: notifications.remove(tx, kind="group.report"))
    await keeper.open(f"/admin/reports/{report.id}")
    await keeper.press(f"/admin/reports/{report.id}", decision="pass", reason="Theirs to decide")
    assert keeper.status == 200
    after = await services.read(lambda tx: figures.report_by_id(tx, report.id))
    assert (after.state, after.group_id) == ("open", guild.id)
    await keeper.open("/moderation-log")
    assert "Report passed on to the moderators of a group" in keeper.text
    assert "Theirs to decide" in keeper.text
    moderator = Reader(keeper.client, keeper.origin)
    moderator.client.cookies.clear()
    await moderator.log_in(services, "lin")
    await moderator.open("/notifications")
    assert "wrote something that was reported" in moderator.text
    await moderator.open("/@guild/queue")
    assert "spam in the guild" in moderator.text
    await moderator.press("", "Close the report", decision="Taken out.")
    assert "Nothing waits for you." in moderator.text
    after = await services.read(lambda tx: figures.report_by_id(tx, report.id))
    assert (after.state, after.decision) == ("closed", "Taken out.")


async def test_only_what_is_in_a_group_here_is_passed_on(services, marie, paul, keeper, remote, drain) -> None:
    far = remote("server", "mastodon.example")
    await far.send(far.activity("Flag", ["https://home.example/u/paul"], content="no post of his"))
    await drain()
    report = (await services.read(figures.reports))[0]
    await keeper.open(f"/admin/reports/{report.id}")
    assert not keeper.page.find("input", {"name": "decision", "value": "pass"})
    form = keeper.form(f"/admin/reports/{report.id}")
    assert form
    await keeper.press(f"/admin/reports/{report.id}", decision="pass", reason="Theirs")
    assert keeper.status == 422
    assert "in no group of this server" in keeper.text


def _unplaced(tx, report_id: int) -> None:  # type: ignore[no-untyped-def]
    """As reports were before their group was found out."""
    from sqlalchemy import update

    from fediprof.schema.moderation import report

    tx.execute(update(report).where(report.c.id == report_id).values(group_id=None))
