"""What a group elsewhere passes on: posts, votes, and what its moderators decide (groups rules 12 to 15)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fediprof.actors import store as actors
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.groups import log, membership, posting, store
from fediprof.groups.posting import BeginThread
from fediprof.moderation.domains import BlockDomain, block_domain
from fediprof.net.budget import HostBudget
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost
from fediprof.schema.inbox import inbox_activity
from fediprof.timelines import store as timelines
from tests.conftest import make_member
from tests.support.remote import PUBLIC

pytestmark = pytest.mark.anyio


@pytest.fixture
async def joined(data, marie, drain):
    await data.joined_by(marie)
    await drain()
    data.network.got.clear()
    return data


async def home_of(services, member):
    return await services.read(lambda tx: timelines.home(tx, member.actor_id, limit=20))


async def told(services, member):
    found = await services.read(lambda tx: notifications.page(tx, member.actor_id, limit=20))
    return [each.kind for each in found]


async def test_a_thread_is_in_the_group_and_in_homes_and_an_answer_in_neither_home(
    services, joined, marie, ana, paul, drain
):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    placed = await joined.placed(page["id"])
    assert (placed.state, placed.starts_thread, placed.kind) == ("shown", True, "")
    post = await joined.post(page["id"])
    assert (post.title, post.visibility, post.group_id) == ("Title 1", "public", placed.group_id)
    assert len(await home_of(services, marie)) == 1
    answer = joined.answer(paul, 2, page["id"])
    await joined.pass_on(joined.create(paul, answer))
    await drain()
    assert (await joined.placed(answer["id"])).thread_id == post.id
    assert (await joined.placed(page["id"])).answers == 1
    assert len(await home_of(services, marie)) == 1


async def test_what_lives_elsewhere_is_asked_for_there_and_never_believed_of_the_group(joined, paul, drain):
    page = joined.page(paul, 1)
    await joined.pass_on(joined.create(paul, page | {"content": "<p>forged</p>"}))
    await drain()
    assert "forged" not in (await joined.post(page["id"])).content
    assert page["id"] in joined.network.got


async def test_a_proof_of_the_author_saves_the_asking(joined, paul, drain):
    page = joined.page(paul, 1)
    create = paul.proven(joined.create(paul, page))
    joined.network.documents[page["id"]] = 404
    await joined.pass_on(create)
    await drain()
    assert (await joined.placed(page["id"])).state == "shown"
    assert page["id"] not in joined.network.got


async def test_a_proof_that_does_not_hold_helps_nobody(joined, paul, drain):
    page = joined.page(paul, 1)
    create = paul.proven(joined.create(paul, page))
    create["object"] = page | {"content": "<p>forged</p>"}
    await joined.pass_on(create)
    await drain()
    assert "forged" not in (await joined.post(page["id"])).content


async def test_a_group_nobody_here_is_in_brings_nothing(data, ana, drain):
    page = data.page(ana, 1)
    await data.pass_on(data.create(ana, page))
    await drain()
    assert await data.post(page["id"]) is None


async def test_who_was_asked_and_never_answered_may_pass_on(data, marie, ana, drain):
    await data.joined_by(marie, answered=False)
    page = data.page(ana, 1)
    await data.pass_on(data.create(ana, page))
    await drain()
    assert (await data.placed(page["id"])).state == "shown"


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "https://other.example/c/x", "to": ["https://other.example/c/x", PUBLIC]},
        {"audience": None, "to": [PUBLIC]},
    ],
    ids=["another group's", "no group's"],
)
async def test_what_is_not_for_the_group_is_not_its_to_pass_on(joined, ana, drain, changes):
    page = joined.page(ana, 1, **changes)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    assert await joined.placed(page["id"]) is None


@pytest.mark.parametrize("to", [lambda a: [f"{a.iri}/followers"], lambda a: []], ids=["followers", "direct"])
async def test_what_was_not_written_for_everyone_is_not_shown(joined, paul, drain, to):
    page = joined.page(paul, 1, to=[*to(paul), joined.iri])
    await joined.pass_on(joined.create(paul, page))
    await drain()
    assert await joined.post(page["id"]) is None


async def test_announces_are_unwrapped_once(joined, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.announce(joined.create(ana, page)))
    await drain()
    assert await joined.post(page["id"]) is None


async def test_an_answer_to_what_we_do_not_have_brings_what_is_above_it(joined, ana, paul, drain):
    page = joined.page(ana, 1)
    middle = joined.answer(paul, 2, page["id"])
    last = joined.answer(ana, 3, middle["id"])
    await joined.pass_on(joined.create(ana, last))
    await drain()
    root = await joined.post(page["id"])
    assert {(await joined.placed(each["id"])).thread_id for each in (page, middle, last)} == {root.id}
    assert root.title == "Title 1"


async def test_the_same_by_two_ways_is_there_once(services, joined, marie, ana, drain):
    page = joined.page(ana, 1)
    create = joined.create(ana, page)
    await joined.pass_on(create)
    await joined.pass_on(create)
    await joined.pass_on(page["id"])
    await ana.send(create)
    await drain()
    assert len(await home_of(services, marie)) == 1
    assert (await joined.placed(page["id"])).state == "shown"


async def test_a_boost_alone_brings_a_thread(services, joined, marie, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(page["id"])
    await drain()
    assert (await joined.placed(page["id"])).starts_thread
    assert len(await home_of(services, marie)) == 1
    assert joined.network.got.count(page["id"]) == 1


@pytest.mark.parametrize("found", [404, 500, {"id": "x"}], ids=["gone", "broken", "no post"])
async def test_a_boost_of_nothing_is_dropped(joined, ana, drain, found):
    joined.network.documents["https://lemmy.example/post/9"] = found
    await joined.pass_on("https://lemmy.example/post/9")
    await drain()
    assert await joined.post("https://lemmy.example/post/9") is None


async def test_a_change_is_taken_and_keeps_the_title(joined, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    after = joined.page(ana, 1, content="<p>Eleven.</p>", name=None, updated="2026-11-21T10:00:00Z")
    await joined.pass_on(joined.create(ana, after, "Update"))
    await drain()
    post = await joined.post(page["id"])
    assert "Eleven" in post.content
    assert post.title == "Title 1"


async def test_a_question_is_known_by_its_title(joined, ana, drain):
    page = joined.page(ana, 1, name="Who hires here?")
    await joined.pass_on(joined.create(ana, page))
    await drain()
    assert (await joined.placed(page["id"])).kind == "ask"


# --- private groups


async def test_a_private_group_is_known_by_what_it_passes_on_and_read_by_its_members_alone(
    services, joined, marie, ana, drain
):
    joined.publish(**{"manuallyApprovesFollowers": True, "fp:membership": "approval"})
    await joined.learn()
    assert (await joined.kept()).membership == "approval"
    page = joined.page(ana, 1, **joined.private())
    await joined.pass_on(joined.create(ana, page), **joined.private())
    await drain()
    assert (await joined.kept()).private
    post = await joined.post(page["id"])
    assert post.visibility == "group"
    anna = await make_member(services, "anna")
    seen = [
        await services.read(lambda tx, who=who: posts.is_visible(tx, post.id, who))
        for who in (marie.actor_id, anna.actor_id, None)
    ]
    assert seen == [True, False, False]
    assert [each[0] for each in await home_of(services, marie)] == [post.id]
    assert await home_of(services, anna) == []


# --- our own


async def begun(services, joined, marie, title="Looking for ETL work"):
    group_id = await joined.learn()
    request = BeginThread(PublishPost(marie, "Ten years of it.", title=title), group_id)
    return await services.perform(posting.begin_thread, request)


async def test_a_members_thread_is_in_the_group_once_that_passes_it_on(services, joined, marie, network, drain):
    post = await begun(services, joined, marie)
    await drain()
    assert (await joined.placed(post.iri)).state == "sent"
    sent = network.activities("Create")[-1]
    await joined.pass_on(sent)
    await drain()
    assert (await joined.placed(post.iri)).state == "shown"
    assert (await joined.post(post.iri)).content == post.content


async def test_nobody_rewrites_a_members_post_by_passing_it_on(services, joined, marie, network, drain):
    post = await begun(services, joined, marie)
    await drain()
    sent = network.activities("Create")[-1]
    sent["object"]["content"] = "<p>forged</p>"
    await joined.pass_on(sent | {"type": "Update"})
    await drain()
    assert (await joined.post(post.iri)).content == post.content


async def test_a_group_that_does_not_take_a_post_says_so(services, joined, marie, network, drain):
    post = await begun(services, joined, marie)
    await drain()
    sent = network.activities("Create")[-1]
    await joined.group.send(joined.group.activity("Reject", sent["id"], summary="Off topic"))
    await drain()
    placed = await joined.placed(post.iri)
    assert (placed.state, placed.reason) == ("refused", "Off topic")
    assert "group.refused" in await told(services, marie)
    assert await services.read(lambda tx: posts.is_visible(tx, post.id, marie.actor_id))


async def test_a_refusal_by_another_group_changes_nothing(services, joined, marie, remote, drain):
    post = await begun(services, joined, marie)
    other = remote("other", "lemmy.example", type="Group")
    await other.send(other.activity("Reject", f"{post.iri}/activity", summary="no"))
    await drain()
    assert (await joined.placed(post.iri)).state == "sent"


# --- votes


async def test_a_voter_has_one_vote_and_the_last_counts(joined, ana, paul, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    like = paul.activity("Like", page["id"], audience=joined.iri)
    for each in (like, like, paul.activity("Dislike", page["id"])):
        await joined.pass_on(each)
        await drain()
    placed = await joined.placed(page["id"])
    assert (placed.ups, placed.downs) == (0, 1)
    last = paul.activity("Dislike", page["id"])
    await joined.pass_on(paul.activity("Undo", last))
    await drain()
    placed = await joined.placed(page["id"])
    assert (placed.ups, placed.downs) == (0, 0)


async def test_nobody_votes_for_another(joined, ana, paul, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    like = paul.activity("Like", page["id"])
    await joined.pass_on(like | {"actor": "https://third.example/users/eve"})
    await joined.pass_on(ana.activity("Undo", like))
    await drain()
    assert (await joined.placed(page["id"])).ups == 0


async def test_a_members_own_vote_that_comes_back_counts_nothing(joined, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    vote = {"id": "https://home.example/a/1", "type": "Like", "actor": "https://home.example/u/marie"}
    await joined.pass_on(vote | {"object": page["id"]})
    await drain()
    assert (await joined.placed(page["id"])).ups == 0


async def test_a_vote_counts_in_the_group_of_its_post_alone(joined, ana, paul, remote, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    other = remote("other", "lemmy.example", type="Group")
    await other.send(other.activity("Announce", paul.activity("Like", page["id"])))
    await drain()
    assert (await joined.placed(page["id"])).ups == 0


# --- what moderators decide


@pytest.fixture
async def moderated(joined, remote, drain):
    """Mod, on a third server, is on the group's list."""
    mod = remote("mod", "mods.example")
    group_id = await joined.learn()
    joined.lists("moderators", [mod.iri])
    from fediprof.groups.finding import AskForGroup, ask_for_group
    from fediprof.principal import Member

    await joined.services.perform(ask_for_group, AskForGroup(Member(0, 0), group_id, again=True))
    await drain()
    return mod


