"""Entries read by the members of a group: chosen in the editor, read by who is in it and nobody else, seen by their owner with a
member's eyes, and closed by itself once somebody is no longer in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.follows.commands import RequestFollow, Unfollow
from fediprof.groups import membership
from fediprof.groups.founding import CloseGroup, close_group
from fediprof.groups.moderating import BanPerson, ModeratePerson, ban_person, unban_person
from fediprof.groups.posting import BeginThread, begin_thread
from fediprof.portability import reading
from fediprof.posts.commands import PublishPost, publish_post
from fediprof.principal import Member
from fediprof.profiles import store
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.records import EVERYONE, Entry, Field, Rule, Words
from fediprof.visitors import sessions
from fediprof.web.visitor import GUEST, cookie_name
from tests.conftest import make_member
from tests.federation.test_entries import asked
from tests.groups.conftest import data, make_group, paul
from tests.web.reader import Reader

__all__ = ["data", "paul"]
pytestmark = pytest.mark.anyio

SECRET = "Ferroénergie Zéphyr"
INSIDE = "Ce que la nuit apprend"


async def mine(services, by: Member) -> Entry:  # type: ignore[no-untyped-def]
    [entry] = await services.read(lambda tx: store.of_actor(tx, by.actor_id))
    return entry


async def wrote(services, by: Member, group_id: int) -> Entry:  # type: ignore[no-untyped-def]
    """Read in a group, but for the figures, which nobody reads."""
    rule = Rule("group", groups=frozenset({group_id}))
    fields = (Field("employer", SECRET, rule), Field("figures", "48 %", stand_in="deux fois plus vite"))
    draft = Draft("project", Words(INSIDE, "Trois ans.", "Et après ?"), "fr", rule=rule, fields=fields)
    return await services.perform(write_entry, WriteEntry(by, draft))


@pytest.fixture
async def leo(services, industry) -> Member:  # type: ignore[no-untyped-def]
    """In the group, and no contact of Marie's."""
    made = await make_member(services, "leo", name="Léo")
    await services.perform(membership.join, RequestFollow(made, industry.id))
    return made


@pytest.fixture
async def visiting(services, app, remote) -> Callable[[Any], Awaitable[Reader]]:  # type: ignore[no-untyped-def]
    """`await visiting(paul)`: somebody with an account of elsewhere, who showed who they are."""

    async def come(person: Any) -> Reader:
        known = await services.resolver.actor(person.iri)
        secret = await services.database.write(lambda tx: sessions.opened(tx, known.id, clock.now()))
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url=services.settings.origin,
            cookies={cookie_name(services.settings, GUEST): secret},
        )
        return Reader(client, services.settings.origin)

    return come


async def test_a_group_is_chosen_and_its_members_read(
    services, marie, industry, leo, member, browse, visitor
) -> None:
    await make_member(services, "nora")
    await member.open("/entries/new")
    await member.press("/entries/new", headline=INSIDE, story="Trois ans.", readers="group", employer=SECRET)
    assert member.status == 422
    assert member.page.select_one("#refused a")["href"] == "#f-groups"
    number = str(industry.id)
    chosen = {"groups": number, "employer-readers": "group", "employer-groups": number, "figures": "48 %"}
    await member.press("/entries/new", **chosen)
    entry = await mine(services, marie)
    only = Rule("group", groups=frozenset({industry.id}))
    assert (entry.rule, entry.named("employer").rule, entry.named("figures").rule) == (only, only, Rule())
    assert "!industry@home.example" in member.text
    # Who is in the group reads it, on the page and at its address, and is told why; nothing on the way keeps it
    reader = await browse("leo")
    for path in ("/@marie", f"/@marie/e/{entry.slug}"):
        await reader.open(path)
        assert INSIDE in reader.text
        assert SECRET in reader.text
        assert "48 %" not in reader.text
        assert "Read by members of a group that you and Marie are in" in reader.text
        assert reader.answer.headers["cache-control"] == "private, no-store"
        assert "noindex" in reader.answer.headers["x-robots-tag"]
        assert "etag" not in reader.answer.headers
    # and nobody else does
    for other in (visitor, await browse("nora")):
        assert (await other.open(f"/@marie/e/{entry.slug}")).status == 404
        assert INSIDE not in (await other.open("/@marie")).text
    # It stands in the form as it was chosen
    await member.open(f"/entries/{entry.id}/edit")
    values = member.values(member.form(f"/entries/{entry.id}/edit"))
    assert (values["readers"], values["groups"], values["employer-groups"]) == (["group"], [number], [number])
    await member.press(f"/entries/{entry.id}/edit", story="Quatre ans.")
    assert (await mine(services, marie)).rule == only


