"""Opening a part to somebody, from the asking to the closing, by the pages and messages that do it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.posts import store as posts
from fediprof.profiles import grant_store, ledger
from fediprof.profiles import store as entries
from fediprof.profiles.entries import Draft, WriteEntry, write_entry
from fediprof.profiles.grants import OpenPart, open_part
from fediprof.profiles.records import Words
from tests.disclosures.conftest import EMPLOYER, STORY, conversation_of, id_of, ledger_of, write_to

pytestmark = pytest.mark.anyio


def sent_notes(network, host: str) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    return [
        each.activity["object"]
        for each in network.delivered
        if host in each.url and each.activity["type"] == "Create"
    ]


# --- A8, A10, B6, B7, B8


async def test_a_part_is_shown_read_twice_and_closed(
    services, marie, member, paul, private, masked, come_in, browsers, network, drain
) -> None:
    paul_id = await id_of(services, paul)
    thread = await conversation_of(services, paul_id)
    paths = [f"/@marie/e/{private.slug}", f"/@marie/e/{masked.slug}"]
    # Given Paul, logged in, who reads no more than anybody
    recruiter = await come_in(paul)
    assert (await recruiter.open(paths[0])).status == 404
    assert EMPLOYER not in (await recruiter.open(paths[1])).page.get_text()
    # When Marie opens two entries to him, one with the employer, from their conversation
    await member.open(f"/conversations/{thread}")
    assert "Nothing in particular so far." in member.text
    await member.open(f"/conversations/{thread}/open")
    assert "What is sent stays on their server" in member.text
    fields = {f"part__{private.id}": "1", f"part__{masked.id}__employer": "1"}
    await member.press("/open", button="Open it", days="30", words="Comme convenu.", set="CV production", **fields)
    # Then she is back in the conversation, and sees what is open
    assert member.path == f"/conversations/{thread}"
    assert "Open, until the day you chose." in member.text
    assert "Diviser par trois le délai (with: Employer or organisation)" in member.text
    assert "not read yet" in member.text
    # and Paul has a private message in the thread he began (B6): a sentence, a link, the end
    await drain()
    note = sent_notes(network, "mastodon.example")[-1]
    assert note["to"] == [paul.iri]
    assert note["cc"] == []
    assert note["inReplyTo"].startswith("https://mastodon.example/notes/paul/")
    assert "Comme convenu." in note["content"]
    assert "until" in note["content"]
    assert "/visit?to=/@marie" in note["content"]
    assert EMPLOYER not in str(note)
    grant = (await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)))[0]
    assert note["fp:grant"]["mode"] == "show"
    assert note["fp:grant"]["expires"][:10] == f"{grant.ends_at:%Y-%m-%d}"
    assert sorted(note["fp:grant"]["entries"]) == sorted(
        services.here().entry_document(each.slug) for each in (private, masked)
    )
    # When he opens them, now and hours later (B7)
    assert STORY in (await recruiter.open(paths[0])).page.get_text()
    assert "no-store" in recruiter.answer.headers["cache-control"]
    assert "noindex" in recruiter.answer.headers["x-robots-tag"]
    assert EMPLOYER in (await recruiter.open(paths[1])).page.get_text()
    assert "Directrice" not in (await recruiter.open(paths[0])).page.get_text()
    # Then a colleague who has the address gets nothing (B8), known or not
    stranger = await browsers()
    assert (await stranger.open(paths[0])).status == 404
    # and the ledger says who read what, once an hour for each part
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "opened", "opened"]
    # When she closes it
    await member.open("/grants")
    assert "read 2 times" in member.text
    await member.press("/revoke", button="Close it now")
    assert "Closed: they read it no more." in member.text
    # Then his very next look finds nothing (A10)
    assert (await recruiter.open(paths[0])).status == 404
    assert EMPLOYER not in (await recruiter.open(paths[1])).page.get_text()
    assert [row.what for row in await ledger_of(services, marie)][-1] == "revoked"
    await member.open("/ledger")
    assert "Closed by you" in member.text
    assert {each.get_text() for each in member.page.select("td.whom")} == {"@paul@mastodon.example"}


async def test_a_saved_set_is_ticked_at_once(services, marie, member, paul, private, masked) -> None:
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}/open")
    await member.press("/open", button="Open it", set="CV", days="7", **{f"part__{masked.id}__dates": "1"})
    await member.open(f"/conversations/{thread}/open")
    link = member.page.find("a", string="CV")["href"]
    await member.open(link)
    values = member.values(member.form("/open"))
    assert f"part-{masked.id}-dates" in values
    assert f"part-{masked.id}" in values
    assert f"part-{private.id}" not in values
    await member.open("/grants")
    await member.press("/remove", button="Remove this set")
    assert await services.read(lambda tx: grant_store.sets_of(tx, marie.actor_id)) == []


async def test_a_link_in_the_message_opens_it_once_without_a_login(
    services, marie, member, paul, private, network, drain, browsers
) -> None:
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}/open")
    await member.press("/open", button="Open it", **{f"part__{private.id}": "1"})
    await drain()
    content = str(sent_notes(network, "mastodon.example")[-1]["content"])
    address = content.partition("/c/")[2][:22]
    bot, recruiter, colleague = await browsers(), await browsers(), await browsers()
    assert (await bot.open(f"/c/{address}")).status == 200
    await recruiter.open(f"/c/{address}")
    await recruiter.press(button="Open")
    assert STORY in (await recruiter.open(f"/@marie/e/{private.slug}")).page.get_text()
    assert (await colleague.open(f"/c/{address}")).status == 404
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "opened"]


# --- sending


async def test_what_is_sent_is_read_once_more_before_and_asked_back_after(
    services, marie, member, paul, private, network, drain
) -> None:
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}/open")
    parts = {f"part__{private.id}": "1"}
    await member.press("/open", button="Open it", mode="send", once=None, **parts)
    # Nothing has left yet: she reads it as he will
    assert "It cannot be taken back." in member.text
    assert STORY in member.text
    assert "Directrice" not in member.text
    await drain()
    assert sent_notes(network, "mastodon.example") == []
    await member.press("/open", button="Send it")
    assert "It is on their server now." in member.text
    await drain()
    note = sent_notes(network, "mastodon.example")[-1]
    assert STORY in note["content"]
    assert note["to"] == [paul.iri]
    assert note["fp:grant"]["mode"] == "send"
    rows = await ledger_of(services, marie)
    assert [(row.what, row.detail) for row in rows] == [("granted", ""), ("sent", "mastodon.example")]
    # It opens nothing here
    grant = (await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)))[0]
    assert not grant.holds(services.here().now)
    # When she asks it back
    await member.open("/grants")
    await member.press("/revoke", button="Ask their server to delete it")
    assert "Whether it does, nobody can see from here." in member.text
    await drain()
    gone = [each for each in network.activities("Delete") if each["object"]["id"] == note["id"]]
    assert len(gone) == 1


async def test_a_long_part_is_sent_in_as_many_messages_as_it_takes(services, marie, paul, drain, network) -> None:
    drafts = [Draft("free", Words(f"Récit {n}", "mot " * 1100)) for n in range(3)]
    made = [await services.perform(write_entry, WriteEntry(marie, each)) for each in drafts]
    request = OpenPart(
        marie, await id_of(services, paul), {each.id: frozenset() for each in made}, mode="send", sure=True
    )
    await services.perform(open_part, request)
    await drain()
    notes = sent_notes(network, "mastodon.example")
    assert len(notes) == 3
    assert all(f"Récit {n}" in "".join(str(each["content"]) for each in notes) for n in range(3))
    assert notes[1]["inReplyTo"] == notes[0]["id"]


# --- B5: asking


async def test_a_visitor_is_given_words_for_a_private_message_and_no_public_draft(
    services, masked, private, browsers, paul, come_in
) -> None:
    stranger = await browsers()
    await stranger.open(f"/ask/{masked.slug}?field=employer")
    assert stranger.status == 200
    words = stranger.page.select_one("#f-message").get_text().strip()
    assert words.startswith("@marie@home.example ")
    assert f"https://home.example/@marie/e/{masked.slug}".partition("://")[2] in words
    assert "Employer or organisation" in words
    assert "Dates" not in words
    assert EMPLOYER not in str(stranger.page)
    assert "as a private message" in stranger.text
    hrefs = (
        [each["href"] for each in stranger.page.main.find_all("a") if each.get("href")] if stranger.page.main else []
    )
    assert not [each for each in hrefs if "share" in each or "text=" in each]
    # What is not there for them cannot be asked for either
    unknown = await stranger.open("/ask/23456789ABCDEFGH")
    body = unknown.answer.content
    hidden = await stranger.open(f"/ask/{private.slug}")
    assert (hidden.status, hidden.answer.content) == (404, body)
    recruiter = await come_in(paul)
    assert (await recruiter.open(f"/ask/{private.slug}")).status == 404


async def test_a_message_with_the_entry_s_link_asks_and_is_answered_by_one_button(
    services, marie, member, paul, masked, drain
) -> None:
    url = services.here().entry("marie", masked.slug)
    await write_to(paul, services, drain, f'<p>J’aimerais en lire plus : <a href="{url}">lien</a></p>')
    rows = await ledger_of(services, marie)
    assert [(row.what, row.parts) for row in rows] == [("asked", {masked.id: frozenset({"employer", "dates"})})]
    thread = await conversation_of(services, await id_of(services, paul))
    await member.open(f"/conversations/{thread}")
    assert "Paul asks to read:" in member.text
    await member.open(member.page.find("a", string="Open a part", href=lambda h: "ask=" in h)["href"])
    values = member.values(member.form("/open"))
    assert {f"part-{masked.id}", f"part-{masked.id}-employer", f"part-{masked.id}-dates"} <= set(values)
    await member.press("/open", button="Open it")
    assert [row.what for row in await ledger_of(services, marie)] == ["asked", "granted"]
    assert "Paul asks to read:" not in member.text


def filtered(note: dict[str, object], known: dict[str, dict[str, object]], reader: str) -> bool:
    """Whether Mastodon's default puts a private mention from somebody not followed aside: it does, unless the thread above
    it holds a message of the reader's own that mentions its author."""
    above = known.get(str(note["inReplyTo"]))
    while above is not None:
        named = {each["href"] for each in above.get("tag", []) if each["type"] == "Mention"}  # type: ignore[attr-defined]
        if above["attributedTo"] == reader and note["attributedTo"] in named:
            return False
        above = known.get(str(above.get("inReplyTo")))
    return True


