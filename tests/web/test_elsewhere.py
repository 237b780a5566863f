"""An entry on another server that was opened to a member: asked for by their own key, shown, and not kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from fediprof import clock
from fediprof.posts import store as posts
from fediprof.schema import metadata

pytestmark = pytest.mark.anyio

URL = "https://far.example/@paul/e/bcdfghjkmnpqrstv"
ENTRY = {
    "kind": "project",
    "name": "Three times faster",
    "prompt": "why two failures?",
    "data": {"employer": "Zéphyr"},
}


def opened(paul, **changes):  # type: ignore[no-untyped-def]
    note = paul.note(
        "<p>At Zéphyr <script>x</script></p>", to=("https://home.example/u/marie",), name="Three times faster"
    )
    until = clock.rfc3339(clock.now() + timedelta(days=30))
    return {**note, "id": URL, "url": URL, "fp:entry": ENTRY, "fp:noStore": True, "endTime": until, **changes}


async def test_what_was_opened_is_read_in_the_member_s_own_name_and_kept_nowhere(
    services, marie, member, remote, network
) -> None:
    # Given an entry of Paul's, opened to Marie, and its address in her hands
    paul = remote("paul")
    network.documents[URL] = opened(paul)
    # When she pastes it in the search, she is told that Paul's server will know
    network.documents.pop(URL)
    await member.open(f"/find?q={URL}")
    assert member.path == "/elsewhere"
    assert "far.example will be asked for it in your name" in member.text
    network.documents[URL] = opened(paul)
    network.signed.clear()
    await member.press("/elsewhere")
    # Then she reads it, her own key signed, and nothing of it is kept
    assert "why two failures?" in member.text
    assert "At Zéphyr" in member.text
    assert not member.page.select("article script")
    assert "no-store" in member.answer.headers["cache-control"]
    assert (
        'keyId="https://home.example/u/marie#main-key"'
        in {name.lower(): each for name, each in network.signed[0].items()}["signature"]
    )
    for table in metadata.sorted_tables:
        rows = await services.read(lambda tx, t=table: [tuple(row) for row in tx.execute(select(t))])
        assert "Zéphyr" not in repr(rows), table.name
    assert await services.read(lambda tx: posts.by_iri(tx, URL)) is None


async def test_an_entry_without_a_question_and_a_note_without_an_entry_are_read_too(
    marie, member, remote, network
) -> None:
    paul = remote("paul")
    for entry in ({"name": "Bare"}, None):
        network.documents[URL] = opened(paul, **{"fp:entry": entry}, endTime=None)
        await member.open(f"/elsewhere?url={URL}")
        await member.press("/elsewhere")
        assert (member.status, "At Zéphyr" in member.text) == (200, True)


async def test_a_link_alone_asks_nobody(marie, member, network) -> None:
    await member.open(f"/elsewhere?url={URL}")
    assert network.got == []


@pytest.mark.parametrize(
    "changes",
    [
        {"attributedTo": "https://other.example/users/eve"},
        {"id": "https://other.example/e/bcdfghjkmnpqrstv"},
        {"type": "Person"},
    ],
)
async def test_what_does_not_vouch_for_itself_is_not_shown(marie, member, remote, network, changes) -> None:
    network.documents[URL] = opened(remote("paul"), **changes)
    await member.open(f"/elsewhere?url={URL}")
    await member.press("/elsewhere")
    assert "There is nothing for you at this address" in member.page.get_text()


@pytest.mark.parametrize(
    "url", ["https://home.example/@marie/e/abc", "javascript:alert(1)", "https://far.example/x", ""]
)
async def test_only_addresses_of_entries_elsewhere_are_asked_for(marie, member, network, url) -> None:
    await member.open("/elsewhere")
    await member.press("/elsewhere", url=url)
    assert "This is not the address of an entry" in member.page.get_text()
    assert network.got == []
