"""What moderators on other servers do in groups here: believed by the group's list, passed on unchanged; and what those do who
are none."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fediprof import clock
from fediprof.groups import moderating
from fediprof.groups import store as groups
from fediprof.groups.moderating import BanPerson, ModeratePost
from fediprof.groups.moderators import AppointModerator, appoint
from fediprof.groups.records import Hosted
from fediprof.principal import Member
from fediprof.services import Services
from tests.groups.conftest import make_group
from tests.groups.moderation import actor, decisions, found, joined, kinds, must_be_sound, placed, thread, wrapped
from tests.groups.test_intake import created
from tests.support.remote import PUBLIC, Remote

pytestmark = pytest.mark.anyio


def act(by: Remote, type: str, hosted: Hosted, object: object, **more: Any) -> dict[str, Any]:
    """As Lemmy writes it."""
    values = {
        "to": [PUBLIC],
        "cc": [hosted.actor.iri],
        "audience": hosted.actor.iri,
        "unknown:term": [1, None],
        **more,
    }
    return by.activity(type, object, **values)


def undo(by: Remote, hosted: Hosted, inner: dict[str, Any]) -> dict[str, Any]:
    return act(by, "Undo", hosted, {name: value for name, value in inner.items() if name != "@context"})


@pytest.fixture
async def moe(services: Services, industry: Hosted, marie: Member, remote: Any, drain: Any, network: Any) -> Remote:
    """Moderates the group from elsewhere."""
    person: Remote = remote("moe", "lemmy.example")
    await joined(industry, (person,), drain, network)
    known = await actor(services, person.iri)
    await services.perform(appoint, AppointModerator(marie, industry.id, person_id=known.id))
    await drain()
    network.delivered.clear()
    return person


async def test_a_moderator_elsewhere_takes_a_post_out_and_puts_it_back(
    services, industry, moe, marie, remote, network, drain
) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    delete = act(moe, "Delete", industry, post.iri, summary="spam")
    assert (await moe.send(delete)).status_code == 202
    await drain()
    assert json.dumps(wrapped(network, "Delete")[0], sort_keys=True) == json.dumps(delete, sort_keys=True), (
        "unchanged"
    )
    there = await placed(services, post)
    assert (there.state, there.reason) == ("removed", "spam")
    assert [(each.action, each.by_iri, each.reason) for each in await decisions(services, industry)][-1] == (
        "remove",
        moe.iri,
        "spam",
    )
    assert [each for each in network.activities("Undo") if each["object"]["type"] == "Announce"]
    network.delivered.clear()
    await moe.send(act(moe, "Delete", industry, post.iri, summary="again"))
    await drain()
    assert wrapped(network) == [], "what is so already is passed on to nobody"
    await moe.send(undo(moe, industry, delete))
    await drain()
    assert (await placed(services, post)).state == "shown"
    assert wrapped(network, "Undo")[0]["object"]["id"] == delete["id"]
    must_be_sound(network, industry)


async def test_a_member_s_post_taken_out_from_elsewhere_and_they_are_told(
    services, industry, moe, network, drain
) -> None:
    from tests.conftest import make_member
    from tests.groups.test_moderating import begun

    lin = await make_member(services, "lin")
    post = await begun(services, industry, lin)
    await moe.send(act(moe, "Delete", industry, {"type": "Tombstone", "id": post.iri}, summary="no pay named"))
    await drain()
    assert (await placed(services, post)).state == "removed"
    assert "group.removed" in await kinds(services, lin.actor_id)
    assert (await found(services, post.iri)).deleted_at is None, "it stays its author's"


async def test_locks_and_pins_from_elsewhere(services, industry, moe, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    lock = act(moe, "Lock", industry, post.iri, summary="enough")
    await moe.send(lock)
    await moe.send(act(moe, "Add", industry, post.iri, target=f"{industry.actor.iri}/featured"))
    await drain()
    there = await placed(services, post)
    assert there.locked_at is not None
    assert there.pinned_at is not None
    assert wrapped(network, "Lock")[0] == lock
    assert wrapped(network, "Add")
    await moe.send(act(moe, "Undo", industry, lock["id"]))  # by its id alone
    await moe.send(act(moe, "Remove", industry, post.iri, target=f"{industry.actor.iri}/featured"))
    await drain()
    there = await placed(services, post)
    assert there.locked_at is None
    assert there.pinned_at is None
    assert wrapped(network, "Undo")
    assert wrapped(network, "Remove")


async def test_an_author_elsewhere_locks_their_own_thread_and_never_unlocks_the_moderators(
    services, industry, marie, remote, network, drain
) -> None:
    paul = remote("paul", "mbin.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    other = remote("eve", "mbin.example")
    lock = act(other, "Lock", industry, post.iri)  # the server it began on speaks for it
    await other.send(lock)
    await drain()
    assert (await placed(services, post)).locked_at is not None
    await other.send(undo(other, industry, lock))
    await drain()
    assert (await placed(services, post)).locked_at is None
    await services.perform(moderating.lock_thread, ModeratePost(marie, industry.id, post.id, "enough"))
    await services.perform(moderating.remove_post, ModeratePost(marie, industry.id, post.id, "spam"))
    await drain()
    network.delivered.clear()
    await other.send(undo(other, industry, act(other, "Lock", industry, post.iri)))
    await other.send(undo(other, industry, act(other, "Delete", industry, post.iri)))
    await drain()
    there = await placed(services, post)
    assert there.locked_at is not None
    assert there.state == "removed"
    assert wrapped(network) == []


async def test_a_ban_from_elsewhere(services, industry, moe, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    network.delivered.clear()
    until = clock.rfc3339(clock.now() + timedelta(days=2))
    block = act(
        moe, "Block", industry, paul.iri, target=industry.actor.iri, summary="spam", endTime=until, removeData=True
    )
    await moe.send(block)
    await drain()
    person = await actor(services, paul.iri)
    standing = await services.read(lambda tx: groups.standing(tx, industry.id, person.id))
    assert standing.banned(clock.now())
    assert not standing.banned(clock.now() + timedelta(days=3))
    assert (await placed(services, post)).state == "removed"
    assert wrapped(network, "Block")[0] == block
    await moe.send(undo(moe, industry, block))
    await drain()
    standing = await services.read(lambda tx: groups.standing(tx, industry.id, person.id))
    assert not standing.banned(clock.now())
    assert [each.action for each in await decisions(services, industry)][-2:] == ["ban", "unban"]
    must_be_sound(network, industry)


async def test_somebody_never_heard_of_is_banned_before_they_write(
    services, industry, moe, remote, network, drain
) -> None:
    zoe = remote("zoe", "far.example")
    await moe.send(act(moe, "Block", industry, zoe.iri, target=industry.actor.iri, summary="spam elsewhere"))
    await drain()
    network.delivered.clear()
    await zoe.send(zoe.activity("Follow", industry.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == ["Reject"]


async def test_moderators_come_and_go_from_elsewhere(services, industry, moe, marie, remote, network, drain) -> None:
    ana = remote("ana", "far.example")
    target = f"{industry.actor.iri}/moderators"
    await moe.send(act(moe, "Add", industry, ana.iri, target=target))
    await drain()
    assert await services.read(lambda tx: groups.moderates(tx, industry.id, ana.iri))
    assert wrapped(network, "Add")
    network.delivered.clear()
    await ana.send(act(ana, "Remove", industry, moe.iri, target=target))  # who came before stays
    await moe.send(act(moe, "Remove", industry, "https://home.example/u/marie", target=target))
    await drain()
    assert wrapped(network) == []
    await moe.send(act(moe, "Remove", industry, ana.iri, target=target))
    await moe.send(act(moe, "Remove", industry, moe.iri, target=target))
    await drain()
    listed = await services.read(lambda tx: groups.moderators(tx, industry.id))
    assert [each.iri for each in listed] == ["https://home.example/u/marie"]
    assert [each.action for each in await decisions(services, industry)][-2:] == ["dismiss", "resign"]


async def test_a_group_is_described_anew_from_elsewhere(services, industry, moe, network, drain, client) -> None:
    document = (await client.get("/u/industry", headers={"accept": "application/activity+json"})).json()
    changed = document | {
        "name": "Industry 4.0",
        "source": {"content": "New words.\n\n1. Name the pay\n2. Be kinder\n3. No ads", "mediaType": "text/markdown"},
        "postingRestrictedToMods": True,
        "manuallyApprovesFollowers": True,
        "inbox": "https://evil.example/inbox",
    }
    await moe.send(act(moe, "Update", industry, changed))
    await drain()
    after = await services.read(lambda tx: groups.hosted(tx, industry.id))
    assert after is not None
    assert after.actor.name == "Industry 4.0"
    assert after.actor.summary_source == "New words."
    assert after.group.rules == ["Name the pay", "Be kinder", "No ads"]
    assert after.group.posting == "moderators"
    assert after.group.membership == "open", "who may join is changed on its own pages"
    assert after.actor.inbox == industry.actor.inbox
    assert wrapped(network, "Update")


async def test_a_banned_moderator_moderates_no_more(services, industry, moe, marie, remote, network, drain) -> None:
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    known = await actor(services, moe.iri)
    await services.perform.database.write(
        lambda tx: groups.set_standing(tx, industry.id, known.id, banned_at=clock.now())
    )
    network.delivered.clear()
    await moe.send(act(moe, "Delete", industry, post.iri, summary="spam"))
    await drain()
    assert (await placed(services, post)).state == "shown"
    assert wrapped(network) == []


async def test_who_is_no_moderator_changes_nothing(services, industry, marie, remote, network, drain) -> None:
    paul, mallory = remote("paul", "far.example"), remote("mallory", "evil.example")
    await joined(industry, (paul, mallory), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    await services.perform(moderating.lock_thread, ModeratePost(marie, industry.id, post.id, "enough"))
    await drain()
    network.delivered.clear()
    before = await _state(services, industry)
    featured, moderators = f"{industry.actor.iri}/featured", f"{industry.actor.iri}/moderators"
    document = {"id": industry.actor.iri, "type": "Group", "name": "Owned"}
    for each in (
        act(mallory, "Delete", industry, post.iri, summary="spam"),
        act(mallory, "Delete", industry, {"id": post.iri, "type": "Tombstone"}),
        act(mallory, "Lock", industry, post.iri),
        act(mallory, "Add", industry, post.iri, target=featured),
        act(mallory, "Add", industry, mallory.iri, target=moderators),
        act(mallory, "Remove", industry, "https://home.example/u/marie", target=moderators),
        act(mallory, "Block", industry, paul.iri, target=industry.actor.iri, removeData=True),
        act(mallory, "Block", industry, "https://home.example/u/marie", target=industry.actor.iri),
        act(mallory, "Block", industry, paul.iri, target="https://far.example/", removeData=True),
        act(mallory, "Block", industry, paul.iri, target="https://evil.example/", removeData=True),
        act(mallory, "Update", industry, document),
        undo(mallory, industry, act(mallory, "Lock", industry, post.iri)),
        undo(mallory, industry, act(mallory, "Delete", industry, post.iri)),
        undo(mallory, industry, act(mallory, "Block", industry, paul.iri, target=industry.actor.iri)),
    ):
        assert (await mallory.send(each)).status_code == 202
        await drain()
        assert network.activities() == [], f"{each['type']} was answered or passed on"
        assert await _state(services, industry) == before, f"{each['type']} changed something"


async def _state(services: Services, hosted: Hosted) -> object:
    def read(tx: Any) -> object:
        there = groups.hosted(tx, hosted.id)
        listed = groups.moderators(tx, hosted.id)
        threads = groups.posts(tx, groups.latest_threads(tx, hosted.id))
        return there, listed, threads

    return await services.read(read), await decisions(services, hosted)


async def test_a_server_bans_its_own_people(services, industry, remote, network, drain) -> None:
    paul, root = remote("paul", "far.example"), remote("root", "far.example")
    await joined(industry, (paul,), drain, network)
    post = await thread(services, industry, paul, 1, drain)
    await root.send(act(root, "Block", industry, paul.iri, target="https://far.example/", removeData=True))
    await drain()
    assert (await placed(services, post)).state == "removed"


async def test_a_block_of_a_member_stays_what_it_was(services, marie, remote, drain) -> None:
    from fediprof.moderation import store as moderation

    paul = remote("paul", "far.example")
    await paul.send(paul.activity("Block", "https://home.example/u/marie"))
    await drain()
    person = await actor(services, paul.iri)
    assert await services.read(lambda tx: moderation.blocks(tx, person.id, marie.actor_id))


async def test_an_act_that_names_the_public_is_not_taken_in_a_private_group(
    services, marie, remote, network, drain
) -> None:
    from fediprof.groups.posting import BeginThread, begin_thread
    from fediprof.posts.commands import PublishPost

    closed = await make_group(services, marie, "closed", membership="private")
    moe = remote("moe", "lemmy.example")
    await moe.send(moe.activity("Follow", closed.actor.iri))
    await drain()
    known = await actor(services, moe.iri)
    await services.perform.database.write(
        lambda tx: groups.appoint(
            tx, groups.Moderator(closed.id, known.iri, "https://home.example/u/marie", clock.now())
        )
    )
    asked = BeginThread(PublishPost(marie, "For us", title="Among us"), closed.id)
    post = await services.perform(begin_thread, asked)
    network.delivered.clear()
    await moe.send(act(moe, "Lock", closed, post.iri))
    await drain()
    assert (await placed(services, post)).locked_at is None
    await moe.send(act(moe, "Lock", closed, post.iri, to=[closed.actor.iri, closed.actor.followers], cc=[]))
    await drain()
    assert (await placed(services, post)).locked_at is not None
    assert PUBLIC not in str(network.activities())


@pytest.mark.parametrize(
    "name",
    [
        "activity-add-moderator-by-nonmod",
        "activity-add-to-foreign-target",
        "activity-block-site-ban-by-foreign-user",
    ],
)
async def test_the_captured_attempts(
    services, industry, marie, remote, network, drain, wire: Path, name: str
) -> None:
    """As they are in the corpus, their hosts made ours."""
    ana, mallory = remote("ana", "lemmy.example"), remote("mallory", "evil.example")
    other = remote("x", "other.example")
    await joined(industry, (ana, mallory, other), drain, network)
    post = await thread(services, industry, ana, 1, drain)
    network.delivered.clear()
    before = await _state(services, industry)
    text = (wire / "group-adversarial" / f"{name}.json").read_text()
    text = text.replace("https://groups.example/c/rust-jobs", industry.actor.iri)
    text = text.replace("https://lemmy.example/u/ana", ana.iri).replace("https://evil.example/u/mallory", mallory.iri)
    activity = json.loads(text)
    sender = {mallory.iri: mallory, industry.actor.iri: other}[activity["actor"]]
    if sender is other:  # another group, of which none here has heard
        activity |= {"actor": other.iri, "id": f"https://{other.host}/a/12"}
    assert (await sender.send(activity)).status_code == 202
    await drain()
    assert network.activities() == []
    assert await _state(services, industry) == before
    assert (await placed(services, post)).state == "shown"


async def test_a_ban_here_is_kept_by_who_writes_for_others(services, industry, marie, remote, network, drain) -> None:
    """A banned member's post is refused with the reason, and passed on to nobody."""
    paul = remote("paul", "far.example")
    await joined(industry, (paul,), drain, network)
    person = await actor(services, paul.iri)
    await services.perform(moderating.ban_person, BanPerson(marie, industry.id, person.id, "spam"))
    await drain()
    network.delivered.clear()
    await paul.send(created(paul, industry, 1))
    await drain()
    assert network.activities("Announce") == []
    [reject] = network.activities("Reject")
    assert "banned" in reject["content"]
