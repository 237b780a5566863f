"""What is read from a document, and what must be there. Shapes of the field are in test_wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fediprof.as2 import parse, reader
from fediprof.as2.model import Attachment, Document, Emoji, Hashtag, Key, Mention, Option
from fediprof.errors import FediprofError, Malformed

ALICE = "https://a.example/u/alice"


def actor(**more: object) -> Document:
    return {
        "id": ALICE,
        "type": "Person",
        "preferredUsername": "alice",
        "inbox": f"{ALICE}/inbox",
    } | more


def note(**more: object) -> Document:
    return {"id": "https://a.example/n/1", "type": "Note", "attributedTo": ALICE, "content": "<p>x</p>"} | more


@pytest.mark.parametrize("name", ["id", "inbox", "preferredUsername", "type"])
def test_an_actor_without_what_it_needs_is_malformed_by_name(name: str) -> None:
    document = actor()
    del document[name]
    with pytest.raises(Malformed, match=f"^{name}: "):
        parse.actor(document)


@pytest.mark.parametrize("username", ["", "a@b.example", "a/b", "a b", "a\nb", "a\u202eb", 7])
def test_a_name_that_cannot_be_an_address_is_malformed(username: object) -> None:
    with pytest.raises(Malformed, match=r"^preferredUsername: "):
        parse.actor(actor(preferredUsername=username))


def test_an_actors_keys_come_from_both_places() -> None:
    pem = {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nx\n"}
    multi = {"id": f"{ALICE}#ed", "type": "Multikey", "controller": ALICE, "publicKeyMultibase": "z6Mk"}
    keys = parse.actor(actor(publicKey=pem, assertionMethod=[multi, f"{ALICE}/key"])).keys
    assert keys == (
        Key(f"{ALICE}#main-key", ALICE, pem="-----BEGIN PUBLIC KEY-----\nx\n"),
        Key(f"{ALICE}#ed", ALICE, multibase="z6Mk"),
        Key(f"{ALICE}/key", ALICE),
    )


def test_an_actor_cannot_offer_a_key_under_anothers_name() -> None:
    """Else a hostile actor's key would be found under the key id of whom it attacks."""
    foreign = {"id": "https://b.example/u/bob#main-key", "owner": ALICE, "publicKeyPem": "x"}
    neighbour = {"id": f"{ALICE}#k", "owner": "https://a.example/u/carol", "publicKeyPem": "x"}
    assert parse.keys(actor(publicKey=[foreign, neighbour])) == ()


def test_a_key_is_a_document_of_its_own_with_some_servers() -> None:
    document = {"id": f"{ALICE}/main-key", "type": "CryptographicKey", "owner": ALICE, "publicKeyPem": "x"}
    assert parse.keys(document) == (Key(f"{ALICE}/main-key", ALICE, pem="x"),)
    assert parse.keys(document | {"owner": "https://b.example/u/bob"}) == ()
    assert parse.keys({"id": ALICE, "publicKey": document}) == (Key(f"{ALICE}/main-key", ALICE, pem="x"),)


def test_a_pem_on_one_line_gets_its_line_ends_back() -> None:
    pem = "-----BEGIN PUBLIC KEY----- MIIB AQAB -----END PUBLIC KEY----- "
    (key,) = parse.keys(actor(publicKey={"id": f"{ALICE}#k", "publicKeyPem": pem}))
    assert key.pem == "-----BEGIN PUBLIC KEY-----\nMIIB\nAQAB\n-----END PUBLIC KEY-----\n"


def test_profile_fields_aliases_and_address_are_read() -> None:
    read = parse.actor(
        actor(
            attachment=[
                {"type": "PropertyValue", "name": "Site", "value": "<a>x</a>"},
                {"type": "Note", "name": "n"},
            ],
            alsoKnownAs="https://old.example/u/alice",
            movedTo={"id": "https://new.example/u/alice"},
            webfinger="acct:alice@example.org",
            endpoints={"sharedInbox": "https://a.example/inbox"},
            tag={"type": "Emoji", "name": ":wave:", "icon": {"url": "https://a.example/wave.png"}},
        )
    )
    assert [(field.name, field.value_html) for field in read.fields] == [("Site", "<a>x</a>")]
    assert read.also_known_as == ("https://old.example/u/alice",)
    assert read.moved_to == "https://new.example/u/alice"
    assert read.webfinger == "alice@example.org"
    assert read.shared_inbox == "https://a.example/inbox"
    assert read.emojis == (Emoji("wave", "https://a.example/wave.png"),)


@pytest.mark.parametrize("name", ["id", "attributedTo", "type"])
def test_a_post_without_what_it_needs_is_malformed_by_name(name: str) -> None:
    document = note()
    del document[name]
    with pytest.raises(Malformed, match=f"^{name}: "):
        parse.post(document)


