"""First messages as they come and go: compared with others, in the transaction that keeps them. And what is told of one."""

from __future__ import annotations

from collections.abc import Iterable

from fediprof import ids
from fediprof.actors.records import Actor
from fediprof.as2 import model as as2
from fediprof.campaigns import likeness, rules, store
from fediprof.campaigns.likeness import Sentence
from fediprof.campaigns.records import FEWEST, KEPT, MOST_TO_ONE, RENEWED, Campaign, Copy, Label
from fediprof.db.database import Tx
from fediprof.here import Here
from fediprof.posts.records import Post, Shown


def note_incoming(tx: Tx, post: Post, written: as2.Post, author: Actor, people: Iterable[Actor], here: Here) -> None:
    """A private message from elsewhere. `people`: those it is for, as far as they are known here."""
    reader = rules.one_here(people, author)
    if reader is None or not store.enough_members(tx) or rules.says_more(written, here):
        return
    if author.type == "Group" and store.is_followed(tx, author.id):
        return  # what groups tell their members
    _note(tx, post, author, reader, here)


def note_outgoing(tx: Tx, post: Post, author: Actor, people: Iterable[Actor], here: Here) -> None:
    """A private message of a member's."""
    reader = rules.one_to(people, author)
    if reader is not None:
        _note(tx, post, author, reader, here)


def reached_before(tx: Tx, text: str, author: Actor, people: Iterable[Actor], here: Here) -> int:
    """How many others a member wrote about the same to, when what they would send now is a first message to one more, the
    third or a later one; else 0."""
    reader = rules.one_to(people, author)
    found = likeness.sentences(text, rules.names_of(author, reader)) if reader is not None else []
    signature = likeness.signature(_words(found))
    if reader is None or signature is None or store.has_written_to(tx, reader.id, author.id):
        return 0
    known = store.likest(tx, signature, rules.scope_of(author), here.now - KEPT)
    if known is None or store.copies_to(tx, known.id, likeness.person(reader.id)):
        return 0
    return known.reached if known.reached + 1 >= FEWEST else 0


def labels(tx: Tx, shown: Iterable[Shown], viewer: Actor) -> dict[int, Label]:
    """{post id: what the viewer is told of it}: of what was written to them, and of what they wrote."""
    posts = {each.post.id: each for each in shown}
    told: dict[int, Label] = {}
    for copy, campaign in store.copies(tx, posts):
        each = posts[copy.post_id]
        by_member = campaign.member_id is not None
        if copy.sender_id == viewer.id:
            told[copy.post_id] = Label(campaign.reached, by_member, None)
        elif copy.recipient == likeness.person(viewer.id):
            found = likeness.sentences(rules.text_of(each.post), rules.names_of(each.author, viewer))
            own = likeness.own(found, campaign.scope, store.sentences_of_others(tx, copy))
            told[copy.post_id] = Label(campaign.reached, by_member, tuple(dict.fromkeys(own)))
    return told


def _note(tx: Tx, post: Post, author: Actor, reader: Actor, here: Here) -> None:
    """As long as the reader never wrote to the author: one who writes twice without an answer has not talked with them."""
    found = likeness.sentences(rules.text_of(post), rules.names_of(author, reader))
    words = _words(found)
    if len(words) < likeness.FEWEST_WORDS or store.has_written_to(tx, reader.id, author.id):
        return
    signature = likeness.signature(words)
    if signature is None or store.is_kept(tx, post.id):
        return
    scope = rules.scope_of(author)
    known = store.likest(tx, signature, scope, here.now - KEPT)
    if known is None or not store.hold(tx, known.id):
        by = author.id if author.local else None
        known = Campaign(ids.new_id(), scope, by, signature, here.now, here.now, here.now, 0)
        store.insert_campaign(tx, known)
    elif known.signed_at < here.now - RENEWED:
        store.renew(tx, known, signature, here.now)
    person = likeness.person(reader.id)
    before = store.copies_to(tx, known.id, person)
    if before < MOST_TO_ONE:
        hashes = likeness.joined(likeness.hashes(found, scope))
        store.insert_copy(tx, Copy(post.id, known.id, author.id, person, hashes, here.now))
    store.went_on(tx, known.id, here.now, one_more=not before)


def _words(found: Iterable[Sentence]) -> list[str]:
    return [word for each in found for word in each.words]
