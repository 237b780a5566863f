"""Reports of posts in groups, in and out, and what becomes of them."""

from __future__ import annotations

import json

import pytest

from fediprof.errors import Conflict, Invalid, NotAllowed
from fediprof.groups import reports
from fediprof.groups.moderators import AppointModerator, appoint
from fediprof.groups.reporting import DecideReport, decide_report, report, reporter_of
from fediprof.moderation import store as moderation
from fediprof.moderation.commands import ReportActor
from tests.conftest import make_member
from tests.groups.moderation import actor, decisions, joined, kinds, thread
from tests.groups.test_moderating import begun

pytestmark = pytest.mark.anyio


async def test_a_flag_in_lemmy_s_form(services, industry, marie, remote, network, drain) -> None:
    paul, lea = remote("paul", "far.example"), remote("lea", "lemmy.example")
    await joined(industry, (paul, lea), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    flag = lea.activity("Flag", post.iri, to=[industry.actor.iri], summary="an ad", audience=industry.actor.iri)
    await lea.send(flag)
    await lea.send(flag | {"id": "https://lemmy.example/flags/2"})
    await drain()
    [again, found] = await services.read(lambda tx: reports.of_group(tx, industry.id))
    assert again.id != found.id
    assert (found.comment, found.post_iris, found.reporter_iri) == ("an ad", [post.iri], lea.iri)
    assert (await actor(services, paul.iri)).id == found.target_id, "of somebody elsewhere as well"
    assert (await kinds(services, marie.actor_id)).count("group.report") == 1
    assert network.activities() == [], "it goes to no member"
    assert await services.read(lambda tx: reports.count_open(tx, industry.id)) == 2


async def test_a_flag_in_mastodon_s_form_from_a_server_hides_who(
    services, industry, marie, remote, network, drain
) -> None:
    lin = await make_member(services, "lin")
    post = await begun(services, industry, lin)
    server = remote("masto.example", "masto.example", type="Application")
    objects = ["https://home.example/u/lin", post.iri, "https://far.example/not/ours"]
    await server.send(server.activity("Flag", objects, content="<p>an ad</p>"), to="/inbox")
    await drain()
    [found] = await services.read(lambda tx: reports.of_group(tx, industry.id))
    assert (found.comment, found.post_iris) == ("an ad", [post.iri])
    assert await services.read(lambda tx: reporter_of(tx, found)) is None
    assert found.id in {each.id for each in await services.read(lambda tx: moderation.reports(tx))}


async def test_a_flag_of_what_is_not_ours_is_dropped(services, industry, remote, network, drain) -> None:
    mallory = remote("mallory", "evil.example")
    await mallory.send(
        mallory.activity("Flag", "https://far.example/post/9", to=[industry.actor.iri], summary="spam")
    )
    await drain()
    assert await services.read(lambda tx: reports.of_group(tx, industry.id)) == []
    assert await services.read(lambda tx: moderation.reports(tx)) == []
    assert network.activities() == []


@pytest.mark.parametrize("proven", [True, False])
async def test_moderators_elsewhere_get_it(services, industry, marie, remote, network, drain, proven) -> None:
    paul, lea, moe = remote("paul", "far.example"), remote("lea", "masto.example"), remote("moe", "lemmy.example")
    await joined(industry, (paul, lea, moe), drain, network)
    known = await actor(services, moe.iri)
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=known.id))
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    flag = lea.activity("Flag", post.iri, to=[industry.actor.iri], summary="an ad")
    sent = lea.proven(flag) if proven else flag
    await lea.send(sent)
    await drain()
    [delivered] = [each for each in network.delivered if each.activity["type"] == "Flag"]
    assert delivered.url == f"{moe.iri}/inbox"
    if proven:
        assert json.loads(delivered.body) == sent, "unchanged"
    else:
        assert delivered.activity["actor"] == industry.actor.iri, "who reported is not named"
        assert lea.iri not in delivered.body.decode()
        assert delivered.activity["object"] == post.iri
        assert delivered.activity["summary"] == "an ad"


async def test_a_member_s_report_goes_to_the_moderators_and_comes_back_answered(
    services, industry, marie, remote, network, drain
) -> None:
    lin, eve = await make_member(services, "lin"), await make_member(services, "eve")
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    asked = ReportActor(lin, post.actor_id, (post.id,), "an ad")
    made = await services.perform(report, asked)
    await drain()
    assert network.activities() == [], "nobody else learns of it"
    assert made.group_id == industry.id
    assert "group.report" in await kinds(services, marie.actor_id)
    with pytest.raises(NotAllowed):
        await services.perform(decide_report, DecideReport(eve, made.id, "nothing"))
    with pytest.raises(Invalid):
        await services.perform(decide_report, DecideReport(marie, made.id, " "))
    done = await services.perform(decide_report, DecideReport(marie, made.id, "It was taken out."))
    assert (done.state, done.decision, done.decided_by) == (
        "closed",
        "It was taken out.",
        "https://home.example/u/marie",
    )
    assert "group.report_decided" in await kinds(services, lin.actor_id)
    with pytest.raises(Conflict):
        await services.perform(decide_report, DecideReport(marie, made.id, "Again."))
    last = (await decisions(services, industry))[-1]
    assert (last.action, last.reason) == ("decide_report", "It was taken out.")
    assert "lin" not in str(last)


async def test_a_report_to_a_group_elsewhere_is_in_the_server_s_name(services, marie, remote, network, drain) -> None:
    from fediprof import clock
    from fediprof.groups import store as groups
    from fediprof.groups.records import Group, GroupPost

    group, paul = remote("jobs", "lemmy.example", type="Group"), remote("paul", "far.example")
    await paul.send(paul.create(paul.note("An ad", cc=("https://home.example/u/marie",))))
    home = await services.perform.resolver.actor(group.iri)
    await drain()
    person = await actor(services, paul.iri)

    def place(tx):  # type: ignore[no-untyped-def]
        from fediprof.posts import store as posts

        post = posts.by_id(tx, posts.of_actor(tx, person.id, None, limit=1)[0])
        now = clock.now()
        if groups.by_id(tx, home.id) is None:
            groups.insert_group(
                tx,
                Group(home.id, False, "open", "everyone", [], False, True, None, None, None, None, "", None, now),
            )
        posts.change(tx, post.id, {"group_id": home.id})
        groups.insert_post(
            tx,
            GroupPost(post.id, home.id, post.id, "", "shown", "", None, None, 0, 0, now, 0, None, None, None, now),
        )
        return post

    post = await services.perform.database.write(place)
    network.delivered.clear()
    await services.perform(report, ReportActor(marie, person.id, (post.id,), "an ad"))
    await drain()
    [flag] = network.activities("Flag")
    assert flag["actor"] == "https://home.example/actor"
    assert flag["to"] == [group.iri]
    assert flag["object"] == post.iri
    assert flag["summary"] == flag["content"] == "an ad"
    assert flag["audience"] == group.iri
    assert "marie" not in json.dumps(flag)
