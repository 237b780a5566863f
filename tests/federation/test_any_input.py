"""Whatever JSON comes, and in whatever order: the door answers, the worker goes on, and it ends in one state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from fediprof.actors import store as actors
from fediprof.follows import store as follows
from fediprof.follows.commands import RequestFollow, request_follow
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.schema.inbox import inbox_activity, job
from fediprof.timelines import store as timelines
from tests.support.remote import PUBLIC

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)]
MARIE = "https://home.example/u/marie"
ANSWERS = {202, 400, 401, 403, 413, 503}
reused = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

TYPES = [
    "Create",
    "Update",
    "Delete",
    "Follow",
    "Accept",
    "Reject",
    "Like",
    "EmojiReact",
    "Announce",
    "Add",
    "Remove",
    "Undo",
    "Block",
    "Flag",
    "Move",
]
NAMES = [
    "@context",
    "id",
    "type",
    "actor",
    "object",
    "target",
    "attributedTo",
    "to",
    "cc",
    "audience",
    "tag",
    "attachment",
    "content",
    "contentMap",
    "name",
    "summary",
    "inReplyTo",
    "published",
    "updated",
    "url",
    "href",
    "mediaType",
    "endTime",
    "oneOf",
    "replies",
    "likes",
    "items",
    "first",
    "next",
    "proof",
    "signature",
    "publicKey",
    "inbox",
    "sensitive",
    "icon",
    "width",
    "height",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            MARIE,
            PUBLIC,
            "as:Public",
            "https://far.example/users/paul",
            "https://far.example/notes/paul/1",
            "https://evil.example/x",
            "https://home.example/p/none",
            "2026-01-01T00:00:00Z",
            "9999-12-31T23:59:60Z",
            "\x00",
            "\u202e",
            "<script>alert(1)</script>",
            *TYPES,
            "Note",
            "Question",
            "Person",
            "Tombstone",
        ]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)


@pytest.fixture
async def paul(marie, remote, network, services, drain):  # type: ignore[no-untyped-def]
    """Followed by the member, so that what is said of posts has an effect where it can."""
    person = remote("paul")
    known = await services.resolver.handle("paul@far.example")
    await services.perform(request_follow, RequestFollow(marie, known.id))
    await drain()
    await person.send(person.activity("Accept", network.activities("Follow")[0]))
    await drain()
    return person


async def no_row_failed(services) -> None:  # type: ignore[no-untyped-def]
    query = select(inbox_activity.c.state, inbox_activity.c.outcome, inbox_activity.c.body)
    for state, outcome, body in await services.read(lambda tx: tx.execute(query).all()):
        assert state in ("done", "refused") or "before its post" in outcome, (state, outcome, body)
    failed = await services.read(lambda tx: tx.execute(select(job.c.last_error)).scalars().all())
    assert [why for why in failed if why] == []
    await services.database.write(lambda tx: tx.execute(delete(inbox_activity)))
    await services.database.write(lambda tx: tx.execute(delete(job)))


async def each_of(
    strategy: st.SearchStrategy[object], most: int, check: Callable[[object], Coroutine[object, object, None]]
) -> None:
    """Draw examples in a thread of hypothesis' own, and check each on this loop."""
    loop = asyncio.get_running_loop()

    def drive() -> None:
        @settings(parent=reused, max_examples=most)
        @given(strategy)
        def one(example: object) -> None:
            asyncio.run_coroutine_threadsafe(check(example), loop).result(60)

        one()

    await asyncio.to_thread(drive)


async def test_any_json_at_all_gets_an_answer(paul, services, drain, caplog) -> None:
    async def check(value: object) -> None:
        response = await paul.send(json.dumps(value).encode())
        assert response.status_code in ANSWERS, value
        await drain()
        await no_row_failed(services)
        assert "inbox.failed" not in caplog.text

    await each_of(values, 120, check)


async def test_any_bytes_at_all_get_an_answer(paul, services) -> None:
    async def check(body: object) -> None:
        response = await paul.send(body)
        assert response.status_code in ANSWERS, body

    await each_of(st.binary(max_size=200), 150, check)


async def test_an_activity_with_anything_in_it_is_done_or_refused(paul, services, drain, caplog) -> None:
    """Proven, its own in id and actor, and otherwise of any shape."""

    async def check(drawn: object) -> None:
        type, object, more = drawn  # type: ignore[misc]
        activity = {**more, **paul.activity(type, object)}  # type: ignore[dict-item]
        response = await paul.send(activity)
        assert response.status_code in ANSWERS, activity
        await drain()
        await no_row_failed(services)
        assert "inbox.failed" not in caplog.text, activity

    drawn = st.tuples(st.sampled_from(TYPES), values, st.dictionaries(st.sampled_from(NAMES), values, max_size=6))
    await each_of(drawn, 150, check)


