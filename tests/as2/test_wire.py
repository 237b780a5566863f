"""Every captured payload goes through the reader of its kind: a result, or Malformed or TooMuch, and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from fediprof.as2 import parse, reader
from fediprof.as2.model import Document
from fediprof.errors import Malformed, TooMuch

from . import wire

pytestmark = wire.present

READERS = {"activity": parse.activity, "actor": parse.actor, "object": parse.post, "collection": parse.collection}


def _own_ids(body: bytes) -> bytes:
    """Some captures have their ids scrubbed to words; an id there is one again."""
    return body.replace(b'"SCRUBBED_ID"', b'"https://scrubbed.example/id"').replace(
        b'"__ID', b'"https://scrubbed.example/__ID'
    )


@pytest.mark.parametrize(
    ("kind", "least"), [("activity", 150), ("actor", 50), ("object", 49), ("collection", 17)], ids=list(READERS)
)
def test_captured_payloads_are_read_or_refused_with_a_reason(kind: str, least: int) -> None:
    read, refused = 0, []
    for path in wire.files(kind):
        try:
            READERS[kind](reader.load(_own_ids(path.read_bytes())))
            read += 1
        except (Malformed, TooMuch) as error:
            refused.append(f"{path.parent.name}/{path.name} {error}")
    assert read >= least, "\n".join(refused)
    assert all(re.search(r" (id|type|actor|attributedTo|inbox|preferredUsername): ", each) for each in refused), (
        refused
    )


def test_what_activities_carry_is_read_by_its_kind() -> None:
    posts = 0
    for path in wire.files("activity"):
        inner = reader.load(_own_ids(path.read_bytes())).get("object")
        while isinstance(inner, dict):
            for read in (parse.post, parse.actor, parse.activity, parse.tombstone, parse.collection, parse.poll_vote):
                try:
                    posts += read(inner) is not None and read is parse.post
                except Malformed:
                    continue
            inner = inner.get("object")
    assert posts >= 45


@pytest.mark.parametrize("kind", READERS)
def test_every_reader_takes_every_document(kind: str) -> None:
    """A server may answer with any kind where another was expected."""
    for other in READERS:
        for path in wire.files(other):
            document = json.loads(path.read_bytes())
            if isinstance(document, dict):
                try:
                    READERS[kind](document)
                    parse.keys(document)
                except (Malformed, TooMuch):
                    continue


def _object(name: str) -> Document:
    inner = wire.load(name)["object"]
    assert isinstance(inner, dict)
    return inner


def test_kroeg_sends_a_tag_without_its_array_and_an_author_as_a_whole_actor() -> None:
    post = parse.post(_object("kroeg/activity-array-less-hashtag.json"))
    assert post.attributed_to == "https://puckipedia.com/"
    assert [tag.name for tag in post.hashtags] == ["test"]


def test_kroeg_announces_with_an_inline_actor() -> None:
    activity = parse.activity(wire.load("kroeg/activity-announce-with-inline-actor.json"))
    assert activity.actor == "https://puckipedia.com/"
    assert activity.object_id == "http://mastodon.example.org/users/admin/statuses/100787282858396771"
    assert activity.object_type == "Note"
    assert activity.cc == ("http://mastodon.example.org/users/admin",)


def test_kroeg_writes_seven_digits_of_fraction() -> None:
    updated = parse.actor(wire.load("kroeg/actor-puckipedia.json")).updated
    assert updated is not None
    assert updated.isoformat() == "2017-12-19T16:56:29.757670+00:00"


def test_hubzilla_lists_its_addresses_and_quotes_its_booleans() -> None:
    actor = parse.actor(wire.load("hubzilla/actor-channel-mike.json"))
    assert actor.url == "https://osada.macgirvin.com/channel/mike"
    assert actor.discoverable
    assert actor.shared_inbox == "https://osada.macgirvin.com/inbox"
    assert actor.keys[0].id == "https://osada.macgirvin.com/channel/mike/public_key_pem"


def test_lemmy_threads_keep_their_title_source_language_and_group() -> None:
    post = parse.post(wire.load("lemmy/object-tk-post.json"))
    assert post.name.value == "This is a test post"
    assert post.audience == ("https://lemmy.example.com/c/test",)
    assert post.language == "en"
    assert post.source == ("cross-posted from: https://lemmy.example.com/post/654321", "text/markdown")


def test_a_mastodon_poll_is_read_with_its_counts() -> None:
    poll = parse.post(_object("mastodon/activity-question-activity.json")).poll
    assert poll is not None
    assert not poll.multiple
    assert [option.name for option in poll.options][:1] == ["Dunno"]
    assert poll.ends_at is not None


def test_two_announced_objects_are_both_named() -> None:
    activity = parse.activity(wire.load("group-adversarial/activity-announce-object-array.json"))
    assert activity.object_ids == ("https://lemmy.example/comment/1", "https://lemmy.example/comment/2")


def test_a_peertube_video_is_its_own_attachment() -> None:
    for path in wire.files("object"):
        document = wire.load(f"{path.parent.name}/{path.name}")
        if path.parent.name == "peertube" and document.get("type") == "Video" and document.get("attributedTo"):
            post = parse.post(document)
            assert any(each.kind == "video" for each in post.attachments)
            return
    pytest.fail("no PeerTube video among the payloads")


def test_sixty_objects_in_one_another_are_read_without_descending() -> None:
    post = parse.post(_object("group-adversarial/activity-create-deep-nesting.json"))
    assert post.in_reply_to is not None


def test_a_vote_is_told_from_a_reply() -> None:
    vote = _object("group-adversarial/activity-create-poll-vote-to-group.json")
    assert parse.is_poll_vote(vote)
    assert parse.poll_vote(vote).option
    assert not parse.is_poll_vote(_object("kroeg/activity-post-activity.json"))


def test_a_pem_that_lost_its_line_ends_gets_them_back() -> None:
    pems = [key.pem for path in wire.files("actor") if (key := _first_key(path)) is not None and key.pem]
    assert len(pems) > 40
    assert all("\n" in pem.strip() for pem in pems)


def _first_key(path: object) -> object:
    keys = parse.keys(json.loads(path.read_bytes()))  # type: ignore[attr-defined]
    return keys[0] if keys else None