async def test_a_group_one_is_not_in_cannot_be_named(services, marie, member, leo) -> None:
    other = await make_group(services, leo, "club")
    await member.open("/entries/new")
    assert "!club" not in member.text
    await member.press("/entries/new", headline=INSIDE, readers="group", groups=str(other.id))
    assert member.status == 422
    assert "You are not a member of this group" in member.page.select_one("#refused").get_text()
    await services.perform(membership.join, RequestFollow(marie, other.id))
    await member.press("/entries/new", groups=str(other.id))
    assert member.path == "/entries"
    assert (await mine(services, marie)).rule.groups == {other.id}


async def test_without_a_group_none_is_offered(services, member) -> None:
    await member.open("/entries/new")
    assert member.page.select_one("input[value=group]") is None
    assert member.page.select_one("option[value=group]") is None


async def test_who_leaves_or_is_banned_reads_no_more_from_that_moment(services, marie, industry, leo, browse) -> None:
    entry, reader = await wrote(services, marie, industry.id), await browse("leo")
    path = f"/@marie/e/{entry.slug}"
    assert SECRET in (await reader.open(path)).text
    await services.perform(ban_person, BanPerson(marie, industry.id, leo.actor_id, "noise"))
    assert (await reader.open(path)).status == 404
    await services.perform(unban_person, ModeratePerson(marie, industry.id, leo.actor_id))
    assert (await reader.open(path)).status == 200
    await services.perform(membership.follows.unfollow, Unfollow(leo, industry.id))
    assert (await reader.open(path)).status == 404
    assert SECRET not in (await reader.open("/@marie")).text


async def test_people_of_elsewhere_read_as_members_with_a_browser_and_with_a_key(
    services, marie, industry, client, paul, remote, visiting, drain
) -> None:
    entry = await wrote(services, marie, industry.id)
    nora = remote("nora", "far.example")
    browser = await visiting(paul)
    path, document = f"/@marie/e/{entry.slug}", f"/e/{entry.slug}"
    assert (await browser.open(path)).status == 404
    follow = paul.activity("Follow", object=industry.actor.iri, id=f"{paul.iri}#follow")
    assert (await paul.send(follow)).status_code == 202
    await drain()
    assert SECRET in (await browser.open(path)).text
    answer = await asked(client, document, paul)
    assert answer.json()["name"] == INSIDE
    assert answer.headers["cache-control"] == "private, no-store"
    assert SECRET in answer.text
    assert "48 %" not in answer.text
    for stranger in (None, nora):
        assert (await asked(client, document, stranger)).status_code == 404
    # and no longer once they left
    undo = paul.activity("Undo", object=follow)
    assert (await paul.send(undo)).status_code == 202
    await drain()
    assert (await browser.open(path)).status == 404
    assert (await asked(client, document, paul)).status_code == 404


async def test_of_a_group_elsewhere_only_members_here_are_known(
    services, marie, industry, leo, data, paul, member, browse, visiting, drain
) -> None:
    known = await services.resolver.actor(data.iri)
    for by in (marie, leo):
        await data.joined_by(by)
    await drain()
    await member.open("/entries/new")
    assert "does not tell who is in it" in member.page.select_one(f"input[value='{known.id}']").parent.get_text()
    entry = await wrote(services, marie, known.id)
    path = f"/@marie/e/{entry.slug}"
    assert SECRET in (await (await browse("leo")).open(path)).text
    assert (await (await visiting(paul)).open(path)).status == 404
    # Banned there, they read no more here
    ban = {"type": "Block", "actor": data.iri, "object": (await actor_of(services, leo)).iri, "target": data.iri}
    ban |= {"id": f"{data.iri}/ban/1", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [data.iri]}
    await data.pass_on(ban)
    await drain()
    assert (await (await browse("leo")).open(path)).status == 404


async def actor_of(services, by: Member):  # type: ignore[no-untyped-def]
    return await services.read(lambda tx: actors.by_id(tx, by.actor_id))


async def test_the_owner_looks_with_a_member_s_eyes(services, marie, industry, leo, member, browse) -> None:
    rule = Rule("group", groups=frozenset({industry.id}))
    fields = (Field("employer", SECRET, rule, "une PME"), Field("place", "Grenoble", Rule("contacts")))
    draft = Draft("project", Words(INSIDE, "Trois ans."), "fr", rule=EVERYONE, fields=fields)
    entry = await services.perform(write_entry, WriteEntry(marie, draft))
    await member.open("/@marie")
    await member.open(member.page.find("a", string="A member of !industry@home.example")["href"])
    assert "You see this as a member of !industry@home.example does" in member.text
    assert member.answer.headers["cache-control"] == "private, no-store"
    seen = member.page.select_one(f"#e-{entry.slug} .parts").get_text()
    reader = await (await browse("leo")).open("/@marie")
    assert seen == reader.page.select_one(f"#e-{entry.slug} .parts").get_text()
    assert SECRET in seen
    assert "Grenoble" not in seen
    # The others do not borrow such eyes
    await make_member(services, "nora")
    assert SECRET not in (await (await browse("nora")).open("/@marie?as=group:industry@home.example")).text


