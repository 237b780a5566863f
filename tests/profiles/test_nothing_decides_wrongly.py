"""The deciding function over thousands of random profiles, viewers, grants and clocks: nobody reads more than they may,
and nobody less. What reaches the outside of it is `test_nothing_leaks`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fediprof.profiles import text
from fediprof.profiles.disclosure import ANYBODY, Viewer, disclose
from fediprof.profiles.records import Grant, HiddenFrom, Rule
from tests.profiles import drawn
from tests.profiles.drawn import NOW, Person, Profile

PEOPLE = [2, 3, 4, 5]
GROUPS = [70, 71]
DOMAINS = ["far.example", "corp.example"]
many = settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**64)


def person(random: Random) -> Person:
    if random.random() < 0.15:
        return Person(None)
    hosts = frozenset({random.choice(["far.example", "sub.Corp.example", "notcorp.example", "near.example"])})
    groups = frozenset(random.sample(GROUPS, random.randint(0, 2)))
    return Person(random.choice([1, *PEOPLE, 6]), hosts, random.random() < 0.4, groups)


def viewer(who: Person) -> Viewer:
    return Viewer(who.id, who.hosts, owner=who.id == 1, contact=who.contact, groups=who.groups)


def told(profile: Profile, who: Person, now=NOW, **changes):  # type: ignore[no-untyped-def]
    grants = changes.get("grants", profile.grants)
    hidden = changes.get("hidden", profile.hidden)
    return disclose(profile.entries, viewer(who), now, grants=grants, hidden_from=hidden)


def case(seed: int) -> tuple[Random, Profile, Person]:
    random = Random(seed)
    return random, drawn.profile(random, PEOPLE, GROUPS, DOMAINS), person(random)


def words_of(texts: set[str]) -> set[str]:
    return {each for each in texts if each}


def holds(shown: list, texts: set[str]) -> set[str]:  # type: ignore[type-arg]
    """Which of the texts stand anywhere in what was disclosed."""
    everything = repr(shown)
    return {each for each in texts if each and (each in everything or repr(each)[1:-1] in everything)}


@many
@given(seeds)
def test_what_is_disclosed_is_what_may_be_read_and_nothing_else(seed: int) -> None:
    _, profile, who = case(seed)
    shown, may = told(profile, who), drawn.texts_for(profile, who)
    assert {each.id for each in shown} == set(may)
    everything = {each for entry in profile.entries for each in drawn.all_texts(entry)}
    assert holds(shown, everything) == {each for texts in may.values() for each in texts if each}


@many
@given(seeds)
def test_what_is_written_of_it_holds_nothing_more(seed: int) -> None:
    _, profile, who = case(seed)
    may = drawn.texts_for(profile, who)
    for each, entry in ((s, e) for s in told(profile, who) for e in profile.entries if s.id == e.id):
        written = repr(text.by_language(each, lambda tag: f"/tags/{tag}")) + repr(text.document(each))
        for hidden in drawn.all_texts(entry) - may[entry.id]:
            assert core(hidden) not in written


@many
@given(seeds)
def test_a_grant_adds_what_it_names_and_nothing_else(seed: int) -> None:
    random, profile, who = case(seed)
    extra = drawn.grant(random, 99, 1, PEOPLE, profile.entries)
    before = drawn.texts_for(profile, who)
    after = {each.id: each for each in told(profile, who, grants=(*profile.grants, extra))}
    assert set(before) <= set(after)
    mine = extra.to_actor_id == who.id and extra.holds(NOW) and not drawn.is_hidden(who, profile)
    for entry in profile.entries:
        new = holds([after[entry.id]] if entry.id in after else [], drawn.all_texts(entry)) - before.get(
            entry.id, set()
        )
        if not mine or entry.id not in extra.parts:
            assert not words_of(new)
            continue
        named = {
            text for each in entry.fields if each.name in extra.parts[entry.id] for text in drawn.values_of(each)
        }
        came_with_it = set() if entry.id in before else drawn.own_texts(entry) | _open_inside(entry, who)
        assert words_of(new) <= named | came_with_it


def _open_inside(entry, who: Person) -> set[str]:  # type: ignore[no-untyped-def]
    """Who may read the entry now reads what its fields' own rules let them, and stand-ins for the rest."""
    return {
        text
        for each in entry.fields
        for text in (drawn.values_of(each) if drawn.lets_in(each.rule, who) else drawn.stand_ins_of(each))
    }