async def test_the_answer_to_who_asked_is_not_put_aside_by_their_server(
    services, marie, paul, private, masked, network, drain
) -> None:
    paul_id = await id_of(services, paul)
    thread = await conversation_of(services, paul_id)
    parts = {private.id: frozenset(), masked.id: frozenset()}
    for each in (
        OpenPart(marie, paul_id, parts, conversation_id=thread),
        OpenPart(marie, paul_id, parts, conversation_id=thread, mode="send", sure=True),
        OpenPart(marie, paul_id, parts),
    ):
        await services.perform(open_part, each)
    await drain()
    notes = sent_notes(network, "mastodon.example")
    known = {str(iri): each for iri, each in network.documents.items() if isinstance(each, dict)}
    known |= {str(each["id"]): each for each in notes}
    assert [filtered(each, known, paul.iri) for each in notes] == [False, False, True]


async def test_a_server_of_this_kind_says_in_terms_what_is_asked_for(services, marie, paul, masked, drain) -> None:
    url = services.here().entry_document(masked.slug)
    asked = {"entries": [url], "fields": ["employer", "secrets", 7]}
    await write_to(paul, services, drain, "<p>Bonjour</p>", **{"fp:ask": asked})
    rows = await ledger_of(services, marie)
    assert [(row.what, row.parts) for row in rows] == [("asked", {masked.id: frozenset({"employer"})})]


