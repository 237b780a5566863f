"""Entries through their commands: kept for oneself, published once, changed and taken back, with what others may read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fediprof.errors import Invalid, NotFound
from fediprof.follows import store as follows
from fediprof.posts import store as posts
from fediprof.profiles import store, views
from fediprof.profiles.entries import (
    Draft,
    Imported,
    PublishEntry,
    RemoveEntry,
    ReviseEntry,
    WriteEntries,
    WriteEntry,
    publish_entry,
    remove_entry,
    revise_entry,
    write_entries,
    write_entry,
)
from fediprof.profiles.records import EVERYONE, Field, Rule, Words

pytestmark = pytest.mark.anyio

SECRET = "Ferroénergie Zéphyr SA"
DRAFT = Draft(
    "project",
    Words("Diviser par trois le délai", "Deux essais ratés, un bon.", "pourquoi avons-nous échoué deux fois ?"),
    language="fr",
    tags=("lean",),
    fields=(Field("employer", SECRET, stand_in="une PME de l’énergie"), Field("dates", "2019-03/2021-06")),
)
PUBLIC = replace(DRAFT, rule=EVERYONE)


async def _written(services, marie, draft=DRAFT):
    return await services.perform(write_entry, WriteEntry(marie, draft))


async def _seen(services, slug, looker=None):
    return await services.read(lambda tx: views.one(tx, slug, looker, services.here().now))


async def test_what_is_written_is_its_owner_s_alone(services, marie) -> None:
    entry = await _written(services, marie)
    assert await _seen(services, entry.slug) is None
    mine = await _seen(services, entry.slug, marie.actor_id)
    assert mine is not None
    assert mine.named("employer") == SECRET


async def test_a_published_entry_is_a_post_that_holds_nothing_masked(services, marie) -> None:
    entry = await _written(services, marie, PUBLIC)
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    post = await services.read(lambda tx: posts.by_id(tx, published.post_id))
    assert post.type == "Note"
    assert post.url.endswith(f"/e/{entry.slug}")
    assert SECRET not in repr(post)
    assert "2019" not in repr(post.content) + repr(post.entry)
    assert "une PME de l’énergie" in post.content
    assert post.content.startswith("<p><strong>Projet · Diviser par trois")
    assert "Demandez-moi\u00a0: pourquoi" in post.content
    assert post.entry["prompt"].startswith("pourquoi")
    assert "employer" not in post.entry.get("data", {})


async def test_narrowing_takes_the_post_back_and_gives_a_new_address(services, marie) -> None:
    entry = await _written(services, marie, PUBLIC)
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    after = await services.perform(revise_entry, ReviseEntry(marie, entry.id, DRAFT))
    assert after.slug != entry.slug
    assert after.post_id is None
    assert (await services.read(lambda tx: posts.by_id(tx, published.post_id))).deleted_at is not None
    assert await _seen(services, entry.slug, marie.actor_id) is None


async def test_masking_a_field_that_was_open_is_narrowing_too(services, marie) -> None:
    shown = replace(PUBLIC, fields=(Field("employer", SECRET, EVERYONE),))
    entry = await _written(services, marie, shown)
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    after = await services.perform(revise_entry, ReviseEntry(marie, entry.id, PUBLIC))
    assert after.slug != entry.slug
    post = await services.read(lambda tx: posts.by_id(tx, published.post_id))
    assert SECRET not in repr(post)


async def test_a_change_of_words_is_an_update_of_the_same_post(services, marie) -> None:
    entry = await _written(services, marie, PUBLIC)
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    changed = replace(PUBLIC, words=replace(PUBLIC.words, story="Trois essais."))
    after = await services.perform(revise_entry, ReviseEntry(marie, entry.id, changed))
    assert (after.slug, after.post_id) == (entry.slug, published.post_id)
    post = await services.read(lambda tx: posts.by_id(tx, after.post_id))
    assert "Trois essais." in post.content
    assert post.edited_at is not None
    again = await services.perform(revise_entry, ReviseEntry(marie, entry.id, changed))
    assert (await services.read(lambda tx: posts.by_id(tx, again.post_id))).edited_at == post.edited_at


async def test_a_post_deleted_by_an_app_closes_its_entry(services, marie) -> None:
    from fediprof.posts.commands import DeletePost, delete_post

    entry = await _written(services, marie, PUBLIC)
    published = await services.perform(publish_entry, PublishEntry(marie, entry.id))
    await services.perform(delete_post, DeletePost(marie, published.post_id))
    assert await _seen(services, entry.slug) is None
    assert (await _seen(services, entry.slug, marie.actor_id)).readers == "me"


async def test_three_entries_a_day_are_sent_and_no_more(services, marie) -> None:
    entries = [await _written(services, marie, PUBLIC) for _ in range(4)]
    for entry in entries[:3]:
        await services.perform(publish_entry, PublishEntry(marie, entry.id))
    await services.perform(remove_entry, RemoveEntry(marie, entries[0].id))
    with pytest.raises(Invalid, match="3 entries"):
        await services.perform(publish_entry, PublishEntry(marie, entries[3].id))


async def test_what_is_masked_may_not_stand_in_the_text(services, marie) -> None:
    told = replace(PUBLIC, words=replace(PUBLIC.words, story=f"Chez {SECRET.lower()}, deux essais."))
    with pytest.raises(Invalid) as refused:
        await _written(services, marie, told)
    assert refused.value.field == "employer"
    await _written(services, marie, replace(told, rule=DRAFT.rule))


async def test_a_ninth_line_of_a_path_wants_a_word_in_writing(services, marie) -> None:
    line = Draft("experience", Words("Une ligne"), rule=EVERYONE)
    for _ in range(8):
        await _written(services, marie, line)
    with pytest.raises(Invalid) as refused:
        await _written(services, marie, line)
    assert refused.value.field == "ceiling"
    await services.perform(write_entry, WriteEntry(marie, line, confirmed=True))
    await _written(services, marie, replace(line, kind="project"))


async def test_an_import_is_private_sends_nothing_and_makes_no_doubles(services, marie) -> None:
    drafts = tuple(replace(PUBLIC, import_key=f"line {n}") for n in range(3))
    assert await services.perform(write_entries, WriteEntries(marie, drafts)) == Imported(new=3)
    entries = await services.read(lambda tx: store.of_actor(tx, marie.actor_id))
    assert {each.rule.readers for each in entries} == {"me"}
    changed = (replace(drafts[0], link="https://example.org/"), *drafts[1:])
    assert await services.perform(write_entries, WriteEntries(marie, changed)) == Imported(changed=1, left=2)
    assert await services.read(lambda tx: store.count(tx, marie.actor_id)) == 3


async def test_contacts_are_those_both_sides_agreed_to(services, marie, leo) -> None:
    entry = await _written(services, marie, replace(DRAFT, rule=Rule("contacts")))
    from fediprof import clock, ids
    from fediprof.actors.records import Follow

    def follow(who: int, whom: int):
        made = Follow(ids.new_id(), f"https://x.example/{who}/{whom}", who, whom, "accepted", clock.now())
        return lambda tx: follows.insert_follow(tx, made)

    await services.database.write(follow(leo.actor_id, marie.actor_id))
    assert await _seen(services, entry.slug, leo.actor_id) is None
    await services.database.write(follow(marie.actor_id, leo.actor_id))
    seen = await _seen(services, entry.slug, leo.actor_id)
    assert seen.why == "contacts"
    assert SECRET not in repr(seen)


async def test_who_is_hidden_from_reads_what_anybody_reads(services, marie, leo) -> None:
    chosen = replace(DRAFT, rule=Rule("people", people=frozenset({leo.actor_id})))
    entry = await _written(services, marie, chosen)
    assert await _seen(services, entry.slug, leo.actor_id) is not None
    now = services.here().now
    await services.database.write(lambda tx: store.hide_from(tx, marie.actor_id, "person", str(leo.actor_id), now))
    assert await _seen(services, entry.slug, leo.actor_id) is None
    public = await _written(services, marie, PUBLIC)
    assert await _seen(services, public.slug, leo.actor_id) is not None


async def test_somebody_else_s_entry_is_simply_not_there(services, marie, leo) -> None:
    entry = await _written(services, marie)
    with pytest.raises(NotFound):
        await services.perform(remove_entry, RemoveEntry(leo, entry.id))


@pytest.fixture
async def leo(services):
    from fediprof.accounts.commands import CreateAccount, create_account
    from fediprof.principal import Member

    wanted = await CreateAccount.prepared(services.keystore, services.here(), username="leo", language="fr")
    account = await services.perform(create_account, wanted)
    return Member(account.id, account.actor_id)
