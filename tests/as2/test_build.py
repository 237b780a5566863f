"""What we write is read back by our own reader, and uses no term that its @context does not declare."""

from __future__ import annotations

from datetime import UTC, datetime

from fediprof.as2 import build, context, parse
from fediprof.as2.names import AS2

WHEN = datetime(2026, 11, 22, 23, 9, 24, 952_000, tzinfo=UTC)
ALICE = "https://a.example/u/alice"


def test_an_activity_is_read_back_as_it_was_built() -> None:
    document = build.activity(
        "Follow",
        "https://a.example/f/1",
        ALICE,
        "https://b.example/u/bob",
        to=["https://b.example/u/bob"],
        published=WHEN,
    )
    assert document["published"] == "2026-11-22T23:09:24.952Z"
    read = parse.activity(document)
    assert (read.type, read.actor, read.object_id, read.published) == (
        "Follow",
        ALICE,
        "https://b.example/u/bob",
        WHEN,
    )
    assert read.to == ("https://b.example/u/bob",)


def test_further_properties_are_kept_and_nulls_left_out() -> None:
    document = build.activity(
        "Like", "https://a.example/l/1", ALICE, "https://b.example/1", content="+1", result=None
    )
    assert document["content"] == "+1"
    assert not {"result", "to", "cc", "target", "published"} & set(document)


def test_what_goes_inside_has_no_context() -> None:
    inner = build.activity("Follow", "https://a.example/f/1", ALICE, "https://b.example/u/bob", context=None)
    assert "@context" not in inner
    outer = build.activity(
        "Undo", "https://a.example/u/1", ALICE, build.embedded(build.tombstone("https://a.example/1"))
    )
    assert outer["object"] == {"id": "https://a.example/1", "type": "Tombstone"}


def test_collections_and_pages_are_read_back() -> None:
    whole = parse.collection(build.collection(f"{ALICE}/outbox", 2, f"{ALICE}/outbox?page=1"))
    assert (whole.total, whole.first) == (2, f"{ALICE}/outbox?page=1")
    page = parse.collection(
        build.collection_page(
            f"{ALICE}/outbox?page=1", f"{ALICE}/outbox", ["https://a.example/1"], next=f"{ALICE}/o?2"
        )
    )
    assert (page.part_of, page.next, page.prev) == (f"{ALICE}/outbox", f"{ALICE}/o?2", None)
    assert page.items == ("https://a.example/1",)
    assert "totalItems" not in build.collection(f"{ALICE}/followers", None)


def test_a_tombstone_is_read_back() -> None:
    read = parse.tombstone(build.tombstone("https://a.example/1", "Note", WHEN))
    assert (read.former_type, read.deleted) == ("Note", WHEN)


def _prefixes(terms: dict[str, object]) -> set[str]:
    targets = (value["@id"] if isinstance(value, dict) else value for value in terms.values())
    return {str(target).partition(":")[0] for target in targets}


def test_every_context_begins_with_activitystreams_and_declares_its_prefixes() -> None:
    for each in (context.ACTOR_CONTEXT, context.POST_CONTEXT, context.ACTIVITY_CONTEXT):
        assert isinstance(each, list)
        assert each[0] == AS2
        terms = each[-1]
        assert isinstance(terms, dict)
        assert _prefixes(terms) <= {"as", "http", "https"} | set(terms)
        assert terms["fp"] == context.FP
