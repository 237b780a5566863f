"""A member and people on other servers, through the inbox and out of the outbox: found, followed, answered, left."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from fediprof import clock
from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.actors import store as actors
from fediprof.delivery.commands import RetryDeliveries, retry_deliveries
from fediprof.follows import store as follows
from fediprof.follows.commands import AnswerFollower, RequestFollow, accept_follower, request_follow
from fediprof.interactions import store as interactions
from fediprof.interactions.commands import Announce, React, announce_post, like_post, unlike_post
from fediprof.media import store as uploads
from fediprof.media.commands import keep_upload
from fediprof.media.intake import take_in
from fediprof.notifications import store as notifications
from fediprof.posts import store as posts
from fediprof.posts import views
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost, delete_post, publish_post, revise_post
from fediprof.timelines import store as timelines
from tests.conftest import make_member
from tests.support.remote import AS2, PUBLIC
from tests.web.test_writing import picture

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"


async def followed_by(paul, drain) -> None:  # type: ignore[no-untyped-def]
    assert (await paul.send(paul.activity("Follow", MARIE))).status_code == 202
    await drain()


async def test_someone_elsewhere_finds_and_follows_a_member(client, marie, remote, network, drain, services) -> None:
    # Given a person on another server who looks the member up
    found = await client.get("/.well-known/webfinger", params={"resource": "acct:marie@home.example"})
    assert found.json()["subject"] == "acct:marie@home.example"
    document = (await client.get("/u/marie", headers={"accept": "application/activity+json"})).json()
    assert document["id"] == next(link["href"] for link in found.json()["links"] if link["rel"] == "self") == MARIE
    # When they follow
    paul = remote("paul")
    follow = paul.activity("Follow", MARIE)
    assert (await paul.send(follow)).status_code == 202
    await drain()
    # Then an Accept that embeds their Follow goes to their inbox, and the member is told
    [accept] = network.activities("Accept")
    assert accept["object"]["id"] == follow["id"]
    assert accept["object"]["actor"] == paul.iri
    assert accept["id"].startswith("https://home.example/")
    assert network.delivered[-1].url == f"{paul.iri}/inbox"
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=10))
    assert [(each.kind, each.by.handle) for each in told] == [("follow", "paul@far.example")]
    # And asked again, the answer is sent again
    await paul.send(paul.activity("Follow", MARIE))
    await drain()
    assert len(network.activities("Accept")) == 2


async def test_a_locked_member_decides_who_follows(client, marie, remote, network, drain, services) -> None:
    from fediprof.actors.commands import ReviseProfile, revise_profile

    await services.perform(revise_profile, ReviseProfile(marie, locked=True))
    paul = remote("paul")
    await followed_by(paul, drain)
    assert network.activities("Accept") == []
    known = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    await services.perform(accept_follower, AnswerFollower(marie, known.id))
    await drain()
    assert len(network.activities("Accept")) == 1


async def test_a_post_reaches_followers_once_per_shared_inbox(
    client, marie, remote, network, drain, services
) -> None:
    for name, host in (("paul", "far.example"), ("zoe", "far.example"), ("leo", "other.example")):
        await followed_by(remote(name, host), drain)
    network.delivered.clear()
    post = await services.perform(publish_post, PublishPost(marie, "Hello #Lean https://example.com", language="en"))
    await drain()
    creates = [each for each in network.delivered if each.activity["type"] == "Create"]
    assert sorted(each.url for each in creates) == ["https://far.example/inbox", "https://other.example/inbox"]
    note = creates[0].activity["object"]
    assert note["id"] == post.iri
    assert note["to"] == [PUBLIC]
    assert note["tag"][0]["name"] == "#lean"
    assert "#<span>Lean</span>" in note["content"]
    # And the document at its address says the same, signed or not
    fetched = (await client.get(post.iri, headers={"accept": "application/activity+json"})).json()
    assert {k: v for k, v in fetched.items() if k != "@context"} == note


async def test_an_answer_is_threaded_told_and_answered(client, marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    post = await services.perform(publish_post, PublishPost(marie, "Ask me anything"))
    await drain()
    # When he answers in public
    tag = [{"type": "Mention", "href": MARIE, "name": "@marie@home.example"}]
    reply = paul.note("<p>Why twice?</p><script>alert(1)</script>", inReplyTo=post.iri, cc=(MARIE,), tag=tag)
    assert (await paul.send(paul.create(reply))).status_code == 202
    await drain()
    kept = await services.read(lambda tx: posts.by_iri(tx, reply["id"]))
    assert kept.in_reply_to_id == post.id
    assert kept.conversation_id == post.conversation_id
    assert "script" not in kept.content
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=10, kinds=["mention"]))
    assert [each.post.post.iri for each in told] == [reply["id"]]
    # And she answers: it goes to him, addressed and tagged
    network.delivered.clear()
    answer = PublishPost(marie, "@paul@far.example Because of the plan.", in_reply_to_id=kept.id)
    await services.perform(publish_post, answer)
    await drain()
    [create] = network.activities("Create")
    assert paul.iri in create["cc"]
    assert create["object"]["inReplyTo"] == reply["id"]
    assert create["object"]["tag"] == [{"type": "Mention", "href": paul.iri, "name": "@paul@far.example"}]


async def test_a_private_message_is_seen_by_the_two_only(client, marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    zoe = remote("zoe", "other.example")
    for person in (paul, zoe):
        await followed_by(person, drain)
    network.delivered.clear()
    text = "@paul@far.example between us"
    post = await services.perform(publish_post, PublishPost(marie, text, visibility="direct"))
    await drain()
    assert [each.url for each in network.delivered] == [f"{paul.iri}/inbox"]
    create = network.delivered[0].activity
    assert create["to"] == [paul.iri]
    assert "cc" not in create
    # Nobody unsigned, and no other server, is given it; his server is
    headers = {"accept": "application/activity+json"}
    assert (await client.get(post.iri, headers=headers)).status_code == 404
    assert (await get_signed(client, zoe, post.iri)).status_code == 404
    assert (await get_signed(client, paul, post.iri)).json()["id"] == post.iri
    # It is in no collection
    for path in ("/u/marie/outbox?page=true", "/u/marie/featured"):
        assert "between us" not in (await client.get(path, headers=headers)).text


async def get_signed(client: httpx2.AsyncClient, person, url: str) -> httpx2.Response:  # type: ignore[no-untyped-def]
    from fediprof import clock
    from fediprof.signatures import cavage
    from fediprof.signatures.message import SignableRequest

    base = {"host": "home.example", "accept": "application/activity+json"}
    request = SignableRequest("GET", url, base, b"")
    return await client.get(url, headers={**base, **cavage.sign(request, person.rsa, clock.now())})


async def test_a_private_answer_comes_back(marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    note = paul.note("a word in private", to=(MARIE,), tag=[{"type": "Mention", "href": MARIE, "name": "@marie"}])
    assert (await paul.send(paul.create(note), to="/u/marie/inbox")).status_code == 202
    await drain()
    from fediprof.conversations import store as conversations

    [thread] = await services.read(lambda tx: conversations.threads(tx, marie.actor_id, limit=10))
    assert thread.last.post.visibility == "direct"
    assert [person.handle for person in thread.people] == ["paul@far.example"]
    assert thread.unread


async def test_a_strangers_unasked_post_is_not_kept(marie, remote, drain, services) -> None:
    paul = remote("paul")
    note = paul.note("buy now")
    assert (await paul.send(paul.create(note))).status_code == 202
    await drain()
    assert await services.read(lambda tx: posts.by_iri(tx, note["id"])) is None


async def test_a_member_follows_and_reads_a_home(marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    found = await services.resolver.handle("paul@far.example")
    await services.perform(request_follow, RequestFollow(marie, found.id))
    await drain()
    [follow] = network.activities("Follow")
    await paul.send(paul.activity("Accept", follow))
    for text in ("first", "second"):
        await paul.send(paul.create(paul.note(text)))
    await drain()
    pairs = await services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=20))
    shown = await services.read(lambda tx: views.items(tx, pairs, marie.actor_id))
    assert [each.post.content for each in shown] == ["second", "first"]
    # An Accept by somebody else, or of nothing asked, changes nothing
    mallory = remote("mallory", "evil.example")
    await mallory.send(mallory.activity("Accept", {**follow, "actor": MARIE}))
    await drain()
    relation = await services.read(lambda tx: follows.relationships(tx, marie.actor_id, [found.id]))
    assert relation[found.id].following


async def test_likes_and_announces_come_and_go(marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    post = await services.perform(publish_post, PublishPost(marie, "good news"))
    like, announce = paul.activity("Like", post.iri), paul.activity("Announce", post.iri, to=[PUBLIC])
    react = paul.activity("EmojiReact", post.iri, content="🎉")
    for activity in (like, like, react, announce):
        assert (await paul.send(activity)).status_code == 202
    await drain()
    counted = await services.read(lambda tx: posts.by_id(tx, post.id))
    assert (counted.likes_count, counted.announces_count) == (1, 1)
    kinds = [each.kind for each in await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=9))]
    assert sorted(kinds) == ["favourite", "reblog"]
    for undone in (like, announce):
        await paul.send(paul.activity("Undo", undone))
    await drain()
    counted = await services.read(lambda tx: posts.by_id(tx, post.id))
    assert (counted.likes_count, counted.announces_count) == (0, 0)


async def test_a_member_likes_announces_and_takes_back(marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    note = paul.note("hello @marie", cc=(MARIE,), tag=[{"type": "Mention", "href": MARIE, "name": "@marie"}])
    await paul.send(paul.create(note))
    await drain()
    post = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
    await services.perform(like_post, React(marie, post.id))
    await services.perform(announce_post, Announce(marie, post.id))
    await services.perform(unlike_post, React(marie, post.id))
    await drain()
    types = [each["type"] for each in network.activities()]
    assert types == ["Like", "Announce", "Undo"] or sorted(types) == ["Announce", "Like", "Undo"]
    undo = network.activities("Undo")[0]
    assert undo["object"]["id"] == network.activities("Like")[0]["id"]


async def test_an_edit_and_a_deletion_reach_who_has_it(client, marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    post = await services.perform(publish_post, PublishPost(marie, "frist"))
    await drain()
    await services.perform(revise_post, RevisePost(marie, post.id, "first"))
    await drain()
    [update] = network.activities("Update")
    assert update["object"]["content"] == "<p>first</p>"
    assert update["object"]["updated"]
    await services.perform(delete_post, DeletePost(marie, post.id))
    await drain()
    [delete] = network.activities("Delete")
    assert delete["object"]["type"] == "Tombstone"
    gone = await client.get(post.iri, headers={"accept": "application/activity+json"})
    assert gone.status_code == 410
    assert gone.json()["type"] == "Tombstone"


async def test_what_comes_in_the_wrong_order_ends_right(marie, remote, drain, services) -> None:
    paul = remote("paul")
    await services.perform(
        request_follow, RequestFollow(marie, (await services.resolver.handle("paul@far.example")).id)
    )

    def note(text: str) -> dict[str, object]:
        return paul.note(text, cc=(MARIE,), tag=[{"type": "Mention", "href": MARIE, "name": "@marie"}])

    # Delete before Create
    deleted = note("never to be seen")
    await paul.send(paul.activity("Delete", {"id": deleted["id"], "type": "Tombstone"}))
    await drain()
    await paul.send(paul.create(deleted))
    await drain()
    assert await services.read(lambda tx: posts.by_iri(tx, deleted["id"])) is None
    # Update before Create
    first = note("old words")
    newer = {**first, "content": "new words", "updated": "2999-01-01T00:00:00Z"}
    await paul.send(paul.activity("Update", newer))
    await drain()
    await paul.send(paul.create(first))
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, first["id"]))).content == "new words"
    # Undo before Like
    post = await services.perform(publish_post, PublishPost(marie, "x"))
    like = paul.activity("Like", post.iri)
    await paul.send(paul.activity("Undo", like))
    await drain()
    await paul.send(like)
    await drain()
    assert (await services.read(lambda tx: posts.by_id(tx, post.id))).likes_count == 0
    # An answer before what it answers
    root = note("root")
    reply = paul.note(
        "reply", inReplyTo=root["id"], cc=(MARIE,), tag=[{"type": "Mention", "href": MARIE, "name": "@m"}]
    )
    await paul.send(paul.create(reply))
    await services.database.write(lambda tx: None)
    await paul.send(paul.create(root))
    await drain()
    parent = await services.read(lambda tx: posts.by_iri(tx, root["id"]))
    child = await services.read(lambda tx: posts.by_iri(tx, reply["id"]))
    assert child.in_reply_to_id == parent.id
    assert child.conversation_id == parent.conversation_id


async def test_a_person_who_moves_is_followed_to_the_new_address(marie, remote, network, drain, services) -> None:
    old = remote("paul")
    found = await services.resolver.handle("paul@far.example")
    await services.perform(request_follow, RequestFollow(marie, found.id))
    await drain()
    await old.send(old.activity("Accept", network.activities("Follow")[0]))
    new = remote("paul", "new.example", alsoKnownAs=[old.iri])
    thief = remote("thief", "evil.example")
    await old.send(old.activity("Move", old.iri, target=thief.iri))
    await drain()
    assert len(network.activities("Follow")) == 1  # the thief does not name the old one
    await old.send(old.activity("Move", old.iri, target=new.iri))
    await drain()
    assert [each["object"] for each in network.activities("Follow")] == [old.iri, new.iri]
    assert [each["object"]["object"] for each in network.activities("Undo")] == [old.iri]


async def test_a_block_ends_following_both_ways_and_hides(client, marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    await paul.send(paul.activity("Block", MARIE))
    await drain()
    assert await services.read(lambda tx: follows.follower_ids(tx, marie.actor_id, limit=9)) == []
    network.delivered.clear()
    await services.perform(publish_post, PublishPost(marie, "not for him"))
    await drain()
    assert network.delivered == []


async def test_a_report_reaches_whoever_runs_the_server(marie, remote, drain, services) -> None:
    from fediprof.moderation import store as moderation

    paul = remote("paul")
    post = await services.perform(publish_post, PublishPost(marie, "rude"))
    await paul.send(paul.activity("Flag", [MARIE, post.iri, "https://far.example/x"], content="rude words"))
    await drain()
    [report] = await services.read(moderation.reports)
    assert (report.target_id, report.post_iris, report.comment) == (marie.actor_id, [post.iri], "rude words")


async def test_an_announce_is_fetched_from_its_author_never_believed(marie, remote, network, drain, services) -> None:
    paul, zoe = remote("paul"), remote("zoe", "other.example")
    found = await services.resolver.handle("paul@far.example")
    await services.perform(request_follow, RequestFollow(marie, found.id))
    await drain()
    await paul.send(paul.activity("Accept", network.activities("Follow")[0]))
    note = zoe.note("what she really wrote")
    zoe.create(note)
    forged = {**note, "content": "what he says she wrote"}
    await paul.send(paul.activity("Announce", forged, to=[PUBLIC], cc=[f"{paul.iri}/followers"]))
    await drain()
    kept = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
    assert kept.content == "what she really wrote"
    [pair] = await services.read(lambda tx: timelines.home(tx, marie.actor_id, limit=5))
    assert pair[0] == kept.id
    assert pair[1] is not None


async def test_a_person_who_leaves_is_forgotten(marie, remote, network, drain, services) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    note = paul.note("words", cc=(MARIE,), tag=[{"type": "Mention", "href": MARIE, "name": "@marie"}])
    await paul.send(paul.create(note))
    await drain()
    network.documents[paul.iri] = 410
    assert (await paul.send(paul.activity("Delete", paul.iri))).status_code == 202
    await drain()
    left = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    assert left.gone_at is not None
    assert (await services.read(lambda tx: posts.by_iri(tx, note["id"]))).content == ""
    assert await services.read(lambda tx: follows.follower_ids(tx, marie.actor_id, limit=9)) == []


async def test_with_a_person_goes_all_they_did_and_what_is_counted_stays_right(
    marie, remote, network, drain, services
) -> None:
    # Given Paul and Zoe, who follow Marie, like, share and answer what she wrote, each
    paul, zoe = remote("paul"), remote("zoe", "other.example")
    asked, other = [await services.perform(publish_post, PublishPost(marie, text)) for text in ("Ask me", "Or not")]
    reader = await make_member(services, "leo")
    for person in (paul, zoe):
        await followed_by(person, drain)
        known = await services.resolver.handle(person.handle)
        await services.perform(request_follow, RequestFollow(reader, known.id))
        await drain()
        await person.send(person.activity("Accept", network.activities("Follow")[-1]))
        for kind in ("Like", "Announce"):
            await person.send(person.activity(kind, asked.iri, to=[PUBLIC]))
        tag = [{"type": "Hashtag", "name": "#Lean", "href": "https://far.example/tags/lean"}]
        for _ in range(2):
            answer = person.note("Why? #Lean", inReplyTo=asked.iri, tag=tag, cc=(MARIE,))
            await person.send(person.create(answer))
        await drain()
    gone = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    mine = await services.read(lambda tx: posts.of_actor(tx, gone.id, marie.actor_id, limit=9))

    async def counts() -> list[int]:
        post = await services.read(lambda tx: posts.by_id(tx, asked.id))
        people = await services.read(lambda tx: actors.by_ids(tx, (marie.actor_id, reader.actor_id)))
        followers, following = people[marie.actor_id].followers_count, people[reader.actor_id].following_count
        return [post.likes_count, post.announces_count, post.replies_count, followers, following]

    assert await counts() == [2, 2, 4, 2, 2]
    assert len(mine) == 2
    # When Paul is gone
    network.documents[paul.iri] = 410
    await paul.send(paul.activity("Delete", paul.iri))
    await drain()
    # Then what is Zoe's is counted, and nothing of his is left to be found
    assert await counts() == [1, 1, 2, 1, 1]
    assert await services.read(lambda tx: posts.tags_of(tx, mine)) == {}
    assert await services.read(lambda tx: interactions.announces_by(tx, gone.id, limit=9)) == []
    assert await services.read(lambda tx: interactions.of(tx, "like", gone.id, asked.id)) is None
    home = await services.read(lambda tx: timelines.home(tx, reader.actor_id, limit=9))
    shown = await services.read(lambda tx: views.items(tx, home, reader.actor_id))
    assert len(shown) == len(home)
    assert {each.announced.by.iri if each.announced else each.author.iri for each in shown} == {zoe.iri}
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=20))
    assert {each.by.iri for each in told} == {zoe.iri}
    # and counters that were wrong before do not fall under nothing
    zero = {"likes_count": 0, "announces_count": 0, "replies_count": 1}
    await services.database.write(lambda tx: posts.change(tx, asked.id, zero))
    await services.database.write(lambda tx: actors.change(tx, marie.actor_id, {"followers_count": 0}))
    network.documents[zoe.iri] = 410
    await zoe.send(zoe.activity("Delete", zoe.iri))
    await drain()
    assert await counts() == [0, 0, 0, 0, 0]
    assert (await services.read(lambda tx: posts.by_id(tx, other.id))).likes_count == 0


async def test_the_pictures_of_a_member_who_left_wait_for_the_sweep(marie, drain, services) -> None:
    taken = await take_in(services.storage, picture(), by=marie, limit=2**20, description="A field")
    upload = await services.perform(keep_upload, taken)
    await services.perform(publish_post, PublishPost(marie, "Look", upload_ids=(upload.id,)))
    assert await services.read(lambda tx: uploads.unused_since(tx, clock.now() + timedelta(days=1))) == []
    await services.perform(delete_own_account, DeleteAccount(marie))
    await drain()
    swept = await services.read(lambda tx: uploads.unused_since(tx, clock.now() + timedelta(days=1)))
    assert [each.id for each in swept] == [upload.id]


async def test_a_member_who_leaves_tells_everybody_and_answers_410(
    client, marie, remote, network, drain, services
) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    await services.perform(publish_post, PublishPost(marie, "bye"))
    await drain()
    await services.perform(delete_own_account, DeleteAccount(marie))
    await drain()
    [delete] = network.activities("Delete")
    assert delete["object"] == MARIE
    assert (await client.get("/u/marie", headers={"accept": "application/activity+json"})).status_code == 410


async def test_rfc_9421_and_proofs_are_understood_and_ours_hold(marie, remote, network, drain, services) -> None:
    from fediprof.signatures import integrity
    from fediprof.signatures.keys import public_from_multibase

    paul = remote("paul")
    assert (await paul.send(paul.activity("Follow", MARIE), scheme="rfc9421")).status_code == 202
    await drain()
    accept = network.activities("Accept")[0]
    proof = integrity.proof_of(accept)
    document = await services.read(lambda tx: actors.key(tx, proof.verification_method))
    key = public_from_multibase(proof.verification_method, MARIE, document[2])
    integrity.check(accept, proof, key)
    # A third server passes on what he proved himself
    zoe = remote("zoe", "other.example")
    post = await services.perform(publish_post, PublishPost(marie, "x"))
    reply = paul.proven(paul.create(paul.note("proven", inReplyTo=post.iri)))
    assert (await zoe.send(reply)).status_code == 202
    await drain()
    assert (await services.read(lambda tx: posts.by_iri(tx, reply["object"]["id"]))).content == "proven"


async def test_a_public_answer_with_a_proof_goes_on_to_the_members_followers(
    marie, remote, network, drain, services
) -> None:
    paul, zoe = remote("paul"), remote("zoe", "other.example")
    await followed_by(zoe, drain)
    post = await services.perform(publish_post, PublishPost(marie, "question?"))
    await drain()
    network.delivered.clear()
    reply = paul.proven(paul.create(paul.note("answer", inReplyTo=post.iri, cc=(MARIE,))))
    await paul.send(reply)
    await drain()
    [forwarded] = network.delivered
    assert forwarded.url == "https://other.example/inbox"
    assert forwarded.activity == reply


async def test_a_post_that_was_looked_up_before_it_was_delivered_still_comes_home(
    marie, remote, network, drain, services
) -> None:
    # Given Marie, who follows Paul, and looked up his post by its address before his server delivered it
    paul = remote("paul")
    known = await services.resolver.actor(paul.iri)
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    await paul.send(paul.activity("Accept", network.activities("Follow")[0]))
    await drain()
    tag = [{"type": "Mention", "href": MARIE, "name": "@marie@home.example"}]
    create = paul.create(paul.note("soon", cc=(MARIE,), tag=tag))
    found = await services.resolver.post(create["object"]["id"])
    home = lambda tx: [post_id for post_id, _ in timelines.home(tx, marie.actor_id, limit=5)]  # noqa: E731
    assert await services.read(home) == []
    # When it is delivered, and once more under another id
    await paul.send(create)
    await paul.send({**create, "id": f"{create['id']}/again"})
    await drain()
    # Then it is at home, once, and she is told, once
    assert await services.read(home) == [found.id]
    told = await services.read(lambda tx: notifications.page(tx, marie.actor_id, limit=10, kinds=["mention"]))
    assert [each.post.post.id for each in told if each.post] == [found.id]


async def test_a_server_long_away_that_writes_is_delivered_to_at_once(
    marie, remote, network, drain, services
) -> None:
    paul = remote("paul")
    await followed_by(paul, drain)
    network.delivered.clear()
    network.down.add(paul.host)
    await services.perform(publish_post, PublishPost(marie, "meanwhile"))
    await drain()
    for _ in range(3):
        await services.perform(retry_deliveries, RetryDeliveries(paul.host, False))
        await drain()
    network.down.clear()
    await drain()
    assert network.activities("Create") == []
    await paul.send(paul.create(paul.note("I am back", cc=(MARIE,))))
    await drain()
    assert len(network.activities("Create")) == 1


async def test_a_member_asks_for_what_a_thread_and_a_profile_lack(marie, remote, network, drain, services) -> None:
    from fediprof.actors.commands import AskForPosts, ask_for_posts
    from fediprof.posts.commands import AskForThread, ask_for_thread
    from fediprof.posts.threads import descendants

    paul, zoe = remote("paul"), remote("zoe", "other.example")
    # Given a post of his that was looked up, with an answer that nobody sent us
    answer = zoe.note("an answer")
    zoe.create(answer)
    root = paul.note("root", replies="https://far.example/replies/1")
    paul.create(root)
    answer["inReplyTo"] = root["id"]
    network.documents[str(answer["id"])] = {"@context": AS2, **answer}
    replies = {"@context": AS2, "id": "https://far.example/replies/1", "type": "Collection", "items": [answer["id"]]}
    network.documents["https://far.example/replies/1"] = replies
    found = await services.resolver.post(root["id"])
    # When she asks for more of the thread
    await services.perform(ask_for_thread, AskForThread(marie, found.id))
    await drain()
    # Then the answer stands under it, as its own server gives it
    below = await services.read(lambda tx: descendants(tx, found, marie.actor_id))
    assert [(await services.read(lambda tx, i=i: posts.by_id(tx, i))).content for i, _ in below] == ["an answer"]
    # And his profile is filled from his outbox, at most once unasked
    older = [paul.note(f"older {n}") for n in range(25)]
    for note in older:
        network.documents[str(note["id"])] = {"@context": AS2, **note}
    page = {
        "id": f"{paul.iri}/outbox?page",
        "type": "OrderedCollectionPage",
        "orderedItems": [n["id"] for n in older],
    }
    outbox = {"@context": AS2, "id": f"{paul.iri}/outbox", "type": "OrderedCollection", "first": page}
    network.documents[f"{paul.iri}/outbox"] = outbox
    for _ in range(2):
        await services.perform(ask_for_posts, AskForPosts(marie, found.actor_id))
        await drain()
    kept = await services.read(lambda tx: posts.of_actor(tx, found.actor_id, marie.actor_id, limit=50))
    assert len(kept) == 21
    assert network.got.count(f"{paul.iri}/outbox") == 1


async def test_follower_lists_are_kept_in_step_both_ways(client, marie, remote, network, drain, services) -> None:
    """FEP-8fcf."""
    from fediprof.follows.synchronization import digest_of, parse

    # Given a follower elsewhere: a post for followers says who follows from there, a public one does not
    paul = remote("paul")
    await followed_by(paul, drain)
    network.delivered.clear()
    for visibility in ("public", "followers"):
        await services.perform(publish_post, PublishPost(marie, "hello", visibility=visibility))
        await drain()
    public, private = (each.headers.get("collection-synchronization") for each in network.delivered)
    assert public is None
    stated = parse(private)
    assert stated.digest == digest_of([paul.iri])
    assert "collection-synchronization" in network.delivered[1].headers["signature"]
    own_part = await get_signed(client, paul, stated.url)
    assert own_part.json()["orderedItems"] == [paul.iri]
    assert (await client.get(stated.url, headers={"accept": "application/activity+json"})).status_code == 401
    # And given that she follows him, but his server has lost that
    await services.perform(request_follow, RequestFollow(marie, (await services.resolver.actor(paul.iri)).id))
    await drain()
    await paul.send(paul.activity("Accept", network.activities("Follow")[0]))
    await drain()
    url = f"{paul.iri}/followers/part"
    network.documents[url] = {"@context": AS2, "id": url, "type": "OrderedCollection", "orderedItems": []}
    header = f'collectionId="{paul.iri}/followers", url="{url}", digest="{digest_of([])}"'
    note = paul.note("for followers", to=(f"{paul.iri}/followers",))
    await paul.send(paul.create(note), headers={"collection-synchronization": header})
    await drain()
    known = await services.resolver.actor(paul.iri)
    assert not (await services.read(lambda tx: follows.relationships(tx, marie.actor_id, [known.id])))[
        known.id
    ].following
    # And the other way round: he lists her, she does not follow; his list is mended by an Undo
    network.documents[url]["orderedItems"] = [MARIE]
    header = f'collectionId="{paul.iri}/followers", url="{url}", digest="{digest_of([MARIE])}"'
    await paul.send(paul.create(paul.note("again")), headers={"collection-synchronization": header})
    await drain()
    assert [each["object"]["object"] for each in network.activities("Undo")] == [paul.iri]


async def test_who_is_in_a_private_thread_is_told_of_its_own_messages_only(marie, remote, drain, services) -> None:
    from fediprof.conversations import store as conversations
    from tests.conftest import make_member

    leo, zoe = await make_member(services, "leo"), await make_member(services, "zoe")
    first = await services.perform(publish_post, PublishPost(marie, "@leo between us", visibility="direct"))
    aside = PublishPost(marie, "@zoe about it", visibility="direct", in_reply_to_id=first.id)
    await services.perform(publish_post, aside)

    async def people(of) -> list[str]:  # type: ignore[no-untyped-def]
        [thread] = await services.read(lambda tx: conversations.threads(tx, of.actor_id, limit=5))
        return sorted(person.username for person in thread.people)

    assert await people(leo) == ["marie"]
    assert await people(zoe) == ["marie"]
    assert await people(marie) == ["leo", "zoe"]


async def test_a_film_described_in_markdown_is_read_as_such(marie, remote, drain, services) -> None:
    paul = remote("paul")
    text = "Grab **this**:\r\n\r\n- one\r\n- <script>alert(1)</script> https://peer.example/w\r\n"
    film = paul.note(text, cc=(MARIE,), type="Video", name="A film", mediaType="text/markdown")
    await paul.send(paul.create(film))
    # One that says it is plain, in two languages, is taken at its word too
    texts = {"en": "1 < 2\n\nand *so on*", "fr": "1 < 2\n\net *la suite*"}
    plain = paul.note(texts["en"], cc=(MARIE,), contentMap=texts, mediaType="text/plain")
    await paul.send(paul.create(plain))
    await drain()
    kept = await services.read(lambda tx: posts.by_iri(tx, film["id"]))
    assert "<p>Grab <strong>this</strong>:</p>" in kept.content
    assert "<li>one</li>" in kept.content
    assert "&lt;script&gt;" in kept.content
    assert '<a href="https://peer.example/w"' in kept.content
    kept = await services.read(lambda tx: posts.by_iri(tx, plain["id"]))
    assert kept.content == "<p>1 &lt; 2</p><p>and *so on*</p>"
    assert kept.content_map["fr"] == "<p>1 &lt; 2</p><p>et *la suite*</p>"


async def test_an_edit_that_says_nothing_of_translations_keeps_them(marie, services) -> None:
    texts = (("en", "Good morning"),)
    post = await services.perform(publish_post, PublishPost(marie, "Bonjour", language="fr", translations=texts))
    after = await services.perform(revise_post, RevisePost(marie, post.id, "Bonsoir", language="fr"))
    assert after.content_map == {"fr": "<p>Bonsoir</p>", "en": "<p>Good morning</p>"}
    gone = RevisePost(marie, post.id, "Bonsoir", language="fr", translations=())
    assert (await services.perform(revise_post, gone)).content_map is None


async def test_two_posts_with_one_idempotency_key_at_once_are_one(marie, services) -> None:
    import asyncio

    same = PublishPost(marie, "once", idempotency_key="k")
    made = await asyncio.gather(*(services.perform(publish_post, same) for _ in range(6)))
    assert len({post.id for post in made}) == 1


async def test_an_address_with_a_nul_is_refused_and_breaks_nothing(client, marie) -> None:
    for path in (
        "/@ma%00rie",
        "/u/ma%00rie",
        "/tags/%00",
        "/.well-known/webfinger?resource=acct:ma%00rie@home.example",
    ):
        assert (await client.get(path)).status_code == 400
