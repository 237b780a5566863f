"""The deciding function, case by case: who reads what, why, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fediprof.errors import Invalid
from fediprof.profiles import dates
from fediprof.profiles.disclosure import ANYBODY, ShownField, Viewer, disclose
from fediprof.profiles.records import EVERYONE, Entry, Field, Grant, HiddenFrom, Rule, Words

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MARIE, PAUL, LEO, GROUP = 1, 2, 3, 9
OWNER = Viewer(MARIE, frozenset({"prof.example"}), owner=True)
PAUL_LOOKS = Viewer(PAUL, frozenset({"mastodon.example"}))
EMPLOYER = Field("employer", "Zéphyr SA", stand_in="une PME")
ENTRY = Entry(7, MARIE, "slug", "project", Words("Une ligne"), NOW, NOW, fields=(EMPLOYER,))
GRANT = Grant(5, MARIE, PAUL, "show", {7: frozenset({"employer"})}, NOW, NOW + timedelta(days=30))


def read(entry: Entry, viewer: Viewer, now: datetime = NOW, **more):  # type: ignore[no-untyped-def]
    found = disclose([entry], viewer, now, **more)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("rule", "viewer", "why"),
    [
        (Rule(), ANYBODY, None),
        (Rule(), PAUL_LOOKS, None),
        (Rule(), OWNER, "owner"),
        (EVERYONE, ANYBODY, "everyone"),
        (Rule("contacts"), PAUL_LOOKS, None),
        (Rule("contacts"), replace(PAUL_LOOKS, contact=True), "contacts"),
        (Rule("people", people=frozenset({PAUL})), PAUL_LOOKS, "people"),
        (Rule("people", people=frozenset({LEO})), PAUL_LOOKS, None),
        (Rule("people", people=frozenset({LEO})), ANYBODY, None),
        (Rule("people"), ANYBODY, None),
        (Rule("group", groups=frozenset({GROUP})), PAUL_LOOKS, None),
        (Rule("group", groups=frozenset({GROUP})), replace(PAUL_LOOKS, groups=frozenset({GROUP})), "group"),
        (Rule("me", people=frozenset({PAUL})), PAUL_LOOKS, None),
    ],
)
def test_each_audience_admits_those_it_names_and_nobody_else(rule: Rule, viewer: Viewer, why: str | None) -> None:
    shown = read(replace(ENTRY, rule=rule), viewer)
    assert (shown.why if shown else None) == why


def test_a_masked_field_is_its_stand_in_for_everybody_but_its_readers() -> None:
    public = replace(ENTRY, rule=EVERYONE)
    assert read(public, ANYBODY).fields == (ShownField("employer", "une PME", stand_in=True),)
    assert read(public, OWNER).fields == (ShownField("employer", "Zéphyr SA"),)
    without = replace(public, fields=(replace(EMPLOYER, stand_in=""),))
    assert read(without, ANYBODY).fields == ()
    contacts = replace(public, fields=(replace(EMPLOYER, rule=Rule("contacts")),))
    friend = read(contacts, replace(PAUL_LOOKS, contact=True))
    assert friend.fields == (ShownField("employer", "Zéphyr SA"),)
    assert not friend.public, "what only contacts read must not be kept on the way"
    assert read(contacts, ANYBODY).public


def test_a_grant_opens_its_parts_to_its_person_and_nothing_else() -> None:
    shown = read(ENTRY, PAUL_LOOKS, grants=[GRANT])
    assert shown.why == "grant"
    assert shown.named("employer") == "Zéphyr SA"
    assert (shown.grant_id, shown.until, shown.public) == (5, GRANT.ends_at, False)
    assert read(ENTRY, replace(PAUL_LOOKS, actor_id=LEO), grants=[GRANT]) is None
    assert read(ENTRY, ANYBODY, grants=[GRANT]) is None
    whole = replace(GRANT, parts={7: frozenset()})
    assert read(ENTRY, PAUL_LOOKS, grants=[whole]).fields == (ShownField("employer", "une PME", stand_in=True),)
    assert read(replace(ENTRY, id=8), PAUL_LOOKS, grants=[GRANT]) is None


def test_a_grant_ends_at_its_very_moment_and_at_once_when_revoked() -> None:
    last = GRANT.ends_at - timedelta(microseconds=1)
    assert read(ENTRY, PAUL_LOOKS, last, grants=[GRANT]) is not None
    assert read(ENTRY, PAUL_LOOKS, GRANT.ends_at, grants=[GRANT]) is None
    assert read(ENTRY, PAUL_LOOKS, NOW - timedelta(seconds=1), grants=[GRANT]) is None
    assert read(ENTRY, PAUL_LOOKS, grants=[replace(GRANT, revoked_at=NOW)]) is None
    assert read(ENTRY, PAUL_LOOKS, grants=[replace(GRANT, mode="send")]) is None


def test_of_several_grants_the_one_that_ends_last_is_named_and_all_parts_are_open() -> None:
    longer = replace(GRANT, id=6, parts={7: frozenset()}, ends_at=NOW + timedelta(days=90))
    shown = read(ENTRY, PAUL_LOOKS, grants=[GRANT, longer])
    assert (shown.grant_id, shown.named("employer")) == (6, "Zéphyr SA")


@pytest.mark.parametrize(
    ("hosts", "domain", "hidden"),
    [
        ({"zephyr.example"}, "zephyr.example", True),
        ({"social.zephyr.example"}, "zephyr.example", True),
        ({"notzephyr.example"}, "zephyr.example", False),
        ({"Zephyr.Example"}, "zephyr.example", True),
        ({"other.example", "zephyr.example"}, "zephyr.example", True),
    ],
)
def test_hiding_is_the_last_word_also_over_a_grant(hosts: set[str], domain: str, hidden: bool) -> None:
    viewer = Viewer(PAUL, frozenset(hosts), contact=True)
    hiding = HiddenFrom(domains=frozenset({domain}))
    chosen = replace(ENTRY, rule=Rule("people", people=frozenset({PAUL})))
    assert (read(chosen, viewer, grants=[GRANT], hidden_from=hiding) is None) is hidden
    assert read(replace(ENTRY, rule=EVERYONE), viewer, hidden_from=hiding).public
    assert read(ENTRY, replace(OWNER, hosts=frozenset(hosts)), hidden_from=hiding) is not None


def test_hiding_from_a_person_leaves_them_what_anybody_reads() -> None:
    hiding = HiddenFrom(people=frozenset({PAUL}))
    assert read(ENTRY, PAUL_LOOKS, grants=[GRANT], hidden_from=hiding) is None
    shown = read(replace(ENTRY, rule=EVERYONE), PAUL_LOOKS, grants=[GRANT], hidden_from=hiding)
    assert shown == read(replace(ENTRY, rule=EVERYONE), ANYBODY)


def test_the_thread_is_shown_where_the_entry_is_everybody_s() -> None:
    sent = replace(ENTRY, post_id=77)
    assert read(sent, PAUL_LOOKS, grants=[GRANT]).post_id is None
    assert read(replace(sent, rule=EVERYONE), ANYBODY).post_id == 77


@pytest.mark.parametrize(
    "text", ["2019", "2019-03", "2019-03-14", "2019/2021", "2019-03/", "2019-03/2019", "2019/2019-05"]
)
def test_dates_are_read_and_written_back(text: str) -> None:
    assert str(dates.read(f" {text} ")) == text


@pytest.mark.parametrize(
    "text", ["", "19", "2019-13", "2019-02-30", "2021/2019", "2019-05/2019-03", "/2019", "1889", "2019-3", "hier"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        dates.read(text)
