"""What is kept of first messages: for how long, how much of it at most, and for whom it is forgotten."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fediprof import clock, ids
from fediprof.accounts.commands import DeleteAccount, delete_own_account
from fediprof.actors import store as actors
from fediprof.actors.departure import forget_actor
from fediprof.campaigns import likeness, noting, records, store
from fediprof.campaigns.records import KEPT, MOST_COMPARED, Campaign, Copy
from fediprof.posts import store as posts
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.schema.campaigns import campaign, campaign_band, campaign_copy
from fediprof.worker import Workers
from tests.campaigns.conftest import NAMES
from tests.campaigns.texts import ENGLISH, UNLIKE, template

pytestmark = pytest.mark.anyio
TABLES = (campaign, campaign_band, campaign_copy)


def test_records_are_their_tables() -> None:
    for record, table in ((Campaign, campaign), (Copy, campaign_copy)):
        assert [each.name for each in fields(record)] == table.c.keys()


async def rows(services) -> list[int]:  # type: ignore[no-untyped-def]
    return await services.read(
        lambda tx: [tx.execute(select(func.count()).select_from(each)).scalar_one() for each in TABLES]
    )


async def reached(services) -> list[int]:  # type: ignore[no-untyped-def]
    return list(await services.read(lambda tx: tx.execute(select(campaign.c.reached)).scalars().all()))


async def test_all_of_it_is_forgotten_after_thirty_days_by_the_clock(
    services, people, paul, write, monkeypatch
) -> None:
    real = clock.now
    for name in ("leonard", "isabelle"):
        await write(paul, name, template(name))
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=20))
    workers = Workers(services)
    await write(paul, "zoraide", template("zoraide"))
    assert await reached(services) == [3]
    # a signature gives way to that of a later copy, so that none is older than it may be
    signed = await services.read(lambda tx: tx.execute(select(campaign.c.signed_at)).scalar_one())
    assert signed > real() + timedelta(days=19)
    # after thirty days the first two are gone, and there is one copy
    monkeypatch.setattr(clock, "now", lambda: real() + KEPT + timedelta(hours=1))
    await workers._sweep()
    assert await reached(services) == [1]
    assert (await rows(services))[2] == 1
    await write(paul, "olympe", template("olympe"))
    assert await reached(services) == [2]
    # and in the end nothing
    monkeypatch.setattr(clock, "now", lambda: real() + KEPT * 2 + timedelta(days=2))
    await workers._sweep()
    assert await rows(services) == [0, 0, 0]


async def test_copies_more_than_thirty_days_apart_are_none(services, people, paul, write, monkeypatch) -> None:
    real = clock.now
    for n, name in enumerate(("leonard", "isabelle", "zoraide")):
        monkeypatch.setattr(clock, "now", lambda n=n: real() + timedelta(days=31 * n))
        await write(paul, name, template(name))
    assert sorted(await reached(services)) == [1, 1, 1]


async def test_who_leaves_is_forgotten_as_sender_and_as_recipient(services, people, paul, write, drain) -> None:
    for name in NAMES[1:]:
        await write(paul, name, template(name))
    await services.perform(delete_own_account, DeleteAccount(people["leonard"]))
    await drain()
    assert await reached(services) == [3]
    assert (await rows(services))[2] == 3
    gone = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    await services.database.write(lambda tx: forget_actor(tx, gone, clock.now()))
    assert await rows(services) == [0, 0, 0]
    for name in ("isabelle", "zoraide"):
        await services.perform(publish_post, PublishPost(people["olympe"], f"@{name} {template(name)}", "direct"))
    assert await reached(services) == [2]
    await services.perform(delete_own_account, DeleteAccount(people["olympe"]))
    await drain()
    assert await rows(services) == [0, 0, 0]


async def test_the_likest_is_found_among_others_of_its_server_alone(services) -> None:
    texts = {
        "one": template("marie"),
        "two": template("marie", text=UNLIKE),
        "three": template("marie", text=ENGLISH),
    }
    now = clock.now()

    def signed(text: str) -> bytes:
        found = likeness.signature([word for each in likeness.sentences(text) for word in each.words])
        assert found is not None
        return found

    def fill(tx) -> dict[str, int]:  # type: ignore[no-untyped-def]
        made = {}
        for name, text in texts.items():
            made[name] = ids.new_id()
            store.insert_campaign(tx, Campaign(made[name], "a.example", None, signed(text), now, now, now, 1))
        return made

    made = await services.database.write(fill)
    since = now - KEPT

    def look(tx, text: str, scope: str) -> int | None:  # type: ignore[no-untyped-def]
        found = store.likest(tx, signed(text), scope, since)
        return None if found is None else found.id

    for name, text in texts.items():
        assert await services.read(lambda tx, t=text: look(tx, t + " Un mot de plus.", "a.example")) == made[name]
        assert await services.read(lambda tx, t=text: look(tx, t, "b.example")) is None


@pytest.mark.parametrize("alike", [True, False], ids=["one text", "texts of all kinds"])
async def test_ten_thousand_messages_of_one_account_stay_bounded(
    services, people, paul, write, alike, monkeypatch
) -> None:
    """Of which a hundredth is written here, with bounds a hundredth as large; each costs about as much as the first."""
    monkeypatch.setattr(store, "MOST_COMPARED", MOST_COMPARED // 100)
    await write(paul, "leonard", template("leonard"))
    author = await services.read(lambda tx: actors.by_iri(tx, paul.iri))
    readers = await services.read(lambda tx: actors.by_ids(tx, [each.actor_id for each in people.values()]))
    post = await services.perform(publish_post, PublishPost(people["marie"], "A place for ids", "public"))
    words = [f"{a}{b}{c}e" for a in "bcdfg" for b in "aeiou" for c in "lmnrst"]

    def flood(tx) -> float:  # type: ignore[no-untyped-def]
        begun = time.process_time()
        for n in range(100):
            text = template("x") if alike else " ".join(words[(n * 7 + k * (n + 1)) % len(words)] for k in range(60))
            copy = replace(
                post, id=ids.new_id(), iri=f"https://recruits.example/n/{n}", content=text, actor_id=author.id
            )
            posts.insert_post(tx, copy, (), ())
            reader = list(readers.values())[n % len(readers)]
            noting._note(tx, copy, author, reader, services.here())
        return time.process_time() - begun

    spent = await services.database.write(flood)
    kept = await rows(services)
    assert kept[0] <= MOST_COMPARED // 100
    assert kept[1] <= kept[0] * likeness.PLACES // likeness.BAND
    assert kept[2] <= max(kept[0], len(people)) * records.MOST_TO_ONE
    assert spent / 100 < 0.05


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<p></p>",
        "<p>" + "😀" * 5000 + "</p>",
        "<p>" + "mot " * 60_000 + "</p>",
        "<div>" * 3000 + "mot " * 100,
        "<script>" + "alert(1); " * 100 + "</script>",
        "<p>" + "x" * 200_000 + "</p>",
        "<p>&lt;b&gt;" + "mot&nbsp;" * 100 + "\u202e</p>",
    ],
    ids=["empty", "no words", "emoji", "huge", "deep", "script", "one word", "entities"],
)
async def test_whatever_comes_is_kept_as_a_message_and_answers_well(
    services, people, remote, paul, content, drain
) -> None:
    for n, name in enumerate(NAMES[1:]):
        to = services.here().actor(name)
        note = paul.note(content, to=(to,), tag=[{"type": "Mention", "href": to, "name": f"@{name}"}])
        assert (await paul.send(paul.create({**note, "id": f"{note['id']}/{n}"}))).status_code == 202
        await drain()
    kept = await reached(services)
    assert kept in ([], [4])
