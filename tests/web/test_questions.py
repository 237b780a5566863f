"""The question of an entry stands apart, once, at home: of a member's entry and of one that came from elsewhere."""

from __future__ import annotations

import pytest

from fediprof import clock, ids
from fediprof.actors.records import Follow
from fediprof.follows import store as follows
from fediprof.profiles.entries import Draft, PublishEntry, WriteEntry, publish_entry, write_entry
from fediprof.profiles.records import EVERYONE, Words

pytestmark = pytest.mark.anyio

QUESTION = 'why "two" failures & not <b>one</b>?'


async def test_of_one_s_own_entry(services, marie, member) -> None:
    draft = Draft("project", Words("A line", "A story.", QUESTION), language="en", tags=("lean",), rule=EVERYONE)
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    await services.perform(publish_entry, PublishEntry(marie, entry.id))
    await member.open("/home")
    [band] = member.page.select(".e-content .question")
    assert band.get_text() == f"Ask me{QUESTION}"
    assert member.text.count('why "two" failures') == 1


@pytest.mark.parametrize(
    ("content", "apart"),
    [
        ("<p><strong>Projet · A</strong></p><p>Demandez-moi : why?</p><p>#lean</p>", True),
        ("<p>Why? Because.</p>", False),
        ("<p>Ask <a href='https://x.example/'>me</a>: why?</p>", False),
        ("<p>" + "x" * 200 + " why?</p>", False),
        ("why?</p>", False),
    ],
)
async def test_of_an_entry_from_elsewhere(services, marie, member, remote, drain, content, apart) -> None:
    paul = remote("paul")
    known = await services.resolver.actor(paul.iri)
    made = Follow(ids.new_id(), "https://home.example/f/1", marie.actor_id, known.id, "accepted", clock.now())
    await services.database.write(lambda tx: follows.insert_follow(tx, made))
    entry = {"kind": "project", "name": "A", "prompt": "why?"}
    note = paul.note(content, name="A", **{"fp:entry": entry})
    await paul.send(paul.create(note))
    await drain()
    await member.open("/home")
    assert [each.get_text() for each in member.page.select(".question")] == (["Ask mewhy?"] if apart else [])
    assert "<script" not in str(member.page.select_one(".e-content"))
