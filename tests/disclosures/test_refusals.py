"""What cannot be opened, and what is said of it; nothing is written then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fediprof.errors import Invalid, NotFound
from fediprof.moderation.commands import BlockActor, block_actor
from fediprof.posts import store as posts
from fediprof.profiles import grant_store, store
from fediprof.profiles.asks import AskFor, ask_for
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.grants import OpenPart, RevokeGrant, open_part, revoke_grant
from fediprof.profiles.records import Words
from fediprof.profiles.sets import RemoveSet, SaveSet, remove_set, save_set
from tests.conftest import make_member
from tests.disclosures.conftest import ledger_of

pytestmark = pytest.mark.anyio


async def refused(services, marie, request, field: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid) as error:
        await services.perform(open_part, request)
    assert error.value.field == field
    assert await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)) == []
    assert await ledger_of(services, marie) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parts": {}}, "parts"),
        ({"parts": {1: frozenset()}}, "parts"),
        ({"parts": {n: frozenset() for n in range(101)}}, "parts"),
        ({"days": 8}, "days"),
        ({"days": 0}, "days"),
        ({"days": 10**9}, "days"),
        ({"mode": "shout"}, "mode"),
        ({"mode": "send"}, "sure"),
        ({"words": "x" * 1001}, "words"),
        ({"label": "x" * 101}, "label"),
    ],
)
async def test_what_is_amiss_is_named(services, marie, leo, private, change, field) -> None:
    request = OpenPart(marie, leo.actor_id, {private.id: frozenset()})
    await refused(services, marie, replace(request, **change), field)


async def test_a_field_there_is_not_opens_nothing(services, marie, leo, private) -> None:
    request = OpenPart(marie, leo.actor_id, {private.id: frozenset({"secret"})})  # type: ignore[arg-type]
    await refused(services, marie, request, "parts")


async def test_nobody_opens_another_s_entry(services, marie, leo) -> None:
    theirs = await services.perform(write_entry, WriteEntry(leo, Draft("free", Words("À Léo"))))
    paul = await make_member(services, "paul")
    await refused(services, marie, OpenPart(marie, paul.actor_id, {theirs.id: frozenset()}), "parts")


async def test_nothing_is_opened_to_oneself_nor_to_who_is_hidden_from_or_blocked(
    services, marie, leo, private
) -> None:
    parts = {private.id: frozenset()}
    await refused(services, marie, OpenPart(marie, marie.actor_id, parts), "to")
    now = services.here().now
    await services.database.write(lambda tx: store.hide_from(tx, marie.actor_id, "person", str(leo.actor_id), now))
    await refused(services, marie, OpenPart(marie, leo.actor_id, parts), "to")
    await services.database.write(lambda tx: store.unhide_from(tx, marie.actor_id, "person", str(leo.actor_id)))
    await services.perform(block_actor, BlockActor(leo, marie.actor_id))
    await refused(services, marie, OpenPart(marie, leo.actor_id, parts), "to")
    with pytest.raises(NotFound):
        await services.perform(open_part, OpenPart(marie, 1, parts))


async def test_ending_twice_is_ending_once_and_only_one_s_own(services, marie, leo, private) -> None:
    grant = await services.perform(open_part, OpenPart(marie, leo.actor_id, {private.id: frozenset()}))
    with pytest.raises(NotFound):
        await services.perform(revoke_grant, RevokeGrant(leo, grant.id))
    for _ in range(2):
        ended = await services.perform(revoke_grant, RevokeGrant(marie, grant.id, farewell=True, language="fr"))
        assert ended.revoked_at is not None
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "revoked"]
    seen = await services.read(lambda tx: posts.conversation(tx, grant.conversation_id, leo.actor_id))
    said = await services.read(lambda tx: [each.content for each in posts.by_ids(tx, seen).values()])
    assert len(said) == 2
    assert sum("est refermé" in each for each in said) == 1


async def test_a_set_has_a_name_and_parts_and_is_one_s_own(services, marie, leo, private) -> None:
    parts = {private.id: frozenset({"title"})}
    for name, kept in (("", parts), ("x" * 101, parts), ("CV", {}), ("CV", {1: frozenset()})):
        with pytest.raises(Invalid):
            await services.perform(save_set, SaveSet(marie, name, kept))
    with pytest.raises(Invalid):
        await services.perform(save_set, SaveSet(leo, "CV", parts))
    first = await services.perform(save_set, SaveSet(marie, " CV  court ", parts))
    assert first.name == "CV court"
    again = await services.perform(save_set, SaveSet(marie, "CV court", {private.id: frozenset()}))
    with pytest.raises(NotFound):
        await services.perform(remove_set, RemoveSet(leo, again.id))
    kept = await services.read(lambda tx: grant_store.sets_of(tx, marie.actor_id))
    assert [(each.name, each.parts) for each in kept] == [("CV court", {private.id: frozenset()})]


async def test_nobody_asks_themselves_nor_at_length(services, marie, leo, masked) -> None:
    url = services.here().entry("marie", masked.slug)
    asking = AskFor(leo, marie.actor_id, url, "Titre", ("employer",))
    for wrong in (replace(asking, by=marie), replace(asking, words="x" * 1001)):
        with pytest.raises(Invalid) as error:
            await services.perform(ask_for, wrong)
        assert error.value.field == "words"
    assert await ledger_of(services, marie) == []