@pytest.mark.parametrize(
    "asked",
    [
        {"entries": "everything", "fields": {"employer": 1}},
        {"entries": [None, 7, {}, "https://evil.example/@marie/e/x", "https://home.example/@marie/e/../../x"]},
        {"entries": ["http://home.example/@marie/e/23456789ABCDEFGH"] * 1000},
        [],
        "ask",
    ],
)
async def test_a_hostile_question_is_a_message_like_another(services, marie, paul, drain, asked) -> None:
    await write_to(paul, services, drain, "<p>Bonjour</p>", **{"fp:ask": asked})
    assert await ledger_of(services, marie) == []


async def test_a_member_asks_with_one_button(services, marie, leo, member, masked, browsers) -> None:
    reader = await (await browsers()).log_in(services, "leo")
    await reader.open(f"/ask/{masked.slug}?field=employer")
    assert "now: une PME de l’énergie" in reader.text
    await reader.press(f"/ask/{masked.slug}", button="Ask", words="Nous faisons le même métier.")
    assert "Asked, in a private message." in reader.text
    assert "Nous faisons le même métier." in reader.text
    rows = await ledger_of(services, marie)
    assert [(row.what, row.with_id, row.parts) for row in rows] == [
        ("asked", leo.actor_id, {masked.id: frozenset({"employer"})})
    ]
    await reader.open(f"/ask/{masked.slug}")
    await reader.press(f"/ask/{masked.slug}", button="Ask")
    assert reader.status == 422
    assert "You asked for this already" in reader.text
    assert len(await ledger_of(services, marie)) == 1
    thread = await conversation_of(services, leo.actor_id)
    await member.open(f"/conversations/{thread}")
    assert "Léo asks to read:" in member.text


