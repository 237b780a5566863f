"""A member who moderates a group on another server: their activity goes to the group, and counts once it comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fediprof import clock
from fediprof.errors import NotAllowed
from fediprof.follows.commands import RequestFollow
from fediprof.groups import moderating
from fediprof.groups import store as groups
from fediprof.groups.membership import join
from fediprof.groups.moderating import BanPerson, ModeratePerson, ModeratePost
from fediprof.groups.moderators import AppointModerator, Resign, appoint, resign
from fediprof.groups.records import Moderator
from fediprof.posts.records import Post
from fediprof.principal import Member
from fediprof.services import Services
from tests.conftest import make_member
from tests.groups.moderation import actor, found, placed
from tests.support.remote import PUBLIC, Remote

pytestmark = pytest.mark.anyio

LIN = "https://home.example/u/lin"


@pytest.fixture
async def lin(services: Services, marie: Member) -> Member:
    return await make_member(services, "lin")


@pytest.fixture
async def jobs(services: Services, lin: Member, remote: Any, network: Any, drain: Any) -> Remote:
    """A group on lemmy.example that Lin is in, and moderates."""
    iri = "https://lemmy.example/users/jobs"
    group: Remote = remote(
        "jobs", "lemmy.example", type="Group", attributedTo=f"{iri}/moderators", featured=f"{iri}/featured"
    )
    known = await services.perform.resolver.actor(group.iri)
    follow = await services.perform(join, RequestFollow(lin, known.id))
    await drain()
    await group.send(group.activity("Accept", follow.iri))
    await drain()
    await services.perform.database.write(
        lambda tx: groups.appoint(tx, Moderator(known.id, LIN, group.iri, clock.now()))
    )
    network.delivered.clear()
    return group


async def thread(services: Services, group: Remote, paul: Remote, drain: Any) -> Post:
    page = paul.note("An ad", to=(group.iri, PUBLIC), type="Page", name="Buy this", audience=group.iri)
    create = paul.create(page) | {"audience": group.iri}
    await group.send(passed(group, create))
    await drain()
    return await found(services, str(page["id"]))


def passed(group: Remote, inner: dict[str, Any]) -> dict[str, Any]:
    cc = [f"{group.iri}/followers"]
    return group.activity("Announce", inner, to=[group.iri, PUBLIC], cc=cc, audience=group.iri)


async def test_what_is_done_goes_to_the_group_and_counts_when_it_comes_back(
    services, jobs, lin, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    post = await thread(services, jobs, paul, drain)
    network.delivered.clear()
    asked = ModeratePost(lin, (await actor(services, jobs.iri)).id, post.id, "an ad")
    assert await services.perform(moderating.remove_post, asked) is None
    await drain()
    [sent] = network.delivered
    assert sent.url == f"{jobs.iri}/inbox"
    delete = sent.activity
    assert (delete["type"], delete["actor"], delete["object"], delete["summary"]) == (
        "Delete",
        LIN,
        post.iri,
        "an ad",
    )
    assert delete["audience"] == jobs.iri
    assert (await placed(services, post)).state == "shown", "the group decides"
    await jobs.send(passed(jobs, delete))
    await drain()
    assert (await placed(services, post)).state == "removed"


async def test_every_act_is_sent_in_lemmy_s_words(services, jobs, lin, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    post = await thread(services, jobs, paul, drain)
    home, person = (await actor(services, jobs.iri)).id, await actor(services, paul.iri)
    network.delivered.clear()
    asked = ModeratePost(lin, home, post.id, "why")
    for command in (
        moderating.lock_thread,
        moderating.unlock_thread,
        moderating.pin_thread,
        moderating.unpin_thread,
        moderating.restore_post,
    ):
        await services.perform(command, asked)
    until = clock.now() + timedelta(days=1)
    await services.perform(moderating.ban_person, BanPerson(lin, home, person.id, "spam", None, until))
    await services.perform(moderating.unban_person, ModeratePerson(lin, home, person.id))
    await services.perform(appoint, AppointModerator(lin, home, person_id=person.id))
    await drain()
    assert {each.url for each in network.delivered} == {f"{jobs.iri}/inbox"}
    told = [(each["type"], each.get("target")) for each in network.activities()]
    featured, listed = f"{jobs.iri}/featured", f"{jobs.iri}/moderators"
    assert sorted(told, key=str) == sorted(
        [
            ("Lock", None),
            ("Undo", None),
            ("Add", featured),
            ("Remove", featured),
            ("Undo", None),
            ("Block", jobs.iri),
            ("Undo", None),
            ("Add", listed),
        ],
        key=str,
    )


async def test_who_does_not_moderate_it_sends_nothing(services, jobs, marie, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    post = await thread(services, jobs, paul, drain)
    network.delivered.clear()
    home = (await actor(services, jobs.iri)).id
    with pytest.raises(NotAllowed):  # who runs this server runs no other
        await services.perform(moderating.remove_post, ModeratePost(marie, home, post.id, "an ad"))
    with pytest.raises(NotAllowed):
        await services.perform(resign, Resign(marie, home))
    await drain()
    assert network.activities() == []
