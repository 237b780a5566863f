"""Tolerant access: what is strange is not there, what is too much is refused, nothing raises anything else."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediprof.as2 import reader
from fediprof.as2.model import Text
from fediprof.as2.names import PUBLIC, is_as2_media_type
from fediprof.errors import Malformed, TooMuch


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
        b"[" * 200_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
    ids=lambda body: f"{body[:12]!r} of {len(body)}",
)
def test_what_is_no_shallow_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        reader.load(body)


def test_64_levels_are_read() -> None:
    assert reader.load(b'{"a":' * 64 + b"1" + b"}" * 64)


def test_a_document_over_the_limit_is_too_much() -> None:
    assert reader.load(b'{"a":"%s"}' % (b"x" * 100), limit=108)
    with pytest.raises(TooMuch):
        reader.load(b'{"a":"%s"}' % (b"x" * 101), limit=108)


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert reader.load(b'{"a":1,"a":2}') == {"a": 2}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(reader.load(body), dict)


@pytest.mark.parametrize(
    "value",
    [
        "https://a.example/x",
        "http://a.example",
        "HTTPS://A.example:8443/x?y#z",
        "https://bücher.example/ü",
        "https://[2001:db8::1]:8080/",
        {"id": "https://a.example/x"},
        {"type": "Link", "href": "https://a.example/x"},
        ["https://a.example/x", "https://b.example"],
    ],
)
def test_iris_are_found_where_servers_put_them(value: object) -> None:
    assert reader.iri(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        [],
        {},
        "a.example/x",
        "/x",
        "//a.example/x",
        "javascript:alert(1)",
        "ftp://a.example/",
        "as:Public",
        "https://",
        "https:///x",
        "https://user@a.example/",
        "https://user:secret@a.example/",
        "https://a.example\\@b.example/",
        "https://a.example/a b",
        "https://a.example/\n",
        "https://a.example/\x00",
        'https://a.example/"onclick',
        "https://a.example/<script>",
        "https://a.example/\u202egpj",
        "https://a.example:port/",
        "https://a.example/" + "x" * 2048,
        {"id": {"id": "https://a.example/"}},
        [[["https://a.example/"]]],
    ],
)
def test_what_is_no_plain_web_address_is_no_iri(value: object) -> None:
    assert reader.iri(value) is None


def test_each_spelling_of_public_comes_out_as_one() -> None:
    spellings = ["as:Public", "Public", PUBLIC, "https://a.example/followers", 3, None]
    assert reader.addressees(spellings) == (PUBLIC, "https://a.example/followers")
    assert reader.addressees("as:Public") == (PUBLIC,)
    assert reader.addressees({"id": PUBLIC}) == (PUBLIC,)
    assert reader.addressees(None) == ()


def test_lists_are_read_up_to_a_bound() -> None:
    assert len(reader.many(list(range(10_000)))) == reader.MANY
    assert len(reader.iris([f"https://a.example/{n}" for n in range(10_000)])) == reader.MANY


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"content": "a"}, Text("a")),
        ({"content": "a", "contentMap": {"en": "a", "de": None}}, Text("a", (("en", "a"),))),
        ({"contentMap": {"de": "b", "en": "a"}}, Text("b", (("de", "b"), ("en", "a")))),
        ({"content": {"en": "a"}}, Text("a", (("en", "a"),))),
        ({"content": {"@value": "a"}}, Text("a")),
        ({"content": ["a", "b"]}, Text("a")),
        ({"content": None, "contentMap": []}, Text()),
        ({"content": 4}, Text()),
        ({"content": "a\0b"}, Text("ab")),
        ({"content": "a", "contentMap": {"not a tag": "b"}}, Text("a")),
    ],
)
def test_texts_are_read_with_their_languages(document: dict[str, object], expected: Text) -> None:
    assert reader.text(document, "content") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2018-09-25T16:11:29Z", datetime(2018, 9, 25, 16, 11, 29, tzinfo=UTC)),
        ("2018-09-25T16:11:29.5+02:00", datetime(2018, 9, 25, 14, 11, 29, 500_000, tzinfo=UTC)),
        ("2018-09-25T16:11:29.7576707+00:00", datetime(2018, 9, 25, 16, 11, 29, 757_670, tzinfo=UTC)),
        ("2018-09-25t16:11:29z", datetime(2018, 9, 25, 16, 11, 29, tzinfo=UTC)),
        ("2018-09-25 16:11", datetime(2018, 9, 25, 16, 11, tzinfo=UTC)),
        ("2018-09-25T16:11:29-0330", datetime(2018, 9, 25, 19, 41, 29, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2018-09-25", datetime(2018, 9, 25, tzinfo=UTC)),
        ({"@value": "2018-09-25T16:11:29Z", "type": "xsd:dateTime"}, datetime(2018, 9, 25, 16, 11, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2018-13-01T00:00:00Z", None),
        ("2018-02-30T00:00:00Z", None),
        ("2018-W01", None),
        ("yesterday", None),
        (1537891889, None),
        (None, None),
    ],
)
def test_times_are_read_as_utc(written: object, expected: datetime | None) -> None:
    assert reader.instant(written) == expected


def test_types_lose_their_prefixes() -> None:
    assert reader.types({"type": ["as:Note", "https://www.w3.org/ns/activitystreams#Object", 4]}) == (
        "Note",
        "Object",
    )
    assert reader.types({"@type": "Note"}) == ("Note",)
    assert reader.types({"type": []}) == ()


def test_booleans_and_numbers_are_read_as_servers_write_them() -> None:
    assert [reader.boolean(each) for each in (True, "true", "True", {"@value": "true"})] == [True] * 4
    assert [reader.boolean(each) for each in (False, None, 1, "yes", {"@value": {"@value": True}}, [])] == [False] * 6
    assert [reader.integer(each) for each in (3, 3.0, "3")] == [3, 3, 3]
    assert [reader.integer(each) for each in (True, -1, 3.5, float("inf"), 2**60, "³", "three", None)] == [None] * 8
    assert reader.number(float("nan"), least=-1, most=1) is None


MOST = 2**53


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        (0, {}, 0),
        (-1, {}, None),
        (-0.0, {}, 0),
        (-1.0, {}, None),
        ("-1", {}, None),
        ("+1", {}, None),
        (" 1", {}, None),
        ("1.0", {}, None),
        ("007", {}, 7),
        ("\u0663", {}, None),  # an Arabic-Indic digit: int() would read it
        (MOST, {}, MOST),
        (MOST + 1, {}, None),
        (float(MOST), {}, MOST),
        (float(MOST + 2), {}, None),
        (str(MOST), {}, MOST),
        (str(MOST + 1), {}, None),
        ("0" * 16, {}, 0),
        ("0" * 17, {}, None),
        ("9" * 5000, {}, None),  # int() refuses so many digits with an error
        (1e308, {}, None),
        (float("nan"), {}, None),
        (float("-inf"), {}, None),
        (10**400, {}, None),
        (False, {}, None),
        ([3], {}, None),
        ({"@value": 3}, {}, None),
        (0, {"least": 1}, None),
        (1, {"least": 1}, 1),
        ("1", {"least": 1}, 1),
        (-3, {"least": -3}, -3),
        (-4.0, {"least": -3}, None),
        (100_000, {"most": 100_000}, 100_000),
        (100_001, {"most": 100_000}, None),
        ("100001", {"most": 100_000}, None),
        (100_001.0, {"most": 100_000}, None),
    ],
    ids=lambda each: repr(each)[:24],
)
def test_a_whole_number_is_within_its_bounds_or_not_there(
    value: object, bounds: dict[str, int], expected: int | None
) -> None:
    found = reader.integer(value, **bounds)
    assert found == expected
    assert type(found) is type(expected)


@given(
    st.integers() | st.floats() | st.text("0123456789", max_size=20) | st.integers(-(2**70), 2**70).map(float),
    st.integers(-100, 100),
    st.integers(0, 2**60),
)
def test_no_whole_number_comes_out_of_its_bounds(value: object, least: int, room: int) -> None:
    found = reader.integer(value, least=least, most=least + room)
    assert found is None or (type(found) is int and least <= found <= least + room)
    if isinstance(value, int) and least <= value <= least + room:
        assert found == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1, -1.0), (1, 1.0), (0.25, 0.25), (1.0000001, None), (-1.0000001, None), (True, None), ("0", None),
     (float("inf"), None), (float("nan"), None), (10**400, None), (None, None)],
    ids=lambda each: repr(each)[:24],
)  # fmt: skip
def test_a_number_is_within_its_bounds_or_not_there(value: object, expected: float | None) -> None:
    found = reader.number(value, least=-1, most=1)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/activity+json", True),
        ("Application/Activity+JSON; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", True),
        ("application/json", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_activity_media_types_are_known_loosely(value: str, expected: bool) -> None:
    assert is_as2_media_type(value) is expected


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_getter_raises_on_anything(value: object) -> None:
    document = {"content": value, "contentMap": value, "type": value}
    reader.many(value)
    reader.one(value)
    reader.iri(value)
    reader.iris(value)
    reader.addressees(value)
    reader.string(value)
    reader.text(document, "content")
    reader.types(document)
    reader.instant(value)
    reader.boolean(value)
    reader.integer(value)
    reader.number(value, least=-1, most=1)
    reader.language(value)