# --- the end, and the last word


async def test_at_the_very_moment_of_its_end_it_has_ended(
    services, marie, paul, private, come_in, monkeypatch
) -> None:
    paul_id = await id_of(services, paul)
    recruiter = await come_in(paul)
    made = await services.perform(open_part, OpenPart(marie, paul_id, {private.id: frozenset()}, days=7))
    grant = await services.read(lambda tx: grant_store.by_id(tx, marie.actor_id, made.id))

    monkeypatch.setattr(clock, "now", lambda: grant.ends_at - timedelta(milliseconds=1))
    assert (await recruiter.open(f"/@marie/e/{private.slug}")).status == 200
    monkeypatch.setattr(clock, "now", lambda: grant.ends_at)
    assert (await recruiter.open(f"/@marie/e/{private.slug}")).status == 404
    await services.database.write(lambda tx: ledger.note_ended(tx, clock.now()))
    await services.database.write(lambda tx: ledger.note_ended(tx, clock.now()))
    rows = await ledger_of(services, marie)
    assert [row.what for row in rows] == ["granted", "opened", "expired"]
    assert rows[-1].at == grant.ends_at


async def test_hiding_is_the_last_word_over_a_grant(services, marie, paul, private, come_in) -> None:
    recruiter = await come_in(paul)
    request = OpenPart(marie, await id_of(services, paul), {private.id: frozenset()})
    await services.perform(open_part, request)
    assert (await recruiter.open(f"/@marie/e/{private.slug}")).status == 200
    now = services.here().now
    await services.database.write(lambda tx: entries.hide_from(tx, marie.actor_id, "domain", "mastodon.example", now))
    assert (await recruiter.open(f"/@marie/e/{private.slug}")).status == 404
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "opened"]


async def test_looking_ahead_is_not_reading(services, marie, paul, private, come_in) -> None:
    recruiter = await come_in(paul)
    request = OpenPart(marie, await id_of(services, paul), {private.id: frozenset()})
    await services.perform(open_part, request)
    path = f"/@marie/e/{private.slug}"
    await recruiter.client.head(path)
    await recruiter.open(path, Sec_Purpose="prefetch;prerender")
    assert [row.what for row in await ledger_of(services, marie)] == ["granted"]
    await recruiter.open("/@marie")
    assert [row.what for row in await ledger_of(services, marie)] == ["granted", "opened"]


async def test_a_grant_s_message_is_private_in_the_house_too(services, marie, leo, private, member, browsers) -> None:
    await services.perform(open_part, OpenPart(marie, leo.actor_id, {private.id: frozenset()}))
    thread = (await services.read(lambda tx: grant_store.of_owner(tx, marie.actor_id)))[0].conversation_id
    message = (await services.read(lambda tx: posts.by_ids(tx, posts.conversation(tx, thread, leo.actor_id))))[thread]
    assert message.visibility == "direct"
    assert f"/@marie/e/{private.slug}" in message.content
    reader = await (await browsers()).log_in(services, "leo")
    assert STORY in (await reader.open(f"/@marie/e/{private.slug}")).page.get_text()