@pytest.mark.parametrize("kind", ["Person", "Follow", "OrderedCollection", "Tombstone", "Multikey"])
def test_what_is_something_else_is_no_post(kind: str) -> None:
    with pytest.raises(Malformed, match=r"^type: "):
        parse.post(note(type=kind))


def test_a_type_nobody_knows_is_read_as_a_post() -> None:
    assert parse.post(note(type=["lexicon:Essay", "Note"])).type == "Note"
    assert parse.post(note(type="Essay")).type == "Essay"


def test_tags_are_told_apart() -> None:
    post = parse.post(
        note(
            tag=[
                {"type": "Mention", "href": "https://b.example/u/bob", "name": "@bob@b.example"},
                {"type": "Mention", "name": "nobody"},
                {"type": "Hashtag", "name": "#Été", "href": "https://a.example/t/x"},
                {"type": "Hashtag", "name": "été"},
                {"type": "Hashtag", "name": "#a/../b"},
                {"type": "toot:Emoji", "name": ":wave:", "icon": {"type": "Image", "url": "https://a.example/w.png"}},
                {"type": "Emoji", "name": ":bad name:", "icon": {"url": "https://a.example/w.png"}},
                "https://a.example/",
                None,
            ]
        )
    )
    assert post.mentions == (Mention("https://b.example/u/bob", "@bob@b.example"),)
    assert post.hashtags == (Hashtag("été", "https://a.example/t/x"),)
    assert post.emojis == (Emoji("wave", "https://a.example/w.png"),)


def test_attachments_are_told_apart_by_media_type_then_type_then_name() -> None:
    def kind(**more: object) -> str | None:
        attachments = parse.post(note(attachment=more)).attachments
        return attachments[0].kind if attachments else None

    url = "https://a.example/f"
    assert kind(type="Document", mediaType="video/mp4", url=url) == "video"
    assert kind(type="Image", url=url) == "image"
    assert kind(type="Document", url=f"{url}.MP3?x=1") == "audio"
    assert kind(type="Document", mediaType="application/pdf", url=url) == "document"
    assert kind(type="Link", href=url) == "link"
    assert kind(type="Link", href="payto://iban/DE75512108001245126199") is None
    assert kind(type="PropertyValue", url=url) is None
    assert kind(type="Image", url=f"javascript:{url}") is None


def test_an_image_keeps_its_text_its_size_and_its_focus() -> None:
    image = {
        "type": "Document",
        "mediaType": "image/png",
        "url": [{"type": "Link", "href": "https://a.example/i.png"}],
        "name": "A cow",
        "blurhash": "UBL",
        "focalPoint": [0.5, -1],
        "width": 640,
        "height": 480,
    }
    assert parse.post(note(attachment=image)).attachments == (
        Attachment("image", "https://a.example/i.png", "image/png", "A cow", "UBL", 0.5, -1.0, 640, 480),
    )
    (odd,) = parse.post(note(attachment=image | {"focalPoint": [2, 0], "width": -1, "height": "x"})).attachments
    assert (odd.focal_x, odd.focal_y, odd.width, odd.height) == (None, None, None, None)


@pytest.mark.parametrize(("size", "kept"), [(0, None), (1, 1), ("640", 640), (100_000, 100_000), (100_001, None)])
def test_a_picture_has_a_size_that_can_be_or_none(size: object, kept: int | None) -> None:
    image = {"type": "Image", "url": "https://a.example/i.png", "width": size, "height": size}
    (found,) = parse.post(note(attachment=image)).attachments
    assert (found.width, found.height) == (kept, kept)
    link = {
        "type": "Link",
        "mediaType": "video/mp4",
        "href": "https://a.example/v.mp4",
        "width": size,
        "height": size,
    }
    (found,) = parse.post(note(type="Video", url=[link])).attachments
    assert (found.width, found.height) == (kept, kept)


@pytest.mark.parametrize(("count", "votes", "voters"), [(2**53, 2**53, 2**53), (2**53 + 1, 0, None), (-1, 0, None)])
def test_a_poll_counts_no_more_than_programs_can(count: int, votes: int, voters: int | None) -> None:
    options = [{"name": "a", "replies": {"totalItems": count}}]
    poll = parse.post(note(type="Question", oneOf=options, votersCount=count)).poll
    assert poll is not None
    assert (poll.options[0].votes, poll.voters) == (votes, voters)


def test_a_poll_of_any_is_multiple() -> None:
    options = [{"name": "a", "replies": {"totalItems": 3}}, {"name": "b"}, {"name": "a"}, {"name": ""}, 5]
    poll = parse.post(note(type="Question", anyOf=options, closed="2026-01-01T00:00:00Z", votersCount=3)).poll
    assert poll is not None
    assert poll.options == (Option("a", 3), Option("b", 0))
    assert poll.multiple
    assert poll.closed_at is not None
    assert poll.voters == 3
    assert parse.post(note(oneOf=[])).poll is None