async def test_a_removal_hides_a_post_and_its_author_reads_why(
    services, joined, moderated, marie, network, ana, drain
):
    post = await begun(services, joined, marie)
    await drain()
    await joined.pass_on(network.activities("Create")[-1])
    removal = moderated.activity("Delete", post.iri, summary="Off topic", cc=[joined.iri], to=[PUBLIC])
    await joined.pass_on(removal)
    await drain()
    placed = await joined.placed(post.iri)
    assert (placed.state, placed.reason) == ("removed", "Off topic")
    assert "group.removed" in await told(services, marie)
    anna = await make_member(services, "anna")
    thread = [
        await services.read(lambda tx, who=who: posts.conversation(tx, post.conversation_id, who))
        for who in (marie.actor_id, anna.actor_id)
    ]
    assert thread == [[post.id], []]
    event = await services.read(lambda tx: log.last(tx, "remove", post.iri, placed.group_id))
    assert (event.by_iri, event.reason) == (moderated.iri, "Off topic")
    await joined.pass_on(moderated.activity("Undo", removal))
    await drain()
    assert (await joined.placed(post.iri)).state == "shown"


async def test_who_is_no_moderator_removes_nothing(joined, ana, paul, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await joined.pass_on(paul.activity("Delete", page["id"], summary="mine now"))
    await joined.pass_on(paul.activity("Lock", page["id"]))
    await joined.pass_on(paul.activity("Add", page["id"], target=f"{joined.iri}/featured"))
    await joined.pass_on(paul.activity("Add", paul.iri, target=f"{joined.iri}/moderators"))
    await drain()
    placed = await joined.placed(page["id"])
    assert (placed.state, placed.locked_at, placed.pinned_at) == ("shown", None, None)
    assert not await joined.services.read(lambda tx: store.moderates(tx, placed.group_id, paul.iri))


async def test_a_removal_by_another_group_removes_nothing(joined, ana, remote, marie, drain, data):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    other = remote("other", "lemmy.example", type="Group")
    found = await joined.services.resolver.actor(other.iri)
    await joined.services.perform(membership.join, RequestFollow(marie, found.id))
    await other.send(other.activity("Announce", other.activity("Delete", page["id"], summary="no")))
    await drain()
    assert (await joined.placed(page["id"])).state == "shown"


async def test_a_removal_of_what_has_not_come_keeps_it_out(joined, moderated, paul, drain):
    page = joined.page(paul, 1)
    await joined.pass_on(moderated.activity("Delete", page["id"], summary="spam"))
    await joined.pass_on(joined.create(paul, page))
    await drain()
    assert await joined.placed(page["id"]) is None
    removal = moderated.activity("Delete", page["id"], summary="spam")
    await joined.pass_on(moderated.activity("Undo", removal))
    await joined.pass_on(joined.create(paul, page))
    await drain()
    assert (await joined.placed(page["id"])).state == "shown"


async def test_an_authors_deletion_is_believed_when_it_is_gone_there(joined, paul, drain):
    page = joined.page(paul, 1)
    await joined.pass_on(joined.create(paul, page))
    await joined.pass_on(paul.activity("Delete", page["id"]))
    await drain()
    assert (await joined.post(page["id"])).deleted_at is None
    joined.network.documents[page["id"]] = 410
    await joined.pass_on(paul.activity("Delete", page["id"]))
    await drain()
    assert (await joined.post(page["id"])).deleted_at is not None


async def test_a_locked_thread_takes_no_answer_from_here(services, joined, moderated, ana, marie, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    lock = moderated.activity("Lock", page["id"], summary="heated")
    await joined.pass_on(lock)
    await drain()
    assert (await joined.placed(page["id"])).locked_at is not None
    from fediprof.errors import NotAllowed

    post = await joined.post(page["id"])
    with pytest.raises(NotAllowed, match="locked"):
        await services.perform(posting.publish, PublishPost(marie, "But", in_reply_to_id=post.id))
    await joined.pass_on(moderated.activity("Undo", lock))
    await drain()
    assert (await joined.placed(page["id"])).locked_at is None


async def test_older_lemmys_lock_by_a_change(joined, ana, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    after = joined.page(ana, 1, commentsEnabled=False, updated="2026-11-21T10:00:00Z")
    await joined.pass_on(joined.create(ana, after, "Update"))
    await drain()
    assert (await joined.placed(page["id"])).locked_at is not None


async def test_what_is_on_top_and_who_moderates_is_the_groups_own_list(joined, moderated, ana, paul, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await joined.pass_on(moderated.activity("Add", page["id"], target=f"{joined.iri}/featured"))
    joined.lists("moderators", [moderated.iri, paul.iri])
    joined.lists("featured", [page["id"]])
    await joined.pass_on(moderated.activity("Add", paul.iri, target=f"{joined.iri}/moderators"))
    await joined.pass_on(moderated.activity("Add", ana.iri, target="https://other.example/c/x/moderators"))
    await drain()
    placed = await joined.placed(page["id"])
    assert placed.pinned_at is not None
    kept = await joined.services.read(lambda tx: store.moderators(tx, placed.group_id))
    assert {each.iri for each in kept} == {moderated.iri, paul.iri}
    await joined.pass_on(moderated.activity("Remove", page["id"], target=f"{joined.iri}/featured"))
    await drain()
    assert (await joined.placed(page["id"])).pinned_at is None


async def test_a_ban_is_shown_with_its_end_and_ends_what_is_offered(services, joined, moderated, marie, drain):
    me = "https://home.example/u/marie"
    block = moderated.activity(
        "Block", me, target=joined.iri, summary="spam", endTime="2036-04-01T00:00:00Z", audience=joined.iri
    )
    await joined.pass_on(block)
    await drain()
    group_id = await joined.learn()
    standing = await services.read(lambda tx: store.standing(tx, group_id, marie.actor_id))
    assert (standing.ban_reason, standing.ban_ends_at.year) == ("spam", 2036)
    assert "group.banned" in await told(services, marie)
    from fediprof.errors import NotAllowed

    with pytest.raises(NotAllowed, match="banned"):
        await begun(services, joined, marie)
    await joined.pass_on(moderated.activity("Undo", block))
    await drain()
    assert (await begun(services, joined, marie)).group_id == group_id


async def test_a_ban_the_group_did_not_pass_on_or_of_a_whole_server_is_nothing(
    services, joined, paul, moderated, marie, drain
):
    me = "https://home.example/u/marie"
    await paul.send(paul.activity("Block", me, target=joined.iri, summary="spam"))
    await joined.pass_on(moderated.activity("Block", me, target="https://home.example/", removeData=True))
    await joined.pass_on(paul.activity("Block", me, target=joined.iri))
    await drain()
    group_id = await joined.learn()
    assert (await services.read(lambda tx: store.standing(tx, group_id, marie.actor_id))).banned_at is None


async def test_a_ban_may_take_along_what_was_written(joined, moderated, paul, drain):
    page = joined.page(paul, 1)
    await joined.pass_on(joined.create(paul, page))
    await joined.pass_on(moderated.activity("Block", paul.iri, target=joined.iri, removeData=True, summary="spam"))
    await drain()
    placed = await joined.placed(page["id"])
    assert (placed.state, placed.reason) == ("removed", "spam")


async def test_a_group_whose_document_changed_is_asked_for_it(services, joined, moderated, drain):
    joined.publish(postingRestrictedToMods=True, summary="<p>New</p><script>x</script>")
    await joined.pass_on(moderated.activity("Update", {"id": joined.iri, "type": "Group", "name": "forged"}))
    await drain()
    assert (await joined.kept()).posting == "moderators"
    group = await services.read(lambda tx: actors.by_iri(tx, joined.iri))
    assert "New" in group.summary
    assert "script" not in group.summary
    assert group.name == "Data"


async def test_the_groups_own_server_may_say_so_directly_and_no_other(
    services, joined, marie, ana, paul, network, drain
):
    post = await begun(services, joined, marie)
    await drain()
    await joined.pass_on(network.activities("Create")[-1])
    me = "https://home.example/u/marie"
    await paul.send(paul.activity("Delete", post.iri, summary="Off topic"))
    await paul.send(paul.activity("Block", me, target=joined.iri, summary="spam"))
    await drain()
    assert (await joined.placed(post.iri)).state == "shown"
    await ana.send(ana.activity("Delete", post.iri, summary="Off topic"))
    await ana.send(ana.activity("Block", me, target=joined.iri, summary="spam"))
    await drain()
    placed = await joined.placed(post.iri)
    assert (placed.state, placed.reason) == ("removed", "Off topic")
    standing = await services.read(lambda tx: store.standing(tx, placed.group_id, marie.actor_id))
    assert standing.ban_reason == "spam"
    assert await services.read(lambda tx: posts.is_visible(tx, post.id, marie.actor_id))


@pytest.mark.parametrize("first", ["group", "voter"])
async def test_a_vote_by_two_ways_is_one(joined, ana, paul, drain, first):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    like = paul.activity("Like", page["id"])
    ways = [lambda: joined.pass_on(like), lambda: paul.send(like)]
    for way in ways if first == "group" else reversed(ways):
        await way()
        await drain()
    assert (await joined.placed(page["id"])).ups == 1


async def test_who_is_shut_out_here_comes_in_by_no_group(services, joined, marie, paul, ana, drain):
    """Not even with a proof of their own."""
    page, other = joined.page(paul, 1), joined.page(ana, 2)
    await joined.pass_on(joined.create(ana, other))
    await services.resolver.actor(paul.iri)
    await services.perform(block_domain, BlockDomain(marie, "far.example"))
    await joined.pass_on(paul.proven(joined.create(paul, page)))
    await joined.pass_on(paul.activity("Like", other["id"]))
    await drain()
    assert await joined.post(page["id"]) is None
    assert (await joined.placed(other["id"])).ups == 0


async def test_a_flood_of_one_hosts_posts_waits_and_is_not_dropped(services, joined, paul, drain):
    """A group must not make us ask a third server for thousands of posts at once."""
    services.resolver.budget = HostBudget(5, clock=lambda: 0.0)
    for number in range(8):
        await joined.pass_on(joined.create(paul, joined.page(paul, number)))
    await drain()
    asked = [url for url in joined.network.got if url.startswith("https://far.example/post/")]
    assert len(asked) == 5
    waiting = select(inbox_activity.c.id).where(inbox_activity.c.state == "waiting")
    assert len(await services.read(lambda tx: tx.execute(waiting).all())) == 3


async def test_a_group_keeps_nothing_out_but_of_itself(joined, marie, paul, services, drain):
    """By a deletion it made up of what has not come."""
    found = await services.resolver.actor(paul.iri)
    await services.perform(request_follow, RequestFollow(marie, found.id))
    await drain()
    await paul.send(paul.activity("Accept", joined.network.activities("Follow")[-1]["id"]))
    page = joined.page(paul, 1)
    await joined.pass_on(paul.activity("Delete", page["id"]))
    await joined.pass_on(joined.create(paul, page))
    await drain()
    assert await joined.placed(page["id"]) is None
    await paul.send(joined.create(paul, page))
    await drain()
    assert await joined.post(page["id"]) is not None


async def test_a_vote_taken_back_before_it_came_counts_nothing(joined, ana, paul, drain):
    page = joined.page(ana, 1)
    await joined.pass_on(joined.create(ana, page))
    await drain()
    like = paul.activity("Like", page["id"])
    for each in (paul.activity("Undo", like), like):
        await joined.pass_on(each)
        await drain()
    assert (await joined.placed(page["id"])).ups == 0