@many
@given(seeds)
def test_who_is_hidden_from_reads_what_anybody_reads(seed: int) -> None:
    _, profile, who = case(seed)
    if who.id in (None, 1):
        return
    hidden = HiddenFrom(frozenset({who.id}))
    assert told(profile, who, hidden=hidden) == disclose(profile.entries, ANYBODY, NOW)
    by_domain = HiddenFrom(domains=frozenset(host.lower() for host in who.hosts))
    assert told(profile, who, hidden=by_domain) == disclose(profile.entries, ANYBODY, NOW)


@many
@given(seeds)
def test_a_grant_ends_at_its_very_moment(seed: int) -> None:
    random, profile, _ = case(seed)
    entry, to = random.choice(profile.entries), random.choice(PEOPLE)
    start, end = NOW - timedelta(days=3), NOW + timedelta(days=random.choice([7, 30, 90]))
    parts = {entry.id: frozenset(each.name for each in entry.fields)}
    grant = Grant(1, 1, to, "show", parts, start, end)
    alone = replace(profile, grants=(grant,), hidden=HiddenFrom())
    who = Person(to)
    tick = timedelta(microseconds=1)
    without = told(alone, who, grants=())
    for now, opened in ((start - tick, False), (start, True), (end - tick, True), (end, False), (end + tick, False)):
        shown = told(alone, who, now)
        assert (shown == without) is not opened
        ids = {each.grant_id for each in shown if each.id == entry.id}
        assert (1 in ids) is opened


@many
@given(seeds)
def test_what_anybody_reads_is_called_public_and_nothing_else_is(seed: int) -> None:
    _, profile, who = case(seed)
    anybody = drawn.texts_for(profile, Person(None))
    may = drawn.texts_for(profile, who)
    for each in told(profile, who):
        assert each.public is (may[each.id] <= anybody.get(each.id, set()))


def core(text: str) -> str:
    """The part of a drawn text that no escaping changes; a date's year."""
    found = [each for each in _pieces(text) if len(each) > 8] or [text[:4]]
    return found[0]


def _pieces(text: str) -> list[str]:
    return "".join(each if each.isascii() and each.isalpha() else " " for each in text).split()


def test_the_second_saying_knows_each_kind_of_reader() -> None:
    """The plain words are themselves held to a table, or both could be wrong alike."""
    entry = drawn.profile(Random(1), PEOPLE, GROUPS, DOMAINS).entries[0]
    who = Person(2, frozenset({"a.corp.example"}), contact=True, groups=frozenset({70}))
    for rule, readers in (
        (Rule("everyone"), (True, True)),
        (Rule("contacts"), (True, False)),
        (Rule("group", groups=frozenset({70})), (True, False)),
        (Rule("group", groups=frozenset({71})), (False, False)),
        (Rule("people", people=frozenset({2})), (True, False)),
        (Rule("people", people=frozenset({3})), (False, False)),
        (Rule("me"), (False, False)),
    ):
        alone = Profile(1, (replace(entry, rule=rule),), (), HiddenFrom())
        assert (bool(drawn.texts_for(alone, who)), bool(drawn.texts_for(alone, Person(None)))) == readers
        corp = replace(alone, hidden=HiddenFrom(domains=frozenset({"corp.example"})))
        assert bool(drawn.texts_for(corp, who)) is readers[1]
        assert drawn.texts_for(alone, Person(1))


@pytest.mark.parametrize("seed", range(3))
def test_the_profiles_drawn_have_something_to_hide(seed: int) -> None:
    hidden = 0
    for n in range(200):
        _, profile, who = case(seed * 1000 + n)
        may = drawn.texts_for(profile, who)
        hidden += any(drawn.all_texts(entry) - may.get(entry.id, set()) for entry in profile.entries)
    assert hidden > 120
