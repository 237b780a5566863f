"""Files and lists of servers: read as hostile, shown before they hold, taken back when a list takes back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from fediprof import clock
from fediprof.actors import store as actors
from fediprof.errors import Invalid, Malformed, TooMuch
from fediprof.federation.policy_lists import PolicyLists
from fediprof.here import Here
from fediprof.moderation import csv_lists, policies, subscriptions

pytestmark = pytest.mark.anyio
MARIE = "https://home.example/u/marie"
LIST = "https://lists.example/blocks.csv"
HERE = Here("https://home.example", "home.example", clock.now())
HEADER = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def test_a_file_of_mastodon_is_read_with_its_faults_by_line() -> None:
    text = (
        HEADER
        + 'bad.example,suspend,TRUE,true,"spam, and more",False\n'
        + "h**.example,suspend,False,False,,False\n"
        + "Bücher.example,silence,False,False,,True\n"
        + "home.example,suspend,False,False,us,False\n"
        + "odd.example,banish,,,,\n"
        + "BAD.example,noop,,,,\n"
        + "\n# a note\n"
        + "short.example\n"
    )
    read = csv_lists.read(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), HERE)
    found = {line.domain: line for line in read.lines}
    assert set(found) == {"bad.example", "xn--bcher-kva.example", "short.example"}
    assert found["bad.example"].severity == "block"
    assert found["bad.example"].reject_media
    assert found["bad.example"].public_comment == "spam, and more"
    assert found["xn--bcher-kva.example"].severity == "limit"
    assert found["xn--bcher-kva.example"].obfuscate
    assert found["short.example"].severity == "block"
    assert [(each.number, each.why) for each in read.faults] == [
        (3, csv_lists.UNREADABLE),
        (5, csv_lists.NO_SERVER),
        (6, csv_lists.UNKNOWN),
        (7, csv_lists.TWICE),
    ]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"x" * (5 * 1024 * 1024 + 1), TooMuch),
        (b"", Invalid),
        (HEADER.encode(), Invalid),
        ("b\xe9d.example".encode("latin-1"), Malformed),
        (b"\xff\xfe\x00", Malformed),
        (b'#domain\n"' + b"a" * 200_000 + b'"', Malformed),
    ],
)
def test_what_is_no_list_is_refused(data, error) -> None:
    with pytest.raises(error):
        csv_lists.read(data, HERE)


def test_plain_names_spreadsheets_and_utf_16_are_read() -> None:
    assert [each.domain for each in csv_lists.read(b"a.example\nb.example\n", HERE).lines] == [
        "a.example",
        "b.example",
    ]
    semicolons = csv_lists.read(b"#domain;#severity\na.example;silence\n", HERE)
    assert [(each.domain, each.severity) for each in semicolons.lines] == [("a.example", "limit")]
    assert csv_lists.read("a.example\n".encode("utf-16"), HERE).lines[0].domain == "a.example"


def test_nothing_of_an_export_is_worked_out_by_a_spreadsheet_and_it_comes_back_as_it_was() -> None:
    evil = replace(policies.blank("bad.example", "block", HERE.now), public_comment='=HYPERLINK("x")')
    text = csv_lists.written([evil, policies.blank("*", "block", HERE.now)])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == HEADER.strip().split(",")
    assert rows[1] == ["bad.example", "suspend", "False", "False", '\'=HYPERLINK("x")', "False"]
    assert len(rows) == 2
    assert csv_lists.read(text.encode(), HERE).lines[0].public_comment == evil.public_comment


async def test_a_file_is_shown_with_what_it_cuts_and_only_chosen_lines_are_taken(
    services, marie, remote, keeper, drain, client
) -> None:
    anna = remote("anna")
    await anna.send(anna.activity("Follow", MARIE))
    await drain()
    await keeper.open("/admin/domains")
    data = f"{HEADER}far.example,suspend,,,spam,\nother.example,silence,,,,\nh*.example,suspend,,,,\n".encode()
    await keeper.press("/admin/domains/import", files={"file": data})
    assert "line 4: h*.example" in keeper.text
    assert "cuts 0 + 1 follows" in keeper.text
    assert await services.read(policies.all_policies) == {}
    await keeper.press("", "Take the chosen", domain="far.example", act="take")
    assert "0 follows of members here and 1 followers" in keeper.text
    assert await services.read(policies.all_policies) == {}
    await keeper.press("", "Decide so")
    assert set(await services.read(policies.all_policies)) == {"far.example"}
    assert (await services.read(policies.all_policies))["far.example"].list_id is None  # by hand
    await drain()
    assert (await anna.send(anna.activity("Follow", MARIE))).status_code == 403
    answer = await keeper.client.get("/admin/domains.csv")
    assert "far.example,suspend,False,False,spam,False" in answer.text
    assert "attachment" in answer.headers["content-disposition"]


@pytest.fixture
def read_lists(services, network):  # type: ignore[no-untyped-def]
    """Let a day pass for lists, as the worker does."""
    from fediprof.worker import Workers

    reader, workers = PolicyLists(services.perform, network), Workers(services)  # type: ignore[arg-type]

    async def read() -> None:
        for each in await services.read(subscriptions.everything):
            await reader.read({"list": str(each.id)})
        await workers.drain()

    return read


async def test_a_list_brings_drafts_and_nothing_else(services, marie, keeper, network, drain, read_lists) -> None:
    network.lists[LIST] = HEADER + "bad.example,suspend,,,spam,\nworse.example,suspend,,,,\n"
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", url=LIST, priority="5")
    await drain()
    await keeper.open("/admin/domains")
    assert "2 drafts" in keeper.text
    assert await services.read(policies.all_policies) == {}
    (found,) = await services.read(subscriptions.everything)
    await keeper.open(f"/admin/lists/{found.id}")
    await keeper.press("", "Put them aside", domain="worse.example", act="aside")
    await keeper.press("", "Take all")
    await keeper.press("", "Decide so")
    held = await services.read(policies.all_policies)
    assert {name: each.list_id for name, each in held.items()} == {"bad.example": found.id}
    await keeper.open("/admin/domains")
    assert LIST in keeper.text  # whose line it is
    # Not changed: not read again
    await read_lists()
    assert network.asked[-1]["If-None-Match"]
    # It names it no more: to be taken back, once that is wished
    network.lists[LIST] = HEADER + "worse.example,suspend,,,,\n"
    await read_lists()
    assert "bad.example" in await services.read(policies.all_policies)
    drafts = await services.read(lambda tx: subscriptions.drafts(tx, found.id))
    assert [(each.line.domain, each.line.severity) for each in drafts] == [("bad.example", None)]
    await keeper.open(f"/admin/lists/{found.id}")
    await keeper.press("", "Take all")
    await keeper.press("", "Decide so")
    assert await services.read(policies.all_policies) == {}


async def test_a_list_applies_by_itself_below_its_threshold_and_never_over_a_decision_by_hand(
    services, marie, keeper, network, remote, drain, read_lists
) -> None:
    anna = remote("anna")
    await anna.send(anna.activity("Follow", MARIE))
    await drain()
    now = services.here().now
    await services.database.write(lambda tx: policies.keep(tx, policies.blank("mine.example", "none", now)))
    network.lists[LIST] = HEADER + "bad.example,suspend,,,,\nmine.example,suspend,,,,\n"
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", url=LIST, priority="5", automatic_below="1")
    await drain()
    held = await services.read(policies.all_policies)
    assert {name: each.severity for name, each in held.items()} == {"bad.example": "block", "mine.example": "none"}
    # A list that would cut a follow waits for somebody
    network.lists[LIST] = HEADER + "bad.example,suspend,,,,\nfar.example,suspend,,,,\n"
    await read_lists()
    assert "far.example" not in await services.read(policies.all_policies)
    assert await services.read(lambda tx: actors.by_iri(tx, anna.iri)) is not None
    # What it names no more goes by itself; what was decided by hand never does
    network.lists[LIST] = HEADER + "else.example,suspend,,,,\n"
    await read_lists()
    assert set(await services.read(policies.all_policies)) == {"else.example", "mine.example"}


async def test_a_list_that_fails_keeps_what_it_said_and_says_so(
    services, marie, keeper, network, drain, read_lists
) -> None:
    network.lists[LIST] = HEADER + "bad.example,suspend,,,,\n"
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", url=LIST, priority="5", automatic_below="10")
    await drain()
    for broken, said in ((500, "it answered 500"), ("\x00\x01<html>", "could be read"), ("", "No server is named")):
        network.lists[LIST] = broken
        await read_lists()
        assert set(await services.read(policies.all_policies)) == {"bad.example"}
        await keeper.open("/admin/domains")
        assert said in keeper.text, broken
        assert "what it said before stays" in keeper.text


async def test_of_two_lists_the_weightier_decides(services, marie, keeper, network, drain, read_lists) -> None:
    network.lists[LIST] = HEADER + "bad.example,silence,,,,\n"
    network.lists[LIST + "2"] = HEADER + "bad.example,suspend,,,,\n"
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", url=LIST + "2", priority="9", automatic_below="10")
    await keeper.press("/admin/lists", url=LIST, priority="1", automatic_below="10")
    await drain()
    await read_lists()
    assert (await services.read(policies.all_policies))["bad.example"].severity == "limit"
    # Read no more: what it brought stays, as decided by hand
    await keeper.open("/admin/domains")
    for _ in range(2):
        await keeper.press("/remove", "Forget it")
    assert (await services.read(policies.all_policies))["bad.example"].list_id is None


async def test_lists_are_read_once_a_day(services, marie, keeper, network, drain) -> None:
    network.lists[LIST] = HEADER + "bad.example,suspend,,,,\n"
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", url=LIST, priority="5")
    await drain()
    now = services.here().now
    assert await services.read(lambda tx: subscriptions.due(tx, now + timedelta(hours=23))) == []
    assert len(await services.read(lambda tx: subscriptions.due(tx, now + timedelta(hours=25)))) == 1


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"url": "http://lists.example/x", "priority": "1"}, "url"),
        ({"url": "file:///etc/passwd", "priority": "1"}, "url"),
        ({"url": LIST, "priority": "0"}, "priority"),
        ({"url": LIST, "priority": "5", "automatic_below": "9999999"}, "automatic_below"),
    ],
)
async def test_a_list_that_cannot_be_read_is_refused_beside_its_field(keeper, fields, at) -> None:
    await keeper.open("/admin/domains")
    await keeper.press("/admin/lists", **fields)
    assert keeper.status == 422
    assert keeper.page.select_one(f"#e-{at}") is not None