async def test_with_a_member_s_eyes_one_sees_what_was_written_for_the_group_alone(
    services, marie, industry, leo, member, browse
) -> None:
    private = await make_group(services, marie, "circle", membership="private")
    await services.perform(membership.join, RequestFollow(leo, private.id))
    await services.perform(membership.admit, membership.AnswerRequest(marie, private.id, leo.actor_id))
    await make_member(services, "nora")
    for group in (private, industry):
        rule = Rule("group", groups=frozenset({group.id}))
        draft = Draft("talk", Words(f"For {group.actor.username}", "It was dark.", "And?"), "en", rule=rule)
        await services.perform(write_entry, WriteEntry(marie, draft))
    post = PublishPost(marie, "Between us", title="Only in the circle")
    await services.perform(begin_thread, BeginThread(post, private.id, "tell"))
    for text in ("For my followers", "@nora Hello"):
        visibility = "direct" if text.startswith("@") else "followers"
        await services.perform(publish_post, PublishPost(marie, text, visibility))

    def told(reader: Reader) -> list[str]:
        articles = reader.page.select("main article")
        return [each.select_one("h3, .e-content").get_text(strip=True) for each in articles]

    seen = told(await (await browse("leo")).open("/@marie"))
    assert {"For circle", "For industry", "Only in the circle"} <= set(seen)
    found = told(await member.open("/@marie?as=group:circle@home.example"))
    assert found == [each for each in seen if each != "For industry"]  # of who is in that group, and in no other
    found = told(await member.open("/@marie?as=group:industry@home.example"))
    assert found == [each for each in seen if each not in ("For circle", "Only in the circle")]
    assert told(await member.open("/@marie?as=everyone")) == []


async def test_an_owner_who_left_opens_nothing_by_it_and_is_told(
    services, marie, industry, leo, member, browse
) -> None:
    entry = await wrote(services, leo, industry.id)
    owner, reader, path = await browse("leo"), await browse("marie"), f"/@leo/e/{entry.slug}"
    assert (await reader.open(path)).status == 200
    await services.perform(membership.follows.unfollow, Unfollow(leo, industry.id))
    assert (await reader.open(path)).status == 404
    await owner.open("/entries")
    assert "you are not in it any more: nobody reads by it" in owner.text
    await owner.open(f"/entries/{entry.id}/edit")
    label = owner.page.select_one(f"input[name=groups][value='{industry.id}']").parent
    assert "You are not in this group any more" in label.get_text()
    # What was chosen is kept through a change, and holds again once they are back
    await owner.press(f"/entries/{entry.id}/edit", story="Quatre ans.")
    assert owner.path == "/entries"
    assert (await reader.open(path)).status == 404
    await owner.open("/@leo?as=group:industry@home.example")
    assert "its members see what everyone sees" in owner.text
    assert INSIDE not in owner.text
    await services.perform(membership.join, RequestFollow(leo, industry.id))
    assert (await reader.open(path)).status == 200


async def test_a_group_that_is_gone_opens_nothing(
    services, marie, industry, leo, member, browse, data, drain
) -> None:
    entry, reader = await wrote(services, marie, industry.id), await browse("leo")
    await services.perform(close_group, CloseGroup(marie, industry.id))
    assert (await reader.open(f"/@marie/e/{entry.slug}")).status == 404
    await member.open("/entries")
    assert "nobody reads by it" in member.text
    # One elsewhere that deleted itself is not even named any more, and asks for another choice
    elsewhere = await services.resolver.actor(data.iri)
    await data.joined_by(leo)
    await drain()
    theirs = await wrote(services, leo, elsewhere.id)
    await data.group.send(data.group.activity("Delete", object=data.iri, to=["as:Public"]))
    await drain()
    assert (await reader.open("/entries")).status == 200
    assert "The group is gone: nobody reads it." in reader.text
    await reader.open(f"/entries/{theirs.id}/edit")
    assert "The group that was named here is gone" in reader.text
    await reader.press(f"/entries/{theirs.id}/edit")
    assert reader.page.select_one("#refused a")["href"] == "#f-groups"
    await reader.press(f"/entries/{theirs.id}/edit", readers="me", employer__readers="me")
    assert (await mine(services, leo)).rule == Rule()


async def test_the_archive_names_the_groups_and_opens_nothing_when_read_again(
    services, marie, industry, member
) -> None:
    await wrote(services, marie, industry.id)
    await member.open("/settings/data")
    await member.press("/settings/export")
    archive = zipfile.ZipFile(io.BytesIO(member.answer.content))
    [entry] = json.loads(archive.read(reading.PROFILE))["entries"]
    assert entry["audience"] == {"readers": "group", "named": ["industry@home.example"]}
    assert entry["fields"][0]["audience"] == {"readers": "group", "named": ["industry@home.example"]}
    arrival = reading.read(io.BytesIO(member.answer.content), "en")
    assert [each.why for each in arrival.left_out] == ["what was opened to others stays closed here"]