def test_who_acts_must_be_one() -> None:
    """Two readers of a list of actors must not see two different ones act."""
    like: Document = {"id": "https://a.example/l/1", "type": "Like", "actor": ALICE, "object": "https://b.example/1"}
    assert parse.activity(like).actor == ALICE
    assert parse.activity(like | {"actor": [{"id": ALICE}]}).actor == ALICE
    for several in ([ALICE, "https://b.example/u/bob"], [ALICE, "nonsense"], [], None, "nonsense"):
        with pytest.raises(Malformed, match=r"^actor: "):
            parse.activity(like | {"actor": several})


def test_an_activity_names_its_object_embedded_or_not() -> None:
    create: Document = {"id": "https://a.example/c/1", "type": "Create", "actor": ALICE, "object": note()}
    embedded = parse.activity(create)
    assert (embedded.object_id, embedded.object_type) == ("https://a.example/n/1", "Note")
    assert embedded.embedded == note()
    bare = parse.activity(create | {"object": "https://a.example/n/1"})
    assert (bare.object_id, bare.object_type, bare.embedded) == ("https://a.example/n/1", None, None)
    flag = parse.activity(create | {"type": "Flag", "object": [ALICE, "https://a.example/n/1"], "content": "spam"})
    assert flag.object_ids == (ALICE, "https://a.example/n/1")
    assert flag.content == "spam"


def test_a_collection_is_read_with_its_first_page_inside() -> None:
    read = parse.collection(
        {
            "id": f"{ALICE}/outbox",
            "type": "OrderedCollection",
            "totalItems": 2,
            "first": {"type": "OrderedCollectionPage", "orderedItems": ["https://a.example/1", {"id": 3}, 4]},
        }
    )
    assert (read.total, read.first) == (2, None)
    assert read.first_page is not None
    assert read.first_page.items == ("https://a.example/1", {"id": 3})
    with pytest.raises(Malformed, match=r"^type: "):
        parse.collection(note())


def test_a_tombstone_and_a_vote_are_read() -> None:
    stone = parse.tombstone({"id": "https://a.example/1", "type": "Tombstone", "formerType": "Note"})
    assert stone.former_type == "Note"
    with pytest.raises(Malformed, match=r"^type: "):
        parse.tombstone(note())
    vote = note(name="Yes", inReplyTo="https://b.example/q/1", content=None)
    assert parse.poll_vote(vote).poll == "https://b.example/q/1"
    for name, broken in {"name": "", "inReplyTo": None, "content": "text"}.items():
        with pytest.raises(Malformed, match=f"^{name}: "):
            parse.poll_vote(vote | {name: broken})


NAMES = [
    "id",
    "type",
    "actor",
    "object",
    "target",
    "to",
    "cc",
    "audience",
    "attributedTo",
    "content",
    "contentMap",
    "name",
    "nameMap",
    "summary",
    "inReplyTo",
    "published",
    "url",
    "tag",
    "attachment",
    "icon",
    "image",
    "href",
    "mediaType",
    "publicKey",
    "publicKeyPem",
    "owner",
    "assertionMethod",
    "preferredUsername",
    "inbox",
    "endpoints",
    "sharedInbox",
    "oneOf",
    "anyOf",
    "replies",
    "totalItems",
    "items",
    "orderedItems",
    "first",
    "partOf",
    "quote",
    "source",
    "language",
    "focalPoint",
    "width",
    "closed",
    "interactionPolicy",
    "alsoKnownAs",
    "webfinger",
    "attributionDomains",
    "@value",
    "@list",
]
WORDS = st.sampled_from(
    [
        "https://a.example/1",
        "https://b.example/2",
        "as:Public",
        "Note",
        "Person",
        "Create",
        "Question",
        "Collection",
        "Mention",
        "Hashtag",
        "Emoji",
        "PropertyValue",
        "Video",
        "Image",
        "#tag",
        ":e:",
        "2026-01-01T00:00:00Z",
        "image/png",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=30,
)
READERS = (parse.activity, parse.actor, parse.post, parse.collection, parse.tombstone, parse.poll_vote, parse.keys)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=14),
    st.sampled_from(["Note", "Person", "Create", "Question", "Collection", "Tombstone", "Video"]),
)
def test_only_our_own_errors_leave_the_readers(document: Document, kind: str) -> None:
    whole = actor() | note() | {"actor": ALICE, "type": kind} | document
    for read in READERS:
        for each in (document, whole):
            try:
                read(each)
            except FediprofError:
                continue


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=10))
def test_what_is_read_does_not_depend_on_the_way_it_came(document: Document) -> None:
    """From bytes or from a dict: the same post, or the same refusal."""
    whole = note() | document
    try:
        body = json.dumps(whole, allow_nan=False).encode()
    except ValueError:
        return

    def outcome(read: Document) -> object:
        try:
            return parse.post(read)
        except FediprofError as error:
            return str(error)

    assert outcome(reader.load(body)) == outcome(whole)
