"""What comes to a group of ours and is not as it should be: every "B:" of groups rules 17 to 34 that no captured file has."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.groups import posting, voting
from fediprof.groups import store as groups
from fediprof.groups.rules import title_of
from fediprof.interactions.commands import React
from fediprof.posts import store as posts
from fediprof.posts.commands import DeletePost, PublishPost, RevisePost
from fediprof.schema.inbox import inbox_activity
from tests.federation.test_bad_input import BOOKKEEPING
from tests.groups.conftest import make_group
from tests.groups.test_intake import created
from tests.groups.test_software import runs
from tests.support.remote import AS2, PUBLIC
from tests.support.rows import kept

pytestmark = pytest.mark.anyio
NOW = "2026-11-20T10:00:00Z"


@pytest.fixture
async def paul(industry, remote, network, drain):  # type: ignore[no-untyped-def]
    """A member of the group, on a server that reads both forms; votes too."""
    runs(network, "far.example", "friendica")
    person = remote("paul", "far.example", featured="https://far.example/users/paul/featured")
    await person.send(person.activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    return person


@pytest.fixture
async def lea(industry, remote, network, drain, paul):  # type: ignore[no-untyped-def]
    person = remote("lea", "near.example")
    await person.send(person.activity("Follow", industry.actor.iri))
    await drain()
    network.delivered.clear()
    return person


def passed(network, host: str = "far.example") -> tuple[list[dict], list[str]]:  # type: ignore[no-untyped-def, type-arg]
    """(activities passed on, posts boosted) as one server got them."""
    sent = [each.activity for each in network.delivered if f"//{host}/" in each.url]
    announces = [each["object"] for each in sent if each["type"] == "Announce"]
    return [each for each in announces if isinstance(each, dict)], [
        each for each in announces if isinstance(each, str)
    ]


async def placed_of(services, iri: str):  # type: ignore[no-untyped-def]
    def unit(tx):  # type: ignore[no-untyped-def]
        found = posts.by_iri(tx, iri)
        return None if found is None else groups.post(tx, found.id)

    return await services.read(unit)


async def outcome(services, person) -> str:  # type: ignore[no-untyped-def]
    """Of the last activity somebody sent."""
    query = select(inbox_activity.c.outcome).where(inbox_activity.c.actor_iri == person.iri)
    return str(
        await services.read(lambda tx: tx.execute(query.order_by(inbox_activity.c.id.desc())).scalars().first())
    )


async def without_effect(services, drain, network, person, activity) -> None:  # type: ignore[no-untyped-def]
    before = await kept(services, but=BOOKKEEPING)
    network.delivered.clear()
    assert (await person.send(activity)).status_code == 202
    await drain()
    assert await kept(services, but=BOOKKEEPING) == before, await outcome(services, person)
    assert network.delivered == []


def answer_to(person, group, number: int, parent: str, **note: object) -> dict[str, object]:  # type: ignore[no-untyped-def]
    return created(person, group, number, type="Note", name=None, inReplyTo=parent, **{"to": [PUBLIC], **note})


# --- loops, and one thing over several paths


async def test_a_group_does_not_follow_into_a_group(industry, remote, services, network, drain) -> None:
    other = remote("cats", "lemmy.example", type="Group")
    await other.send(other.activity("Follow", industry.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == ["Reject"]
    known = await services.read(lambda tx: actors.by_iri(tx, other.iri))
    assert not await services.read(lambda tx: groups.is_member(tx, industry.id, known.id))


@pytest.mark.parametrize("form", ["ours again", "of an Announce", "itself", "a boost of ours"])
async def test_what_was_passed_on_is_never_passed_on_again(form, industry, paul, services, network, drain) -> None:
    create = created(paul, industry, 1)
    await paul.send(create)
    await drain()
    sent = network.activities("Announce")
    wrapped = next(each for each in sent if isinstance(each["object"], dict))
    boost = next(each for each in sent if isinstance(each["object"], str))
    network.delivered.clear()
    other = paul.activity("Announce", wrapped, to=[industry.actor.iri, PUBLIC], cc=[], audience=industry.actor.iri)
    inner = {
        "ours again": wrapped["object"],
        "of an Announce": wrapped,
        "itself": other["id"],
        "a boost of ours": boost["id"],
    }[form]
    assert (await paul.send(other | {"object": inner})).status_code == 202
    await drain()
    assert network.activities("Announce") == []
    # Nor when our own comes back to us
    for back in (wrapped, boost):
        assert (await paul.send(back)).status_code in (202, 401, 403)
    await drain()
    assert network.activities("Announce") == []


async def test_one_thread_over_three_paths_is_passed_on_once(industry, paul, lea, remote, network, drain) -> None:
    create = created(lea, industry, 1)
    network.documents[create["object"]["id"]] = {"@context": AS2, **create["object"]}
    cats = remote("cats", "lemmy.example", type="Group")
    wrapped = cats.activity("Announce", create, to=[PUBLIC], cc=[f"{cats.iri}/followers"])
    relay = remote("relay", "relay.example", type="Application")
    await asyncio.gather(
        lea.send(create),
        cats.send(wrapped),
        relay.send(relay.activity("Announce", create["object"]["id"], to=[PUBLIC])),
        relay.send(json.dumps(create).encode()),  # forwarded as it is, signed by who forwards it
    )
    await drain()
    await lea.send(create)
    await lea.send({**create, "id": f"{create['id']}/again"})
    await drain()
    assert passed(network) == ([create], [create["object"]["id"]])


# --- what is too much


@pytest.mark.parametrize(("size", "taken"), [(90_000, True), (100_001, False), (1_100_000, False)])
async def test_more_text_than_a_group_takes(size, taken, industry, paul, services, network, drain) -> None:
    create = created(paul, industry, 1, content=f"<p>{'x' * (size - 7)}</p>")
    assert (await paul.send(create)).status_code == (413 if size > 2**20 else 202)
    await drain()
    assert passed(network) == (([create], [create["object"]["id"]]) if taken else ([], []))
    assert (await placed_of(services, create["object"]["id"]) is not None) == taken
    if taken:
        grown = {**create["object"], "content": "y" * 200_000, "updated": "2026-11-20T11:00:00Z"}
        network.delivered.clear()
        await paul.send(create | {"type": "Update", "id": "https://far.example/update/1", "object": grown})
        await drain()
        assert passed(network) == ([], [])


async def test_nesting_beyond_fifty_ends_somewhere(industry, paul, services, network, drain) -> None:
    """A conversation deeper than others take, every post of it at its address only: no recursion, no flood of fetches."""
    for number in range(2, 60):
        note = answer_to(paul, industry, number, f"https://far.example/post/{number - 1}")["object"]
        network.documents[f"https://far.example/post/{number}"] = {"@context": AS2, **note}  # type: ignore[dict-item]
    last = answer_to(paul, industry, 60, "https://far.example/post/59", cc=[industry.actor.iri])
    assert (await paul.send(last)).status_code == 202
    await drain()
    assert len([each for each in network.got if "/post/" in each]) <= 60
    too_deep: dict[str, object] = {"id": "https://far.example/post/99"}
    for _ in range(70):
        too_deep = {"type": "Note", "inReplyTo": too_deep}
    assert (await paul.send(paul.activity("Create", too_deep))).status_code == 400


async def test_a_flood_of_one_author_loses_nothing_and_keeps_its_order(industry, paul, lea, network, drain) -> None:
    sent = [created(lea, industry, number) for number in range(60)]
    for create in sent:
        assert (await lea.send(create)).status_code == 202
    await drain()
    wrapped, boosts = passed(network)
    assert [each["id"] for each in wrapped] == [each["id"] for each in sent]
    assert boosts == [each["object"]["id"] for each in sent]  # type: ignore[index]


# --- replies


async def test_a_reply_finds_its_thread_over_what_was_never_sent_here(
    industry, paul, lea, services, network, drain
) -> None:
    thread = created(paul, industry, 1)
    await paul.send(thread)
    await drain()
    for number in range(2, 8):
        note = answer_to(lea, industry, number, _address(number - 1), cc=[])["object"]
        network.documents[_address(number)] = {"@context": AS2, **note, "audience": None}  # type: ignore[dict-item]
    network.delivered.clear()
    reply = answer_to(lea, industry, 8, _address(7), cc=[industry.actor.iri])
    await lea.send(reply)
    await drain()
    assert passed(network) == ([reply], [])
    placed = await placed_of(services, _address(8))
    assert placed.thread_id == (await placed_of(services, _address(1))).thread_id
    # One that answers what was fetched, and names nobody, is of the thread as well
    network.delivered.clear()
    later = answer_to(lea, industry, 9, _address(4), cc=[]) | {"audience": None, "cc": []}
    later["object"]["audience"] = None  # type: ignore[index]
    await lea.send(later)
    await drain()
    assert passed(network) == ([later], [])


def _address(number: int) -> str:
    return f"https://{'far' if number == 1 else 'near'}.example/post/{number}"


async def test_a_reply_to_what_is_elsewhere_begins_a_thread_only_where_the_group_is_named(
    industry, paul, lea, services, network, drain
) -> None:
    note = lea.note("not in any group")
    network.documents[note["id"]] = {"@context": AS2, **note}
    unnamed = answer_to(paul, industry, 1, note["id"], cc=[]) | {"audience": None}
    unnamed["object"]["audience"] = None  # type: ignore[index]
    await without_effect(services, drain, network, paul, unnamed)
    named = answer_to(paul, industry, 2, note["id"], cc=[industry.actor.iri])
    await paul.send(named)
    await drain()
    assert passed(network) == ([named], [])  # an answer is never boosted, whatever it begins
    placed = await placed_of(services, "https://far.example/post/2")
    assert placed.starts_thread


# --- what is passed on in which form


async def test_an_unlisted_thread_is_passed_on_and_not_boosted(industry, paul, network, drain) -> None:
    create = created(paul, industry, 1, to=[industry.actor.iri], cc=[PUBLIC])
    await paul.send(create)
    await drain()
    assert passed(network) == ([create], [])


@pytest.mark.parametrize(
    ("policy", "boosted"),
    [
        (None, True),
        ({"canLike": {"automaticApproval": []}}, True),
        ({"canAnnounce": {"automaticApproval": [PUBLIC]}}, True),
        ({"canAnnounce": {"always": "as:Public"}}, True),
        ({"canAnnounce": {"always": ["https://far.example/users/paul"], "approvalRequired": [PUBLIC]}}, False),
        ({"canAnnounce": {"automaticApproval": "https://far.example/users/paul"}}, False),
        ({"canAnnounce": {"automaticApproval": ["https://home.example/u/industry"]}}, True),
        ({"canAnnounce": {}}, False),
        ({"canAnnounce": "nonsense"}, True),
        ("nonsense", True),
    ],
)
async def test_a_post_is_boosted_where_its_author_lets_it_be(policy, boosted, industry, paul, network, drain) -> None:
    create = created(paul, industry, 1, interactionPolicy=policy)
    await paul.send(create)
    await drain()
    assert passed(network) == ([create], [create["object"]["id"]] if boosted else [])


async def test_a_vote_in_a_poll_is_never_passed_on(industry, paul, lea, services, network, drain) -> None:
    poll = created(
        paul, industry, 1, type="Question", oneOf=[{"type": "Note", "name": "yes"}], endTime="2099-01-01T00:00:00Z"
    )
    await paul.send(poll)
    await drain()
    vote = lea.note("", to=(paul.iri, industry.actor.iri), inReplyTo="https://far.example/post/1", name="yes")
    del vote["content"]
    network.documents[vote["id"]] = {"@context": AS2, **vote}
    for activity in (
        lea.activity("Create", vote, to=[PUBLIC], cc=[industry.actor.iri]),
        lea.activity("Create", {**vote, "to": [PUBLIC]}, to=[PUBLIC], cc=[industry.actor.iri]),
        lea.activity("Create", vote["id"], to=[PUBLIC], cc=[industry.actor.iri]),
    ):
        await without_effect(services, drain, network, lea, activity)


async def test_dates_of_the_future_are_those_of_receipt(industry, paul, services, client, drain, network) -> None:
    for number, at in ((1, "2999-01-01T00:00:00Z"), (2, NOW), (3, "0001-01-01T00:00:00Z")):
        await paul.send(created(paul, industry, number, published=at))
        await drain()
    found = [
        await services.read(lambda tx, i=i: posts.by_iri(tx, f"https://far.example/post/{i}")) for i in (1, 2, 3)
    ]
    assert all(each.published_at <= clock.now() for each in found)
    assert all(each.published_at > clock.now() - timedelta(days=30) for each in found)
    ordered = await services.read(lambda tx: groups.latest_threads(tx, industry.id))
    assert set(ordered) == {each.id for each in found}
    assert ordered[0] == found[2].id


# --- titles


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<p>@industry@home.example Who knows ETL?</p><p>I do not.</p>", "Who knows ETL?"),
        ('<p><a href="#">@industry</a></p><p>Who knows ETL?</p>', "Who knows ETL?"),
        ("<p>@a @b@c.example: Who knows ETL? @industry@home.example</p>", "Who knows ETL?"),
        ("<p>Mail me at ann@far.example</p>", "Mail me at ann@far.example"),
        ("<p>@industry</p>", ""),
        ("", ""),
        (f"<p>{'word ' * 60}</p>", ("word " * 40)[:199].rstrip() + "…"),
    ],
)
def test_the_title_of_what_has_none(html, title) -> None:
    assert title_of("", html) == title
    assert len(title_of("", html)) <= 200


async def test_an_edit_keeps_the_title_made_from_the_first_line(industry, paul, services, network, drain) -> None:
    mention = {"type": "Mention", "href": industry.actor.iri, "name": "@industry@home.example"}
    text = "<p>@industry@home.example Who knows ETL?</p><p>I do not.</p>"
    first = created(
        paul, industry, 1, type="Note", name=None, content=text, to=[PUBLIC], cc=[industry.actor.iri], tag=[mention]
    )
    await paul.send(first)
    await drain()

    async def title() -> str:
        return (await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))).title

    assert await title() == "Who knows ETL?"
    changed = {**first["object"], "content": "<p>Solved</p>", "updated": "2026-11-20T11:00:00Z"}
    update = first | {"type": "Update", "id": "https://far.example/update/1", "object": changed}
    await paul.send(update)
    await drain()
    assert await title() == "Who knows ETL?"
    assert update in passed(network)[0]
    named = {**changed, "name": "Another " + "x" * 300, "updated": "2026-11-20T12:00:00Z"}
    await paul.send(first | {"type": "Update", "id": "https://far.example/update/2", "object": named})
    await drain()
    assert (await title()).startswith("Another")
    assert len(await title()) <= 200


async def test_what_a_member_begins_by_a_mention_has_a_title_and_keeps_it(
    industry, paul, marie, services, network, drain
) -> None:
    post = await services.perform(
        posting.publish, PublishPost(marie, "@industry@home.example Who knows ETL?\n\nI do not.")
    )
    await drain()
    [wrapped] = passed(network)[0]
    assert (wrapped["object"]["type"], wrapped["object"]["name"]) == ("Article", "Who knows ETL?")
    await services.perform(posting.revise, RevisePost(marie, post.id, "Solved."))
    await drain()
    update = passed(network)[0][-1]
    assert (update["type"], update["object"]["name"]) == ("Update", "Who knows ETL?")


# --- changes and ends


async def test_a_deleted_thread_leaves_the_homes_it_was_boosted_to(industry, paul, lea, network, drain) -> None:
    await lea.send(created(lea, industry, 1))
    await drain()
    boost = next(each for each in network.activities("Announce") if isinstance(each["object"], str))
    network.delivered.clear()
    gone = {"id": "https://near.example/post/1", "type": "Tombstone"}
    delete = lea.activity("Delete", gone, to=[PUBLIC], cc=[industry.actor.iri], audience=industry.actor.iri)
    await lea.send(delete)
    await drain()
    assert passed(network) == ([delete], [])
    undone = [each["object"] for each in network.activities("Undo")]
    assert undone
    assert all(each["id"] == boost["id"] and each["actor"] == industry.actor.iri for each in undone)
    network.delivered.clear()
    await lea.send(delete | {"id": "https://near.example/delete/again"})
    await drain()
    assert network.delivered == []


async def test_who_is_banned_is_refused_in_everything(industry, paul, lea, services, network, drain) -> None:
    await paul.send(created(paul, industry, 1))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, lea.iri))
    ban = {"banned_at": clock.now(), "ban_iri": "https://home.example/a/ban", "ban_reason": "spam"}
    await services.database.write(lambda tx: groups.set_standing(tx, industry.id, known.id, **ban))
    for activity in (
        created(lea, industry, 2),
        answer_to(lea, industry, 3, "https://far.example/post/1", cc=[industry.actor.iri]),
        lea.activity("Like", "https://far.example/post/1", audience=industry.actor.iri),
        lea.activity("Dislike", "https://far.example/post/1", audience=industry.actor.iri),
    ):
        network.delivered.clear()
        await lea.send(activity)
        await drain()
        assert network.activities("Announce") == [], activity["type"]
    for number in (2, 3):
        iri = f"https://near.example/post/{number}"
        assert await services.read(lambda tx, iri=iri: posts.by_iri(tx, iri)) is None
    network.delivered.clear()
    await lea.send(lea.activity("Follow", industry.actor.iri))
    await drain()
    assert [each["type"] for each in network.activities()] == ["Reject"]


async def test_nobody_changes_what_another_wrote(industry, paul, lea, services, network, drain) -> None:
    create = created(paul, industry, 1)
    await paul.send(create)
    await drain()
    defaced = {**create["object"], "content": "<p>defaced</p>", "updated": "2026-11-21T00:00:00Z"}
    for activity in (
        lea.activity("Update", defaced, to=create["to"], cc=[]),
        lea.activity("Update", {**defaced, "attributedTo": lea.iri}, to=create["to"], cc=[]),
        lea.activity("Delete", create["object"]["id"], to=create["to"], cc=[]),
        lea.activity("Create", {**defaced, "attributedTo": lea.iri}, to=create["to"], cc=[]),
    ):
        await without_effect(services, drain, network, lea, activity)
    # Nor a neighbour on the author's own host
    eve = lea.__class__(network, paul.client, "https://far.example/users/eve", "eve")
    eve.publish()
    await services.resolver.actor(eve.iri)
    for activity in (
        eve.activity("Update", {**defaced, "attributedTo": eve.iri}, to=create["to"], cc=[]),
        eve.activity("Update", defaced, to=create["to"], cc=[]),
    ):
        network.delivered.clear()
        await eve.send(activity)
        await drain()
        assert network.activities("Announce") == []
    found = await services.read(lambda tx: posts.by_iri(tx, create["object"]["id"]))
    assert "defaced" not in found.content
    assert found.deleted_at is None


@pytest.mark.parametrize(("days", "taken"), [(6, True), (8, False)])
async def test_a_change_of_a_post_never_seen_is_a_post_while_it_is_young(
    days, taken, industry, paul, services, network, drain
) -> None:
    at = clock.rfc3339(clock.now() - timedelta(days=days))
    update = created(paul, industry, 1, published=at, updated=clock.rfc3339(clock.now())) | {"type": "Update"}
    await paul.send(update)
    await drain()
    assert passed(network) == (([update], ["https://far.example/post/1"]) if taken else ([], []))
    network.delivered.clear()
    await paul.send(update | {"type": "Create", "id": "https://far.example/create/late"})
    await drain()
    assert len(passed(network)[1]) == (0 if taken else 1)


async def test_a_revision_for_fewer_is_neither_kept_nor_passed_on(industry, paul, services, network, drain) -> None:
    create = created(paul, industry, 1)
    await paul.send(create)
    await drain()
    for number, to in enumerate(([industry.actor.iri], [f"{paul.iri}/followers", industry.actor.iri], [])):
        secret = {**create["object"], "content": "a secret", "updated": f"2026-11-2{number + 1}T00:00:00Z", "to": to}
        update = paul.activity("Update", secret, to=to, cc=[], audience=industry.actor.iri)
        await without_effect(services, drain, network, paul, update)


# --- votes


async def test_votes_that_are_none(industry, paul, lea, services, network, drain) -> None:
    await paul.send(created(paul, industry, 1))
    await drain()
    post = "https://far.example/post/1"
    liked = lea.activity("Like", post, audience=industry.actor.iri)
    for activity in (
        lea.activity("Like", "https://home.example/p/nowhere"),
        lea.activity("Undo", liked),
        lea.activity("Undo", "https://near.example/activities/never"),
    ):
        await without_effect(services, drain, network, lea, activity)
    network.delivered.clear()
    assert (await lea.send({**liked, "id": "https://other.example/like/1"})).status_code in (401, 403)
    assert (await lea.send(lea.activity("Like", "https://far.example/post/unknown"))).status_code == 202
    await drain()
    assert network.delivered == []
    # Counted once, however often and in whichever way it comes; the last counts
    await lea.send(lea.activity("Undo", {**liked, "id": "https://near.example/x"}))
    for each in (liked, lea.activity("Like", post), lea.activity("EmojiReact", post, content="🎉")):
        await lea.send(each)
    await drain()
    assert [each["type"] for each in passed(network)[0]] == ["Like"]
    against = lea.activity("Dislike", post)
    await lea.send(against)
    await lea.send(lea.activity("Dislike", post))
    await drain()
    assert [each["type"] for each in passed(network)[0]] == ["Like", "Dislike"]
    placed = await placed_of(services, post)
    assert (placed.ups, placed.downs) == (0, 1)
    await lea.send(lea.activity("Undo", against["id"]))
    await drain()
    assert passed(network)[0][-1]["type"] == "Undo"
    placed = await placed_of(services, post)
    assert (placed.ups, placed.downs) == (0, 0)


async def test_a_group_that_counts_no_votes_passes_none_on(marie, services, paul, remote, network, drain) -> None:
    quiet = await make_group(services, marie, "calm", votes=False)
    await paul.send(paul.activity("Follow", quiet.actor.iri))
    await paul.send(created(paul, quiet, 1))
    await drain()
    network.delivered.clear()
    ann = remote("ann", "third.example")
    await ann.send(ann.activity("Like", "https://far.example/post/1", audience=quiet.actor.iri))
    mine = await services.read(lambda tx: posts.by_iri(tx, "https://far.example/post/1"))
    await services.perform(voting.like, React(marie, mine.id))
    await drain()
    assert network.activities("Announce") == []


# --- membership


async def test_following_again_is_answered_again_and_leaving_by_id_is_leaving(
    industry, remote, services, network, drain
) -> None:
    ann = remote("ann", "third.example")
    follow = ann.activity("Follow", industry.actor.iri)
    await ann.send(follow)
    await drain()
    again = ann.activity("Follow", industry.actor.iri)
    await ann.send(again)
    await drain()
    accepts = network.activities("Accept")
    assert [each["object"]["id"] for each in accepts] == [follow["id"], again["id"]]
    assert all(each["object"]["actor"] == ann.iri for each in accepts)
    mallory = remote("mallory", "evil.example")
    await mallory.send(mallory.activity("Undo", again))
    await mallory.send(mallory.activity("Undo", again["id"]))
    await drain()
    known = await services.read(lambda tx: actors.by_iri(tx, ann.iri))
    assert await services.read(lambda tx: groups.is_member(tx, industry.id, known.id))
    await ann.send(ann.activity("Undo", again["id"]))
    await drain()
    assert not await services.read(lambda tx: groups.is_member(tx, industry.id, known.id))
    await ann.send(ann.activity("Undo", again["id"]))
    await drain()
    group = await services.read(lambda tx: actors.by_id(tx, industry.id))
    assert group.followers_count == 1  # who founded it


async def test_a_follow_in_somebody_elses_name_is_refused(industry, remote, services, network, drain) -> None:
    ann, mallory = remote("ann", "third.example"), remote("mallory", "evil.example")
    forged = ann.activity("Follow", industry.actor.iri)
    assert (await mallory.send(forged)).status_code in (401, 403)
    await drain()
    assert network.delivered == []


async def test_joining_is_following_and_leaving_is_leaving(industry, remote, services, network, drain) -> None:
    ann = remote("ann", "streams.example")
    await ann.send(ann.activity("Follow", industry.actor.iri))
    await ann.send(ann.activity("Join", industry.actor.iri))
    await drain()
    assert {each["type"] for each in network.activities()} == {"Accept"}
    known = await services.read(lambda tx: actors.by_iri(tx, ann.iri))
    assert await services.read(lambda tx: groups.is_member(tx, industry.id, known.id))
    await ann.send(ann.activity("Leave", industry.actor.iri))
    await drain()
    assert not await services.read(lambda tx: groups.is_member(tx, industry.id, known.id))


async def test_numbers_no_proof_has_a_form_for_are_passed_on(industry, paul, network, drain) -> None:
    create = created(
        paul, industry, 1, score=2**70, small=-(2**60), ratio=1.5e-9, nothing=None, nested=[[[{"ü": "☃"}]]]
    )
    assert (await paul.send(json.dumps(create, ensure_ascii=False).encode())).status_code == 202
    await drain()
    assert passed(network) == ([create], [create["object"]["id"]])


async def test_a_member_takes_back_a_thread_and_the_boost_goes(
    industry, paul, marie, services, network, drain
) -> None:
    post = await services.perform(posting.publish, PublishPost(marie, "@industry@home.example Who knows ETL?"))
    await drain()
    network.delivered.clear()
    await services.perform(posting.withdraw, DeletePost(marie, post.id))
    await drain()
    assert [each["type"] for each in passed(network)[0]] == ["Delete"]
    assert [each["object"]["type"] for each in network.activities("Undo")] == ["Announce"]