async def test_a_post_with_anything_in_it_is_stored_or_refused_and_can_be_shown(
    paul, services, drain, client, caplog
) -> None:
    async def check(drawn: object) -> None:
        type, changes = drawn  # type: ignore[misc]
        note = {**paul.note("<p>words</p>", cc=(MARIE,)), **changes}  # type: ignore[dict-item]
        iri = f"https://far.example/notes/paul/{paul.made}"
        note |= {"id": iri, "attributedTo": paul.iri}
        activity = paul.activity(type, note, to=[PUBLIC])
        assert (await paul.send(activity)).status_code in ANSWERS, activity
        await drain()
        await no_row_failed(services)
        assert "inbox.failed" not in caplog.text, activity
        post = await services.read(lambda tx: posts.by_iri(tx, iri))
        if post is not None:
            shown = await client.get(f"/api/v1/statuses/{post.id}")
            assert shown.status_code in (200, 404), (shown.text, note)
            assert "<script" not in shown.json().get("content", "")

    drawn = st.tuples(
        st.sampled_from(["Create", "Update"]), st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
    )
    await each_of(drawn, 150, check)


# --- in any order, any number of times


async def seen(services, marie, paul, post_iri: str, note_iri: str) -> tuple[object, ...]:  # type: ignore[no-untyped-def]
    """What a person can see of it all."""

    def unit(tx):  # type: ignore[no-untyped-def]
        ours, theirs = posts.by_iri(tx, post_iri), posts.by_iri(tx, note_iri)
        known = actors.by_iri(tx, paul.iri)
        return (
            (ours.likes_count, ours.announces_count),
            None if theirs is None or theirs.deleted_at else theirs.content,
            follows.between(tx, known.id, marie.actor_id) is not None,
            [p for p, _ in timelines.home(tx, marie.actor_id, limit=99)]
            if theirs is not None and not theirs.deleted_at
            else [],
        )

    return await services.read(unit)  # type: ignore[no-any-return]


async def test_shuffled_and_repeated_it_ends_as_in_order(marie, paul, services, drain, network) -> None:
    """Follow, Create, Update, Like, Undo Like, Announce, Undo Announce, Delete: only the pairs that make the order
    matter (Undo of a thing, Delete, a newer Update) decide, not which came first."""
    rounds = 0

    async def play(order: list[int], repeats: list[int]) -> None:
        nonlocal rounds
        rounds += 1
        ours = await services.perform(publish_post, PublishPost(marie, f"round {rounds}"))
        note = paul.note("first words", cc=(MARIE,))
        like, announce = paul.activity("Like", ours.iri), paul.activity("Announce", ours.iri, to=[PUBLIC])
        create = paul.create(note)
        newer = {**note, "content": "newer words", "updated": "2998-01-01T00:00:00Z"}
        newest = {**note, "content": "newest words", "updated": "2999-01-01T00:00:00Z"}
        sequence = [
            create,
            paul.activity("Update", newer, to=[PUBLIC]),
            paul.activity("Update", newest, to=[PUBLIC]),
            like,
            paul.activity("Undo", like),
            announce,
            paul.activity("Undo", announce),
            paul.activity("Follow", MARIE),
        ]
        deleted = len(order) % 2 == 0
        if deleted:
            sequence.append(paul.activity("Delete", {"id": note["id"], "type": "Tombstone"}))
        places = [each % len(sequence) for each in order]
        arrivals = list(dict.fromkeys(places)) + [i for i in range(len(sequence)) if i not in places]
        for index in arrivals + [each % len(sequence) for each in repeats]:
            assert (await paul.send(sequence[index])).status_code == 202
            await drain()
        counts, content, follower, home = await seen(services, marie, paul, ours.iri, str(note["id"]))
        assert counts == (0, 0), arrivals
        assert content == (None if deleted else "newest words"), arrivals
        assert follower, arrivals
        stored = await services.read(lambda tx: posts.by_iri(tx, note["id"]))
        if not deleted:
            assert home.count(stored.id) == 1  # type: ignore[attr-defined]
        await no_row_failed(services)

    async def check(drawn: object) -> None:
        await play(*drawn)  # type: ignore[misc]

    await each_of(
        st.tuples(st.lists(st.integers(0, 99), min_size=6, max_size=9), st.lists(st.integers(0, 99), max_size=6)),
        40,
        check,
    )
